"""One difference between two states of a workflow's identities, and what it does to runs in flight."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from steplint.contract.identity import Family, Verdict
from steplint.contract.manifest import ManifestPlace, ManifestStep

ChangeKind = Literal[
    "added", "inserted", "removed", "renamed", "reordered", "shifted", "swapped", "reused", "rekinded", "retemplated",
    "rebodied", "expression", "unlocked", "unpinned", "workflow-renamed", "workflow-removed", "workflow-added",
]  # fmt: skip


class Record(Struct, frozen=True):
    """A decision written to the lock: which record (`was`, `change`, `gone`), the policy accepted, and why."""

    record: str
    accept: str
    why: str


class Decision(Struct, frozen=True):
    """A record of the lock, with the workflow and the step that carry it.

    ``step`` is None for a record of the workflow itself. ``old`` is the earlier ID of a `was`, ``kind`` the kind of a
    `change` (added reordered shifted swapped reused rekinded), ``occurrence`` which of several entries with this ID.
    """

    record: Literal["was", "change", "gone"]
    dialect: str
    app: str
    workflow: str
    step: str | None = None
    old: str = ""
    kind: str = ""
    accept: str = ""
    why: str = ""
    occurrence: int = 0


class Suggestion(Struct, frozen=True):
    """A likely successor, never assumed: score from 0 to 1 and the evidence for it."""

    id: str
    score: float
    evidence: tuple[str, ...]


class Change(Struct, frozen=True):
    """One difference. ``verdict`` is the worst over ``engine`` and every target engine of the workflow.

    ``code`` is the rule that reports it, empty for a change that is only listed. ``gate`` names the patch gate that
    makes it safe. ``confidence`` is "medium" where equal callables leave it open which call moved.
    """

    kind: ChangeKind
    code: str
    workflow: str
    app: str
    dialect: str
    family: Family
    engine: str
    verdict: Verdict
    old: ManifestStep | None = None
    new: ManifestStep | None = None
    recorded: Record | None = None
    suggestion: Suggestion | None = None
    candidates: tuple[str, ...] = ()
    gate: str = ""
    note: str = ""
    commands: tuple[str, ...] = ()
    confidence: Literal["high", "medium", "low"] = "high"
    successor: str = ""
    """Of a renamed workflow: its likely new ID."""
    place: ManifestPlace | msgspec.UnsetType = msgspec.UNSET
    """Of a workflow that is gone: where the old manifest says that it stands."""
    required: bool = False
    """Of an unlocked step: the verb that found it asks for a lock that is up to date."""
