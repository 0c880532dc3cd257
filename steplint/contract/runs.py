"""Views of recorded runs for people and programs: what the runtime reads from a ledger and reports render."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

Status = Literal["queued", "running", "waiting", "held", "completed", "failed", "cancelled"]
Doing = Literal["begins", "recorded", "failed", "waits", "ended"]
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


class Progress(Struct, frozen=True):
    """Something that happens to a run right now, for a live display; ``step`` is empty for the run itself."""

    what: Doing
    run: str
    step: str
    kind: str
    at: float
    detail: str = ""


class Spread(Struct, frozen=True):
    """A distribution of durations in seconds; all zero when there were none."""

    count: int = 0
    total: float = 0.0
    mean: float = 0.0
    median: float = 0.0
    p95: float = 0.0
    longest: float = 0.0


class StepMetrics(Struct, frozen=True):
    """Execution time of the tries of a step ID, and which share of its tries was repeated because one failed."""

    workflow: str
    step: str
    kind: str
    time: Spread
    tries: int
    failures: int
    retry_rate: float


class WorkflowMetrics(Struct, frozen=True):
    """Runs of a workflow: from begin to end, in its steps only, and which share of step calls had a memo."""

    workflow: str
    runs: int
    completed: int
    failed: int
    open: int
    duration: Spread
    in_steps: Spread
    calls: int
    recalls: int
    hit_rate: float


class Metrics(Struct, frozen=True):
    """The four metrics: step execution time, step retry rate, function duration, memoization hit rate."""

    workflows: tuple[WorkflowMetrics, ...]
    steps: tuple[StepMetrics, ...]


class Divergence(Struct, frozen=True):
    """Where a recorded run and the code part ways.

    ``what``: a step executes again (``reexecuted``) or for the first time but late (``late``), a recorded step is no
    longer asked for (``lost``), a step receives what another callable recorded (``changed``), or another kind of step
    did (``rekinded``), the run is ``refused``, or ends with another ``result``. On other engines the run ``wedges``, or
    calls of one name silently exchange their results (``swaps``).
    """

    what: Literal["reexecuted", "late", "lost", "changed", "rekinded", "refused", "result", "wedges", "swaps"]
    step: str
    text: str
    looks_like: str = ""


class Rehearsal(Struct, frozen=True):
    """A recorded run replayed against the code of now, without executing a step.

    ``followed`` is false when the body could not be followed to its end or to its next new step: ``stopped`` says why.
    ``drift`` is what the manifests say, when there are two.
    """

    run: str
    workflow: str
    status: Status
    recalled: int
    divergences: tuple[Divergence, ...] = ()
    followed: bool = True
    stopped: str = ""
    drift: tuple[str, ...] = ()


class Unstable(Struct, frozen=True):
    """Something that differs between two entries of one body with the same memos; ``rules`` find it in the code."""

    what: Literal["steps", "argument", "result"]
    step: str
    cause: Literal["clock", "chance", "hash-seed"]
    first: str
    second: str
    rules: tuple[str, ...]


class Determinism(Struct, frozen=True):
    """What a determinism check found; ``clock_shifted`` is false where no library could shift the clock."""

    workflow: str
    run: str
    unstable: tuple[Unstable, ...]
    clock_shifted: bool
    refused: str = ""


class Drained(Struct, frozen=True):
    """How many runs in flight hold a memo, or wait for a step, of this ID."""

    workflow: str
    step: str
    runs: int
