from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from steplint.api import Finding, Hop, Project
from steplint.check.pack import Check
from steplint.check.run import confident, finish, merged, run, severity, stamp
from steplint.config.settings import LintSettings
from steplint.model.report import Reported
from steplint.model.rule import Rule
from tests.graphs import DBOS, INNGEST, RESONATE, RESTATE, at, hop, project

FLOW = Rule(code="SL101", name="body-time", severity="flow", since="1")


def finding(line: int = 5, **fields: Any) -> Finding:
    return Finding(**{"message": "something", "place": at(line), "workflow": "flow", "dialect": "inngest", **fields})


def reported(found: Finding, rule: Rule = FLOW, cell: Any = "error") -> Reported:
    return Reported(found, rule, cell, "")


@pytest.mark.parametrize(
    ("flow", "keyed", "positional", "nameless"),
    [
        ("control", "error", "error", "error"),
        ("identity", "error", "error", "warning"),
        ("outside-effect", "error", "error", "error"),
        ("step-argument", "warning", "warning", "warning"),
        ("capture", "warning", "warning", "warning"),
        ("state", "warning", "warning", "warning"),
        ("timer", "warning", "warning", "warning"),
        ("unknown", "info", "info", "info"),
        ("returned", "off", "off", "off"),
        ("logged", "off", "off", "off"),
        ("unused", "off", "off", "off"),
        ("branch", "off", "off", "off"),
    ],
)
def test_severity_follows_flow_and_engine(flow: str, keyed: str, positional: str, nameless: str) -> None:
    cells = [severity(finding(flow=flow), FLOW, each, LintSettings()) for each in (INNGEST, DBOS, RESONATE)]
    assert cells == [keyed, positional, nameless]


def test_a_value_that_replay_compares_is_an_error() -> None:
    found = finding(flow="step-argument", level="compared")
    assert severity(found, FLOW, RESTATE, LintSettings()) == "error"
    assert severity(found, replace(FLOW, most="warning"), RESTATE, LintSettings()) == "warning"


def test_strict_lifts_what_is_off_to_info() -> None:
    assert severity(finding(flow="logged"), FLOW, INNGEST, LintSettings(strict=True)) == "info"


def test_the_engine_overrides_the_page() -> None:
    dialect = replace(INNGEST, severity={"body-time": {"control": "info", "timer": "off"}})
    assert severity(finding(flow="control"), FLOW, dialect, LintSettings()) == "info"
    assert severity(finding(flow="timer"), FLOW, dialect, LintSettings(strict=True)) == "off"


def test_the_page_maps_levels() -> None:
    rule = replace(FLOW, severity="error", levels={"tail": "warning", "logged": "off"})
    cells = [severity(finding(level=level), rule, INNGEST, LintSettings()) for level in ("", "tail", "info", "off")]
    assert cells == ["error", "warning", "info", "off"]


def test_a_ceiling_holds_for_flows() -> None:
    rule = replace(FLOW, most="warning")
    cells = [severity(finding(flow=flow), rule, INNGEST, LintSettings()) for flow in ("control", "timer", "unknown")]
    assert cells == ["warning", "warning", "info"]


def test_a_configured_severity_replaces_all_but_off() -> None:
    settings = LintSettings(severity={"body-time": "info"})
    assert severity(finding(flow="control"), FLOW, INNGEST, settings) == "info"
    assert severity(finding(flow="logged"), FLOW, INNGEST, settings) == "off"
    by_code = LintSettings(severity={"SL101": "warning"})
    assert severity(finding(flow="control"), FLOW, INNGEST, by_code) == "warning"


