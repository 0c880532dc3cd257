from __future__ import annotations

from steplint.api import Loop
from tests.graphs import at, body, hop, project, run_check, step, workflow


def check(*loops):
    return run_check("endless_step_loop", project(workflow(step("broken-step", body=body(loops=loops)))))


def test_a_loop_that_nothing_leaves_is_reported():
    [found] = check(Loop(at(5), "while True"))
    assert found.message == "`while True` in step `broken-step` has no way out: the step never completes"


def test_the_way_to_a_loop_in_a_called_function_is_shown():
    trail = (hop(5, "work", "drain"), hop(9, "drain", "while True"))
    [found] = check(Loop(at(9), "while True", trail, "medium"))
    assert found.trace[:2] == trail
    assert found.trace[-1].place == at(9)
    assert found.confidence == "medium"


def test_a_step_without_such_a_loop_is_fine():
    assert check() == []


def test_a_workflow_without_steps_is_one_unit():
    [found] = run_check("endless_step_loop", project(workflow(loops=(Loop(at(5), "while True"),))))
    assert found.message == "`while True` in workflow `flow` has no way out: the workflow never completes"
