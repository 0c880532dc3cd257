from __future__ import annotations

from msgspec.structs import replace

from steplint.api import Task
from tests.graphs import DBOS, at, frame, project, run_check, step, workflow

ALLOWS = replace(DBOS, unordered={"asyncio.wait": "error"})


def check(task, dialect=ALLOWS):
    flow = workflow(step("audit"), tasks=(task,), dialect=dialect)
    return run_check("step_after_detached_task", project(flow, dialects={dialect.name: dialect}))


def test_a_task_that_nobody_awaits_is_reported():
    [found] = check(Task(at(5), "asyncio.create_task", awaited=False, steps=(0,)))
    assert found.message == "nothing awaits this task: the workflow may finish before `audit` is recorded"


def test_an_awaited_task_is_fine():
    assert check(Task(at(5), "asyncio.create_task", awaited=True, steps=(0,))) == []


def test_a_task_without_durable_operations_is_fine():
    assert check(Task(at(5), "asyncio.create_task", awaited=False, steps=())) == []


def test_an_engine_that_refuses_tasks_has_another_rule():
    refuses = replace(DBOS, unordered={"asyncio.TaskGroup": "error"})
    assert check(Task(at(5), "asyncio.TaskGroup.create_task", awaited=False, steps=(0,)), refuses) == []


def test_a_task_that_a_combinator_waits_for_is_fine():
    waited = step("audit", inside=(frame("combinator", name="asyncio.wait"),))
    flow = workflow(waited, tasks=(Task(at(5), "asyncio.create_task", awaited=False, steps=(0,)),), dialect=ALLOWS)
    assert run_check("step_after_detached_task", project(flow, dialects={ALLOWS.name: ALLOWS})) == []
