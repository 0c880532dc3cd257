"""A run that kills its workers fails after some of them, with an error that says where."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from steplint.runtime import Context, RunFailedError, Runtime, SqliteStore, Workflow, schedule
from tests.runtime.conftest import MakeRuntime

ROOT = Path(__file__).parents[2]
KILLER = """
import os, signal, sys
from steplint.runtime import Context, Runtime, Workflow

def dies():
    with open(sys.argv[2], "a") as log:
        log.write("x")
    os.kill(os.getpid(), signal.SIGKILL)

def body(ctx: Context):
    ctx.step.run("load", lambda: 1)
    ctx.step.run("resize", dies)

with Runtime(sys.argv[1], [Workflow("w", body)], max_deaths=3) as runtime:
    runtime.start(next(iter(runtime._known.values())), id="r")
    runtime.result("r")
"""


def body(ctx: Context) -> list[int]:
    return [ctx.step.run("a", lambda: 1), ctx.step.run("b", lambda: 2)]


def die(runtime: Runtime, times: int = 1) -> None:
    """Let workers take the run and never let go of it."""
    for _ in range(times):
        now = runtime.clock.now()
        assert schedule.claim(runtime.store, "elsewhere:1", now, 5, ["w"]) is not None
        runtime.clock.wait(6, threading.Event())


def begun(make: MakeRuntime, **options: Any) -> Runtime:
    runtime = make(Workflow("w", body), **options)
    runtime.start(runtime._known["w"], id="r")
    return runtime


def test_a_run_outlives_fewer_deaths_than_the_limit(make_runtime: MakeRuntime) -> None:
    runtime = begun(make_runtime)
    die(runtime, 9)
    assert runtime.result("r") == [1, 2]


def test_a_run_fails_after_so_many_deaths(make_runtime: MakeRuntime) -> None:
    runtime = begun(make_runtime, max_deaths=4)
    die(runtime, 4)
    with pytest.raises(RunFailedError) as caught:
        runtime.result("r")
    fault = caught.value.fault
    assert fault.name == "WorkerDied"
    assert fault.message == (
        "4 workers ended without a word while they had this run, and none of them recorded anything"
    )


def test_without_a_limit_it_goes_on_for_ever(make_runtime: MakeRuntime) -> None:
    runtime = begun(make_runtime, max_deaths=None)
    die(runtime, 50)
    assert runtime.result("r") == [1, 2]


def test_a_run_that_gets_on_between_deaths_is_not_failed(make_runtime: MakeRuntime) -> None:
    def waits(ctx: Context) -> int:
        for number in range(5):
            ctx.step.sleep(f"nap-{number}", 1000)
        return 5

    runtime = make_runtime(Workflow("w", waits), max_deaths=2)
    runtime.start(runtime._known["w"], id="r")
    for _ in range(3):
        die(runtime)
        runtime.work(until_idle=True)
        runtime.clock.wait(2, threading.Event())
    assert runtime.result("r") == 5


def test_a_failed_run_can_be_queued_again_and_has_all_its_lives(make_runtime: MakeRuntime) -> None:
    runtime = begun(make_runtime, max_deaths=2)
    die(runtime, 2)
    with pytest.raises(RunFailedError):
        runtime.result("r")
    assert runtime.retry("r")
    die(runtime)
    assert runtime.result("r") == [1, 2]


def test_its_failure_handler_runs(make_runtime: MakeRuntime) -> None:
    seen = list[str]()

    def tell(ctx: Context) -> None:
        seen.append(ctx.event.data["error"]["name"])

    runtime = make_runtime(Workflow("w", body, on_failure=tell), max_deaths=1)
    runtime.start(runtime._known["w"], id="r")
    die(runtime)
    runtime.work(until_idle=True)
    assert set(seen) == {"WorkerDied"}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be caught")
def test_the_step_that_kills_its_worker_is_named(tmp_path: Path) -> None:
    ledger, log = tmp_path / "ledger.sqlite", tmp_path / "log"
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", KILLER, str(ledger), str(log)], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert "WorkerDied: 3 workers ended without a word while they had this run, the last one in step `resize`" in (
        done.stderr
    )
    assert log.read_text() == "xxx"
    store = SqliteStore(ledger)
    assert [row.outcome for row in store.visits("r")] == ["", "step `resize`", "step `resize`", "failed"]
    store.close()
