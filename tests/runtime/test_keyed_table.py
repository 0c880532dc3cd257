"""What an edit does to a run in flight on this runtime is what the table of keyed engines says it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from steplint.contract.diff import diff_workflow
from steplint.contract.verdicts import VERDICTS
from steplint.runtime import Context, Runtime, Workflow
from tests.runtime.conftest import MakeRuntime
from tests.runtime.test_binding import Spec, manifest


class Call(NamedTuple):
    """One call of a body: its step ID and the callable behind it, "nap" for a sleep."""

    id: str
    does: str


def calls(*words: str) -> list[Call]:
    return [Call(*word.split("=")) for word in words]


def specs(listed: list[Call], templates: dict[str, str]) -> list[Spec]:
    found: list[Spec] = []
    for call in listed:
        kind = "sleep" if call.does == "nap" else "run"
        found.append((templates.get(call.id, call.id), {"kind": kind, "callable": f"app:{call.does}"}))
    return found


class Observed(NamedTuple):
    executed: list[str]
    values: list[Any]
    unread: set[str]


def observe(make: MakeRuntime, before: list[Call], after: list[Call]) -> Observed:
    """Return what the edited body executes and receives in a run that recorded every step of the first one."""
    executed: list[str] = []

    def body(listed: list[Call], then: Callable[[Context], Any]) -> Callable[[Context], Any]:
        def act(ctx: Context, call: Call) -> Any:
            if call.does == "nap":
                return ctx.step.sleep(call.id, 1)
            return ctx.step.run(call.id, lambda: executed.append(call.does) or call.does)

        return lambda ctx: [[act(ctx, call) for call in listed], then(ctx)][0]

    wait: Callable[[Context], Any] = lambda ctx: ctx.step.wait_for_event("gate", event="go")  # noqa: E731
    first = make(Workflow("w", body(before, wait)), guard={"stale": "allow"})
    first.start(first._known["w"], id="r")
    first.work(until_idle=True)
    clock: Any = first.clock
    clock.advance(10)
    first.work(until_idle=True)
    executed.clear()
    second: Runtime = make(Workflow("w", body(after, wait)), guard={"stale": "allow"})
    second.send({"name": "go"})
    values = second.result("r")
    labels = [call.id for call in after]
    unread = {step.id for step in second.store.steps("r")} - {*labels, "gate"}
    return Observed(executed, values, unread)


def verdict(observed: Observed, before: list[Call], after: list[Call]) -> str:
    """Return the word for what was observed, from the worst on."""
    received = [value for value, call in zip(observed.values, after, strict=True) if call.does != "nap"]
    wanted = [call.does for call in after if call.does != "nap"]
    old = {call.does for call in before}
    wrong = [(value, does) for value, does in zip(received, wanted, strict=True) if value != does]
    if any(does in old and value in old for value, does in wrong):
        return "swaps"
    if wrong or [value for value, call in zip(observed.values, after, strict=True) if call.does == "nap" and value]:
        return "stale"
    if set(observed.executed) & old:
        return "reruns"
    if observed.unread:
        return "ignored"
    return "late" if observed.executed and after[-1].does not in observed.executed else "safe"


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        pytest.param("renamed", calls("a=x", "b=y"), calls("a2=x", "b=y"), id="renamed"),
        pytest.param("removed", calls("a=x", "b=y"), calls("b=y"), id="removed"),
        pytest.param("reordered", calls("a=x", "b=y"), calls("b=y", "a=x"), id="reordered"),
        pytest.param("shifted", calls("a=x", "a=y", "b=z"), calls("a=y", "b=z"), id="shifted among equal IDs"),
        pytest.param("swapped", calls("a=x", "b=y"), calls("a=y", "b=x"), id="two IDs swapped"),
        pytest.param("rekinded", calls("a=nap", "b=y"), calls("a=x", "b=y"), id="a sleep becomes a run"),
        pytest.param("rekinded", calls("a=x", "b=y"), calls("a=nap", "b=y"), id="a run becomes a sleep"),
        pytest.param("retemplated", calls("a=x", "b=y"), calls("t-1=x", "b=y"), id="a literal becomes a template"),
        pytest.param("inserted", calls("a=x", "b=y"), calls("a=x", "n=z", "b=y"), id="inserted"),
        pytest.param("added", calls("a=x", "b=y"), calls("a=x", "b=y", "n=z"), id="added at the end"),
    ],
)
def test_the_runtime_does_what_the_table_says(
    make_runtime: MakeRuntime, kind: str, before: list[Call], after: list[Call]
) -> None:
    templates = {"t-1": "t-{}"}
    old, new = (manifest(*specs(each, templates)).workflows[0] for each in (before, after))
    kinds = {change.kind: change.verdict for change in diff_workflow(old, new)}
    expected = VERDICTS["keyed"][kind]  # type: ignore[index]
    assert kinds[kind] == expected  # type: ignore[index]
    assert verdict(observe(make_runtime, before, after), before, after) == expected


def test_a_removed_id_that_is_used_again_receives_the_old_value_without_a_record(make_runtime: MakeRuntime) -> None:
    observed = observe(make_runtime, calls("a=x", "b=y"), calls("a=new", "b=y"))
    assert verdict(observed, calls("a=x", "b=y"), calls("a=new", "b=y")) == VERDICTS["keyed"]["reused"] == "stale"
