"""Findings as diagnostics: the trace as related places, unused comments faded out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lsprotocol.types import (
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    DiagnosticTag,
    Location,
    Position,
    Range,
)

from steplint.lock.read import Text as LockText
from steplint.lsp.edits import Editor
from steplint.lsp.snapshot import Snapshot, Trouble
from steplint.lsp.units import Text
from steplint.model.finding import Finding, Severity
from steplint.model.place import Place
from steplint.model.report import Reported

SOURCE = "steplint"
_SEVERITY: dict[Severity, DiagnosticSeverity] = {
    "error": DiagnosticSeverity.Error,
    "warning": DiagnosticSeverity.Warning,
    "info": DiagnosticSeverity.Information,
}


class Writer:
    """Writes the places of one snapshot; each text is split into lines once."""

    def __init__(self, snapshot: Snapshot, editor: Editor) -> None:
        self._snapshot, self._editor = snapshot, editor
        self._texts: dict[str, Text] = {}

    def text(self, path: str) -> Text:
        """Return the text that the client shows of a file."""
        if path not in self._texts:
            self._texts[path] = Text(self._snapshot.text(path) or "", self._editor.encoding)
        return self._texts[path]

    def range(self, place: Place) -> Range | None:
        """Return where a place is now; None for lines that were edited since the file parsed last."""
        span = self._snapshot.now(place)
        return None if span is None else self.text(place.path).range(span)

    def location(self, place: Place) -> Location | None:
        """Return a place with its file."""
        found = self.range(place)
        return None if found is None else Location(self._editor.uri(self._snapshot.root / place.path), found)


def diagnostics(snapshot: Snapshot, editor: Editor, *, related: bool) -> dict[str, list[Diagnostic]]:
    """Return the diagnostics of every file that has any; ``related`` is whether the client shows further places."""
    writer = Writer(snapshot, editor)
    found = defaultdict[str, list[Diagnostic]](list)
    for each in snapshot.report.findings:
        place = each.finding.place
        range_ = writer.range(place)
        if range_ is not None:
            found[place.path].append(_diagnostic(each, range_, writer if related else None))
    for finding in snapshot.unreadable:
        range_ = writer.text(finding.place.path).range(finding.place.span)
        found[finding.place.path].append(_plain(range_, finding, "unparsable-file"))
    for trouble in unreasoned(snapshot):
        found[trouble.path].append(troubled(trouble))
    return dict(found)


def unreasoned(snapshot: Snapshot) -> Iterator[Trouble]:
    """Yield the records of the lock that give no reason: `steplint lock --check` does not count them."""
    settings = snapshot.loaded.settings.lock
    if snapshot.lock is None or not settings.require_why:
        return
    for number, workflow in enumerate(snapshot.lock.lock.workflow):
        if workflow.gone == "" or any(not each.why for each in workflow.was):
            yield _unreasoned(settings.path, snapshot.lock, (number,), workflow.id)
        for at, step in enumerate(workflow.step):
            reasons = [*(each.why for each in step.was), *(each.why for each in step.change)]
            if step.gone == "" or not all(reasons):
                yield _unreasoned(settings.path, snapshot.lock, (number, at), step.id)


def _unreasoned(path: str, text: LockText, at: tuple[int, ...], name: str) -> Trouble:
    key = "`gone`" if _gone(text, at) else "`why`"
    message = f"the record of `{name}` gives no reason and does not count\nhelp: say it in {key}"
    return Trouble(path, text.lines.get(at, 1), message, "warning")


def _gone(text: LockText, at: tuple[int, ...]) -> bool:
    workflow = text.lock.workflow[at[0]]
    return (workflow.step[at[1]] if len(at) > 1 else workflow).gone == ""


def troubled(trouble: Trouble) -> Diagnostic:
    """Return the diagnostic of a file that keeps the project from being analyzed."""
    line = max(trouble.line - 1, 0)
    return Diagnostic(
        Range(Position(line, 0), Position(line + 1, 0)),
        trouble.message,
        severity=_SEVERITY[trouble.severity],
        source=SOURCE,
    )


def message(finding: Finding) -> str:
    """Return what a diagnostic says: the fact, and what helps on a line of its own."""
    return f"{finding.message}\nhelp: {finding.hint}" if finding.hint else finding.message


def _diagnostic(reported: Reported, range_: Range, writer: Writer | None) -> Diagnostic:
    rule = reported.rule
    return Diagnostic(
        range_,
        message(reported.finding),
        severity=_SEVERITY[reported.severity],
        code=rule.name,
        source=SOURCE,
        tags=[DiagnosticTag.Unnecessary] if rule.name == "unused-suppression" else None,
        related_information=list(_related(reported.finding, writer)) if writer is not None else None,
        data={"fingerprint": reported.fingerprint, "code": rule.code},
    )


def _plain(range_: Range, finding: Finding, rule: str) -> Diagnostic:
    return Diagnostic(range_, message(finding), severity=DiagnosticSeverity.Error, code=rule, source=SOURCE)


def _related(finding: Finding, writer: Writer) -> Iterator[DiagnosticRelatedInformation]:
    """Yield the way from the workflow to the source, then the notes."""
    for number, hop in enumerate(finding.trace, 1):
        if (location := writer.location(hop.place)) is not None:
            yield DiagnosticRelatedInformation(location, f"{number}: `{hop.function}` calls `{hop.calls}`")
    for note in finding.notes:
        if (location := writer.location(note.place)) is not None:
            yield DiagnosticRelatedInformation(location, note.message)
