"""One line a finding, with path, line and column first."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.model.report import Report, Reported
from steplint.report import wording
from steplint.report.explain import shown, where
from steplint.report.linked import weights
from steplint.report.style import paint
from steplint.report.view import View


def render(report: Report, view: View) -> str:
    """Return one line for each finding, then one for each change without a finding."""
    lines = [_line(each, view) for each in report.findings]
    if view.show_suppressed:
        lines += [_line(each, view) for each in report.suppressed]
    return "".join(f"{line}\n" for line in [*lines, *_changes(report, view)])


def _line(reported: Reported, view: View) -> str:
    finding, severity = reported.finding, reported.severity
    head = paint(f"{severity}[{reported.rule.name} {reported.rule.code}]", severity, view.color)
    line = f"{where(finding.place, view)}: {head} {shown(finding.message, view)}"
    if finding.fix is not None:
        line += " [safe fix]" if finding.fix.safe else " [unsafe fix]"
    if len(finding.trace) > 1:
        last = finding.trace[-1].place
        line += f" (via {shown(last.path, view)}:{last.span.line})"
    return f"{line} [suppressed by {reported.suppressed.by}]" if reported.suppressed is not None else line


def _changes(report: Report, view: View) -> Iterator[str]:
    if report.verb != "diff":
        return
    reported = weights(report)
    for index, change in enumerate(report.changes):
        if index in reported:
            continue
        mark = "*" if change.recorded is not None else wording.MARKS.get(change.kind, "~")
        text = f"{change.workflow}: {mark} {wording.concerns(change)}  {wording.TITLES[change.kind]}, {change.verdict}"
        yield shown(text, view)
