"""One JSON event a line: run, finding, change, error, summary."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from steplint.model.report import Report
from steplint.report import document as out
from steplint.report import json
from steplint.report.stamp import now
from steplint.report.view import View


def render(report: Report, view: View) -> str:
    """Return ``report`` as events: `run` comes first and names the schema, `summary` last."""
    return "".join(f"{msgspec.json.encode(each).decode()}\n" for each in _events(report, view))


def _events(report: Report, view: View) -> Iterator[out.Event]:
    texts = json.Texts(report, view)
    base = out.BaseOut(report.base.ref, report.base.commit, report.base.note) if report.base is not None else None
    yield out.RunEvent(out.SCHEMA, report.verb, base, now() if view.stamp else "")
    for each in (*report.findings, *(report.suppressed if view.show_suppressed else ())):
        yield out.FindingEvent(json.finding(each, report, texts))
    for change in report.changes:
        yield out.ChangeEvent(json.change(change))
    for failure in report.errors:
        yield out.FailureEvent(out.FailureOut(failure.where, failure.message, failure.detail))
    yield out.SummaryEvent(json.summary(report), report.exit_code)
