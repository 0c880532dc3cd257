"""Builds locks, code and policies by hand, so that the logic of the lock is tested without parsing anything."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from steplint.config.settings import LockSettings
from steplint.contract.manifest import Generator, Manifest, ManifestStep, ManifestWorkflow
from steplint.lock.file import LockFile
from steplint.lock.named import State
from steplint.lock.policy import Policy
from steplint.lock.update import assemble
from steplint.model.dialect import Dialect

INNGEST = Dialect("inngest", "keyed", ("inngest",), ("inngest",), ("inngest 0.5.19",))
BUNDLED = replace(INNGEST, name="steplint", accepts=("alias",))
DBOS = Dialect(
    "dbos",
    "positional-checked",
    ("dbos",),
    ("dbos",),
    ("dbos 3.4.0",),
    checks=("name",),
    gates=("dbos.DBOS.patch",),
    pinning="source",
    pinned_by=("application_version",),
)
RESONATE = Dialect("resonate", "positional-unchecked", ("resonate",), ("resonate",), ("resonate-sdk 0.8.1",))
DIALECTS = {each.name: each for each in (INNGEST, BUNDLED, DBOS, RESONATE)}
POLICY = Policy(DIALECTS)


def step(text: str, kind: str = "run", **fields: Any) -> ManifestStep:
    """Return a step from ``id`` or ``id:callable``; an ID with ``{}`` is a template."""
    label, _, call = text.partition(":")
    template = label if "{}" in label else None
    return ManifestStep(
        id=None if template else label,
        template=template,
        kind=kind,
        key=fields.pop("key", None),
        occurrence=0,
        position=0,
        times=fields.pop("times", "once"),
        callable=f"flows:{call}" if call else "",
        **fields,
    )


def flow(*given: str | ManifestStep, dialect: Dialect = INNGEST, **fields: Any) -> ManifestWorkflow:
    """Return a workflow of the code, named ``flow`` unless ``id`` says otherwise; pinned where that matters."""
    seen, steps = dict[str, int](), list[ManifestStep]()
    for position, each in enumerate(given):
        one = step(each) if isinstance(each, str) else each
        steps.append(replace(one, position=position, occurrence=seen.get(one.label, 0)))
        seen[one.label] = seen.get(one.label, 0) + 1
    return ManifestWorkflow(
        id=fields.pop("id", "flow"),
        app=fields.pop("app", ""),
        dialect=dialect.name,
        family=dialect.family,
        source=fields.pop("source", "flows.py::flow"),
        steps=tuple(steps),
        pinned=fields.pop("pinned", True),
        **fields,
    )


def code(*workflows: ManifestWorkflow) -> Manifest:
    return Manifest(Generator("steplint", "0"), workflows)


def locked(*workflows: ManifestWorkflow) -> LockFile:
    """Return the first lock of a project with these workflows."""
    return assemble(None, None, code(*workflows))


def state(lock: LockFile, now: Manifest, base: LockFile | None = None, **settings: Any) -> State:
    """Return what a decision is judged by; without ``base`` everything in the lock is published."""
    policy = replace(POLICY, settings=LockSettings(**settings)) if settings else POLICY
    return State(lock, lock if base is None else base, now, policy)


def live(lock: LockFile, workflow: str = "flow") -> list[str]:
    (entry,) = [each for each in lock.workflow if each.id == workflow]
    return [each.id for each in entry.step if each.live]
