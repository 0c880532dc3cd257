from __future__ import annotations

import itertools
import random
import time
from datetime import timedelta
from pathlib import Path

import pytest

from steplint.pytest_plugin import Replays, steplint_run  # noqa: F401 -- as if by the entry point
from steplint.runtime import AsyncContext, Context, Event, RunFailedError, workflow
from steplint.testing import assert_replay_safe

EXECUTED: list[str] = []


def note(text: str) -> str:
    EXECUTED.append(text)
    return text.upper()


@workflow("order", trigger="order/placed")
def order(ctx: Context) -> str:
    name = ctx.step.run("load", note, ctx.event.data["name"])
    ctx.step.sleep("cool-down", timedelta(days=3))
    return ctx.step.run("ship", note, name)


@workflow("greet")
async def greet(ctx: AsyncContext) -> str:
    return str(await ctx.step.run("greet", note, "hello"))


@workflow("random-argument")
def random_argument(ctx: Context) -> None:
    ctx.step.run("store", note, str(random.random()))


@workflow("random-id")
def random_id(ctx: Context) -> None:
    ctx.step.run(f"store-{random.random()}", note, "x")


@workflow("random-wait")
def random_wait(ctx: Context) -> None:
    ctx.step.sleep(f"wait-{random.random()}", timedelta(seconds=1))


@workflow("clock-in-result")
def clock_in_result(ctx: Context) -> int:
    ctx.step.run("store", note, "x")
    return time.time_ns()


COUNT = itertools.count()


@workflow("another-branch")
def another_branch(ctx: Context) -> None:
    ctx.step.run("even" if next(COUNT) % 2 == 0 else "odd", note, "x")


@workflow("fails", retries=0)
def fails(ctx: Context) -> None:
    ctx.step.run("fail", lambda: 1 / 0)


@pytest.fixture(autouse=True)
def _nothing_executed() -> None:
    EXECUTED.clear()


def test_a_deterministic_body_is_safe_and_each_step_executes_once() -> None:
    assert assert_replay_safe(order, {"name": "ada"}) == "ADA"
    assert EXECUTED == ["ada", "ADA"]
    assert assert_replay_safe(greet) == "HELLO"


def test_an_event_starts_the_workflow_that_it_triggers() -> None:
    assert assert_replay_safe(order, Event("order/placed", {"name": "bob"})) == "BOB"
    with pytest.raises(ValueError, match="event `order/lost` does not start workflow `order`"):
        assert_replay_safe(order, Event("order/lost", {}))


@pytest.mark.parametrize(
    ("unsafe", "message"),
    [
        (random_argument, "an argument of step `store` changes from entry to entry"),
        (random_id, "what step `store-.*` recorded is not asked for"),
        (random_wait, "executes step after step"),
        (clock_in_result, "the result is"),
        (another_branch, "step `odd` executes; it looks like the recorded `even`"),
    ],
    ids=lambda each: getattr(each, "id", ""),
)
def test_what_a_replay_does_differently_is_named(unsafe: object, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        assert_replay_safe(unsafe)  # type: ignore[arg-type]


def test_a_run_that_fails_says_so() -> None:
    with pytest.raises(RunFailedError, match="division by zero"):
        assert_replay_safe(fails)


def test_the_fixture_enters_the_body_after_every_step(steplint_run: Replays, tmp_path: Path) -> None:  # noqa: F811
    done = steplint_run(order, {"name": "ada"})
    assert (done.result, EXECUTED) == ("ADA", ["ada", "ADA"])
    assert done.memos["load"] == {"data": "ADA", "index": 0}
    assert list(done.memos) == ["load", "cool-down", "ship"]
    (visit,) = [each for each in steplint_run.runtime.store.visits(done.run) if each.outcome == "completed"]
    assert visit.entries > 1
    assert (tmp_path / "ledger.sqlite").is_file()


def test_the_fixture_ends_a_body_whose_ids_change(steplint_run: Replays) -> None:  # noqa: F811
    with pytest.raises(AssertionError, match="executes step after step"):
        steplint_run(random_id)
