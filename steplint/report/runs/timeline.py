"""One run as text: what happened when, step by step."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from steplint.contract.runs import RunView
from steplint.report import cells
from steplint.report.runs.bars import Bar, Row, rows, scale
from steplint.report.runs.tables import fault
from steplint.report.runs.times import moment, span
from steplint.report.runs.view import RunsView
from steplint.report.style import paint

_BAR, _LABEL, _DATA = 30, 32, 40
_CHARS = {"done": ("█", "="), "failed": ("x", "x"), "waiting": ("░", "-"), "open": ("░", "-")}
_LOOKS = {"completed": "added", "failed": "error", "cancelled": "error", "held": "warning"}


def timeline(run: RunView, view: RunsView) -> str:
    """Return ``run`` as lines: head, steps with bars on one scale, what it waits for, notes, result."""
    return "".join(f"{line}\n" for line in _lines(run, view))


def data(raw: msgspec.Raw, size: int, dots: str = "…") -> str:
    """Return a JSON value on one line of at most ``size`` cells."""
    return cells.cut(cells.visible(bytes(raw).decode("utf-8", "replace"), dots != "…"), size, dots)


def _lines(run: RunView, view: RunsView) -> Iterator[str]:
    summary = run.summary
    begin, end = scale(run, view.now)
    status = paint(summary.status, _LOOKS.get(summary.status, "info"), view.color)
    yield f"run {_shown(summary.id, view)}   {_shown(summary.workflow, view)}   {status}"
    yield f"started {moment(summary.started)} UTC   took {span(end - begin)}   visits {len(run.visits)}"
    yield f"event   {data(run.event, view.width - 8, view.dots)}"
    found = rows(run)
    size = max([8, *(min(_LABEL, cells.width(_shown(row.label, view))) for row in found)])
    for row in found:
        yield _row(row, begin, end, size, view)
        yield from (f"            failed: {_shown(fault(each.error), view)}" for each in row.tries)
        if row.step is not None and row.step.error is not None:
            yield f"            error: {_shown(fault(row.step.error), view)}"
    yield from (f"note    {_shown(note, view)}" for note in run.notes)
    if summary.error is not None:
        yield paint(f"error   {_shown(fault(summary.error), view)}", "error", view.color)
    elif summary.ended is not None:
        yield f"result  {data(run.result, view.width - 8, view.dots)}"


def _row(row: Row, begin: float, end: float, size: int, view: RunsView) -> str:
    number = f"{row.step.position:>4}" if row.step is not None else "   ?"
    first = row.bars[0].start if row.bars else begin
    took = span(row.step.ended - row.step.started) if row.step is not None else _waits(row, view)
    label = cells.pad(cells.cut(_shown(row.label, view), size, view.dots), size)
    line = (
        f"{number}  {label}  {row.kind:<6}  +{span(first - begin):<7}  {took:>10}  {_bars(row.bars, begin, end, view)}"
    )
    if row.step is None or row.step.error is not None:
        return line
    attempts = f"{row.step.attempts} tries  " if row.step.attempts > 1 else ""
    return f"{line}  {attempts}{data(row.step.data, _DATA, view.dots)}"


def _waits(row: Row, view: RunsView) -> str:
    if row.wait is None:
        return "failing"
    if row.wait.at is None:
        return "waits"
    return "due" if row.wait.at <= view.now else f"{span(row.wait.at - view.now)} left"


def _bars(bars: tuple[Bar, ...], begin: float, end: float, view: RunsView) -> str:
    drawn, whole = [" "] * _BAR, max(end - begin, 1e-9)
    for bar in bars:
        first = min(_BAR - 1, max(0, int((bar.start - begin) / whole * _BAR)))
        stop = _BAR if bar.end is None else min(_BAR, max(first + 1, round((bar.end - begin) / whole * _BAR)))
        drawn[first:stop] = _CHARS[bar.look][0 if view.unicode else 1] * (stop - first)
    return f"|{''.join(drawn)}|"


def _shown(text: str, view: RunsView) -> str:
    return cells.visible(text, not view.unicode)
