"""When the parts of a run happened, in order, on one scale: what timelines draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from steplint.contract.runs import RunView, StepView, TryView, WaitView


class Bar(Struct, frozen=True):
    """A period: ``look`` is done, failed, waiting or open; ``end`` is None where it has none yet."""

    start: float
    end: float | None
    look: str


class Row(Struct, frozen=True):
    """One step with the periods of its tries; ``step`` is None while it is only waited for or failing."""

    label: str
    kind: str
    bars: tuple[Bar, ...]
    step: StepView | None = None
    tries: tuple[TryView, ...] = ()
    wait: WaitView | None = None


def rows(run: RunView) -> list[Row]:
    """Return the steps of ``run`` by position, then what it waits for or fails at now."""
    failed = _by_key(run.tries)
    waits = {each.key: each for each in run.waits}
    found = [_recorded(step, failed.get(step.key, ())) for step in sorted(run.steps, key=lambda each: each.position)]
    known = {step.key for step in run.steps}
    pending = dict.fromkeys(key for key in (*failed, *waits) if key not in known and key)
    found += [_pending(failed.get(key, ()), waits.get(key)) for key in pending]
    if body := failed.get(""):
        found.append(Row("(body)", "body", tuple(Bar(each.started, each.ended, "failed") for each in body), tries=body))
    return found


def scale(run: RunView, now: float) -> tuple[float, float]:
    """Return begin and end of ``run`` on the clock; the end of an open run is ``now``."""
    summary = run.summary
    begin = min([summary.started or summary.created, *(bar.start for row in rows(run) for bar in row.bars)])
    ends = [bar.end for row in rows(run) for bar in row.bars if bar.end is not None]
    last = summary.ended if summary.ended is not None else now
    return begin, max([last, begin, *(ends if summary.ended is not None else [])])


def _by_key(tries: Iterable[TryView]) -> Mapping[str, tuple[TryView, ...]]:
    found = dict[str, tuple[TryView, ...]]()
    for each in sorted(tries, key=lambda each: each.started):
        found[each.key] = (*found.get(each.key, ()), each)
    return found


def _recorded(step: StepView, tries: tuple[TryView, ...]) -> Row:
    look = "failed" if step.error is not None else "waiting" if step.kind in ("sleep", "wait", "invoke") else "done"
    bars = [Bar(each.started, each.ended, "failed") for each in tries]
    bars.append(Bar(step.started, step.ended, look))
    return Row(step.label, step.kind, tuple(bars), step, tries)


def _pending(tries: tuple[TryView, ...], wait: WaitView | None) -> Row:
    bars = [Bar(each.started, each.ended, "failed") for each in tries]
    if wait is not None:
        bars.append(Bar(wait.since, None, "open"))
    label = wait.label if wait is not None else tries[-1].label
    return Row(label, wait.kind if wait is not None else "run", tuple(bars), None, tries, wait)
