"""The step manifest: which steps a workflow has, in code order; canonical JSON in and out."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct, field

from steplint.contract.identity import Family

SCHEMA = 1


class ManifestPlace(Struct, frozen=True):
    """Where a step or workflow stands; present with ``manifest.locations = true`` only. Columns from 1."""

    path: str
    line: int
    column: int


class ManifestStep(Struct, frozen=True):
    """One durable operation. ``id`` is null for a template, ``key`` for templates and positional families."""

    id: str | None
    template: str | None
    kind: str
    key: str | None
    occurrence: int
    position: int
    times: Literal["once", "maybe", "many"]
    was: tuple[str, ...] = ()
    callable: str = ""
    arguments: str = ""
    """Digest of the arguments handed on to the callable, as written: tells calls of one callable apart."""
    fingerprint: str = ""
    gate: str = ""
    holes: tuple[str, ...] = ()
    """Of a template: what fills each interpolation, names of variables erased (``element:_.id``)."""
    place: ManifestPlace | msgspec.UnsetType = msgspec.UNSET

    @property
    def label(self) -> str:
        """The ID, or the template."""
        return self.id if self.id is not None else self.template or ""


class ManifestWorkflow(Struct, frozen=True):
    """One workflow with its steps. ``unknown`` are step calls whose ID cannot be read."""

    id: str
    app: str
    dialect: str
    family: Family
    source: str
    steps: tuple[ManifestStep, ...]
    targets: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    """Earlier IDs whose runs go on under this one, on the bundled runtime."""
    gone: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fingerprint: str = ""
    """Of the workflow's own body."""
    pinned: bool = False
    """Whether the project pins the version of its runs, on engines that otherwise derive it from the source."""
    place: ManifestPlace | msgspec.UnsetType = msgspec.UNSET


class Generator(Struct, frozen=True):
    """The program that wrote a manifest."""

    name: str
    version: str


class Manifest(Struct, frozen=True):
    """All workflows of a project, sorted by dialect, app and ID."""

    generator: Generator
    workflows: tuple[ManifestWorkflow, ...]
    schema: int = field(default=SCHEMA)


def encode(manifest: Manifest) -> bytes:
    """Return ``manifest`` as canonical JSON: UTF-8, two spaces of indentation, a final newline."""
    ordered = {"schema": manifest.schema, "generator": manifest.generator, "workflows": manifest.workflows}
    return msgspec.json.format(msgspec.json.encode(ordered), indent=2) + b"\n"


def decode(data: bytes) -> Manifest:
    """Return the manifest in ``data``; raises `msgspec.ValidationError`, or ValueError for a newer major version."""
    manifest = msgspec.json.decode(data, type=Manifest)
    if manifest.schema != SCHEMA:
        raise ValueError(f"manifest schema {manifest.schema} is not known; this version reads schema {SCHEMA}")
    return manifest
