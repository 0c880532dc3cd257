"""One finding in full: header, frames, trace, ways out."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from steplint.contract.change import Change
from steplint.model.finding import Note
from steplint.model.graph import Hop
from steplint.model.place import Place
from steplint.model.report import Report, Reported
from steplint.report import cells, fixes, wording
from steplint.report.frame import Label, frame, gutter
from steplint.report.linked import change_of
from steplint.report.source import Source, Sources
from steplint.report.style import paint
from steplint.report.view import View

_NEAR = 8
"""Labels at most so many lines away from the primary one share its frame."""
_SECOND = 3
"""Further frames of one finding; more places are listed without source."""
_CALL = 60
_TITLE = 22


def explain(reported: Reported, report: Report, sources: Sources, base: Sources, view: View) -> list[str]:
    """Return the lines that show one finding."""
    return list(_Explained(reported, report, sources, base, view).lines())


def header(reported: Reported, view: View) -> str:
    """Return the first line of a finding."""
    rule, severity = reported.rule, reported.severity
    head = paint(f"{severity}[{rule.name} {rule.code}]", severity, view.color)
    return head + paint(": " + shown(reported.finding.message, view), "bold", view.color)


def shown(text: str, view: View) -> str:
    """Return ``text`` as the terminal may have it."""
    return cells.visible(text, not view.unicode)


def where(place: Place, view: View) -> str:
    """Return ``path:line:column``, columns from 1."""
    return f"{shown(place.path, view)}:{place.span.line}:{place.span.column + 1}"


class _Explained(Struct, frozen=True):
    reported: Reported
    report: Report
    sources: Sources
    base: Sources
    view: View

    def lines(self) -> Iterator[str]:
        """Yield the lines in order."""
        finding = self.reported.finding
        trace = finding.trace if self.view.trace != "none" and len(finding.trace) > 1 else ()
        near = [note for note in finding.notes if self._near(note.place)]
        far = [note for note in finding.notes if not self._near(note.place)]
        spans = [finding.place.span, *(note.place.span for note in finding.notes), *(hop.place.span for hop in trace)]
        size = max(2, gutter(spans))
        yield header(self.reported, self.view)
        labels = [Label(finding.place.span, finding.label, primary=True), *_labels(near)]
        yield from self._frame(finding.place, labels, size, context=2 if self._change() is None else 0)
        for note in far[:_SECOND]:
            yield from self._second(note, size)
        yield from self._trace(trace, size)
        yield from self._reasons(size)
        yield from self._help(size)
        yield from self._notes(far[_SECOND:])

    def _near(self, place: Place) -> bool:
        mine = self.reported.finding.place
        return place.path == mine.path and abs(place.span.line - mine.span.line) <= _NEAR

    def _frame(
        self, place: Place, labels: list[Label], size: int, arrow: str = "-->", context: int = 2
    ) -> Iterator[str]:
        at_base = arrow == ":::" and self._at_base(place)
        suffix = f" ({shown(self.report.base.ref, self.view)})" if at_base and self.report.base else ""
        line = f"{shown(place.path, self.view)}:{place.span.line}" if at_base else where(place, self.view)
        yield " " * size + paint(arrow, "gutter", self.view.color) + f" {line}{suffix}"
        yield from self._rows((self.base if at_base else self.sources).get(place.path), labels, size, context)

    def _rows(self, source: Source | None, labels: list[Label], size: int, context: int = 2) -> list[str]:
        if source is None:
            return []
        return frame(source.lines, labels, self.view, severity=self.reported.severity, size=size, context=context)

    def _at_base(self, place: Place) -> bool:
        return self.report.base is not None and place.path == self.view.lock_path

    def _second(self, note: Note, size: int) -> Iterator[str]:
        yield from self._frame(note.place, [Label(note.place.span, note.message)], size, ":::", context=0)

    def _trace(self, trace: tuple[Hop, ...], size: int) -> Iterator[str]:
        if not trace:
            return
        files = len({hop.place.path for hop in trace})
        yield (
            paint("trace", "bold", self.view.color)
            + f": {cells.count(len(trace), 'call')}, {cells.count(files, 'file')}"
        )
        rows = _kept(trace, self.view)
        places = max(cells.width(where(hop.place, self.view)) for _, hop in rows if hop is not None)
        names = max(cells.width(_function(hop, self.view)) for _, hop in rows if hop is not None)
        dots = "…" if self.view.unicode else "..."
        for number, hop in rows:
            if hop is None:
                yield f"      {dots} {cells.count(number, 'frame')} {dots}"
                continue
            called = cells.cut(shown(hop.calls, self.view), _CALL, dots)
            place = cells.pad(where(hop.place, self.view), places)
            yield f"{number:>4}  {place}   {cells.pad(_function(hop, self.view), names)}  ->  {called}"
        last = trace[-1].place
        if not self._near(last):
            yield from self._rows(self.sources.get(last.path), [Label(last.span, "here")], size, context=0)

    def _reasons(self, size: int) -> Iterator[str]:
        change = self._change()
        if change is None:
            return
        if why := wording.evidence(change):
            yield self._reason(size, f"why suggested: {why}")
        elif change.candidates:
            yield self._reason(size, f"candidates: {', '.join(f'`{each}`' for each in change.candidates)}")
        yield self._reason(size, f"effect on {change.engine or change.dialect}: {wording.effect(change)}")
        if change.note:
            yield self._reason(size, change.note)

    def _reason(self, size: int, text: str) -> str:
        return " " * size + paint(" = ", "gutter", self.view.color) + shown(text, self.view)

    def _change(self) -> Change | None:
        index = change_of(self.reported, self.report)
        return self.report.changes[index] if index is not None else None

    def _help(self, size: int) -> Iterator[str]:
        finding, change = self.reported.finding, self._change()
        if change is not None and change.recorded is None and (ways := wording.decisions(change)):
            yield self._titled("help", "decide; the decision is written to " + shown(self.view.lock_path, self.view))
            for title, text in ways:
                yield f"      {cells.pad(title, _TITLE)}{shown(text, self.view)}"
            if missing := wording.no_alias(change):
                yield f"      {cells.pad('alias', _TITLE)}{shown(missing, self.view)}"
            return
        text = finding.hint or (finding.fix.title if finding.fix is not None else "")
        if text:
            yield self._titled("help", shown(text, self.view))
        if finding.fix is not None:
            for block in fixes.blocks(finding.fix, self.sources):
                yield from self._block(block, size)

    def _block(self, block: fixes.Block, size: int) -> Iterator[str]:
        bar = paint(" " * size + " |", "gutter", self.view.color)
        if block.path != self.reported.finding.place.path:
            yield (
                " " * size + paint("-->", "gutter", self.view.color) + f" {shown(block.path, self.view)}:{block.first}"
            )
        yield bar
        for line in block.old:
            yield f"{' ' * size} {self._edit('-', line, 'removed')}"
        for number, line in enumerate(block.new, block.then):
            yield f"{paint(f'{number:>{size}}', 'gutter', self.view.color)} {self._edit('+', line, 'added')}"
        yield bar

    def _edit(self, mark: str, line: str, look: str) -> str:
        text = shown(line.replace("\t", " " * cells.TAB), self.view)
        room = max(_CALL, self.view.width - 8)
        return paint(
            f"{mark} {cells.cut(text, room, '…' if self.view.unicode else '...')}".rstrip(), look, self.view.color
        )

    def _notes(self, more: list[Note]) -> Iterator[str]:
        finding, rule = self.reported.finding, self.reported.rule
        for note in more:
            yield self._titled("note", f"{shown(note.message, self.view)} ({where(note.place, self.view)})")
        hidden = self.reported.suppressed
        if hidden is not None:
            reason = f": {shown(hidden.reason, self.view)}" if hidden.reason else ""
            place = f" at {where(hidden.place, self.view)}" if hidden.place is not None else ""
            yield self._titled("note", f"suppressed by {hidden.by}{place}{reason}")
            return
        if finding.confidence != "high":
            yield self._titled("note", f"confidence {finding.confidence}")
        if rule.group in ("lock", "meta"):
            return
        about = f"rule: steplint rule {rule.name}    silence: # steplint: ignore[{rule.name}] -- reason"
        if finding.fix is None:
            yield self._titled("note", about)
            return
        effect = f": {shown(finding.fix.effect, self.view)}" if finding.fix.effect else ""
        yield self._titled("note", f"{'safe' if finding.fix.safe else 'unsafe'} fix{effect}")
        yield f"      {about}"

    def _titled(self, title: str, text: str) -> str:
        return paint(title, "bold", self.view.color) + f": {text}"


def _labels(notes: list[Note]) -> list[Label]:
    return [Label(note.place.span, note.message) for note in notes]


def _function(hop: Hop, view: View) -> str:
    return shown(hop.function, view)


def _kept(trace: tuple[Hop, ...], view: View) -> list[tuple[int, Hop | None]]:
    """Return the hops to show with their numbers; None with a count where some are left out; recursion once."""
    once = list(enumerate(dict.fromkeys(trace), 1))
    rows = list[tuple[int, Hop | None]](once)
    if view.trace == "short" and len(once) > 3:
        return [rows[0], (len(once) - 2, None), rows[-1]]
    most = max(2, view.max_trace)
    if len(once) > most:
        return [*rows[: most - 1], (len(once) - most, None), rows[-1]]
    return rows
