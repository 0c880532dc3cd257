"""A project that several processes link: the same report; a process that cannot be had costs time and no finding."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import pytest

from steplint.config import load
from steplint.model.report import Report
from steplint.project import workers
from steplint.project.analysis import Analysis, analyze, open_cache
from steplint.project.check import check
from steplint.read import processes

FLOW = """
import random

from steplint.runtime import Context, workflow

from shop.helpers import {helper}

@workflow("{name}")
def {name}(ctx: Context) -> None:
    pick = random.choice([1, 2])
    ctx.step.run("charge-{name}", lambda: {helper}(pick))
"""
HELPERS = "import time\n\n" + "".join(f"def helper_{n}(x):\n    return time.time() + x\n\n\n" for n in range(4))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project of twelve workflow modules that share helpers; any amount of work is worth a process."""
    monkeypatch.setattr(workers, "_WORTH_IT", 0.0)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "helpers.py").write_text(HELPERS)
    for n in range(12):
        text = FLOW.format(name=f"flow_{n}", helper=f"helper_{n % 4}")
        (tmp_path / "shop" / f"flow_{n}.py").write_text(text)
    (tmp_path / "steplint.toml").write_text('lint.select = ["ALL"]\n')
    return tmp_path


def opened(root: Path, jobs: int, remembers: bool = True) -> Iterator[Analysis]:
    loaded = load(root)
    if not remembers:
        yield analyze(loaded, jobs=jobs)
        return
    with open_cache(loaded) as cache:
        yield analyze(loaded, cache=cache, jobs=jobs)


def checked(root: Path, jobs: int, *, remembers: bool = True) -> Report:
    (report,) = [check(each).report for each in opened(root, jobs, remembers)]
    return report


def told(report: Report) -> list[tuple[Any, ...]]:
    return [(each.finding, each.rule.name, each.severity, each.fingerprint) for each in report.findings]


def forgotten(root: Path) -> None:
    for path in (root / ".steplint_cache").glob("cache-*"):
        path.unlink()


def asked(root: Path) -> list[list[str]]:
    """Return the files that each result of other processes was for."""
    return [sorted(share) for each in opened(root, 2) for share, _ in workers.linked_elsewhere(each, each.survey.roots)]


def test_several_processes_share_the_files_and_say_what_one_says(shop: Path) -> None:
    alone = checked(shop, 1, remembers=False)
    assert len(told(alone)) >= 12
    assert [path for share in asked(shop) for path in share] == sorted(f"shop/flow_{n}.py" for n in range(12))
    assert len(asked(shop)) > 2
    forgotten(shop)
    together = checked(shop, 2)
    assert told(together) == told(alone)
    assert together.summary == alone.summary
    again = checked(shop, 1)
    assert told(again) == told(alone)
    assert again.summary.cached == again.summary.files == 13


def test_each_workflow_is_linked_by_one_process_only(shop: Path) -> None:
    (shop / "shop" / "flow_0.py").write_text(
        "from shop.flow_1 import flow_1\n" + FLOW.format(name="flow_0", helper="helper_0")
    )
    found = [
        workflow.id
        for each in opened(shop, 2)
        for _, result in workers.linked_elsewhere(each, each.survey.roots)
        for piece in result.pieces
        for workflow in piece.part.workflows
    ]
    assert sorted(found) == sorted(f"flow_{n}" for n in range(12))


def test_without_a_cache_there_is_nothing_to_share(shop: Path) -> None:
    for each in opened(shop, 2, remembers=False):
        assert list(workers.linked_elsewhere(each, each.survey.roots)) == []


def test_little_work_is_done_by_one_process(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORTH_IT", 1.0)
    assert asked(shop) == []


def test_a_process_that_ends_in_the_middle_costs_no_finding(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = told(checked(shop, 1, remembers=False))

    class Dying(processes.ProcessPoolExecutor):
        def map(self, fn: Any, *iterables: Iterable[Any], **options: Any) -> Iterator[Any]:
            yield next(super().map(fn, *iterables, **options))
            raise BrokenExecutor("a process ended")

    monkeypatch.setattr(processes, "ProcessPoolExecutor", Dying)
    assert told(checked(shop, 2)) == alone


@pytest.mark.skipif(os.name == "nt", reason="a killed process is told apart by signals")
def test_a_process_ends_when_the_one_that_started_it_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, time\n"
        "from steplint.read.processes import processes\n\n"
        "if __name__ == '__main__':\n"
        "    pool = processes(1)\n"
        "    print(pool.submit(os.getpid).result(), flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        worker = int(started.stdout.readline())
        os.kill(worker, 0)
        started.kill()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and runs(worker):
        time.sleep(0.05)
    assert not runs(worker)


def runs(process: int) -> bool:
    """Return whether a process runs; one that ended and that nobody has waited for does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_a_system_without_further_processes_costs_no_finding(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no semaphores")

    monkeypatch.setattr(processes, "ProcessPoolExecutor", refuse)
    assert told(checked(shop, 2)) == told(checked(shop, 1, remembers=False))


def test_a_broken_file_that_a_process_meets_is_told_once(shop: Path) -> None:
    (shop / "shop" / "helpers.py").write_text("def helper_0(\n")
    alone, together = checked(shop, 1, remembers=False), checked(shop, 2)
    assert told(together) == told(alone)
    assert not together.errors
