from __future__ import annotations

from steplint.api import Nested
from tests.graphs import DBOS, at, body, project, run_check, step, workflow


def check(*nested):
    return run_check("nested_step", project(workflow(step("read-all", body=body(nested=nested)))))


def test_an_operation_inside_a_step_is_reported_where_it_stands():
    [found] = check(Nested(at(5), "read-row", "run"))
    assert found.place.span.line == 5
    assert found.message == "`read-row` runs inside step `read-all` and cannot be recorded on its own"


def test_a_child_context_is_made_to_nest():
    assert check(Nested(at(5), "branch", "child")) == []


def test_a_decorated_step_that_another_one_calls_is_a_plain_call():
    flow = workflow(step("read-all", body=body(nested=(Nested(at(5), "read-row", "run"),))), dialect=DBOS)
    assert [each.level for each in run_check("nested_step", project(flow))] == ["called"]
