"""Runs that began under an earlier ID of a workflow go on where the lock has the rename as an alias."""

from __future__ import annotations

import msgspec
import pytest

from steplint.contract.manifest import Manifest
from steplint.runtime import Context, RunConflictError, RunFailedError, Workflow, views
from steplint.runtime.binding import Binding
from steplint.runtime.rehearse import rehearse_all
from tests.runtime.conftest import MakeRuntime
from tests.runtime.test_binding import manifest


def renamed(*steps: str, was: tuple[str, ...] = ("order",), workflow: str = "purchase") -> Manifest:
    found = manifest(*steps, workflow=workflow)
    one = msgspec.structs.replace(found.workflows[0], was=was)
    return msgspec.structs.replace(found, workflows=(one,))


def body(ctx: Context) -> list[int]:
    first = ctx.step.run("load", lambda: 1)
    ctx.step.wait_for_event("gate", event="go")
    return [first, ctx.step.run("charge", lambda: 2)]


def begin(make: MakeRuntime) -> None:
    """Leave a run that waits under the ID `order`."""
    runtime = make(
        Workflow("order", body, trigger="shop/order"), manifest=manifest("load", "gate", "charge", workflow="order")
    )
    runtime.start(runtime._known["order"], {"id": 7}, id="r")
    runtime.work(until_idle=True)


def test_a_run_goes_on_under_the_new_id(make_runtime: MakeRuntime) -> None:
    begin(make_runtime)
    later = make_runtime(Workflow("purchase", body), manifest=renamed("load", "gate", "charge"))
    later.send({"name": "go"})
    assert later.result("r") == [1, 2]
    run = later.store.run("r")
    assert run is not None
    assert run.workflow == "order"  # the row stays as it was: older workers know it, too


def test_without_the_record_nobody_goes_on(make_runtime: MakeRuntime) -> None:
    begin(make_runtime)
    later = make_runtime(Workflow("purchase", body), manifest=renamed("load", "gate", "charge", was=()))
    later.send({"name": "go"})
    later.work(until_idle=True)
    run = later.store.run("r")
    assert run is not None
    assert run.status == "waiting"


def test_the_guard_compares_with_the_renamed_workflow(make_runtime: MakeRuntime) -> None:
    begin(make_runtime)
    later = make_runtime(Workflow("purchase", body), manifest=renamed("read", "gate", "charge"))
    later.send({"name": "go"})
    later.work(until_idle=True)
    assert any("step `load`" in note.text for note in later.store.notes("r"))


def test_the_same_run_id_is_the_same_run(make_runtime: MakeRuntime) -> None:
    begin(make_runtime)
    later = make_runtime(Workflow("purchase", body), manifest=renamed("load", "gate", "charge"))
    assert later.start(later._known["purchase"], {"id": 7}, id="r") == "r"
    other = make_runtime(Workflow("refund", body))
    with pytest.raises(RunConflictError):
        other.start(other._known["refund"], {"id": 7}, id="r")


def test_an_event_starts_one_run_and_not_one_for_each_id(make_runtime: MakeRuntime) -> None:
    begin(make_runtime)
    later = make_runtime(Workflow("purchase", body, trigger="shop/order"), manifest=renamed("load", "gate", "charge"))
    later.send({"name": "shop/order", "id": "e"})
    assert sorted(run.id for run in later.store.runs()) == ["purchase-e", "r"]


def test_an_id_that_another_workflow_has_by_now_is_that_ones(make_runtime: MakeRuntime) -> None:
    both = msgspec.structs.replace(
        renamed("load"), workflows=(*renamed("load").workflows, *manifest("other", workflow="order").workflows)
    )
    assert Binding(both).earlier("purchase") == ()
    assert Binding(both).workflow("order").workflow is both.workflows[1]


def test_renames_in_a_row_are_followed_and_a_failure_handler_too(make_runtime: MakeRuntime) -> None:
    seen = list[str]()

    def fails(ctx: Context) -> None:
        raise LookupError("no tea")

    def handler(ctx: Context) -> None:
        ctx.step.wait_for_event("gate", event="go")
        ctx.step.run("tell", lambda: seen.append(ctx.event.data["error"]["message"]))

    first = make_runtime(Workflow("cart", fails, retries=0, on_failure=handler), manifest=manifest(workflow="cart"))
    first.start(first._known["cart"], id="r")
    with pytest.raises(RunFailedError):
        first.result("r")
    found = renamed(was=("cart", "order"))
    later = make_runtime(Workflow("purchase", fails, retries=0, on_failure=handler), manifest=found)
    later.send({"name": "go"})
    later.work(until_idle=True)
    assert seen == ["no tea"]


def test_a_rehearsal_and_a_count_include_the_runs_of_the_earlier_id(make_runtime: MakeRuntime) -> None:
    begin(make_runtime)
    code = renamed("load", "gate", "charge")
    later = make_runtime(Workflow("purchase", body), manifest=code)
    (found,) = rehearse_all(later.store, [later._known["purchase"]], Binding(code))
    assert (found.run, found.recalled, found.divergences) == ("r", 1, ())
    held = views.drained(later.store, "purchase", earlier=["order"])
    assert {each.step: each.runs for each in held} == {"load": 1, "gate": 1}
    assert views.drained(later.store, "purchase") == []
