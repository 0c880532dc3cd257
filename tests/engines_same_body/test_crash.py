"""Processes that are killed in the middle of many runs: every run ends once, no completed step runs twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from steplint.runtime.engines.restate_client import RestateClient
from tests.engines import environments
from tests.engines_same_body.servers import RestateServer
from tests.engines_same_body.test_same_body import DBOS, DRIVERS, ENGINES, ROOT, folder
from tests.venvs import AbsentError

RUNS = 200
STEPS = ("reserve", "charge", "ship", "thank")
PATIENCE = 120.0
__all__ = ["folder"]


class Programs:
    """Starts drivers with one environment, and ends them all."""

    def __init__(self, python: Path, environment: dict[str, str]) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("STEPLINT_", "PYTEST_"))}
        self._python, self._environment = python, kept | environment | {"PYTHONPATH": str(ROOT)}
        self._running: list[subprocess.Popen[str]] = []

    def start(self, driver: str, *arguments: str) -> subprocess.Popen[str]:
        command = [str(self._python), str(DRIVERS / driver), *arguments]
        started = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._running.append(started)
        return started

    def ask(self, driver: str, *arguments: str) -> Any:
        out, _ = self.start(driver, *arguments).communicate(timeout=PATIENCE * 2)
        return json.loads(out.rstrip().splitlines()[-1])

    def end(self) -> None:
        for each in self._running:
            if each.poll() is None:
                each.kill()
            each.wait()
            if each.stdout is not None:
                each.stdout.close()


@contextmanager
def programs(folder: Path, packages: tuple[str, ...], environment: dict[str, str]) -> Iterator[Programs]:
    python = environments.python(folder, packages)
    made = Programs(python, environment)
    try:
        yield made
    finally:
        made.end()


def begun(log: Path) -> list[tuple[str, str, int, float]]:
    """Return run, step, process and time of each execution."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [(run, step, int(pid), float(at)) for run, step, pid, at in map(str.split, lines)]


def until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.05)


def judge(log: Path, completed: dict[tuple[str, str], float], in_flight: int) -> None:
    """Check that nothing ran after it was recorded, and that little ran twice: what was cut off."""
    executions = begun(log)
    late = [each for each in executions if each[3] > completed[each[0], each[1]] + 0.001]
    assert late == []
    times = Counter((run, step) for run, step, _, _ in executions)
    assert times.keys() == completed.keys()
    again = [each for each, number in times.items() if number > 1]
    print(f"{len(completed)} steps, {len(executions)} executions, {len(again)} cut off and executed again")
    assert len(again) <= in_flight, again


@pytest.mark.engines
@pytest.mark.parametrize("comes_back", [True, False], ids=["starts again", "is replaced"])
def test_a_worker_of_dbos_is_killed(folder: Path, tmp_path: Path, comes_back: bool) -> None:
    log = tmp_path / "log"
    try:
        with environments.postgres() as server:
            environment = {"STEPLINT_DATABASE": f"{server}/crash", "STEPLINT_TEST_LOG": str(log)}
            with programs(folder, DBOS, environment) as run:
                assert len(run.ask("ask_dbos.py", "start", str(RUNS))) == RUNS
                workers = [run.start("work_dbos.py", name) for name in ("w1", "w2", "w3")]
                pids = {each.pid for each in workers}
                enough = RUNS * len(STEPS) // 4
                until(lambda: len(begun(log)) > enough and pids <= {each[2] for each in begun(log)}, "all to work")
                victim = workers[1].pid
                os.kill(victim, signal.SIGKILL)
                workers[1].wait()
                assert len(begun(log)) < RUNS * len(STEPS) * 3 // 4
                run.start("work_dbos.py", *(("w2",) if comes_back else ("w4", "w2")))
                found = run.ask("ask_dbos.py", "end", str(RUNS))
    except AbsentError as absent:
        pytest.skip(str(absent))
    assert Counter(each["status"] for each in found.values()) == {"SUCCESS": RUNS}
    assert all([name for name, _ in each["steps"]] == list(STEPS) for each in found.values())
    assert all(each["result"] == [f"{name}/{step}" for step in STEPS] for name, each in found.items())
    judge(log, {(name, step): at for name, each in found.items() for step, at in each["steps"]}, in_flight=6)


@pytest.mark.engines
def test_the_server_of_restate_is_killed(folder: Path, tmp_path: Path) -> None:
    log, packages = tmp_path / "log", next(each.packages for each in ENGINES if each.driver == "restate")
    try:
        server = RestateServer(folder, tmp_path / "restate")
        (port,) = environments.free_ports(1)
        server.start()
        try:
            with programs(folder, packages, {"STEPLINT_TEST_LOG": str(log)}) as run:
                served = run.start("serve_restate.py", str(port))
                assert served.stdout is not None
                url = served.stdout.readline().strip()
                client = RestateClient(*server.addresses.split(" "))
                client.register(url)
                sys.path.insert(0, str(DRIVERS))
                from crash_bodies import order

                runs = [client.start(order, {}, id=f"order-{number}") for number in range(RUNS)]
                until(lambda: len(begun(log)) > RUNS * len(STEPS) // 3, "a third of the steps")
                server.kill()
                before = len(begun(log))
                server.start()
                completed = dict[tuple[str, str], float]()
                for name in runs:
                    assert client.result(name, PATIENCE) == [f"{name}/{step}" for step in STEPS]
                rows = client.query(
                    "select i.target_service_key as run, j.entry_type, j.index, j.name, j.entry_json, j.appended_at "
                    "from sys_journal j join sys_invocation i on j.id = i.id"
                )
        finally:
            server.kill()
    except AbsentError as absent:
        pytest.skip(str(absent))
    assert 0 < before < RUNS * len(STEPS)
    for each in runs:
        completed |= recorded(each, [row for row in rows if row["run"] == each])
    judge(log, completed, in_flight=40)


def recorded(run: str, rows: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """Return when the result of each step was stored."""
    entries = {row["index"]: (json.loads(row["entry_json"]), row) for row in rows}
    names, found = dict[int, str](), dict[tuple[str, str], float]()
    for _, (entry, row) in sorted(entries.items()):
        command = (entry.get("Command") or {}).get("Run")
        if command is not None:
            names[command["completion_id"]] = command["name"]
        done = ((entry.get("Notification") or {}).get("Completion") or {}).get("Run")
        if done is not None:
            assert (run, names[done["completion_id"]]) not in found
            found[run, names[done["completion_id"]]] = _seconds(row["appended_at"])
    return found


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
