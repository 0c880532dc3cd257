"""Annotations of GitHub Actions, at most ten a level.

GitHub shows ten errors, ten warnings and ten notices of a step and drops the others without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from steplint.model.place import Place
from steplint.model.report import Report, Reported
from steplint.report.view import View

_MOST = 10
_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report, view: View) -> str:
    """Return workflow commands, one a line: errors, warnings, notices; findings on changed lines come first."""
    lines = list[str]()
    for severity, level in _LEVELS.items():
        found = sorted(
            (each for each in report.findings if each.severity == severity), key=lambda each: not _changed(each, view)
        )
        lines += _level(level, found, view)
    lines += [f"::error title=steplint::{_data(f'{each.where}: {each.message}')}" for each in report.errors[:1]]
    return "".join(f"{line}\n" for line in lines)


def _level(level: str, found: list[Reported], view: View) -> Iterator[str]:
    shown = found if len(found) <= _MOST else found[: _MOST - 1]
    for each in shown:
        yield _command(level, each)
    if more := len(found) - len(shown):
        view.warn(f"github: {more} of {len(found)} {level} annotations left out")
        yield f"::{level} title=steplint::and {more} more; the step summary or the log has all of them"


def _command(level: str, reported: Reported) -> str:
    finding, rule = reported.finding, reported.rule
    span = finding.place.span
    properties = {"file": finding.place.path, "line": str(max(1, span.line)), "endLine": str(max(1, span.end_line))}
    if span.line == span.end_line:
        properties |= {"col": str(span.column + 1), "endColumn": str(max(span.end_column, span.column + 1))}
    properties["title"] = f"{rule.name} {rule.code}"
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {listed}::{_data(_text(reported))}"


def _text(reported: Reported) -> str:
    finding = reported.finding
    lines = [finding.message]
    if len(finding.trace) > 1:
        lines += [f"{_at(hop.place)} {hop.function} -> {hop.calls}" for hop in finding.trace]
    lines += [f"{_at(note.place)} {note.message}" for note in finding.notes]
    hint = finding.hint or (finding.fix.title if finding.fix is not None else "")
    return "\n".join([*lines, f"help: {hint}"] if hint else lines)


def _at(place: Place) -> str:
    return f"{place.path}:{place.span.line}:{place.span.column + 1}"


def _changed(reported: Reported, view: View) -> bool:
    if view.changed_lines is None:
        return False
    span = reported.finding.place.span
    lines = view.changed_lines.get(reported.finding.place.path, frozenset())
    return any(line in lines for line in range(span.line, span.end_line + 1))


def _data(text: str) -> str:
    safe = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return "".join(char if char >= " " else "\ufffd" for char in safe)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
