"""GitLab Code Quality report, for the merge request widget."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from steplint.model.report import Report, Reported
from steplint.report.view import View

_SEVERITY = {
    ("error", "high"): "critical",
    ("error", "medium"): "major",
    ("error", "low"): "minor",
    ("warning", "high"): "major",
    ("warning", "medium"): "minor",
    ("warning", "low"): "info",
}


class Lines(Struct, frozen=True):
    """Lines from 1."""

    begin: int
    end: int


class Location(Struct, frozen=True):
    """A file relative to the project, and lines in it."""

    path: str
    lines: Lines


class Issue(Struct, frozen=True):
    """One entry; GitLab matches it across runs by fingerprint."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: Location


def render(report: Report, view: View) -> str:
    """Return a JSON array with one entry a finding."""
    issues = [_issue(each) for each in report.findings]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"


def _issue(reported: Reported) -> Issue:
    finding = reported.finding
    span = finding.place.span
    return Issue(
        finding.message,
        reported.rule.name,
        reported.fingerprint,
        _SEVERITY.get((reported.severity, finding.confidence), "info"),
        Location(finding.place.path, Lines(max(1, span.line), max(1, span.end_line))),
    )