def test_a_rule_that_raises_costs_its_own_findings_only() -> None:
    def broken(project: Project) -> Iterator[Finding]:
        yield finding(flow="control")
        raise RuntimeError("no luck")

    def whole(project: Project) -> Iterator[Finding]:
        yield finding(flow="control")

    checks: dict[str, Check] = {"broken": broken, "whole": whole}
    rules = [replace(FLOW, name="broken", code="SL901"), replace(FLOW, name="whole", code="SL902")]
    done = run(rules, checks.__getitem__, lambda rule: project(), LintSettings())
    assert [each.rule.name for each in done.findings] == ["whole"]
    assert [(each.where, each.message) for each in done.failures] == [("rule broken", "RuntimeError: no luck")]
    assert "no luck" in done.failures[0].detail
    assert done.ran == {"whole"}
    assert set(done.seconds) == {"broken", "whole"}


def test_workflows_that_reach_one_source_share_a_finding() -> None:
    far = finding(10, workflow="a", trace=(hop(10, "a", "x()"), hop(12, "x", "y()"), Hop(at(40), "y", "time.time")))
    near = finding(20, workflow="b", trace=(hop(20, "b", "y()"), Hop(at(40), "y", "time.time")))
    (joined,) = merged([reported(far), reported(near)])
    assert joined.finding.workflow == "b"
    assert [(note.place, note.message) for note in joined.finding.notes] == [(at(10), "also reached from workflow `a`")]


def test_the_worst_of_merged_findings_leads() -> None:
    trace = (hop(10, "a", "y()"), Hop(at(40), "y", "time.time"))
    mild = reported(finding(10, workflow="a", trace=trace), cell="warning")
    bad = reported(finding(20, workflow="b", trace=(hop(1, "b", "c()"), *trace)), cell="error")
    (joined,) = merged([mild, bad])
    assert (joined.severity, joined.finding.workflow) == ("error", "b")


def test_two_calls_of_one_workflow_stay_apart() -> None:
    trace = (hop(10, "a", "y()"), Hop(at(40), "y", "time.time"))
    assert len(merged([reported(finding(10, trace=trace)), reported(finding(11, trace=trace))])) == 2


def test_a_shared_step_is_reported_once() -> None:
    (joined,) = merged([reported(finding(10, workflow="a")), reported(finding(10, workflow="b"))])
    assert [note.message for note in joined.finding.notes] == ["also part of workflow `b`"]


def test_fingerprints_ignore_lines_paths_and_wording() -> None:
    def prints(found: Finding, text: str) -> str:
        return finish([reported(found)], lambda path: text)[0].fingerprint

    here = prints(finding(1, message="one"), "    time.time()\n")
    there = prints(finding(3, message="two", place=at(3, path="lib/moved.py")), "\n\n    time.time()\n")
    assert here == there
    assert here.startswith("b2:")
    assert len(here) == 19
    assert here != prints(finding(1, workflow="other"), "    time.time()\n")
    assert here != prints(finding(1, step="load"), "    time.time()\n")
    assert here != prints(finding(1), "    time.tame()\n")


def test_equal_code_has_different_fingerprints() -> None:
    text = "    time.time()\n    time.time()\n"
    first, second = finish([reported(finding(2)), reported(finding(1))], lambda path: text)
    assert first.finding.place.span.line == 1
    assert first.fingerprint != second.fingerprint


def test_findings_are_sorted_by_place_and_code() -> None:
    second = replace(FLOW, code="SL102", name="body-random")
    found = [reported(finding(9)), reported(finding(2), second), reported(finding(2))]
    assert [(each.finding.place.span.line, each.rule.code) for each in finish(found, lambda path: "")] == [
        (2, "SL101"),
        (2, "SL102"),
        (9, "SL101"),
    ]


def test_uncertain_findings_are_hidden() -> None:
    found = [reported(finding(confidence=each)) for each in ("high", "medium", "low")]
    assert len(confident(found, LintSettings())) == 2
    assert len(confident(found, LintSettings(min_confidence="high"))) == 1
    assert len(confident(found, LintSettings(min_confidence="low"))) == 3


def test_findings_that_are_off_are_left_out() -> None:
    found = [finding(flow="logged"), finding(flow="control")]
    assert [each.severity for each in stamp(found, FLOW, {"inngest": INNGEST}, LintSettings())] == ["error"]
