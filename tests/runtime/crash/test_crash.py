"""A worker that is killed at any write loses nothing: same result, and no completed step is executed again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from steplint.runtime import SqliteStore

ROOT = Path(__file__).parents[3]
EXAMPLES = int(os.environ.get("STEPLINT_CRASH_EXAMPLES", "8"))
Node = dict[str, Any]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")


class Program(NamedTuple):
    form: str
    mode: str
    ends: str
    nodes: list[Node]


def leaf(prefix: str) -> st.SearchStrategy[Node]:
    """Return one operation; IDs are repeated on purpose, but never between callables of a group."""
    return st.fixed_dictionaries(
        {
            "do": st.sampled_from(["run", "run", "run", "caught", "sleep", "timeout", "send", "each", "stumble"]),
            "id": st.sampled_from([f"{prefix}a", f"{prefix}b"]),
            "value": st.integers(0, 2),
            "fails": st.sampled_from([0, 0, 0, 1, 2, 3]),
        }
    )


def nodes(prefix: str, depth: int) -> st.SearchStrategy[list[Node]]:
    """Return a list of operations that nest up to ``depth``."""
    options = [leaf(prefix)]
    if depth:
        inner = nodes(f"{prefix}i", depth - 1)
        several = st.lists(st.integers(0, 9), min_size=2, max_size=3)
        options += [
            st.fixed_dictionaries(
                {"do": st.just("if"), "id": st.just(f"{prefix}if"), "value": st.integers(0, 1), "nodes": inner}
            ),
            st.fixed_dictionaries(
                {"do": st.just("invoke"), "id": st.just(f"{prefix}call"), "value": st.integers(0, 1), "nodes": inner}
            ),
            several.flatmap(
                lambda numbers: st.fixed_dictionaries(
                    {
                        "do": st.just("parallel"),
                        "id": st.just("group"),
                        "branches": st.tuples(*(nodes(f"{prefix}p{n}", depth - 1) for n in range(len(numbers)))).map(
                            list
                        ),
                    }
                )
            ),
        ]
    return st.lists(st.one_of(options), min_size=1, max_size=3)


def bounded(tree: list[Node]) -> list[Node]:
    """Return ``tree`` with failures that the retries outlast; only a caught step may fail for good."""
    found = []
    for node in tree:
        more: Node = {"fails": min(node.get("fails", 0), 3 if node["do"] == "caught" else 2)}
        if "nodes" in node:
            more["nodes"] = bounded(node["nodes"])
        if "branches" in node:
            more["branches"] = [bounded(branch) for branch in node["branches"]]
        found.append(node | more)
    return found


PROGRAMS = st.builds(
    lambda form, mode, ends, tree: Program(form, mode, ends, bounded(tree)),
    st.sampled_from(["sync", "async"]),
    st.sampled_from(["checkpoint", "every-step"]),
    st.sampled_from(["completes", "completes", "fails"]),
    nodes("", 2),
)


class World:
    """A folder with a ledger and a log, and servers that run workers on them, one at a time each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.runtime.crash.server"]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.servers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(3)]

    def reset(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()

    def begin(self, program: Program, kill_at: int, server: int) -> None:
        paths = {"ledger": "ledger", "log": "log", "out": f"out-{server}"}
        places = {name: str(self.folder / file) for name, file in paths.items()}
        print(
            json.dumps({**program._asdict(), **places, "kill_at": kill_at}), file=self.servers[server].stdin, flush=True
        )

    def end(self, server: int) -> int:
        stdout = self.servers[server].stdout
        assert stdout is not None
        return int(stdout.readline())

    def work(self, program: Program, kill_at: int = -1) -> int:
        self.begin(program, kill_at, 0)
        return self.end(0)

    def outcome(self) -> tuple[Any, int]:
        outcome, moments = json.loads((self.folder / "out-0").read_text())
        return outcome, moments

    def executions(self) -> Counter[str]:
        log = self.folder / "log"
        return Counter(log.read_text().splitlines() if log.exists() else ())

    def recorded(self) -> dict[tuple[str, str], tuple[str | None, str | None]]:
        """Return what each step of each run recorded."""
        with SqliteStore(self.folder / "ledger") as store:
            return {
                (run.id, step.label): (step.data, step.error and json.loads(step.error)["message"])
                for run in store.runs()
                for step in store.steps(run.id)
                if step.key
            }

    def statuses(self) -> dict[str, str]:
        with SqliteStore(self.folder / "ledger") as store:
            assert [timer for run in store.runs() for timer in store.timers(run.id)] == []
            return {run.id: run.status for run in store.runs()}

    def close(self) -> None:
        for server in self.servers:
            server.communicate()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    # A killed process loses nothing that it wrote, so that memory will do for a disk here, and is much faster.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="crash-", dir=memory if memory.is_dir() else None) as folder:
        made = World(Path(folder))
        yield made
        made.close()


class Expected(NamedTuple):
    outcome: Any
    moments: int
    executions: Counter[str]
    recorded: dict[tuple[str, str], tuple[str | None, str | None]]
    statuses: dict[str, str]


def undisturbed(world: World, program: Program) -> Expected:
    world.reset()
    assert world.work(program) == 0
    outcome, moments = world.outcome()
    return Expected(outcome, moments, world.executions(), world.recorded(), world.statuses())


def kill(world: World, program: Program, moment: int) -> None:
    """Run until ``moment``, or to the end where timers made fewer writes this time."""
    done, before = world.recorded(), world.executions()
    assert world.work(program, moment) in (0, -signal.SIGKILL)
    nothing_again(world, done, before)


def nothing_again(world: World, done: Any, before: Counter[str]) -> None:
    """Check that no step of which the ledger had the result was executed since."""
    again = world.executions() - before
    assert [step for step in done if again[f"{step[0]}|{step[1]}"]] == []


def goes_on(world: World, program: Program, expected: Expected, crashes: int) -> None:
    """Check that the next worker brings everything to the same end."""
    done, before = world.recorded(), world.executions()
    assert world.work(program) == 0
    nothing_again(world, done, before)
    assert world.outcome()[0] == expected.outcome
    assert world.recorded() == expected.recorded
    assert world.statuses() == expected.statuses
    executions = world.executions()
    assert executions.keys() == expected.executions.keys()
    for step, count in executions.items():
        assert expected.executions[step] <= count <= expected.executions[step] + crashes, step


bounds = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES == 8,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # a failure is small already, and shrinking it takes minutes
)


