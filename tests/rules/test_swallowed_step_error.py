from __future__ import annotations

from pathlib import Path

import pytest

from steplint.api import Swallow
from steplint.testing import check_source
from tests.graphs import at, body, handler, project, run_check, step, workflow


def check(*swallows, identity="fetch-invoice", **options):
    flow = workflow(step(identity, body=body(handlers=swallows)))
    return run_check("swallowed_step_error", project(flow, options=options))


def swallow(*catches, scope="main", returns="", **fields):
    return Swallow(at(60), handler(*catches, **fields), scope, returns)


def test_a_failure_that_becomes_the_result_is_reported_at_the_handler():
    [found] = check(swallow("builtins.Exception", ends="return", returns="None"))
    assert found.place.span.line == 60
    assert found.level == "main"
    assert found.message == "step `fetch-invoice` stores its failure as its result: `except Exception` returns `None`"


def test_a_bare_handler_that_falls_through_is_one():
    assert [each.message.endswith("`except` goes on") for each in check(swallow())] == [True]


@pytest.mark.parametrize("scope", ["optional", "item"])
def test_what_the_try_covers_is_the_level(scope):
    assert [each.level for each in check(swallow("Exception", scope=scope, ends="continue"))] == [scope]


def test_a_handler_that_raises_on_some_path_is_not_reported():
    assert check(swallow("Exception", reraises=True)) == []


def test_steps_that_clean_up_may_fail():
    options = {"cleanup-steps": ["cleanup-*"]}
    assert check(swallow("Exception"), identity="cleanup-files", **options) == []
    assert len(check(swallow("Exception"), identity="load-files", **options)) == 1


def test_several_classes_are_named():
    [found] = check(swallow("builtins.Exception", "OSError", ends="break"))
    assert found.subject == "except (Exception, OSError)"
    assert found.message == "step `fetch-invoice` stores its failure as its result"


def test_a_workflow_without_steps_is_one_unit():
    given = project(workflow(handlers=(swallow("Exception", ends="return"),)))
    [found] = run_check("swallowed_step_error", given)
    assert found.message == "workflow `flow` ends well when it fails: `except Exception` returns"


def test_tidying_up_and_what_follows_the_work_are_notes() -> None:
    fallbacks = Path(__file__).parents[2] / "fixtures" / "rules" / "swallowed_step_error" / "fallbacks.py"
    result = check_source({"flows.py": fallbacks.read_text("utf-8")})
    assert {each.finding.step: each.severity for each in result.findings} == {
        "mark-order": "warning",
        "load-order": "info",
        "write-export": "info",
        "collect-lines": "info",
        "forget-order": "warning",
    }
