"""Diagnostics for reviewdog, with suggestions."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from steplint.model.place import Place, Span
from steplint.model.report import Report, Reported
from steplint.report.source import Source, Sources
from steplint.report.view import View

_SEVERITY = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


class Position(Struct, frozen=True):
    """Line and column from 1; the column counts bytes of UTF-8."""

    line: int
    column: int


class Range(Struct, frozen=True):
    """The end is exclusive."""

    start: Position
    end: Position


class Location(Struct, frozen=True):
    """A range of a file."""

    path: str
    range: Range


class Code(Struct, frozen=True, omit_defaults=True):
    """The rule."""

    value: str
    url: str = ""


class Suggestion(Struct, frozen=True):
    """An edit."""

    range: Range
    text: str


class Related(Struct, frozen=True):
    """A second place."""

    message: str
    location: Location


class Diagnostic(Struct, frozen=True, omit_defaults=True):
    """One finding."""

    message: str
    location: Location
    severity: str
    code: Code
    suggestions: tuple[Suggestion, ...] = ()
    related_locations: tuple[Related, ...] = ()


class Tool(Struct, frozen=True):
    """The program."""

    name: str


class Diagnostics(Struct, frozen=True):
    """The document."""

    source: Tool
    diagnostics: tuple[Diagnostic, ...]


def render(report: Report, view: View) -> str:
    """Return the findings as one JSON object; edits of other files than the finding's are left to `--fix`."""
    sources = Sources(view.read)
    found = Diagnostics(Tool("steplint"), tuple(_diagnostic(each, sources, view) for each in report.findings))
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def _diagnostic(reported: Reported, sources: Sources, view: View) -> Diagnostic:
    finding, rule = reported.finding, reported.rule
    edits = finding.fix.edits if finding.fix is not None else ()
    local = all(edit.place.path == finding.place.path for edit in edits)
    related = [(note.message, note.place) for note in finding.notes]
    related += [(f"{hop.function} -> {hop.calls}", hop.place) for hop in finding.trace[1:]]
    suggestions = [
        Suggestion(_range(edit.place.span, sources.get(edit.place.path)), edit.text) for edit in edits if local
    ]
    return Diagnostic(
        message=f"{finding.message}\nhelp: {finding.hint}" if finding.hint else finding.message,
        location=_location(finding.place, sources),
        severity=_SEVERITY[reported.severity],
        code=Code(rule.code, view.rule_page.format(name=rule.name, code=rule.code) if view.rule_page else ""),
        # An empty tuple from an iterator is left out by some versions of Python only; the constant always is.
        suggestions=tuple(suggestions) if suggestions else (),
        related_locations=tuple(Related(message, _location(place, sources)) for message, place in related)
        if related
        else (),
    )


def _location(place: Place, sources: Sources) -> Location:
    return Location(place.path, _range(place.span, sources.get(place.path)))


def _range(span: Span, source: Source | None) -> Range:
    return Range(_position(span.line, span.column, source), _position(span.end_line, span.end_column, source))


def _position(line: int, column: int, source: Source | None) -> Position:
    if source is None or not 1 <= line <= len(source.lines):
        return Position(max(1, line), column + 1)
    return Position(line, source.byte(line, column) - source.byte(line, 0) + 1)