@given(program=PROGRAMS)
@bounds
def test_a_kill_at_any_write_loses_nothing_and_repeats_nothing(world: World, program: Program) -> None:
    expected = undisturbed(world, program)
    for moment in range(expected.moments):
        world.reset()
        kill(world, program, moment)
        goes_on(world, program, expected, crashes=1)


@given(program=PROGRAMS, moments=st.lists(st.integers(0, 40), min_size=2, max_size=12))
@settings(bounds, max_examples=5 * EXAMPLES)
def test_a_run_that_is_killed_again_and_again_ends_all_the_same(
    world: World, program: Program, moments: list[int]
) -> None:
    expected = undisturbed(world, program)
    world.reset()
    for moment in moments:
        kill(world, program, moment)
    goes_on(world, program, expected, crashes=len(moments))


@given(program=PROGRAMS, moments=st.tuples(st.integers(0, 60), st.integers(0, 60)))
@settings(bounds, max_examples=3 * EXAMPLES)
def test_workers_that_work_together_do_no_step_twice_at_a_time(
    world: World, program: Program, moments: tuple[int, int]
) -> None:
    expected = undisturbed(world, program)
    world.reset()
    for server, moment in enumerate((-1, *moments)):
        world.begin(program, moment, server)
    statuses = [world.end(server) for server in range(3)]
    assert statuses[0] == 0
    assert set(statuses[1:]) <= {0, -signal.SIGKILL}
    goes_on(world, program, expected, crashes=statuses.count(-signal.SIGKILL))


def test_the_kill_falls_between_the_end_of_a_body_and_its_commit(world: World) -> None:
    program = Program("sync", "checkpoint", "completes", [{"do": "run", "id": "a", "value": 1}])
    expected = undisturbed(world, program)
    statuses, results = [], []
    for moment in range(expected.moments):
        world.reset()
        kill(world, program, moment)
        with SqliteStore(world.folder / "ledger") as store:
            run = store.run("r")
            statuses.append(run and run.status)
            results.append(len(store.steps("r")))
        goes_on(world, program, expected, crashes=1)
    # The step is recorded, the body returned, and the run is not completed yet: the moment before the last write.
    assert ("running", 1) in list(zip(statuses, results, strict=True))
    assert ("completed", 1) in list(zip(statuses, results, strict=True))
