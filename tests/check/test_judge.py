from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from steplint.api import Place, Span, StepGraph
from steplint.check import baseline
from steplint.check.judge import Case, Judgment, judge
from steplint.check.pack import Packs, bundled, load
from steplint.config.settings import LintSettings
from steplint.model.graph import Module
from steplint.model.summary import Pragma, Problem
from tests.graphs import DIALECTS, at, body, effect, hop, step, use, workflow

PACKS = Packs((load(bundled()),))
CLOCK = effect("time", "time.time", 5, [use("control", 9, step=0, decides="whether step `load` runs")])


def case(*workflows: Any, **fields: Any) -> Case:
    settings = LintSettings(**fields.pop("lint", {}))
    graph = fields.pop("graph", StepGraph(workflows))
    text = fields.pop("text", lambda path: "")
    return Case(graph, DIALECTS, settings, text, fields.pop("exists", lambda path: True), **fields)


def names(judgment: Judgment) -> list[str]:
    return [each.rule.name for each in judgment.reported]


def comment(
    line: int, name: str = "body-time", reason: str = "known", path: str = "flows.py"
) -> Mapping[str, tuple[Pragma, ...]]:
    span = Span(line, 40, line, 80)
    return {path: (Pragma("ignore", (name,), reason, span, Span(line, 0, line, 99)),)}


def test_rules_run_and_findings_carry_severity_and_fingerprint() -> None:
    (found,) = judge(case(workflow(step(), effects=[CLOCK])), PACKS).reported
    assert (found.rule.code, found.severity, found.fingerprint[:3]) == ("SL101", "error", "b2:")


def test_a_comment_silences_and_is_of_use() -> None:
    done = judge(case(workflow(step(), effects=[CLOCK]), pragmas=comment(5)), PACKS)
    assert done.reported == ()
    assert [each.rule.name for each in done.suppressed] == ["body-time"]


def test_a_comment_at_one_call_leaves_the_other_paths_to_the_source() -> None:
    def reaching(line: int, name: str) -> Any:
        trail = (hop(line, name, "now()"), hop(70, "now", "time.time"))
        given = effect("time", "time.time", line, [use("control", 9, step=0)], trail=trail, origin=at(70))
        return workflow(step(), identity=name, effects=[given])

    both = reaching(5, "first"), reaching(6, "second")
    (found,) = judge(case(*both), PACKS).reported
    assert [note.message for note in found.finding.notes][-1] == "also reached from workflow `second`"
    (left,) = judge(case(*both, pragmas=comment(5)), PACKS).reported
    assert left.finding.workflow == "second"
    assert judge(case(*both, pragmas=comment(70)), PACKS).reported == ()


def test_a_comment_that_silences_a_hidden_finding_is_of_use() -> None:
    unsure = effect("time", "time.time", 5, [use("control", 9, step=0)], confidence="low")
    assert names(judge(case(workflow(step(), effects=[unsure]), pragmas=comment(5)), PACKS)) == []
    assert names(judge(case(workflow(step(), effects=[unsure])), PACKS)) == []


def test_problems_of_comments_are_findings() -> None:
    assert names(judge(case(workflow(step()), pragmas=comment(5)), PACKS)) == ["unused-suppression"]
    assert names(judge(case(workflow(step()), pragmas=comment(5, "body-tim")), PACKS)) == ["unknown-rule"]
    done = judge(case(workflow(step(), effects=[CLOCK]), pragmas=comment(5, reason="")), PACKS)
    assert names(done) == ["missing-reason"]


def test_a_rule_that_is_not_selected_leaves_its_comments_alone() -> None:
    given = case(workflow(step()), pragmas=comment(5), lint={"ignore": ("body-time",)})
    assert names(judge(given, PACKS)) == []


def test_a_file_that_was_not_analyzed_says_so_and_nothing_about_its_comments() -> None:
    problem = Problem("Syntax Error @ 3:1.\nIncomplete input.", Span(3, 0, 3, 1))
    (found,) = judge(case(pragmas=comment(5), problems={"flows.py": problem}), PACKS).reported
    assert found.rule.name == "unparsable-file"
    assert found.finding.message == "not analyzed: syntax Error @ 3:1. Incomplete input"
    assert found.finding.place == Place("flows.py", Span(3, 0, 3, 1))


def test_an_sdk_without_workflows_is_reported_once() -> None:
    modules = tuple(Module(path, ("inngest", "dbos"), 0) for path in ("b.py", "a.py"))
    graph = StepGraph((workflow(step(), dialect=DIALECTS["dbos"]),), modules=modules)
    (found,) = judge(case(graph=graph), PACKS).reported
    assert found.finding.message == "2 files import `inngest` and no workflow was recognized"
    assert found.finding.place.path == "a.py"


def test_files_may_be_left_out_by_glob() -> None:
    given = case(workflow(step(), effects=[CLOCK]), lint={"per_file_ignores": {"*.py": ("determinism",)}})
    done = judge(given, PACKS)
    assert done.reported == ()
    assert done.suppressed[0].suppressed is not None
    assert done.suppressed[0].suppressed.by == "per-file-ignore"


def test_the_baseline_hides_and_shrinks() -> None:
    bad = workflow(step(), effects=[CLOCK])
    accepted = baseline.encode(judge(case(bad), PACKS).accepted)
    done = judge(case(bad, baseline=accepted), PACKS)
    assert (names(done), done.baselined) == ([], 1)
    gone = judge(case(workflow(step()), baseline=accepted, ci=True), PACKS)
    assert [(each.rule.name, each.severity) for each in gone.reported] == [("stale-baseline", "error")]
    assert gone.shrunk is not None
    assert gone.shrunk.files == {}


@pytest.mark.parametrize(
    ("selected", "expected"), [(("SL2",), []), (("body-time",), ["body-time"]), (("ALL",), ["body-time"])]
)
def test_only_selected_rules_run(selected: tuple[str, ...], expected: list[str]) -> None:
    assert names(judge(case(workflow(step(), effects=[CLOCK]), lint={"select": selected}), PACKS)) == expected


def test_the_report_does_not_depend_on_the_order_of_rules() -> None:
    uuid = effect("uuid", "uuid.uuid4", 5, [use("control", 9, step=0)])
    given = case(workflow(step("step1"), effects=[CLOCK, uuid]))
    rules = list(PACKS.rules.values())
    assert judge(given, PACKS, rules).reported == judge(given, PACKS, rules[::-1]).reported


def test_what_the_project_knows_lengthens_the_option_of_the_same_name() -> None:
    clock = effect("time", "time.time", 5, [use("effect-argument", 9, name="updated_at", slot="clock", verb="insert")])
    given = workflow(step(body=body(effects=(clock,))))
    assert names(judge(case(given), PACKS)) == ["clock-in-side-effect"]
    assert names(judge(case(given, knowledge={"clock-fields-ok": ("updated_at",)}), PACKS)) == []
