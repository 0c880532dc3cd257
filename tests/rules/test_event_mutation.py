from __future__ import annotations

from msgspec.structs import replace

from steplint.api import Write
from tests.graphs import DBOS, at, body, project, run_check, step, workflow


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


def test_a_memoized_result_that_the_body_changes_is_listed_when_asked_for():
    flow = workflow(step(), writes=(write("memo", "rows"),))
    assert run_check("event_mutation", project(flow)) == []
    [found] = run_check("event_mutation", project(flow, strict=True))
    assert found.message == "the memoized result `rows` is changed in the body"
    assert found.level == "kept"


def test_a_body_that_starts_again_only_after_a_crash_changes_its_input_for_itself():
    flow = workflow(step(), writes=(write("event"),), dialect=DBOS)
    assert run_check("event_mutation", project(flow)) == []


def test_arguments_that_are_decoded_for_the_step_belong_to_it():
    engine = replace(DBOS, decoded_arguments=True)
    flow = workflow(step("total", body=body(writes=(write("event"),))), dialect=engine)
    assert run_check("event_mutation", project(flow, dialects={engine.name: engine})) == []


def test_variables_of_the_workflow_belong_to_another_rule():
    flow = workflow(step(body=body(writes=(write("local"), write("memo")))), writes=(write("instance"),))
    assert run_check("event_mutation", project(flow)) == []
