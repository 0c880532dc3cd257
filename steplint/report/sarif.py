"""SARIF 2.1.0, for code scanning and viewers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

import msgspec

from steplint import __version__
from steplint.model.finding import Fix
from steplint.model.graph import Hop
from steplint.model.place import Place, Span
from steplint.model.report import Report, Reported
from steplint.model.rule import Rule
from steplint.report import sarif_log as out
from steplint.report.stamp import now
from steplint.report.view import View

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST, _FRAMES = 5_000, 100
"""GitHub shows 5,000 results of a run and refuses 25,000."""

_LEVELS: dict[str, out.Level] = {"error": "error", "warning": "warning", "info": "note"}
_RANK = {"error": 0, "warning": 1, "info": 2}
_LINK = re.compile(r"[\\\[\]]")


def render(report: Report, view: View) -> str:
    """Return one log with one run; results are sorted by severity and cut at 5,000."""
    found = [*report.findings, *(report.suppressed if view.include_suppressed else ())]
    found.sort(key=lambda each: (each.suppressed is not None, _RANK[each.severity]))
    kept = found[:_MOST]
    rules = list({each.rule.code: each.rule for each in kept}.values())
    index = {rule.code: number for number, rule in enumerate(rules)}
    notes = [out.Notification("error", out.Message(f"{each.where}: {each.message}")) for each in report.errors]
    if left := found[_MOST:]:
        view.warn(f"sarif: {len(left)} of {len(found)} results left out")
        notes.append(out.Notification("warning", out.Message(f"{len(left)} results left out: {_by_rule(left)}")))
    run = out.Run(
        tool=out.Tool(out.ToolComponent("steplint", __version__, tuple(_rule(each, view) for each in rules))),
        automation_details=out.AutomationDetails(f"steplint/{report.verb}/{view.category}/"),
        column_kind="unicodeCodePoints",
        original_uri_base_ids={"SRCROOT": out.BaseLocation(out.Message("The root of the project."))},
        invocations=(
            out.Invocation(
                not report.errors, report.exit_code, tuple(notes) if notes else (), now() if view.stamp else ""
            ),
        ),
        results=tuple(_result(each, index[each.rule.code]) for each in kept),
    )
    log = out.Log(_SCHEMA, "2.1.0", (run,))
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _rule(rule: Rule, view: View) -> out.ReportingDescriptor:
    summary = rule.summary or rule.name
    level = _LEVELS.get(rule.severity, "warning")
    return out.ReportingDescriptor(
        id=rule.code,
        name=rule.name,
        short_description=out.Message(summary),
        full_description=out.Message(summary),
        help=out.Message(f"steplint rule {rule.name}", rule.text),
        default_configuration=out.Configuration(level),
        properties=out.RuleProperties(("durable-execution", rule.group)),
        help_uri=view.rule_page.format(name=rule.name, code=rule.code) if view.rule_page else "",
    )


def _result(reported: Reported, index: int) -> out.Result:
    finding, hidden = reported.finding, reported.suppressed
    related = [_location(note.place, note.message, number) for number, note in enumerate(finding.notes, 1)]
    links = "".join(f"\n[{_plain(note.message)}]({number})" for number, note in enumerate(finding.notes, 1))
    about = {
        "confidence": finding.confidence,
        "workflow": finding.workflow,
        "step": finding.step,
        "dialect": finding.dialect,
    }
    suppressed: tuple[out.SuppressionObject, ...] = ()
    if hidden is not None:
        suppressed = (out.SuppressionObject("inSource" if hidden.by == "comment" else "external", hidden.reason),)
    return out.Result(
        rule_id=reported.rule.code,
        rule_index=index,
        level=_LEVELS[reported.severity],
        message=out.Message(_plain(finding.message) + links),
        locations=(_location(finding.place),),
        partial_fingerprints={"primaryLocationLineHash": reported.fingerprint},
        related_locations=tuple(related) if related else (),  # only the constant is left out on every Python
        code_flows=_flows(finding.trace),
        fixes=(_fix(finding.fix),) if finding.fix is not None and finding.fix.edits else (),
        suppressions=suppressed,
        properties={key: value for key, value in about.items() if value},
    )


def _flows(trace: tuple[Hop, ...]) -> tuple[out.CodeFlow, ...]:
    if len(trace) < 2:
        return ()
    kept = trace if len(trace) <= _FRAMES else (*trace[: _FRAMES - 1], trace[-1])
    frames = tuple(out.ThreadFlowLocation(_location(hop.place, f"{hop.function} -> {hop.calls}")) for hop in kept)
    return (out.CodeFlow((out.ThreadFlow(frames),)),)


def _fix(fix: Fix) -> out.FixObject:
    paths = dict.fromkeys(edit.place.path for edit in fix.edits)
    effect = f" ({'safe' if fix.safe else 'unsafe'}{f': {fix.effect}' if fix.effect else ''})"
    return out.FixObject(
        out.Message(_plain(fix.title + effect)),
        tuple(
            out.ArtifactChange(
                _artifact(path),
                tuple(
                    out.Replacement(_region(edit.place.span), out.Content(edit.text))
                    for edit in fix.edits
                    if edit.place.path == path
                ),
            )
            for path in paths
        ),
    )


def _location(place: Place, message: str = "", number: int = -1) -> out.Location:
    return out.Location(
        out.PhysicalLocation(_artifact(place.path), _region(place.span)),
        number,
        out.Message(_plain(message)) if message else None,
    )


def _artifact(path: str) -> out.ArtifactLocation:
    return out.ArtifactLocation(quote(path, safe="/", errors="surrogatepass"), "SRCROOT")


def _region(span: Span) -> out.Region:
    return out.Region(max(1, span.line), span.column + 1, max(1, span.end_line), span.end_column + 1)


def _plain(text: str) -> str:
    """Return ``text`` without anything that would be read as a link."""
    return _LINK.sub(r"\\\g<0>", text)


def _by_rule(found: Iterable[Reported]) -> str:
    counts = Counter(each.rule.code for each in found)
    return ", ".join(f"{number} {code}" for code, number in sorted(counts.items()))
