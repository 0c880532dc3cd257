"""A compared workflow as lines: a header, then its steps with marks and words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from steplint.contract.change import Change
from steplint.model.graph import Step
from steplint.model.report import Base, Compared, Report
from steplint.report import cells, wording
from steplint.report.explain import shown
from steplint.report.graph.tree import readable
from steplint.report.linked import Weight, weights
from steplint.report.sequence import Entry, entries
from steplint.report.style import paint
from steplint.report.view import View

_RUN = 3
"""More unchanged steps in a row than this collapse to one line."""
_STEP, _RULE = 38, 28


def difference(compared: Compared, report: Report, view: View) -> list[str]:
    """Return the lines of one compared workflow."""
    known = weights(report)
    lines = [_header(compared, report.base, view)]
    listed = [
        (report.changes[entry.change] if entry.change is not None else None, entry)
        for entry in entries(compared, report)
    ]
    for same, group in groupby(listed, key=lambda pair: pair[0] is None):
        rows = [entry for _, entry in group]
        lines += _same(rows, view) if same else [_changed(entry, report, known, view) for entry in rows]
    return lines


def _header(compared: Compared, base: Base | None, view: View) -> str:
    head = f"{shown(compared.id, view)}   {compared.dialect}   {compared.family}   "
    head = paint(head, "bold", view.color) + shown(compared.source, view)
    if base is None:
        return head
    at = f"{base.ref}@{base.commit[:7]}" if base.commit else base.ref
    note = f" ({shown(base.note, view)})" if base.note else ""
    return f"{head}   base: {shown(at, view)}{note}"


def _same(rows: list[Entry], view: View) -> Iterator[str]:
    count = sum(entry.count or 1 for entry in rows)
    if any(entry.step is None for entry in rows) or (count > _RUN and not view.show_all):
        dots = "…" if view.unicode else "..."
        yield paint(f"    {dots} {count} unchanged {dots}", "dim", view.color)
        return
    for entry in rows:
        if entry.step is not None:
            yield f"    = {_label(entry.step, view)}"


def _label(step: Step, view: View) -> str:
    return shown(step.label if step.id_source != "missing" else readable(step), view)


def _changed(entry: Entry, report: Report, known: dict[int, Weight], view: View) -> str:
    index = entry.change or 0
    change = report.changes[index]
    weight = known.get(index, Weight())
    first = "!" if weight.open else "*" if change.recorded is not None else " "
    mark = wording.MARKS.get(change.kind, "~")
    rule = weight.rule or f"{wording.TITLES[change.kind]} {change.code}".strip()
    text = cells.pad(shown(wording.concerns(change), view), _STEP)
    look = "removed" if weight.open else "added" if mark == "+" else "changed"
    line = f"  {first} {mark} {text}  {cells.pad(rule, _RULE)}  {_words(change, weight, view)}"
    return paint(line.rstrip(), look, view.color)


def _words(change: Change, weight: Weight, view: View) -> str:
    if change.recorded is not None:
        return shown(
            f"recorded: {change.recorded.accept or change.recorded.record}, {wording.quoted(change.recorded.why)}", view
        )
    if change.note:
        return shown(change.note, view)
    if weight.open:
        return "not recorded"
    return shown(wording.brief(change), view)
