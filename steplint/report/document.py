"""The report as JSON has it: the structs that are written, from which the schema is generated."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from steplint.contract.change import ChangeKind
from steplint.contract.identity import Family, Verdict
from steplint.model.finding import Severity
from steplint.model.graph import Confidence

SCHEMA = 1

Line = Annotated[int, Meta(ge=1, description="from 1")]
Column = Annotated[int, Meta(ge=1, description="from 1, in code points")]
Byte = Annotated[int, Meta(ge=0, description="from 0, in UTF-8")]


class PlaceOut(Struct, frozen=True):
    """A span: lines and columns from 1, the end exclusive; byte offsets are null where the text could not be read."""

    path: str
    line: Line
    column: Column
    end_line: Line
    end_column: Column
    start_byte: Byte | None
    end_byte: Byte | None


class NoteOut(Struct, frozen=True):
    """A second place of a finding."""

    place: PlaceOut
    message: str


class HopOut(Struct, frozen=True):
    """One frame of a trace: in `function`, `calls` is called or read."""

    place: PlaceOut
    function: str
    calls: str


class EditOut(Struct, frozen=True):
    """The text of `place` is replaced by `text`."""

    place: PlaceOut
    text: str


class FixOut(Struct, frozen=True):
    """Edits that belong together. `effect` says what they do to runs in flight."""

    applicability: Literal["safe", "unsafe"]
    title: str
    edits: tuple[EditOut, ...]
    effect: str = ""


class SuppressedOut(Struct, frozen=True):
    """Why a finding counts no more."""

    by: str
    reason: str
    place: PlaceOut | None


class FindingOut(Struct, frozen=True):
    """One finding; `change` is an index into `changes`."""

    rule: str
    code: str
    severity: Severity
    confidence: Confidence
    message: str
    workflow: str
    dialect: str
    step: str
    place: PlaceOut
    notes: tuple[NoteOut, ...]
    trace: tuple[HopOut, ...]
    fix: FixOut | None
    fingerprint: str
    suppressed: SuppressedOut | None
    change: int | None
    hint: str = ""
    label: str = ""


class StepOut(Struct, frozen=True):
    """One side of a change; `id` is null for a template."""

    id: str | None
    kind: str
    template: str | None = None
    occurrence: int = 0
    position: int = 0
    callable: str = ""


class RecordOut(Struct, frozen=True):
    """A decision in the lock."""

    record: str
    accept: str
    why: str


class SuggestionOut(Struct, frozen=True):
    """A likely successor: suggested, never assumed."""

    suggested: bool
    score: float
    evidence: tuple[str, ...]
    id: str = ""


class ChangeOut(Struct, frozen=True):
    """One difference. `verdict` is the worst over the engines of the workflow."""

    kind: ChangeKind
    code: str
    verdict: Verdict
    workflow: str
    dialect: str
    family: Family
    old: StepOut | None
    new: StepOut | None
    recorded: RecordOut | None
    suggestion: SuggestionOut | None
    commands: tuple[str, ...]
    app: str = ""
    engine: str = ""
    candidates: tuple[str, ...] = ()
    gate: str = ""
    note: str = ""
    confidence: Confidence = "high"
    successor: str = ""


class BaseOut(Struct, frozen=True):
    """What was compared with."""

    ref: str
    commit: str
    note: str = ""


class FailureOut(Struct, frozen=True):
    """A rule or file that could not be handled."""

    where: str
    message: str
    detail: str = ""


class SummaryOut(Struct, frozen=True):
    """Counts of the run."""

    errors: int
    warnings: int
    infos: int
    workflows: int
    steps: int
    files: int
    cached: int
    suppressed: int
    unresolved_calls: int
    unused_suppressions: int = 0
    baselined: int = 0
    unreadable_ids: int = 0


class ReportOut(Struct, frozen=True):
    """The report of one run. `schema` is the major version; within it fields are only added."""

    schema: int
    verb: str
    base: BaseOut | None
    findings: tuple[FindingOut, ...]
    changes: tuple[ChangeOut, ...]
    summary: SummaryOut
    errors: tuple[FailureOut, ...]
    exit_code: int
    statistics: dict[str, int] = {}
    timings: dict[str, float] = {}
    files: tuple[str, ...] = ()
    created: str = ""
    """Time of the run; only on request."""


class RunEvent(Struct, frozen=True, tag_field="event", tag="run"):
    """The first line."""

    schema: int
    verb: str
    base: BaseOut | None
    created: str = ""


class FindingEvent(Struct, frozen=True, tag_field="event", tag="finding"):
    """One finding."""

    finding: FindingOut


class ChangeEvent(Struct, frozen=True, tag_field="event", tag="change"):
    """One change; findings refer to changes by their order."""

    change: ChangeOut


class FailureEvent(Struct, frozen=True, tag_field="event", tag="error"):
    """A rule or file that could not be handled."""

    error: FailureOut


class SummaryEvent(Struct, frozen=True, tag_field="event", tag="summary"):
    """The last line."""

    summary: SummaryOut
    exit_code: int


Event = RunEvent | FindingEvent | ChangeEvent | FailureEvent | SummaryEvent
