"""The whole report as one JSON object.

Fields and types: `steplint.report.document`; the schema is printed by `steplint schema report`.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from steplint.contract.change import Change
from steplint.contract.manifest import ManifestStep
from steplint.model.finding import Finding, Fix
from steplint.model.place import Place
from steplint.model.report import Report, Reported
from steplint.report import document as out
from steplint.report.linked import change_of
from steplint.report.source import Sources
from steplint.report.stamp import now
from steplint.report.view import View


def render(report: Report, view: View) -> str:
    """Return ``report`` as JSON with two spaces of indentation and a final newline."""
    return msgspec.json.format(msgspec.json.encode(build(report, view)), indent=2).decode() + "\n"


def build(report: Report, view: View) -> out.ReportOut:
    """Return ``report`` as the structs that are written."""
    hidden = report.suppressed if view.show_suppressed else ()
    texts = Texts(report, view)
    return out.ReportOut(
        schema=out.SCHEMA,
        verb=report.verb,
        base=out.BaseOut(report.base.ref, report.base.commit, report.base.note) if report.base is not None else None,
        findings=tuple(finding(each, report, texts) for each in (*report.findings, *hidden)),
        changes=tuple(change(each) for each in report.changes),
        summary=summary(report),
        errors=tuple(out.FailureOut(each.where, each.message, each.detail) for each in report.errors),
        exit_code=report.exit_code,
        statistics=dict(report.statistics),
        timings=dict(report.timings),
        files=report.files,
        created=now() if view.stamp else "",
    )


class Texts:
    """Where the text of a place is read: in the lock of the base, if there is a base, else in the working tree."""

    def __init__(self, report: Report, view: View) -> None:
        self.sources = Sources(view.read)
        self.lock = Sources(view.read_base) if report.base is not None else self.sources
        self.lock_path = view.lock_path

    def place(self, at: Place) -> out.PlaceOut:
        """Return ``at`` with columns from 1 and byte offsets."""
        span = at.span
        source = (self.lock if at.path == self.lock_path else self.sources).get(at.path)
        known = source is not None and source.has(span)
        return out.PlaceOut(
            path=at.path,
            line=span.line,
            column=span.column + 1,
            end_line=span.end_line,
            end_column=span.end_column + 1,
            start_byte=source.byte(span.line, span.column) if source is not None and known else None,
            end_byte=source.byte(span.end_line, span.end_column) if source is not None and known else None,
        )


def finding(reported: Reported, report: Report, texts: Texts) -> out.FindingOut:
    """Return one finding as it is written."""
    found, hidden = reported.finding, reported.suppressed
    return out.FindingOut(
        rule=reported.rule.name,
        code=reported.rule.code,
        severity=reported.severity,
        confidence=found.confidence,
        message=found.message,
        workflow=found.workflow,
        dialect=found.dialect,
        step=found.step,
        place=texts.place(found.place),
        notes=tuple(out.NoteOut(texts.place(note.place), note.message) for note in found.notes),
        trace=tuple(out.HopOut(texts.place(hop.place), hop.function, hop.calls) for hop in found.trace),
        fix=_fix(found, texts),
        fingerprint=reported.fingerprint,
        suppressed=out.SuppressedOut(hidden.by, hidden.reason, texts.place(hidden.place) if hidden.place else None)
        if hidden is not None
        else None,
        change=change_of(reported, report),
        hint=found.hint,
        label=found.label,
    )


def change(each: Change) -> out.ChangeOut:
    """Return one change as it is written."""
    likely, record = each.suggestion, each.recorded
    return out.ChangeOut(
        kind=each.kind,
        code=each.code,
        verdict=each.verdict,
        workflow=each.workflow,
        dialect=each.dialect,
        family=each.family,
        old=_step(each.old),
        new=_step(each.new),
        recorded=out.RecordOut(record.record, record.accept, record.why) if record is not None else None,
        suggestion=out.SuggestionOut(True, likely.score, likely.evidence, likely.id) if likely is not None else None,
        commands=each.commands,
        app=each.app,
        engine=each.engine,
        candidates=each.candidates,
        gate=each.gate,
        note=each.note,
        confidence=each.confidence,
        successor=each.successor,
    )


def summary(report: Report) -> out.SummaryOut:
    """Return the counts of ``report`` as they are written."""
    counts, numbers = Counter(each.severity for each in report.findings), report.summary
    return out.SummaryOut(
        errors=counts["error"],
        warnings=counts["warning"],
        infos=counts["info"],
        workflows=numbers.workflows,
        steps=numbers.steps,
        files=numbers.files,
        cached=numbers.cached,
        suppressed=numbers.suppressed,
        unresolved_calls=numbers.unresolved_calls,
        unused_suppressions=numbers.unused_suppressions,
        baselined=numbers.baselined,
        unreadable_ids=numbers.unreadable_ids,
    )


def _fix(found: Finding, texts: Texts) -> out.FixOut | None:
    fix: Fix | None = found.fix
    if fix is None:
        return None
    edits = tuple(out.EditOut(texts.place(edit.place), edit.text) for edit in fix.edits)
    return out.FixOut("safe" if fix.safe else "unsafe", fix.title, edits, fix.effect)


def _step(step: ManifestStep | None) -> out.StepOut | None:
    if step is None:
        return None
    return out.StepOut(step.id, step.kind, step.template, step.occurrence, step.position, step.callable)
