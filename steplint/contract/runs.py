"""Views of recorded runs for people and programs: what the runtime reads from a ledger and reports render."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

Status = Literal["queued", "running", "waiting", "held", "completed", "failed", "cancelled"]
StepKind = Literal["run", "sleep", "wait", "invoke", "send"]


class Fault(Struct, frozen=True):
    """An error as it is recorded. ``step`` labels the step whose recorded error ended the run, if it was one."""

    name: str
    message: str
    stack: str = ""
    step: str = ""


class RunSummary(Struct, frozen=True):
    """One line of a list of runs; times are seconds since the epoch, ``due`` is when it goes on by itself."""

    id: str
    workflow: str
    status: Status
    created: float
    started: float | None
    ended: float | None
    due: float | None
    steps: int
    failures: int
    error: Fault | None = None


class StepView(Struct, frozen=True):
    """A recorded step; ``data`` is its JSON value, ``started`` and ``ended`` belong to the try that counted."""

    key: str
    id: str
    occurrence: int
    position: int
    kind: str
    data: msgspec.Raw
    error: Fault | None
    attempts: int
    started: float
    ended: float

    @property
    def label(self) -> str:
        """The ID, with ``:n`` after n earlier uses."""
        return self.id if self.occurrence == 0 else f"{self.id}:{self.occurrence}"


class TryView(Struct, frozen=True):
    """A failed try of a step, or of the body itself when ``key`` is empty."""

    key: str
    label: str
    attempt: int
    started: float
    ended: float
    error: Fault
    retry_at: float | None


class WaitView(Struct, frozen=True):
    """What a run waits for now: a timer, an event, a child run or the next try; ``at`` is null without a limit."""

    key: str
    label: str
    kind: str
    since: float
    at: float | None
    event: str = ""
    attempts: int = 0


class VisitView(Struct, frozen=True):
    """One period in which a worker held the run; ``ended`` is null while it lasts, or for ever if the worker died."""

    worker: str
    started: float
    ended: float | None
    entries: int
    calls: int
    recalls: int
    outcome: str


class RunView(Struct, frozen=True):
    """Everything the ledger knows about one run, for a timeline."""

    summary: RunSummary
    event: msgspec.Raw
    result: msgspec.Raw
    steps: tuple[StepView, ...] = ()
    tries: tuple[TryView, ...] = ()
    waits: tuple[WaitView, ...] = ()
    visits: tuple[VisitView, ...] = ()
    notes: tuple[str, ...] = ()
