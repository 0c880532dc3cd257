"""Runs as one self-contained page: a timeline and a table of every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from steplint.contract.runs import RunView
from steplint.report import cells
from steplint.report.page import page
from steplint.report.runs.bars import Bar, Row, rows, scale
from steplint.report.runs.tables import fault
from steplint.report.runs.times import moment, span, ticks
from steplint.report.runs.view import RunsView
from steplint.report.xmltext import attribute, text

_OPEN = 5
_CHAR, _LABEL, _WIDE, _ROW, _TICKS = 7.3, 30, 760, 26, 6
_MOST = 2_000
"""Characters of a recorded value that are shown."""
_STYLES = {"done": "added", "failed": "removed", "waiting": "same", "open": "renamed"}
_LOOKS = {"added": "step done", "removed": "try failed", "same": "slept or waited", "renamed": "waits now"}


def render_runs(runs: Sequence[RunView], view: RunsView) -> str:
    """Return ``runs`` as a page; everything recorded is escaped."""
    steps = sum(len(each.steps) for each in runs)
    heading = f"{cells.count(len(runs), 'run')}, {cells.count(steps, 'step')}"
    parts = [line for each in runs for line in _run(each, len(runs) <= _OPEN, view)]
    return page("runs", heading, "search IDs, values, errors", "\n".join(parts), _LOOKS)


def _run(run: RunView, is_open: bool, view: RunsView) -> Iterator[str]:
    summary, found = run.summary, rows(run)
    begin, end = scale(run, view.now)
    about = f"{summary.workflow} · {summary.status} · {moment(summary.started)} UTC · {span(end - begin)}"
    yield f"<details{' open' if is_open else ''}><summary>{text(summary.id)}<small>{text(about)}</small></summary>"
    if summary.error is not None:
        yield f"<p><strong>{text(fault(summary.error))}</strong></p>"
    yield f'<div class="scroll">{_picture(run, found, begin, end)}</div>'
    yield '<div class="scroll"><table><thead><tr><th>#</th><th>step</th><th>kind</th><th>after</th><th>took</th>'
    yield "<th>tries</th><th>value or error</th></tr></thead><tbody>"
    yield from (_cells(index, row, begin, view) for index, row in enumerate(found))
    yield "</tbody></table></div>"
    yield f"<p>Event</p><pre>{text(_value(run.event))}</pre>"
    if summary.ended is not None and summary.error is None:
        yield f"<p>Result</p><pre>{text(_value(run.result))}</pre>"
    yield from _visits(run, begin)
    yield from (f"<p>{text(note)}</p>" for note in run.notes)
    yield "</details>"


def _picture(run: RunView, found: Sequence[Row], begin: float, end: float) -> str:
    height = _ROW * (len(found) + 1) + 8
    labels = [cells.cut(cells.visible(row.label), _LABEL) for row in found]
    left = 24 + _CHAR * max([8, *(cells.width(each) for each in labels)])
    axis = _Axis(begin, max(end - begin, 1e-9), left)
    parts = [*axis.drawn(height)]
    for index, (row, label) in enumerate(zip(found, labels, strict=True)):
        y = _ROW * (index + 1)
        parts.append(f'<g data-step="{index}" tabindex="0"><title>{text(_hint(row))}</title>')
        parts.append(f'<text x="4" y="{y + 16}">{text(label)}</text>')
        parts += [axis.bar(bar, y) for bar in row.bars]
        parts.append("</g>")
    size = f'width="{left + _WIDE + 60:.0f}" height="{height}"'
    title = attribute(f"timeline of {run.summary.id}")
    return f'<svg class="sl" {size} role="group" aria-label={title}>\n' + "\n".join(parts) + "\n</svg>"


class _Axis(NamedTuple):
    """Seconds from ``begin`` as pixels right of ``left``."""

    begin: float
    seconds: float
    left: float

    def drawn(self, height: int) -> Iterator[str]:
        for tick in ticks(self.seconds, _TICKS):
            x = self._x(self.begin + tick)
            yield f'<polyline class="tick" points="{x:.1f},{_ROW - 6} {x:.1f},{height}"/>'
            yield f'<text class="sub" x="{x + 3:.1f}" y="14">{span(tick) if tick else "0"}</text>'

    def bar(self, bar: Bar, y: int) -> str:
        x = max(self.left, self._x(bar.start))
        stop = self.left + _WIDE if bar.end is None else min(self.left + _WIDE, self._x(bar.end))
        rect = f'<rect x="{x:.1f}" y="{y + 4}" width="{max(2.0, stop - x):.1f}" height="{_ROW - 8}" rx="3"/>'
        return f'<g class="{_STYLES[bar.look]}">{rect}</g>'

    def _x(self, at: float) -> float:
        return self.left + _WIDE * (at - self.begin) / self.seconds


def _hint(row: Row) -> str:
    if row.step is None:
        return f"{row.label}: {len(row.tries)} failed tries" if row.tries else f"{row.label}: waits"
    return f"{row.label}: {span(row.step.ended - row.step.started)}, {cells.count(row.step.attempts, 'try', 'tries')}"


def _cells(index: int, row: Row, begin: float, view: RunsView) -> str:
    step = row.step
    first = row.bars[0].start if row.bars else begin
    told = [f"try {each.attempt} failed: {fault(each.error)}" for each in row.tries]
    if step is not None:
        told.append(fault(step.error) if step.error is not None else _value(step.data))
    elif row.wait is not None:
        told.append(_waiting(row, view))
    listed = [
        str(step.position) if step is not None else "?",
        f"<code>{text(row.label)}</code>",
        text(row.kind),
        span(first - begin),
        span(step.ended - step.started) if step is not None else "",
        str(step.attempts if step is not None else len(row.tries)),
        "<br>".join(f"<code>{text(line)}</code>" for line in told),
    ]
    return f'<tr data-step="{index}">' + "".join(f"<td>{cell}</td>" for cell in listed) + "</tr>"


def _waiting(row: Row, view: RunsView) -> str:
    if row.wait is None:
        return ""
    event = f" for {row.wait.event}" if row.wait.event else ""
    until = f" until {moment(row.wait.at)} UTC, {span(row.wait.at - view.now)}" if row.wait.at is not None else ""
    return f"waits{event}{until}"


def _visits(run: RunView, begin: float) -> Iterator[str]:
    if not run.visits:
        return
    yield '<div class="scroll"><table><thead><tr><th>worker</th><th>after</th><th>held</th><th>entries</th>'
    yield "<th>step calls</th><th>from memo</th><th>outcome</th></tr></thead><tbody>"
    for each in run.visits:
        held = span(each.ended - each.started) if each.ended is not None else "-"
        listed = (each.worker, span(each.started - begin), held, each.entries, each.calls, each.recalls, each.outcome)
        yield "<tr>" + "".join(f"<td>{text(str(cell))}</td>" for cell in listed) + "</tr>"
    yield "</tbody></table></div>"


def _value(raw: msgspec.Raw) -> str:
    shown = bytes(raw).decode("utf-8", "replace")
    return shown if len(shown) <= _MOST else f"{shown[:_MOST]}… ({len(shown)} characters)"
