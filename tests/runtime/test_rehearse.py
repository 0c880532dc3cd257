"""Recorded runs against edited code: what would execute again, get lost, or change value; no step is executed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from steplint.contract.runs import Rehearsal
from steplint.runtime import Context, MemoryStore, NonRetriableError, Runtime, SkippingClock, StepError, Workflow
from steplint.runtime.binding import Binding
from steplint.runtime.rehearse import rehearse, rehearse_all
from tests.runtime.examples import EXAMPLES
from tests.runtime.test_binding import manifest

Body = Callable[[Context], Any]


def one() -> str:
    return "one"


def two() -> str:
    return "two"


def three() -> str:
    return "three"


def executed() -> str:
    return pytest.fail("a step is executed")


def original(ctx: Context) -> Any:
    values = [ctx.step.run("a", one), ctx.step.run("b", two)]
    if ctx.event.data.get("wait"):
        ctx.step.wait_for_event("gate", event="go")
    return [*values, ctx.step.run("c", three)]


def recorded(body: Body, data: Any = None, **options: Any) -> MemoryStore:
    store = MemoryStore()
    with Runtime(store, clock=SkippingClock(), mode="checkpoint", **options) as runtime:
        runtime.start(Workflow("w", body, retries=0), data, id="r")
        runtime.work(until_idle=True)
    return store


def replayed(store: MemoryStore, body: Body, binding: Binding | None = None) -> Rehearsal:
    run = store.run("r")
    assert run is not None
    found = rehearse(store, run, Workflow("w", body), binding or Binding())
    assert store.run("r") == run
    return found


def told(found: Rehearsal) -> list[tuple[str, str, str]]:
    return [(each.what, each.step, each.looks_like) for each in found.divergences]


@pytest.mark.parametrize("data", [{}, {"wait": True}])
def test_the_same_code_changes_nothing(data: Any) -> None:
    found = replayed(recorded(original, data), original)
    assert told(found) == []
    assert found.followed
    assert found.recalled == (2 if data else 3)


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case[0].id)
def test_every_example_replays_unchanged(case: Any) -> None:
    workflow, data, _ = case
    store = MemoryStore()
    with Runtime(store, clock=SkippingClock()) as runtime:
        runtime.result(runtime.start(workflow, data, id="r"))
    [found] = rehearse_all(store, [workflow], Binding())
    assert told(found) == []
    assert found.recalled == len(store.steps("r"))


@pytest.mark.parametrize("data", [{}, {"wait": True}])
def test_a_renamed_step_executes_again_and_its_memo_is_lost(data: Any) -> None:
    def renamed(ctx: Context) -> Any:
        values = [ctx.step.run("a2", one), ctx.step.run("b", two)]
        if ctx.event.data.get("wait"):
            ctx.step.wait_for_event("gate", event="go")
        return [*values, ctx.step.run("c", three)]

    found = replayed(recorded(original, data), renamed)
    assert told(found) == [("reexecuted", "a2", "a"), ("lost", "a", "a2")]
    assert found.followed


def test_a_removed_step_is_lost() -> None:
    assert told(replayed(recorded(original, {"wait": True}), lambda ctx: [ctx.step.run("b", two)])) == [
        ("lost", "a", ""),
        ("lost", "gate", ""),
    ]


def test_an_inserted_step_executes_late() -> None:
    def inserted(ctx: Context) -> Any:
        ctx.step.run("new", executed)
        return original(ctx)

    assert told(replayed(recorded(original), inserted)) == [("late", "new", "")]


def test_a_step_that_is_added_at_the_end_is_no_divergence() -> None:
    def longer(ctx: Context) -> Any:
        return [original(ctx), ctx.step.run("new", executed)]

    assert told(replayed(recorded(original), longer)) == []


def test_a_shifted_repeat_receives_another_value() -> None:
    def twice(ctx: Context) -> Any:
        return [ctx.step.run("f", one), ctx.step.run("f", two), ctx.step.run("f", three)]

    def without_first(ctx: Context) -> Any:
        return [ctx.step.run("f", two), ctx.step.run("f", three)]

    found = replayed(recorded(twice), without_first)
    assert told(found) == [("changed", "f", ""), ("changed", "f:1", ""), ("result", "", ""), ("lost", "f:2", "")]
    assert found.divergences[0].text == "step `f` calls `two` and receives what `one` recorded"


def test_shifted_lambdas_are_told_apart_by_what_they_use() -> None:
    def twice(ctx: Context) -> Any:
        return [ctx.step.run("f", lambda: one()), ctx.step.run("f", lambda: two())]

    found = replayed(recorded(twice), lambda ctx: [ctx.step.run("f", lambda: two())])
    assert told(found)[0] == ("changed", "f", "")


def test_a_renamed_function_alone_is_no_divergence() -> None:
    def other() -> str:
        return pytest.fail("a step is executed")

    def body(ctx: Context) -> Any:
        return [ctx.step.run("a", other), ctx.step.run("b", two), ctx.step.run("c", three)]

    assert told(replayed(recorded(original), body)) == []


def test_another_kind_receives_what_was_recorded() -> None:
    def body(ctx: Context) -> Any:
        ctx.step.sleep("a", 1000)
        return ["one", ctx.step.run("b", two), ctx.step.run("c", three)]

    assert told(replayed(recorded(original), body)) == [("rekinded", "a", "")]


def test_another_result_is_reported_with_both() -> None:
    [found] = replayed(recorded(original), lambda ctx: [*original(ctx), 4]).divergences
    assert found.text == 'the result is `["one","two","three",4]`, it was `["one","two","three"]`'


def test_a_body_that_fails_now_is_reported() -> None:
    def broken(ctx: Context) -> Any:
        original(ctx)
        raise KeyError("x")

    [found] = replayed(recorded(original), broken).divergences
    assert found.text == "the body raises `KeyError: 'x'`, the run was completed"


def test_a_body_that_fails_on_an_unknown_value_is_followed_until_there() -> None:
    def needs_new(ctx: Context) -> Any:
        return ctx.step.run("new", lambda: {"a": 1})["a"] + len(original(ctx))

    found = replayed(recorded(original), needs_new)
    assert not found.followed
    assert "TypeError" in found.stopped
    assert told(found) == [("late", "new", "")]


def test_colliding_keys_are_refused_in_a_rehearsal() -> None:
    def colliding(ctx: Context) -> None:
        ctx.step.run("a", one)
        ctx.step.run("a:1", one)
        ctx.step.run("a", one)

    assert ("refused", "", "") in told(replayed(recorded(original), colliding))


def test_a_failed_run_is_replayed_up_to_its_failure() -> None:
    def failing(ctx: Context) -> Any:
        ctx.step.run("a", one)
        try:
            ctx.step.run("broken", lambda: 1 / 0)
        except StepError:
            raise NonRetriableError("gave up") from None

    found = replayed(recorded(failing), failing)
    assert (found.status, told(found), found.recalled) == ("failed", [], 2)


def test_a_run_stopped_inside_a_group_is_judged_when_all_callables_are_seen() -> None:
    def group(ctx: Context) -> Any:
        return ctx.group.parallel((lambda: ctx.step.wait_for_event("x", event="go"), lambda: ctx.step.run("y", two)))

    def with_more(ctx: Context) -> Any:
        return ctx.group.parallel(
            (
                lambda: ctx.step.run("z", three),
                lambda: ctx.step.wait_for_event("x", event="go"),
                lambda: ctx.step.run("y", two),
            )
        )

    def renamed(ctx: Context) -> Any:
        return ctx.group.parallel((lambda: ctx.step.wait_for_event("x", event="go"), lambda: ctx.step.run("y2", two)))

    store = recorded(group)
    assert told(replayed(store, group)) == []
    assert told(replayed(store, with_more)) == []
    assert told(replayed(store, renamed)) == [("reexecuted", "y2", "y"), ("lost", "y", "y2")]


def test_a_recorded_rename_is_no_divergence_and_drift_is_told() -> None:
    store = recorded(original, {"wait": True}, manifest=manifest("a", "b", "gate", "c"))

    def renamed(ctx: Context) -> Any:
        values = [ctx.step.run("a2", one), ctx.step.run("b", two)]
        ctx.step.wait_for_event("gate", event="go")
        return values

    found = replayed(store, renamed, Binding(manifest(("a2", {"was": ("a",)}), "b", "gate", "c")))
    assert told(found) == []
    found = replayed(store, renamed, Binding(manifest(("a2", {"callable": "app:do_a"}), "b", "gate", "c")))
    assert told(found) == [("reexecuted", "a2", "a"), ("lost", "a", "a2")]
    assert found.drift == ("step `a` -> `a2`: renamed, reruns, looks like `a2`",)


def test_cancelled_runs_are_left_out() -> None:
    store = recorded(original, {"wait": True})
    with Runtime(store, clock=SkippingClock()) as runtime:
        runtime.cancel("r")
    assert rehearse_all(store, [Workflow("w", original)], Binding()) == []
