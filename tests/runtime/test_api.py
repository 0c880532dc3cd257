"""What a body sees, in both replay modes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from steplint.runtime import (
    AsyncContext,
    BacklogError,
    Context,
    Event,
    NonRetriableError,
    RetryAfterError,
    RunCancelledError,
    RunConflictError,
    RunFailedError,
    Runtime,
    StepError,
    UnknownRunError,
    UnserializableError,
    Workflow,
    workflow,
)
from tests.runtime.conftest import MakeRuntime


def recorded(runtime: Runtime, run_id: str) -> list[tuple[str, str, str | None]]:
    return [(step.label, step.kind, step.data) for step in runtime.store.steps(run_id)]


def run(runtime: Runtime, body: Any, data: object = None, **options: Any) -> Any:
    return runtime.result(runtime.start(Workflow("w", body, **options), data, id="r"))


def failure(runtime: Runtime, body: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(RunFailedError) as caught:
        run(runtime, body, **options)
    return caught.value.fault.name, caught.value.fault.message


def test_steps_run_once_and_give_their_values(runtime: Runtime) -> None:
    calls: list[str] = []

    def body(ctx: Context) -> Any:
        rows = ctx.step.run("parse", lambda: calls.append("parse") or ["x"])
        more = ctx.step.run("more", lambda given, n: calls.append("more") or given * n, rows, 2)
        return {"rows": more, "of": ctx.event.data["file"], "run": ctx.run_id}

    assert run(runtime, body, {"file": "a.csv"}) == {"rows": ["x", "x"], "of": "a.csv", "run": "r"}
    assert calls == ["parse", "more"]
    assert recorded(runtime, "r") == [("parse", "run", '["x"]'), ("more", "run", '["x","x"]')]


def test_an_async_body_may_give_plain_and_async_handlers(runtime: Runtime) -> None:
    async def fetch(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    async def body(ctx: AsyncContext) -> Any:
        first = await ctx.step.run("first", fetch, 1)
        second = await ctx.step.run("second", lambda: first + 1)
        return await ctx.step.run("third", lambda: fetch(second))

    assert run(runtime, body) == 4


def test_values_are_what_json_makes_of_them_at_first_execution(runtime: Runtime) -> None:
    seen: list[Any] = []

    def body(ctx: Context) -> None:
        seen.append(ctx.step.run("pair", lambda: (1, {2: "b"})))

    run(runtime, body)
    assert seen
    assert all(value == [1, {"2": "b"}] for value in seen)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param({"rows": [1, {2}]}, "value['rows'][1]: a `set` has no JSON form", id="a set"),
        pytest.param(float("nan"), "value: nan has no JSON form", id="not a number"),
        pytest.param([b"x"], "value[0]: a `bytes` has no JSON form", id="bytes"),
        pytest.param({(1, 2): 3}, "value: the key (1, 2) is a `tuple`; JSON keys are strings", id="a tuple as key"),
        pytest.param({"a": {1: 0, "1": 0}}, "value['a']: two keys are equal as JSON strings", id="keys that meet"),
    ],
)
def test_a_value_that_would_not_survive_fails_the_run_once(runtime: Runtime, value: object, message: str) -> None:
    calls: list[int] = []

    def body(ctx: Context) -> None:
        ctx.step.run("draw", lambda: calls.append(1) or value)

    assert failure(runtime, body) == ("Unserializable", f"the result of step `draw`, {message}")
    assert calls == [1]


def test_a_value_that_contains_itself_is_refused(runtime: Runtime) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(UnserializableError, match="contains itself"):
        runtime.start(Workflow("w", lambda ctx: None), {"a": loop})


def test_the_result_of_a_workflow_must_survive_too(runtime: Runtime) -> None:
    message = "the result of the workflow, value: a `object` has no JSON form"
    assert failure(runtime, lambda ctx: object()) == ("Unserializable", message)


def test_a_coroutine_from_a_sync_body_is_refused(runtime: Runtime) -> None:
    async def handler() -> int:
        return 1

    name, message = failure(runtime, lambda ctx: ctx.step.run("a", handler))
    assert (name, message) == ("Unserializable", "the result of step `a`, value: a `coroutine` has no JSON form")


def test_a_repeated_id_is_counted(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        return [ctx.step.run("fetch", lambda: 1), ctx.step.run("fetch", lambda: 2), ctx.step.run("fetch", lambda: 3)]

    assert run(runtime, body) == [1, 2, 3]
    assert [step.label for step in runtime.store.steps("r")] == ["fetch", "fetch:1", "fetch:2"]


def test_keys_are_those_of_the_specification(runtime: Runtime) -> None:
    def body(ctx: Context) -> None:
        ctx.step.run("fetch-user", lambda: 1)
        ctx.step.run("fetch-user", lambda: 1)

    run(runtime, body)
    assert [step.key for step in runtime.store.steps("r")] == [
        "857c0b3e9253ce40ce09381575f27504abb803ea",
        "9d76ac9c53ae9398d015f690b8e470d52f1ed83f",
    ]


def test_two_calls_with_one_key_are_refused(runtime: Runtime) -> None:
    def body(ctx: Context) -> None:
        ctx.step.run("a", lambda: 1)
        ctx.step.run("a:1", lambda: 2)
        ctx.step.run("a", lambda: 3)

    message = "use 1 of step `a:1` and use 2 of step `a` have one key"
    assert failure(runtime, body) == ("CollidingKeys", message)
    assert [step.label for step in runtime.store.steps("r")] == ["a", "a:1"]


@pytest.mark.parametrize("step_id", ["", 7, None])
def test_an_id_that_is_no_text_is_refused(runtime: Runtime, step_id: Any) -> None:
    name, message = failure(runtime, lambda ctx: ctx.step.run(step_id, lambda: 1))
    assert name == "BadStepId"
    assert repr(step_id) in message


def test_a_step_inside_a_handler_fails_once(runtime: Runtime) -> None:
    calls: list[int] = []

    def body(ctx: Context) -> None:
        ctx.step.run("outer", lambda: calls.append(1) or ctx.step.run("inner", lambda: 1))

    assert failure(runtime, body) == ("NestedStep", "step `inner` is called inside the handler of step `outer`")
    assert calls == [1]


def test_a_nested_step_in_a_group_fails_too(runtime: Runtime) -> None:
    def body(ctx: Context) -> None:
        nested = lambda: ctx.step.run("outer", lambda: ctx.step.run("inner", lambda: 1))  # noqa: E731
        ctx.group.parallel((nested, lambda: ctx.step.run("beside", lambda: 2)))

    assert failure(runtime, body)[0] == "NestedStep"
    assert ("beside", "run", "2") in recorded(runtime, "r")


# Time


def test_a_sleep_takes_its_time_and_is_recorded_as_null(runtime: Runtime) -> None:
    begin = runtime.clock.now()

    def body(ctx: Context) -> None:
        assert ctx.step.sleep("nap", timedelta(hours=3)) is None
        ctx.step.sleep("blink", 1500)

    run(runtime, body)
    assert runtime.clock.now() - begin == pytest.approx(3 * 3600 + 1.5, abs=1)
    assert recorded(runtime, "r") == [("nap", "sleep", "null"), ("blink", "sleep", "null")]


def test_sleep_until_waits_for_a_time(runtime: Runtime) -> None:
    wanted = runtime.clock.now() + 500
    run(runtime, lambda ctx: ctx.step.sleep_until("dawn", datetime.fromtimestamp(wanted, timezone.utc)))
    assert runtime.clock.now() == pytest.approx(wanted, abs=1)


# Failures


def test_a_step_is_tried_again_and_the_ones_before_it_are_not(runtime: Runtime) -> None:
    calls: list[Any] = []

    def flaky(ctx: Context) -> int:
        calls.append(ctx.attempt)
        if len(calls) < 4:
            raise OSError("down")
        return 5

    def body(ctx: Context) -> Any:
        ctx.step.run("before", lambda: calls.append("before"))
        return ctx.step.run("flaky", flaky, ctx)

    assert run(runtime, body) == 5
    assert calls == ["before", 0, 1, 2]
    step = runtime.store.steps("r")[1]
    assert (step.attempts, step.position) == (3, 1)
    assert [(row.label, row.attempt) for row in runtime.store.tries("r")] == [("flaky", 0), ("flaky", 1)]


def test_pauses_between_tries_grow_as_in_inngest(runtime: Runtime) -> None:
    def body(ctx: Context) -> None:
        ctx.step.run("down", lambda: 1 / 0)

    failure(runtime, body, retries=3)
    rows = runtime.store.tries("r")
    pauses = [row.retry_at - row.ended for row in rows if row.retry_at is not None]
    assert [base <= pause <= base + 30 for base, pause in zip((15, 30, 60), pauses, strict=True)] == [True] * 3
    assert rows[-1].retry_at is None


def test_a_recorded_error_is_raised_at_the_call(runtime: Runtime) -> None:
    calls: list[int] = []

    def body(ctx: Context) -> Any:
        try:
            ctx.step.run("broken", lambda: calls.append(1) or int("x"))
        except StepError as error:
            return [error.name, error.message, error.step, "int(" in error.stack]
        return None

    expected = ["ValueError", "invalid literal for int() with base 10: 'x'", "broken", True]
    assert run(runtime, body, retries=2) == expected
    assert calls == [1, 1, 1]


def test_an_uncaught_step_error_fails_the_run_at_once(runtime: Runtime) -> None:
    entries: list[int] = []

    def body(ctx: Context) -> None:
        entries.append(1)
        ctx.step.run("broken", lambda: int("x"))

    assert failure(runtime, body, retries=0)[0] == "ValueError"
    assert len(entries) <= 2


def test_a_non_retriable_error_fails_the_run_and_is_no_step_error(runtime: Runtime) -> None:
    def handler() -> None:
        raise NonRetriableError("no such user")

    def body(ctx: Context) -> Any:
        try:
            return ctx.step.run("look", handler)
        except StepError:
            return "caught"

    assert failure(runtime, body) == ("NonRetriableError", "no such user")
    assert recorded(runtime, "r") == []


@pytest.mark.parametrize("after", [90_000, timedelta(seconds=90)])
def test_retry_after_sets_the_pause(runtime: Runtime, after: Any) -> None:
    times: list[float] = []

    def handler() -> str:
        times.append(runtime.clock.now())
        if len(times) == 1:
            raise RetryAfterError("busy", after)
        return "ok"

    assert run(runtime, lambda ctx: ctx.step.run("call", handler)) == "ok"
    assert times[1] - times[0] == pytest.approx(90, abs=1)


def test_retry_after_is_limited_by_the_retries(runtime: Runtime) -> None:
    def handler() -> str:
        raise RetryAfterError("busy", 1000)

    def body(ctx: Context) -> Any:
        try:
            return ctx.step.run("call", handler)
        except StepError:
            return "caught"

    assert failure(runtime, body, retries=1) == ("RetryAfterError", "busy")


def test_an_error_of_the_body_is_retried_with_all_memos(runtime: Runtime) -> None:
    calls: list[Any] = []

    def body(ctx: Context) -> Any:
        ctx.step.run("once", lambda: calls.append("once"))
        calls.append(ctx.attempt)
        if ctx.attempt < 2:
            raise KeyError("later")
        return "done"

    assert run(runtime, body) == "done"
    assert calls == ["once", 0, 1, 2]


def test_an_error_of_the_body_fails_the_run_after_the_last_try(runtime: Runtime) -> None:
    def body(ctx: Context) -> None:
        raise KeyError("never")

    assert failure(runtime, body, retries=2) == ("KeyError", "'never'")
    assert [row.attempt for row in runtime.store.tries("r")] == [0, 1, 2]


def test_the_failure_handler_runs_durably(runtime: Runtime) -> None:
    seen: list[Any] = []

    def body(ctx: Context) -> None:
        ctx.step.run("broken", lambda: int("x"))

    def on_failure(ctx: Context) -> None:
        ctx.step.run("report", lambda: seen.append((ctx.event.name, ctx.event.data)))

    failure(runtime, body, retries=0, on_failure=on_failure)
    [(name, data)] = seen
    assert name == "steplint/run.failed"
    assert (data["workflow"], data["run_id"], data["error"]["step"]) == ("w", "r", "broken")
    assert data["event"]["data"] == {}


def test_a_step_over_its_time_fails_its_try(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(backoff=(0.0,))
    release = threading.Event()
    calls: list[int] = []

    def slow() -> str:
        calls.append(1)
        if len(calls) == 1:
            release.wait(60)
        return "fast"

    assert run(runtime, lambda ctx: ctx.step.run("slow", slow), step_timeout=0.5) == "fast"
    release.set()
    [row] = runtime.store.tries("r")
    assert "StepTimeoutError" in row.error
    assert "step `slow` took longer than 0.5 s" in row.error


def test_an_async_step_over_its_time_is_cancelled(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(backoff=(0.0,))
    calls: list[str] = []

    async def slow() -> str:
        calls.append("begin")
        if len(calls) == 1:
            try:
                await asyncio.sleep(60)
            finally:
                calls.append("cancelled")
        return "fast"

    async def body(ctx: AsyncContext) -> str:
        return await ctx.step.run("slow", slow)

    assert run(runtime, body, step_timeout=timedelta(milliseconds=500)) == "fast"
    assert calls == ["begin", "cancelled", "begin"]


# Groups


def test_a_group_gives_all_results_in_order(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        user = ctx.step.run("user", lambda: {"id": 7})
        return ctx.group.parallel(
            [lambda name=name: ctx.step.run(f"fetch-{name}", lambda: [name, user["id"]]) for name in ("a", "b", "c")]
        )

    assert run(runtime, body) == [["a", 7], ["b", 7], ["c", 7]]
    assert sorted(step.label for step in runtime.store.steps("r")) == ["fetch-a", "fetch-b", "fetch-c", "user"]
    assert [step.position for step in runtime.store.steps("r")] == [0, 1, 2, 3]


@pytest.mark.parametrize("form", ["sync", "async"])
def test_steps_of_a_group_are_executed_at_the_same_time(runtime: Runtime, form: str) -> None:
    together = threading.Barrier(3)
    arrived = 0

    def body(ctx: Context) -> Any:
        branches = [lambda n=n: ctx.step.run(f"s-{n}", lambda: together.wait(60) * 0 + n) for n in range(3)]
        return ctx.group.parallel(branches)

    async def meet(number: int) -> int:
        nonlocal arrived
        arrived += 1
        while arrived < 3:
            await asyncio.sleep(0.001)
        return number

    async def async_body(ctx: AsyncContext) -> Any:
        return await ctx.group.parallel([lambda n=n: ctx.step.run(f"s-{n}", meet, n) for n in range(3)])

    assert run(runtime, body if form == "sync" else async_body) == [0, 1, 2]


def test_chains_in_a_group_go_on_when_all_of_a_round_is_done(runtime: Runtime) -> None:
    order: list[str] = []

    def chain(ctx: Context, first: str, second: str) -> str:
        one = ctx.step.run(first, lambda: order.append(first) or first)
        return ctx.step.run(second, lambda: order.append(second) or one + second)

    def body(ctx: Context) -> Any:
        return ctx.group.parallel((lambda: chain(ctx, "a", "x"), lambda: chain(ctx, "b", "y")))

    assert run(runtime, body) == ["ax", "by"]
    assert sorted(order[:2]) == ["a", "b"]
    assert sorted(order[2:]) == ["x", "y"]


def test_a_group_in_a_group(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        def inner() -> Any:
            head = ctx.step.run("head", lambda: 1)
            return head, ctx.group.parallel(
                (lambda: ctx.step.run("l", lambda: 2), lambda: ctx.step.run("r", lambda: 3))
            )

        return ctx.group.parallel((inner, lambda: ctx.step.run("beside", lambda: 4)))

    assert run(runtime, body) == [[1, [2, 3]], 4]


def test_a_step_of_a_group_is_tried_again_alone(runtime: Runtime) -> None:
    calls: list[str] = []

    def flaky() -> str:
        calls.append("flaky")
        if calls.count("flaky") < 3:
            raise OSError("down")
        return "f"

    def body(ctx: Context) -> Any:
        def chain() -> str:
            ctx.step.run("steady", lambda: calls.append("steady"))
            return ctx.step.run("after", lambda: calls.append("after") or "a")

        return ctx.group.parallel((lambda: ctx.step.run("flaky", flaky), chain))

    assert run(runtime, body) == ["f", "a"]
    assert sorted(calls[:2]) == ["flaky", "steady"]
    assert calls[2:] == ["flaky", "flaky", "after"]


def test_sleeps_and_events_take_part_in_a_group(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        return ctx.group.parallel(
            (
                lambda: ctx.step.sleep("long", timedelta(seconds=60)),
                lambda: ctx.step.wait_for_event("never", event="no", timeout=timedelta(seconds=30)),
                lambda: ctx.step.run("work", lambda: 1),
                lambda: ctx.step.send_event("tell", {"name": "told"}),
            )
        )

    assert run(runtime, body) == [None, None, 1, ["r/tell/0"]]


def test_an_error_in_one_callable_leaves_the_group(runtime: Runtime) -> None:
    calls: list[str] = []

    def broken() -> None:
        raise NonRetriableError("stop")

    def body(ctx: Context) -> None:
        ctx.group.parallel((lambda: ctx.step.run("a", lambda: calls.append("a")), broken))

    assert failure(runtime, body) == ("NonRetriableError", "stop")
    assert calls == []


def test_a_key_that_moves_between_callables_is_refused(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        def first() -> Any:
            ctx.step.run("x", lambda: 1)
            return ctx.step.run("y", lambda: "first")

        return ctx.group.parallel((first, lambda: ctx.step.run("y", lambda: "second")))

    assert failure(runtime, body)[0] == "MovingKey"


def test_steps_gathered_in_an_async_body_run_once_each(runtime: Runtime) -> None:
    calls: list[int] = []

    async def work(number: int) -> int:
        await asyncio.sleep(0.002 * number)
        calls.append(number)
        return number

    async def body(ctx: AsyncContext) -> Any:
        return await asyncio.gather(*(ctx.step.run("w", work, number) for number in range(3)))

    assert run(runtime, body) == [0, 1, 2]
    assert sorted(calls) == [0, 1, 2]


# Mistakes in a body


def test_a_step_that_is_not_awaited_is_reported(runtime: Runtime) -> None:
    async def body(ctx: AsyncContext) -> str:
        ctx.step.run("lost", lambda: 1)
        return "done"

    assert failure(runtime, body) == ("StepNotAwaited", "step `lost` is called but never awaited")


def test_a_body_that_swallows_the_interrupt_is_reported(runtime: Runtime) -> None:
    def body(ctx: Context) -> str:
        with contextlib.suppress(BaseException):
            ctx.step.sleep("nap", 1000)
        return "done"

    name, message = failure(runtime, body)
    assert name == "SwallowedInterrupt"
    assert "step `nap`" in message


def test_a_group_whose_callable_swallows_the_interrupt_is_reported(runtime: Runtime) -> None:
    def swallow(ctx: Context) -> None:
        with contextlib.suppress(BaseException):
            ctx.step.run("a", lambda: 1)

    assert failure(runtime, lambda ctx: ctx.group.parallel((lambda: swallow(ctx),)))[0] == "SwallowedInterrupt"


def test_a_step_in_finally_runs_once_and_after_the_others(runtime: Runtime) -> None:
    calls: list[str] = []

    def body(ctx: Context) -> None:
        try:
            ctx.step.run("work", lambda: calls.append("work"))
            ctx.step.sleep("nap", 1000)
            ctx.step.run("more", lambda: calls.append("more"))
        finally:
            ctx.step.run("cleanup", lambda: calls.append("cleanup"))

    run(runtime, body)
    assert calls == ["work", "more", "cleanup"]


# Events, invocations, starts


def test_an_event_starts_the_workflows_it_triggers(make_runtime: MakeRuntime) -> None:
    @workflow("welcome", trigger="user/signup")
    def welcome(ctx: Context) -> Any:
        return [ctx.event.name, ctx.event.data, ctx.event.id, ctx.event.ts]

    runtime = make_runtime(welcome)
    assert runtime.send({"name": "user/signup", "data": {"id": 1}, "id": "e1", "ts": 5}) == ["e1"]
    assert runtime.result("welcome-e1") == ["user/signup", {"id": 1}, "e1", 5]


def test_an_event_sent_twice_counts_once(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(Workflow("welcome", lambda ctx: None, trigger="user/signup"))
    for _ in range(2):
        runtime.send(Event("user/signup", id="e1"))
    runtime.work(until_idle=True)
    assert [run.id for run in runtime.store.runs("welcome")] == ["welcome-e1"]


def test_a_malformed_event_is_refused(runtime: Runtime) -> None:
    with pytest.raises(ValueError, match="is no event"):
        runtime.send({"nam": "x"})


def test_a_run_waits_for_the_event_that_matches(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        paid = ctx.step.wait_for_event("paid", event="order/paid", match="data.order", timeout=timedelta(days=1))
        return paid.data["amount"] if paid else None

    runtime.send({"name": "order/paid", "data": {"order": 7, "amount": "too early"}})
    runtime.start(Workflow("w", body), {"order": 7}, id="r")
    runtime.work(until_idle=True)
    runtime.send([{"name": "order/paid", "data": {"order": 8, "amount": 1}}, {"name": "other", "data": {"order": 7}}])
    runtime.send({"name": "order/paid", "data": {"order": 7, "amount": 2}})
    assert runtime.result("r") == 2


def test_a_wait_ends_with_none_after_its_time(runtime: Runtime) -> None:
    begin = runtime.clock.now()
    assert run(runtime, lambda ctx: ctx.step.wait_for_event("w", event="never", timeout=timedelta(hours=1))) is None
    assert runtime.clock.now() - begin >= 3600


def test_events_are_sent_once_and_start_other_runs(make_runtime: MakeRuntime) -> None:
    heard: list[Any] = []
    runtime = make_runtime(Workflow("listener", lambda ctx: heard.append(ctx.event.data), trigger="done"))

    def body(ctx: Context) -> Any:
        return ctx.step.send_event("tell", [{"name": "done", "data": {"n": 1}}, Event("done", {"n": 2}, id="mine")])

    assert run(runtime, body) == ["r/tell/0", "mine"]
    runtime.work(until_idle=True)
    assert sorted(data["n"] for data in heard) == [1, 2]


def test_invoke_gives_the_result_of_the_other_run(runtime: Runtime) -> None:
    child = Workflow("child", lambda ctx: ctx.step.run("double", lambda: ctx.event.data["n"] * 2))

    def body(ctx: Context) -> Any:
        return [ctx.step.invoke("one", child, data={"n": 4}), ctx.step.invoke("two", "child", data={"n": 5})]

    assert run(runtime, body) == [8, 10]
    assert [each.id for each in runtime.store.children("r")] == ["r/one", "r/two"]


def test_a_failed_invocation_is_a_step_error(runtime: Runtime) -> None:
    def fail(ctx: Context) -> None:
        raise NonRetriableError("no")

    def body(ctx: Context) -> Any:
        try:
            return ctx.step.invoke("call", Workflow("child", fail))
        except StepError as error:
            return [error.name, error.message]

    assert run(runtime, body) == ["NonRetriableError", "no"]


def test_the_same_id_starts_one_run(runtime: Runtime) -> None:
    calls: list[int] = []
    one = Workflow("w", lambda ctx: calls.append(1))
    for _ in range(2):
        assert runtime.start(one, {"a": 1}, id="r") == "r"
        runtime.result("r")
    assert calls == [1]
    with pytest.raises(RunConflictError, match="with other data"):
        runtime.start(one, {"a": 2}, id="r")
    with pytest.raises(RunConflictError, match="of workflow `w`"):
        runtime.start(Workflow("v", lambda ctx: None), {"a": 1}, id="r")


def test_more_queued_runs_than_allowed_are_refused(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(max_queued=2)
    one = Workflow("w", lambda ctx: None, trigger="go")
    ids = [runtime.start(one) for _ in range(2)]
    with pytest.raises(BacklogError, match="2 runs are queued"):
        runtime.start(one)
    with pytest.raises(BacklogError):
        runtime.send(Event("go", id="e"))
    runtime.result(ids[0])
    runtime.send(Event("go", id="e"))


def test_a_cancelled_run_and_its_children_end(runtime: Runtime) -> None:
    child = Workflow("child", lambda ctx: ctx.step.wait_for_event("w", event="never"))
    runtime.start(Workflow("w", lambda ctx: ctx.step.invoke("call", child)), id="r")
    runtime.work(until_idle=True)
    assert runtime.cancel("r")
    assert not runtime.cancel("r")
    with pytest.raises(RunCancelledError):
        runtime.result("r")
    assert [run.status for run in runtime.store.children("r")] == ["cancelled"]


def test_a_failed_run_can_be_tried_again_from_the_step_that_failed(runtime: Runtime) -> None:
    calls: list[str] = []
    broken = [True]

    def second() -> str:
        calls.append("second")
        if broken[0]:
            raise OSError("down")
        return "ok"

    def body(ctx: Context) -> str:
        ctx.step.run("first", lambda: calls.append("first"))
        return ctx.step.run("second", second)

    failure(runtime, body, retries=0)
    broken[0] = False
    assert runtime.retry("r")
    assert runtime.result("r") == "ok"
    assert not runtime.retry("r")
    assert calls == ["first", "second", "second"]


def test_an_unknown_run_is_an_error(runtime: Runtime) -> None:
    for call in (runtime.result, runtime.cancel, runtime.retry):
        with pytest.raises(UnknownRunError, match="no run `x`"):
            call("x")


def test_waiting_for_what_nobody_sends_is_an_error_under_a_skipping_clock(runtime: Runtime) -> None:
    with pytest.raises(TimeoutError, match="waits for an event"):
        run(runtime, lambda ctx: ctx.step.wait_for_event("w", event="never"))


def test_the_event_of_an_entry_is_not_changed_by_the_one_before(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        ctx.event.data["n"] += 1
        ctx.step.sleep("nap", 1)
        return ctx.event.data["n"]

    assert run(runtime, body, {"n": 1}) == 2


def test_the_logger_is_silent_while_the_body_repeats(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    def body(ctx: Context) -> None:
        ctx.logger.warning("begin")
        ctx.step.run("a", lambda: 1)
        ctx.logger.warning("middle")
        ctx.step.sleep("nap", 1)
        ctx.logger.warning("end")

    run(runtime, body)
    assert [record.getMessage() for record in caplog.records] == ["r: begin", "r: middle", "r: end"]


def test_two_workflows_with_one_id_are_refused(runtime: Runtime) -> None:
    runtime.know(Workflow("w", lambda ctx: 1))
    with pytest.raises(ValueError, match="two workflows have the ID `w`"):
        runtime.know(Workflow("w", lambda ctx: 2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retries": 21}, "`retries` is 21"),
        ({"retries": -1}, "`retries`"),
        ({"step_timeout": 0}, "`step_timeout` is 0"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        workflow("w", **options)(lambda ctx: None)


def test_a_result_that_does_not_come_in_time_is_an_error(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(clock=None)
    begin = time.monotonic()
    with pytest.raises(TimeoutError, match=r"is waiting after 0\.05 s"):
        runtime.result(
            runtime.start(Workflow("w", lambda ctx: ctx.step.sleep("long", timedelta(days=1)))), timeout=0.05
        )
    assert time.monotonic() - begin < 10  # and the run waits a day


def test_a_match_on_what_the_event_does_not_have_is_refused(runtime: Runtime) -> None:
    def body(ctx: Context) -> None:
        ctx.step.wait_for_event("paid", event="paid", match="data.user")

    message = "step `paid` waits for an equal `data.user`, which the event of the run does not have"
    assert failure(runtime, body) == ("BadMatch", message)


def test_an_event_without_the_matched_value_wakes_nobody(runtime: Runtime) -> None:
    def body(ctx: Context) -> Any:
        found = ctx.step.wait_for_event("paid", event="paid", match="data.user", timeout=timedelta(hours=1))
        return found is not None

    runtime.start(Workflow("w", body), {"user": 1}, id="r")
    runtime.work(until_idle=True)
    runtime.send({"name": "paid", "data": {}})
    assert runtime.result("r") is False


def test_another_kind_under_a_recorded_id_is_refused_without_a_manifest(make_runtime: MakeRuntime) -> None:
    first = make_runtime(
        Workflow("w", lambda ctx: [ctx.step.run("a", lambda: 1), ctx.step.wait_for_event("g", event="g")])
    )
    first.start(first._known["w"], id="r")
    first.work(until_idle=True)
    second = make_runtime(Workflow("w", lambda ctx: [ctx.step.sleep("a", 1), ctx.step.wait_for_event("g", event="g")]))
    second.send({"name": "g"})
    with pytest.raises(RunFailedError, match="step `a` is recorded as `run`; the code calls `sleep`"):
        second.result("r")


def test_a_handler_may_drive_another_run(runtime: Runtime) -> None:
    inner = Workflow("inner", lambda ctx: [ctx.attempt, ctx.step.run("a", lambda: 2)])

    def body(ctx: Context) -> Any:
        return ctx.step.run("outer", lambda: runtime.result(runtime.start(inner)))

    assert run(runtime, body) == [0, 2]


def test_a_running_event_loop_is_not_blocked(runtime: Runtime) -> None:
    run_id = runtime.start(Workflow("w", lambda ctx: 1))

    async def blocks() -> None:
        runtime.result(run_id)

    async def does_not() -> Any:
        return await asyncio.to_thread(runtime.result, run_id)

    with pytest.raises(RuntimeError, match="`result` blocks the running event loop"):
        asyncio.run(blocks())
    assert asyncio.run(does_not()) == 1


def test_an_observer_that_fails_does_not_reach_the_body(
    make_runtime: MakeRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = make_runtime(observe=lambda progress: 1 / 0)
    assert run(runtime, lambda ctx: ctx.step.run("a", lambda: 1)) == 1
    assert "the observer of run `r` failed" in caplog.text


def test_the_body_gets_no_further_tries_by_a_new_runtime(make_runtime: MakeRuntime) -> None:
    def body(ctx: Context) -> None:
        raise KeyError(ctx.attempt)

    workflow = Workflow("w", body, retries=3)
    make_runtime().start(workflow, id="r")
    for _ in range(4):
        runtime = make_runtime(workflow)
        runtime.work(until_idle=True)
        runtime.clock.advance(10_000)  # type: ignore[attr-defined]
    assert [row.attempt for row in runtime.store.tries("r")] == [0, 1, 2, 3]
    assert runtime.store.runs(status="failed") != []
