from __future__ import annotations

import pytest
from msgspec.structs import replace

from steplint.api import Task
from tests.graphs import INNGEST, RESONATE, at, frame, project, run_check, step, workflow

REFUSED = {"asyncio.gather": "error", "asyncio.TaskGroup": "error", "asyncio.create_task": "error"}
STRICT = replace(INNGEST, unordered=REFUSED, parallel=("group.parallel",))
GATHER = frame("combinator", line=5, name="asyncio.gather")


def check(*steps, dialect=STRICT, **fields):
    flow = workflow(*steps, dialect=dialect, **fields)
    return run_check("engine_unsafe_parallelism", project(flow, dialects={dialect.name: dialect}))


def test_gather_over_steps_is_one_finding_at_the_call():
    [found] = check(step("load-prices", inside=(GATHER,)), step("load-stock", inside=(GATHER,)))
    assert found.place.span.line == 5
    assert found.level == "refused"
    assert found.message == "`asyncio.gather` over step `load-prices` is not recorded by inngest"
    assert found.hint == "use `ctx.group.parallel`"
    assert len(found.notes) == 2


def test_the_combinator_of_the_engine_is_fine():
    assert check(step("load", inside=(frame("combinator", name="group.parallel"),))) == []


@pytest.mark.parametrize(
    ("word", "levels"),
    [("error", ["refused"]), ("warning", ["not-established"]), ("info", ["discouraged"]), ("off", [])],
)
def test_the_dialect_decides_how_bad_it_is(word, levels):
    dialect = replace(INNGEST, unordered={"asyncio.gather": word})
    assert [each.level for each in check(step("load", inside=(GATHER,)), dialect=dialect)] == levels


def test_a_task_group_is_known_by_its_class():
    [found] = check(step("load"), tasks=(Task(at(7), "asyncio.TaskGroup.create_task", awaited=True, steps=(0,)),))
    assert found.place.span.line == 7
    assert "`asyncio.TaskGroup`" in found.message


def test_a_task_that_a_combinator_waits_for_is_told_once():
    tasks = (Task(at(7), "asyncio.create_task", awaited=True, steps=(0,)),)
    assert len(check(step("load", inside=(GATHER,)), tasks=tasks)) == 1


def test_a_task_over_plain_coroutines_is_fine():
    assert check(step("load"), tasks=(Task(at(7), "asyncio.create_task", awaited=False, steps=()),)) == []


def test_branches_of_several_calls_are_told_by_another_rule_where_nothing_is_established():
    dialect = replace(RESONATE, unordered={"asyncio.gather": "warning"})
    one, two = (GATHER, frame("call", line=6)), (GATHER, frame("call", line=7))
    several = [step("load", inside=one), step("save", inside=one), step("mail", inside=two)]
    assert check(*several, dialect=dialect) == []
    assert len(check(*several[1:], dialect=dialect)) == 1
    assert len(check(*several[:2], dialect=dialect)) == 1


def test_the_consequence_follows_the_engine():
    assert "executed again" in check(step("load", inside=(GATHER,)))[0].label
    dialect = replace(RESONATE, reenters="on-resume", unordered={"asyncio.gather": "warning"})
    assert "swap" in check(step("load", inside=(GATHER,)), dialect=dialect)[0].label
