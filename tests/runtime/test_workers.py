"""Several processes on one ledger: nothing twice at a time, nothing lost when one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steplint.runtime import Runtime, Workflow
from steplint.runtime.processes import is_gone, worker_name
from tests.runtime.app import long_step, three_steps, waits

ROOT = Path(__file__).parents[2]
Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEPLINT_TEST_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


@pytest.fixture
def spawn(ledger: Path, log: Path) -> Iterator[Spawn]:
    started: list[subprocess.Popen[bytes]] = []

    def begin(lease: float = 30.0, workers: int = 1) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.runtime.worker", str(ledger), str(lease), str(workers)]
        started.append(subprocess.Popen(command, cwd=ROOT))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def words(log: Path) -> list[str]:
    return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.01)


def test_workers_share_the_runs_and_execute_each_step_once(ledger: Path, log: Path, spawn: Spawn) -> None:
    with Runtime(ledger, durability="process") as runtime:
        ids = [runtime.start(three_steps, id=f"r{number}") for number in range(40)]
        processes = [spawn(workers=2) for _ in range(3)]
        wait_until(lambda: len(runtime.store.runs(status="completed")) == len(ids))
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(60) for process in processes] == [0, 0, 0]
    counts = Counter(words(log))
    assert set(counts.values()) == {1}
    assert len(counts) == len(ids) * 6
    seen: dict[str, str] = {}
    for word in words(log):  # no run is executed by two workers at a time: begin and end alternate
        run, _, step = word.partition("/")
        assert step.endswith("end") == seen.get(run, "x-end").endswith("begin"), word
        seen[run] = step
    assert len({line.split()[1] for line in log.read_text().splitlines()}) > 1


def test_a_run_whose_worker_was_killed_is_taken_over_at_once(ledger: Path, log: Path, spawn: Spawn) -> None:
    with Runtime(ledger) as runtime:
        run_id = runtime.start(long_step, {"seconds": 0.5})
        process = spawn(lease=60)
        wait_until(lambda: "second-begin" in words(log))
        process.kill()
        process.wait()
        begin = time.monotonic()
        assert runtime.result(run_id, timeout=60) == ["first", "second-end", "third"]
        assert time.monotonic() - begin < 10
    assert Counter(words(log)) == {"first": 1, "second-begin": 2, "second-end": 1, "third": 1}


def test_a_worker_that_hangs_loses_its_lease_and_can_record_nothing_more(ledger: Path, log: Path, spawn: Spawn) -> None:
    with Runtime(ledger) as runtime:
        run_id = runtime.start(long_step, {"seconds": 0.3})
        process = spawn(lease=1.0)
        wait_until(lambda: "second-begin" in words(log))
        process.send_signal(signal.SIGSTOP)
        assert runtime.result(run_id, timeout=60) == ["first", "second-end", "third"]
        before = runtime.store.steps(run_id)
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: words(log).count("second-end") == 2)
        time.sleep(0.2)
        assert runtime.store.steps(run_id) == before
        assert words(log).count("third") == 1
        assert process.poll() is None
        assert runtime.result(runtime.start(long_step, {"seconds": 0}, id="next"), timeout=60)


def test_a_long_step_keeps_its_lease(ledger: Path, log: Path, spawn: Spawn) -> None:
    with Runtime(ledger) as runtime:
        # A renewal may come a second late on a machine that has much to do.
        run_id = runtime.start(long_step, {"seconds": 3.0})
        spawn(lease=1.5)
        spawn(lease=1.5)
        wait_until(lambda: runtime.store.runs(status="completed") != [])
        assert runtime.result(run_id)
    assert Counter(words(log)) == {"first": 1, "second-begin": 1, "second-end": 1, "third": 1}


def test_a_stopped_worker_finishes_its_step_and_leaves_the_rest(ledger: Path, log: Path, spawn: Spawn) -> None:
    with Runtime(ledger) as runtime:
        run_id = runtime.start(long_step, {"seconds": 0.6})
        process = spawn()
        wait_until(lambda: "second-begin" in words(log))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        run = runtime.store.run(run_id)
        assert run is not None
        assert (run.status, run.owner) == ("waiting", "")
        assert [step.label for step in runtime.store.steps(run_id)] == ["first", "second"]
        assert runtime.result(run_id, timeout=60) == ["first", "second-end", "third"]
    assert Counter(words(log)) == {"first": 1, "second-begin": 1, "second-end": 1, "third": 1}


def test_timers_and_events_wake_runs_in_another_process(ledger: Path, log: Path, spawn: Spawn) -> None:
    with Runtime(ledger) as runtime:
        run_id = runtime.start(waits, {"n": 3})
        spawn()
        wait_until(lambda: len(runtime.store.steps(run_id)) == 1 and len(runtime.store.waiting("go")) == 1)
        runtime.send({"name": "go", "data": {"n": 3, "v": "yes"}})
        wait_until(lambda: runtime.store.runs(status="completed") != [])
        assert runtime.result(run_id) == {"n": 3, "v": "yes"}


def test_an_event_starts_a_workflow_that_only_another_process_knows(ledger: Path, log: Path, spawn: Spawn) -> None:
    spawn()
    with Runtime(ledger) as runtime:
        wait_until(lambda: runtime.store.triggered("three/wanted") == ["three-steps"])
        runtime.send({"name": "three/wanted", "id": "e"})
        wait_until(lambda: runtime.store.runs(status="completed") != [])
    assert Counter(words(log)).total() == 6


def test_threads_of_one_process_share_the_runs(ledger: Path, log: Path) -> None:
    with Runtime(ledger, durability="process", mode="checkpoint") as runtime:
        for number in range(20):
            runtime.start(three_steps, id=f"r{number}")
        runtime.work(workers=4, until_idle=True)
        assert len(runtime.store.runs(status="completed")) == 20
    assert set(Counter(words(log)).values()) == {1}


def test_a_cancelled_run_records_nothing_more(ledger: Path, log: Path, spawn: Spawn) -> None:
    with Runtime(ledger) as runtime:
        run_id = runtime.start(long_step, {"seconds": 0.5})
        spawn()
        wait_until(lambda: "second-begin" in words(log))
        assert runtime.cancel(run_id)
        wait_until(lambda: "second-end" in words(log))
        time.sleep(0.2)
        assert [step.label for step in runtime.store.steps(run_id)] == ["first"]
    assert "third" not in words(log)


def test_processes_that_open_a_new_ledger_together_all_succeed(ledger: Path) -> None:
    code = f"from steplint.runtime import Runtime\nfor n in range(3): Runtime({str(ledger)!r}).close()"
    processes = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(8)]
    assert [process.wait(60) for process in processes] == [0] * 8


def test_a_stopped_runtime_says_so(ledger: Path) -> None:
    runtime = Runtime(ledger)
    run_id = runtime.start(Workflow("w", lambda ctx: 1))
    runtime.stop()
    with pytest.raises(RuntimeError, match=r"the runtime is stopped, run `.*` is queued"):
        runtime.result(run_id)
    runtime.close()


def test_closing_a_runtime_waits_for_the_step_that_executes(ledger: Path) -> None:
    begun = threading.Event()

    def slow() -> str:
        begun.set()
        time.sleep(0.3)
        return "done"

    runtime = Runtime(ledger)
    run_id = runtime.start(Workflow("w", lambda ctx: [ctx.step.run("slow", slow), ctx.step.run("next", lambda: 1)]))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            runtime.work(workers=2)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(60)
    runtime.close()
    thread.join(60)
    assert failures == []
    with Runtime(ledger) as runtime:
        assert [step.label for step in runtime.store.steps(run_id)] == ["slow"]


def test_an_interrupted_run_is_given_back(ledger: Path) -> None:
    def body(ctx: object) -> None:
        raise KeyboardInterrupt

    with Runtime(ledger) as runtime:
        run_id = runtime.start(Workflow("w", body))
        with pytest.raises(KeyboardInterrupt):
            runtime.result(run_id)
        run = runtime.store.run(run_id)
        assert run is not None
        assert (run.status, run.owner) == ("waiting", "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
def test_a_dead_process_is_told_from_a_living_one() -> None:
    me = worker_name()
    assert not is_gone(me)
    host, pid, since = me.split("|")
    assert is_gone(f"{host}|{pid}|{int(since) - 1}")
    assert not is_gone(f"elsewhere|{pid}|1")
    assert not is_gone(f"{host}|{pid}|")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    stat = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    name = f"{host}|{child.pid}|{stat}"
    assert not is_gone(name)
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: is_gone(name))  # also while nobody has collected it
    child.wait()
    assert is_gone(name)
