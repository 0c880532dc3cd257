"""Engines whose projects often have no workflow."""

from __future__ import annotations

from steplint.testing import check_source

PLAIN = """\
from hatchet_sdk import Context, EmptyModel, Hatchet

hatchet = Hatchet()


@hatchet.task(on_events=["order:placed"])
async def confirm(_: EmptyModel, ctx: Context) -> None:
    ctx.log("confirmed")
"""


def test_a_project_of_plain_tasks_gets_a_note() -> None:
    (found,) = check_source({"tasks.py": PLAIN}).findings
    assert (found.rule.name, found.severity) == ("nothing-found", "info")


def test_one_durable_task_is_enough() -> None:
    durable = PLAIN.replace("hatchet.task(", "hatchet.durable_task(")
    assert check_source({"tasks.py": durable}).findings == ()


def test_an_error_class_of_another_engine_is_no_workflow_that_was_missed() -> None:
    source = """\
import dapr.ext.workflow as wf
from durabletask.task import TaskFailedError

runtime = wf.WorkflowRuntime()


@runtime.workflow
def order(ctx: wf.DaprWorkflowContext, number: int):
    try:
        yield ctx.call_activity("charge", input=number)
    except TaskFailedError:
        yield ctx.call_activity("refund", input=number)
"""
    result = check_source({"flow.py": source}, rules=("default",))
    assert [each.rule.name for each in result.findings if each.rule.name == "nothing-found"] == []
    assert [each.id for each in result.graph.workflows] == ["order"]
