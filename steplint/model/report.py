"""Everything one run has to say, ready for a reporter."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from steplint.contract.change import Change
from steplint.model.finding import Finding, Severity
from steplint.model.graph import StepGraph
from steplint.model.place import Place
from steplint.model.rule import Rule


class Suppression(Struct, frozen=True):
    """Why a finding is not reported: by comment, per-file ignore or baseline."""

    by: str
    reason: str
    place: Place | None = None


class Reported(Struct, frozen=True):
    """A finding with what policy made of it. ``fingerprint`` is stable under moves and rewording."""

    finding: Finding
    rule: Rule
    severity: Severity
    fingerprint: str
    suppressed: Suppression | None = None
    change: int | None = None


class Failure(Struct, frozen=True):
    """A rule or file that crashed: the rest of the run went on."""

    where: str
    message: str
    detail: str = ""


class Base(Struct, frozen=True):
    """What a diff compares with."""

    ref: str
    commit: str = ""
    note: str = ""


class Compared(Struct, frozen=True):
    """One workflow of a diff: what it is called, and the changes of it by index."""

    id: str
    dialect: str
    family: str
    source: str
    changes: tuple[int, ...]
    unchanged: int


class Summary(Struct, frozen=True):
    """Counts of a run."""

    files: int = 0
    cached: int = 0
    workflows: int = 0
    steps: int = 0
    suppressed: int = 0
    unused_suppressions: int = 0
    baselined: int = 0
    unresolved_calls: int = 0
    unreadable_ids: int = 0
    seconds: float = 0.0


class Report(Struct, frozen=True):
    """One run: findings sorted by path, line, column and code."""

    verb: str
    findings: tuple[Reported, ...] = ()
    suppressed: tuple[Reported, ...] = ()
    changes: tuple[Change, ...] = ()
    compared: tuple[Compared, ...] = ()
    base: Base | None = None
    errors: tuple[Failure, ...] = ()
    summary: Summary = Summary()
    statistics: Mapping[str, int] = {}
    timings: Mapping[str, float] = {}
    files: tuple[str, ...] = ()
    graph: StepGraph | None = None
    exit_code: int = 0
