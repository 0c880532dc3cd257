"""Runs as one self-contained page: a timeline and a table of every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from steplint.contract.runs import RunView
from steplint.report import cells
from steplint.report.page import page
from steplint.report.runs.bars import Bar, Row, rows, scale
from steplint.report.runs.tables import fault
from steplint.report.runs.times import moment, span
from steplint.report.runs.view import RunsView
from steplint.report.xmltext import attribute, text

_OPEN = 5
_LABELS, _WIDE, _ROW, _TICKS = 230, 760, 26, 5
_MOST = 2_000
"""Characters of a recorded value that are shown."""
_STYLES = {"done": "added", "failed": "removed", "waiting": "same", "open": "renamed"}


def render_runs(runs: Sequence[RunView], view: RunsView) -> str:
    """Return ``runs`` as a page; everything recorded is escaped."""
    steps = sum(len(each.steps) for each in runs)
    heading = f"{cells.count(len(runs), 'run')}, {cells.count(steps, 'step')}"
    parts = [line for each in runs for line in _run(each, len(runs) <= _OPEN, view)]
    return page("runs", heading, "search IDs, values, errors", "\n".join(parts))


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
    scale_ = _WIDE / max(end - begin, 1e-9)
    parts = [*_axis(end - begin, height)]
    for index, row in enumerate(found):
        y = _ROW * (index + 1)
        parts.append(f'<g data-step="{index}" tabindex="0"><title>{text(_hint(row))}</title>')
        parts.append(f'<text x="4" y="{y + 16}">{text(cells.cut(cells.visible(row.label), 30))}</text>')
        parts += [_bar(bar, y, begin, scale_) for bar in row.bars]
        parts.append("</g>")
    size = f'width="{_LABELS + _WIDE + 40}" height="{height}"'
    label = attribute(f"timeline of {run.summary.id}")
    return f'<svg class="sl" {size} role="group" aria-label={label}>\n' + "\n".join(parts) + "\n</svg>"


def _axis(seconds: float, height: int) -> Iterator[str]:
    for tick in range(_TICKS + 1):
        x = _LABELS + _WIDE * tick / _TICKS
        yield f'<polyline class="tick" points="{x:.0f},{_ROW - 6} {x:.0f},{height}"/>'
        yield f'<text class="sub" x="{x + 3:.0f}" y="14">{span(seconds * tick / _TICKS)}</text>'


def _bar(bar: Bar, y: int, begin: float, scale_: float) -> str:
    x = _LABELS + max(0.0, (bar.start - begin) * scale_)
    stop = _LABELS + _WIDE if bar.end is None else _LABELS + (bar.end - begin) * scale_
    width = max(2.0, min(stop, _LABELS + _WIDE) - x)
    rect = f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="{_ROW - 8}" rx="3"/>'
    return f'<g class="{_STYLES[bar.look]}">{rect}</g>'


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
