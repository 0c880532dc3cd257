"""Lists of runs, metrics and runs in flight as text tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from steplint.contract.runs import Drained, Fault, Metrics, RunSummary, Spread
from steplint.report.runs.times import moment, share, span
from steplint.report.runs.view import RunsView
from steplint.report.table import table


def runs(listed: Sequence[RunSummary], view: RunsView) -> str:
    """Return one line a run: what it is, how far it got, what comes next."""
    if not listed:
        return "no runs\n"
    head = ("run", "workflow", "status", "started (UTC)", "took", "steps", "failed tries", "then")
    rows = (_run(each, view) for each in listed)
    return _text(table(head, rows, width=view.width, right="    rrr", color=view.color, dots=view.dots))


def metrics(measured: Metrics, view: RunsView) -> str:
    """Return two tables: workflows, then steps; durations as median and 95th percentile."""
    if not measured.workflows:
        return "no runs\n"
    flows = table(
        ("workflow", "runs", "completed", "failed", "open", "duration", "p95", "in steps", "memo hits"),
        (
            (
                each.workflow,
                str(each.runs),
                str(each.completed),
                str(each.failed),
                str(each.open),
                *_spread(each.duration),
                span(each.in_steps.median) if each.in_steps.count else "-",
                f"{share(each.hit_rate)} of {each.calls}" if each.calls else "-",
            )
            for each in measured.workflows
        ),
        width=view.width,
        right=" rrrrrrrr",
        color=view.color,
        dots=view.dots,
    )
    steps = table(
        ("workflow", "step", "kind", "time", "p95", "longest", "tries", "failed", "retried"),
        (
            (
                each.workflow,
                each.step,
                each.kind,
                *_spread(each.time),
                span(each.time.longest) if each.time.count else "-",
                str(each.tries),
                str(each.failures),
                share(each.retry_rate),
            )
            for each in measured.steps
        ),
        width=view.width,
        right="   rrrrrr",
        color=view.color,
        dots=view.dots,
    )
    return _text([*flows, "", *steps] if measured.steps else flows)


def drained(counts: Iterable[Drained], view: RunsView) -> str:
    """Return how many runs in flight depend on each step ID."""
    rows = [(each.workflow, each.step, str(each.runs)) for each in counts]
    if not rows:
        return "no run in flight depends on a step\n"
    head = ("workflow", "step", "runs in flight")
    return _text(table(head, rows, width=view.width, right="  r", color=view.color, dots=view.dots))


def fault(error: Fault | None) -> str:
    """Return an error as one line."""
    if error is None:
        return ""
    return f"{error.name}: {error.message}" if error.message else error.name


def _run(each: RunSummary, view: RunsView) -> tuple[str, ...]:
    end = view.now if each.ended is None else each.ended
    took = span(max(0.0, end - each.started)) if each.started is not None else "-"
    return (
        each.id,
        each.workflow,
        each.status,
        moment(each.started),
        took,
        str(each.steps),
        str(each.failures),
        _then(each, view.now),
    )


def _then(each: RunSummary, now: float) -> str:
    if each.error is not None:
        return fault(each.error)
    if each.due is None or each.ended is not None:
        return ""
    return "due now" if each.due <= now else f"goes on in {span(each.due - now)}"


def _spread(spread: Spread) -> tuple[str, str]:
    return (span(spread.median), span(spread.p95)) if spread.count else ("-", "-")


def _text(lines: Iterable[str] | Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
