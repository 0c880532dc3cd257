"""How each engine spells a body: one `Spelling` per engine turns the abstract calls of an edit into a module."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import NamedTuple

from tests.engines.edits import Body, Call, Edit, Gate, Hold, flat


class Spelling(NamedTuple):
    """``head`` opens the module, ``function`` writes a function, ``opens`` and ``closes`` enclose the statements.

    ``step`` and ``sleep`` write a call as an expression, ``hold`` is the statement over which the run waits, ``gate``
    the condition that only new runs meet. ``named`` says that the ID is the name of the function, so that calls of one
    ID differ in their arguments only.
    """

    head: str
    function: Callable[[Call, bool], str]
    opens: str
    step: Callable[[Call], str]
    sleep: Callable[[Call], str]
    closes: str = ""
    hold: str = ""
    gate: str = ""
    named: bool = False
    indent: int = 4


def sources(spelling: Spelling, edit: Edit) -> tuple[str, str]:
    """Return the module before and after the edit."""
    return module(spelling, edit.before, ()), module(spelling, edit.after, edit.rebodied)


def module(spelling: Spelling, body: Body, rebodied: tuple[str, ...]) -> str:
    """Return the text of a module with one workflow."""
    calls = {each.id if spelling.named else each.call: each for each in flat(body) if each.kind == "run"}
    functions = [spelling.function(each, each.call in rebodied) for _, each in sorted(calls.items())]
    statements = ["got = []", *(line for each in body for line in _statements(spelling, each)), "return got"]
    text = indent("\n".join(statements), " " * spelling.indent)
    return "\n\n\n".join([spelling.head.strip(), *functions, f"{spelling.opens.strip()}\n{text}\n{spelling.closes}"])


def _statements(spelling: Spelling, part: Call | Gate | Hold) -> list[str]:
    match part:
        case Hold():
            return [spelling.hold] if spelling.hold else []
        case Call():
            return [_appended(spelling, part)]
        case Gate(new, old):
            lines = [f"if {spelling.gate}:", *(f"    {_appended(spelling, each)}" for each in new)]
            lines += ["    pass"] if not new else []
            return lines + (["else:", *(f"    {_appended(spelling, each)}" for each in old)] if old else [])


def _appended(spelling: Spelling, call: Call) -> str:
    expression = spelling.step(call) if call.kind == "run" else spelling.sleep(call)
    return f'got.append(["{call.call}", {expression}])'


def plain(call: Call, changed: bool) -> str:
    """Return a function that makes its result itself."""
    return f'def {call.call}(n):\n    return note("{call.call}", n{" + 0" if changed else ""})'


def value(call: Call) -> str:
    """Return the argument of a call by which calls of one function differ."""
    return f'"{call.call}"' if call.id == "load" else str(call.argument)


def _activity(call: Call) -> str:
    """Return the function that is an activity: those of one ID are one function."""
    return call.id if call.id == "load" else call.call


def _of_activity(call: Call, changed: bool) -> str:
    """Return the body of an activity; the one that several calls share says for which call it works."""
    return "note(n, 0)" if call.id == "load" else f'note("{call.call}", n{" + 0" if changed else ""})'


INNGEST = Spelling(
    head="""
from datetime import timedelta

import inngest
from journal import note

client = inngest.Inngest(app_id="shop", is_production=False)
""",
    function=plain,
    opens="""
@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context):
""",
    step=lambda call: f'await ctx.step.run("{call.id}", {call.call}, {call.argument})',
    sleep=lambda call: f'await ctx.step.sleep("{call.id}", timedelta(seconds=1))',
)

STEPLINT = Spelling(
    head="""
from datetime import timedelta

from journal import note
from steplint.runtime import Context, workflow
""",
    function=plain,
    opens="""
@workflow("order")
def order(ctx: Context):
""",
    step=lambda call: f'ctx.step.run("{call.id}", {call.call}, {call.argument})',
    sleep=lambda call: f'ctx.step.sleep("{call.id}", timedelta(seconds=0))',
    hold='ctx.step.wait_for_event("hold", event="go", timeout=timedelta(days=1))',
)

_DBOS = """
import os

from dbos import DBOS
from journal import note

DBOS(config={"name": "shop", "system_database_url": os.environ["STEPLINT_DATABASE"], "run_admin_server": False%s})
"""


def _dbos(config: str) -> Spelling:
    return Spelling(
        head=_DBOS % config,
        function=plain,
        opens='@DBOS.workflow(name="order")\ndef order():',
        step=lambda call: f'DBOS.run_step({{"name": "{call.id}"}}, {call.call}, {call.argument})',
        sleep=lambda call: "DBOS.sleep(0.01)",
        gate='DBOS.patch("stock")' if config else "",
    )


DBOS = _dbos("")
DBOS_PINNED = _dbos(', "application_version": "1"')

TEMPORAL = Spelling(
    head="""
