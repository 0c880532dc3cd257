"""The server's part of Inngest's protocol: requests, memos, retries, groups, what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from steplint.contract.identity import step_key
from steplint.contract.runs import Fault
from steplint.runtime import MemoryStore, RunFailedError, SkippingClock
from steplint.runtime.fronts.inngest_http import InngestRuntime
from tests.fronts.sdk import Context, FailingError, Registered, Sdk, StepError, config

Make = Callable[..., InngestRuntime]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[InngestRuntime] = []

    def runtime(sdk: Sdk, *configs: dict[str, Any], **options: Any) -> InngestRuntime:
        given: dict[str, Any] = {"clock": SkippingClock()} | options
        made.append(InngestRuntime(MemoryStore(), Registered(sdk, *configs), **given))  # type: ignore[arg-type]
        return made[-1]

    yield runtime
    for each in made:
        each.close()


def run(runtime: InngestRuntime, name: str = "order", data: Any = None) -> Any:
    runtime.send({"name": f"shop/{name}", "data": data or {}, "id": "1"})
    return runtime.result(f"{name}-1")


def fault(runtime: InngestRuntime, name: str = "order", data: Any = None) -> Fault:
    with pytest.raises(RunFailedError) as caught:
        run(runtime, name, data)
    return caught.value.fault


def labels(runtime: InngestRuntime, name: str = "order") -> list[str]:
    return [each.label for each in runtime.store.steps(f"{name}-1")]


def test_each_step_is_recorded_by_a_request_of_its_own(make: Make) -> None:
    sdk = Sdk(order=lambda ctx: [ctx.run("a", lambda: 1), ctx.run("a", lambda: 2), ctx.run("b", lambda: 3)])
    runtime = make(sdk)
    assert run(runtime) == [1, 2, 3]
    assert labels(runtime) == ["a", "a:1", "b"]
    assert sdk.requests == [("order", "step", 0, False)] * 4


def test_a_value_that_looks_like_a_memo_comes_back_as_it_was(make: Make) -> None:
    sdk = Sdk(order=lambda ctx: ctx.run("a", lambda: {"data": 5}))
    assert run(make(sdk)) == {"data": 5}


def test_a_group_is_planned_then_targeted_then_looked_at_again(make: Make) -> None:
    def order(ctx: Context) -> Any:
        def chain() -> Any:
            ctx.run("p", lambda: 1)
            return ctx.run("q", lambda: 2)

        return ctx.parallel(chain, lambda: ctx.run("r", lambda: 3))

    sdk = Sdk(order=order)
    runtime = make(sdk)
    assert run(runtime) == [2, 3]
    assert labels(runtime) == ["p", "r", "q"]
    kinds = [(step if step == "step" else "key", pending) for _, step, _, pending in sdk.requests]
    assert kinds == [("step", False), ("key", True), ("key", True), ("step", False), ("key", False), ("step", False)]


def test_a_race_is_looked_at_after_each_of_its_steps(make: Make) -> None:
    def order(ctx: Context) -> Any:
        return ctx.parallel(lambda: ctx.run("fast", lambda: 1), lambda: ctx.run("other", lambda: 2), mode="race")

    sdk = Sdk(order=order)
    assert run(make(sdk)) == [1, 2]
    assert [step for _, step, _, _ in sdk.requests].count("step") >= 2


def test_steps_of_a_group_run_at_the_same_time(make: Make) -> None:
    both = threading.Barrier(2, timeout=60)
    sdk = Sdk(order=lambda ctx: ctx.parallel(lambda: ctx.run("a", both.wait), lambda: ctx.run("b", both.wait)))
    assert sorted(run(make(sdk))) == [0, 1]


def test_a_step_is_tried_again_and_its_last_error_is_raised_in_the_body(make: Make) -> None:
    tries = list[int]()

    def order(ctx: Context) -> Any:
        def fails() -> None:
            tries.append(ctx.attempt)
            raise FailingError("no")

        try:
            ctx.run("a", fails)
        except StepError as error:
            return [str(error), ctx.run("b", lambda: 1)]

    runtime = make(Sdk(order=order), config("order", retries=2))
    assert run(runtime) == ["no", 1]
    assert tries == [0, 1, 2]
    assert [row.retry_at is None for row in runtime.store.tries("order-1")] == [False, False, True]
    (step, _) = runtime.store.steps("order-1")
    assert (step.attempts, step.value is not None) == (3, True)


def test_a_step_of_a_group_is_tried_again_alone(make: Make) -> None:
    tries = list[str]()

    def note(name: str, *, fails: int = 0) -> str:
        tries.append(name)
        if tries.count(name) <= fails:
            raise FailingError("not yet")
        return name

    sdk = Sdk(
        order=lambda ctx: ctx.parallel(
            lambda: ctx.run("a", lambda: note("a", fails=1)), lambda: ctx.run("b", lambda: note("b"))
        )
    )
    assert run(make(sdk)) == ["a", "b"]
    assert sorted(tries) == ["a", "a", "b"]
    assert [attempt for _, step, attempt, _ in sdk.requests if step == step_key("a")] == [0, 1]


def test_an_answer_may_forbid_another_try(make: Make) -> None:
    def order(ctx: Context) -> Any:
        raise FailingError("never", x_inngest_no_retry="true")

    sdk = Sdk(order=order)
    assert fault(make(sdk)).message == "never"
    assert len(sdk.requests) == 1


def test_an_answer_may_say_when_to_try_again(make: Make) -> None:
    def order(ctx: Context) -> Any:
        if ctx.attempt == 0:
            raise FailingError("later", retry_after="7200")
        return ctx.attempt

    runtime = make(Sdk(order=order))
    begin = runtime.clock.now()
    assert run(runtime) == 1
    assert runtime.clock.now() - begin > 3600


def test_an_app_that_is_away_or_broken_is_asked_again(make: Make) -> None:
    sdk = Sdk(order=lambda ctx: ctx.run("a", lambda: 1))
    sdk.broken = [0, 502]
    runtime = make(sdk, config("order", retries=3))
    assert run(runtime) == 1
    assert [row.error.partition(",")[0] for row in runtime.store.tries("order-1")] == [
        '{"name":"NoAnswer"',
        '{"name":"Teapot"',
    ]


def test_what_is_no_sdk_is_said(make: Make) -> None:
    sdk = Sdk(order=lambda ctx: 1)
    sdk.broken = [200, 200]
    assert fault(make(sdk)).message == "what answers at the test is no Inngest SDK"


def test_pauses_waits_and_invocations(make: Make) -> None:
    def order(ctx: Context) -> Any:
        ctx.ask("nap", "Sleep", opts={}, duration="2h")
        never = ctx.ask("w", "WaitForEvent", event="shop/never", timeout="1d")
        child = ctx.ask("child", "InvokeFunction", function_id="shop-part", payload={"data": {"n": 4}})
        return [never, child]

    runtime = make(Sdk(order=order, part=lambda ctx: ctx.event["data"]["n"] + 1))
    assert run(runtime) == [None, 5]
    assert [(step.id, step.kind) for step in runtime.store.steps("order-1")] == [
        ("nap", "sleep"),
        ("w", "wait"),
        ("child", "invoke"),
    ]


@pytest.mark.parametrize(
    ("expression", "sent", "met"),
    [
        (None, {}, True),
        ("event.data.id == async.data.id", {"id": 7}, True),
        ("event.data.id == async.data.id", {"id": 8}, False),
        ("async.data.plan == 'pro' && async.data.id == event.data.id", {"id": 7, "plan": "pro"}, True),
        ("async.data.plan == 'pro' && async.data.id == event.data.id", {"id": 7, "plan": "free"}, False),
        ("event.data.id == 8 && async.data.id == 7", {"id": 7}, False),
    ],
)
def test_an_event_must_meet_the_expression(make: Make, expression: str | None, sent: Any, met: bool) -> None:
    def order(ctx: Context) -> Any:
        found = ctx.ask("w", "WaitForEvent", "shop/paid", timeout="1d", **({"if": expression} if expression else {}))
        return found and found["data"]

    runtime = make(Sdk(order=order))
    runtime.send({"name": "shop/order", "data": {"id": 7}, "id": "1"})
    runtime.work(until_idle=True)
    runtime.send({"name": "shop/paid", "data": sent})
    assert runtime.result("order-1") == (sent if met else None)


def test_an_expression_outside_of_the_subset_fails_the_run_and_says_what_is_understood(make: Make) -> None:
    sdk = Sdk(order=lambda ctx: ctx.ask("w", "WaitForEvent", "x", timeout="1d", **{"if": "async.data.n > 3"}))
    found = fault(make(sdk))
    assert found.name == "UnsupportedExpression"
    assert "`async.data.n > 3` is not understood here" in found.message


def test_colliding_keys_fail_with_both_calls_named(make: Make) -> None:
    sdk = Sdk(order=lambda ctx: [ctx.run("a", lambda: 1), ctx.run("a:1", lambda: 2), ctx.run("a", lambda: 3)])
    found = fault(make(sdk))
    assert found.name == "CollidingKeys"
    assert found.message == "use 2 of step `a` and step `a:1` have one key; rename one of the two steps"


def test_a_planned_step_that_is_gone_is_drift(make: Make) -> None:
    def order(ctx: Context) -> Any:
        if len(sdk.requests) > 1:
            return ctx.run("other", lambda: 1)
        return ctx.parallel(lambda: ctx.run("a", lambda: 1), lambda: ctx.run("b", lambda: 2))

    sdk = Sdk(order=order)
    assert fault(make(sdk)).name == "Drift"


def test_a_step_whose_retry_the_code_no_longer_reaches_is_forgotten(make: Make) -> None:
    def fails() -> None:
        raise FailingError("no")

    sdk = Sdk(order=lambda ctx: ctx.run("a", fails) if len(sdk.requests) == 1 else ctx.run("b", lambda: 1))
    runtime = make(sdk)
    assert run(runtime) == 1
    assert [note.text for note in runtime.store.notes("order-1")] == [
        "step `a` was to be tried again, but the body no longer reaches it"
    ]


def test_inference_by_the_server_is_refused_by_name(make: Make) -> None:
    found = fault(make(Sdk(order=lambda ctx: ctx.ask("think", "AIGateway"))))
    assert found.message == "step `think`: `ai.infer` is done by Inngest's server; call the model in a step"


def test_an_unknown_function_is_an_error_of_the_step(make: Make) -> None:
    def order(ctx: Context) -> Any:
        try:
            return ctx.ask("child", "InvokeFunction", function_id="shop-none", payload={})
        except StepError as error:
            return str(error)

    assert run(make(Sdk(order=order))) == "the app has no function `shop-none`"


def test_a_failed_run_starts_its_handler_and_functions_that_listen(make: Make) -> None:
    def order(ctx: Context) -> Any:
        raise FailingError("no", x_inngest_no_retry="true")

    seen = list[Any]()
    handler = {**config("order-failure", retries=0), "triggers": [{"event": "inngest/function.failed"}]}
    listens = config("listens", triggers=[{"event": "inngest/function.finished"}])
    sdk = Sdk(
        order=order,
        listens=lambda ctx: seen.append(["finished", ctx.event["data"]["function_id"]]),
        **{"order-failure": lambda ctx: seen.append(ctx.event["data"]["error"]["message"])},
    )
    runtime = make(sdk, config("order"), handler, listens)
    assert fault(runtime).message == "no"
    runtime.work(until_idle=True)
    assert "no" in seen
    assert ["finished", "shop-order"] in seen


def test_a_run_gets_the_event_that_another_function_sends_later(make: Make) -> None:
    def order(ctx: Context) -> Any:
        runtime.send({"name": "shop/part", "id": "1"})
        found = ctx.ask("w", "WaitForEvent", "shop/done", timeout="1d")
        return found and found["name"]

    def part(ctx: Context) -> Any:
        ctx.ask("nap", "Sleep", "5s")
        return runtime.send({"name": "shop/done", "id": "2"})

    runtime = make(Sdk(order=order, part=part))
    assert run(runtime) == "shop/done"


def test_a_time_that_cannot_be_read_fails_the_run(make: Make) -> None:
    found = fault(make(Sdk(order=lambda ctx: ctx.ask("nap", "Sleep", "soon"))))
    assert (found.name, found.message) == ("BadTime", "step `nap`: `soon` is neither a time nor a duration")


def test_the_way_of_execution_that_the_sdk_chose_is_sent_back(make: Make) -> None:
    sdk = Sdk(order=lambda ctx: [ctx.run("a", lambda: 1), ctx.run("b", lambda: 2)])
    sdk.version = 2
    assert run(make(sdk)) == [1, 2]
    assert sdk.versions == [-1, 2, 2]


def test_the_same_event_starts_one_run(make: Make) -> None:
    runtime = make(Sdk(order=lambda ctx: 1))
    run(runtime)
    runtime.send({"name": "shop/order", "id": "1"})
    assert len(runtime.store.runs()) == 1


def test_another_process_goes_on_with_a_run(make: Make) -> None:
    def order(ctx: Context) -> Any:
        first = ctx.run("a", lambda: 1)
        return [first, ctx.ask("w", "WaitForEvent", "shop/go", timeout="1d"), ctx.run("b", lambda: 2)]

    sdk = Sdk(order=order)
    runtime = make(sdk)
    runtime.send({"name": "shop/order", "id": "1"})
    runtime.work(until_idle=True)
    calls = len(sdk.requests)
    other = InngestRuntime(runtime.store, Registered(sdk), clock=runtime.clock)  # type: ignore[arg-type]
    other.send({"name": "shop/go", "data": {"x": 1}})
    assert other.result("order-1")[0::2] == [1, 2]
    assert len(sdk.requests) == calls + 2


def test_a_rehearsal_executes_nothing_and_says_what_is_renamed_late_and_lost(make: Make) -> None:
    ran = list[str]()

    def note(name: str) -> str:
        ran.append(name)
        return name

    sdk = Sdk(order=lambda ctx: [ctx.run(each, lambda each=each: note(each)) for each in ("a", "b", "c")])
    runtime = make(sdk)
    run(runtime)
    row = runtime.store.run("order-1")
    assert row is not None
    same = runtime.rehearse(row)
    assert (same.recalled, same.divergences, same.followed) == (3, (), True)
    sdk.bodies["order"] = lambda ctx: [ctx.run(each, lambda each=each: note(each)) for each in ("a", "B", "new", "c")]
    changed = runtime.rehearse(row)
    assert ran == ["a", "b", "c"]
    assert [(each.what, each.step) for each in changed.divergences] == [
        ("reexecuted", "B"),
        ("late", "new"),
        ("result", ""),
        ("lost", "b"),
    ]
