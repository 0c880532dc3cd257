from __future__ import annotations

from steplint.api import Write
from tests.graphs import at, body, project, run_check, step, workflow


def write(target, name="ctx.event.data"):
    return Write(name, "subscript", target, at(5))


def test_a_change_of_the_event_in_the_body_is_reported():
    [found] = run_check("event_mutation", project(workflow(step(), writes=(write("event"),))))
    assert found.level == ""
    assert found.message == "`ctx.event.data` is changed in the body: a replay starts from the original event"


def test_inside_a_step_it_is_an_error():
    [found] = run_check("event_mutation", project(workflow(step("total", body=body(writes=(write("event"),))))))
    assert found.level == "step"
    assert "in step `total`" in found.message


def test_a_memoized_result_that_the_body_changes_is_reported():
    [found] = run_check("event_mutation", project(workflow(step(), writes=(write("memo", "rows"),))))
    assert found.message == "the memoized result `rows` is changed in the body"


def test_variables_of_the_workflow_belong_to_another_rule():
    flow = workflow(step(body=body(writes=(write("local"), write("memo")))), writes=(write("instance"),))
    assert run_check("event_mutation", project(flow)) == []