from datetime import timedelta

from journal import note
from temporalio import activity, workflow

LIMIT = timedelta(seconds=9)
""",
    function=lambda call, changed: (
        f'@activity.defn(name="{call.id}")\ndef {_activity(call)}(n):\n    return {_of_activity(call, changed)}'
    ),
    opens='@workflow.defn(name="order")\nclass Order:\n    @workflow.run\n    async def run(self):',
    step=lambda call: (
        f"await workflow.execute_activity({_activity(call)}, {value(call)}, start_to_close_timeout=LIMIT)"
    ),
    sleep=lambda call: "await workflow.sleep(1)",
    gate='workflow.patched("stock")',
    named=True,
    indent=8,
)

AWS = Spelling(
    head="""
from aws_durable_execution_sdk_python import DurableContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import Duration
from journal import note
""",
    function=lambda call, changed: (
        f'@durable_step\ndef {call.call}(step, n):\n    return note("{call.call}", n{" + 0" if changed else ""})'
    ),
    opens="@durable_execution\ndef order(event, context: DurableContext):",
    step=lambda call: f'context.step({call.call}({call.argument}), name="{call.id}")',
    sleep=lambda call: f'context.wait(Duration.from_seconds(1), name="{call.id}")',
    hold='context.wait(Duration.from_seconds(1), name="hold")',
)

AWS_UNNAMED = AWS._replace(
    function=plain,
    step=lambda call: f"context.step(lambda _: {call.call}({call.argument}))",
    sleep=lambda call: "context.wait(Duration.from_seconds(1))",
)

DURABLETASK = Spelling(
    head="""
from datetime import timedelta

from durabletask import task, worker
from journal import note
""",
    function=lambda call, changed: f"def {call.id}(ctx, n):\n    return {_of_activity(call, changed)}",
    opens="def order(ctx: task.OrchestrationContext, _):",
    step=lambda call: f"(yield ctx.call_activity({call.id}, input={value(call)}))",
    sleep=lambda call: "(yield ctx.create_timer(timedelta(seconds=0)))",
    hold='yield ctx.wait_for_external_event("go")',
    closes="""

def register(hub: worker.TaskHubGrpcWorker):
    hub.add_orchestrator(order)
""",
    named=True,
)

RESTATE = Spelling(
    head="""
from datetime import timedelta

import restate
from journal import note

shop = restate.Service("shop")
""",
    function=plain,
    opens="@shop.handler()\nasync def order(ctx: restate.Context, _: dict):",
    step=lambda call: f'await ctx.run_typed("{call.id}", {call.call}, restate.RunOptions(), {call.argument})',
    sleep=lambda call: f'await ctx.sleep(timedelta(milliseconds=1), name="{call.id}")',
    hold='await ctx.sleep(timedelta(seconds=4), name="hold")',
)

ABSURD = Spelling(
    head="""
import os

from absurd_sdk import Absurd, TaskContext
from journal import note

app = Absurd(os.environ["STEPLINT_DATABASE"], queue_name="shop")
""",
    function=plain,
    opens='@app.register_task("order")\ndef order(params, ctx: TaskContext):',
    step=lambda call: f'ctx.step("{call.id}", lambda: {call.call}({call.argument}))',
    sleep=lambda call: f'ctx.sleep_for("{call.id}", 0)',
    hold='ctx.await_event("go")',
)

RESONATE = Spelling(
    head="""
from datetime import timedelta

from journal import note
from resonate.context import Context
from resonate.resonate import Resonate

resonate = Resonate(env={})
""",
    function=lambda call, changed: f"async def {call.id}(ctx: Context, n):\n    return {_of_activity(call, changed)}",
    opens='@resonate.register(name="order")\nasync def order(ctx: Context):',
    step=lambda call: f"await ctx.run({call.id}, {value(call)})",
    sleep=lambda call: "await ctx.sleep(timedelta(seconds=0))",
    hold="await ctx.sleep(timedelta(seconds=0.5))",
    named=True,
)

VERCEL = Spelling(
    head="""
from dataclasses import dataclass

from journal import note
from vercel.workflow import BaseHook, Workflows, sleep

flows = Workflows()


@dataclass
class Go(BaseHook):
    go: bool
""",
    function=lambda call, changed: f"@flows.step\nasync def {call.id}(n):\n    return {_of_activity(call, changed)}",
    opens="@flows.workflow\nasync def order():",
    step=lambda call: f"await {call.id}({value(call)})",
    sleep=lambda call: "await sleep(0.1)",
    hold='await Go.wait(token="go")',
    named=True,
)
