"""The examples of the document this project started from behave as it says, in both modes."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from steplint.contract.identity import step_key
from steplint.contract.runs import Progress
from steplint.runtime import Context, MemoryStore, RunFailedError, Runtime, SkippingClock, SqliteStore, Workflow
from steplint.runtime.views import state
from tests.runtime.examples import EXAMPLES, import_contacts

CASES = [pytest.param(*case, id=f"{case[0].id}-{number}") for number, case in enumerate(EXAMPLES)]


@pytest.mark.parametrize(("one", "data", "expected"), CASES)
def test_both_modes_give_the_same_result_and_record_the_same_steps(one: Workflow, data: Any, expected: Any) -> None:
    states = []
    for mode in ("checkpoint", "every-step"):
        with Runtime(MemoryStore(), [one], mode=mode, clock=SkippingClock()) as runtime:  # type: ignore[arg-type]
            assert runtime.result(runtime.start(one, data, id="r")) == expected
            states.append(state(runtime.store, "r"))
            assert all(step.key == step_key(step.id, step.occurrence) for step in runtime.store.steps("r"))
    assert states[0] == states[1]


@pytest.mark.parametrize(("one", "data", "expected"), CASES)
def test_a_run_that_is_stopped_after_each_step_gives_the_same_result(
    one: Workflow, data: Any, expected: Any, tmp_path: Path
) -> None:
    begun = list[str]()

    def one_step_more() -> Any:
        def stop(progress: Progress) -> None:
            if progress.what == "begins":
                begun.append(progress.step)
            if progress.what == "recorded":
                runtime.stop()

        with Runtime(tmp_path / "ledger.sqlite", [one], mode="checkpoint", backoff=(0.0,), observe=stop) as runtime:
            runtime.start(one, data, id="r")
            try:
                return runtime.result("r")
            except RuntimeError:
                return None

    results = [one_step_more() for _ in range(8)]
    with Runtime(tmp_path / "ledger.sqlite") as runtime:
        steps = [step.label for step in runtime.store.steps("r")]
    assert results[-1] == expected
    assert set(begun) == set(steps)
    assert len(begun) == len(steps) + (one.id == "robust-process")
    assert (None in results) == (len(steps) > 1)


def test_the_state_has_the_form_of_the_document(tmp_path: Path) -> None:
    with Runtime(SqliteStore(tmp_path / "ledger.sqlite")) as runtime:
        runtime.result(runtime.start(import_contacts, {"csv": "A;b"}, id="r"))
        assert json.dumps(state(runtime.store, "r")) == (
            '{"parse-csv": {"data": [["A", "b"]], "index": 0}, '
            '"normalize-csv": {"data": [["a", "b"]], "index": 1}, '
            '"import-contacts": {"data": 1, "index": 2}}'
        )


def test_a_step_without_an_end_is_ended_by_its_time(tmp_path: Path) -> None:
    end = threading.Event()

    def broken() -> None:
        while not end.is_set():
            time.sleep(0.001)

    one = Workflow("broken", lambda ctx: ctx.step.run("broken-step", broken), retries=0, step_timeout=0.05)
    with Runtime(MemoryStore(), [one]) as runtime, pytest.raises(RunFailedError, match="took longer than"):
        runtime.result(runtime.start(one))
    end.set()


@pytest.mark.parametrize(("after", "executed"), [("process-user-data", ["old", "new"]), ("process-data", ["old"])])
def test_a_changed_id_executes_again_and_a_changed_body_does_not(after: str, executed: list[str]) -> None:
    done: list[str] = []

    def body(step_id: str, word: str) -> Any:
        def act(ctx: Context) -> None:
            ctx.step.run(step_id, lambda: done.append(word))
            ctx.step.wait_for_event("deploy", event="deployed")

        return act

    store, clock = MemoryStore(), SkippingClock()
    with Runtime(store, clock=clock) as runtime:
        runtime.start(Workflow("w", body("process-data", "old")), id="r")
        runtime.work(until_idle=True)
        runtime.send({"name": "deployed"})
    with Runtime(store, [Workflow("w", body(after, "new"))], clock=clock) as runtime:
        runtime.result("r")
    assert done == executed
