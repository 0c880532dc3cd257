"""The same project gives the same report: cold and warm, in one process or several, in any order of files and rules."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from steplint.check.pack import Pack
from steplint.config import load
from steplint.model.report import Report
from steplint.project import check as checking
from steplint.project import linking
from steplint.project.analysis import analyze, open_cache
from steplint.project.check import check
from tests.corpus import cases, checked, lock, parsed, said

CASES = cases()
SEED = CASES["seed"]


def told(report: Report) -> list[tuple[Any, ...]]:
    return [(each.finding, each.rule.name, each.severity, each.fingerprint) for each in report.findings]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every project that fits into one: no two of them have a file of the same path."""
    root = tmp_path_factory.mktemp("everything")
    for name, case in CASES.items():
        if list(case.files) in (["example.py"], ["situations.py"]) and not case.settings:
            for path, text in case.files.items():
                file = root / re.sub(r"\W", "_", name) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
    for path, text in SEED.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "steplint.toml").write_text('lint.select = ["ALL"]\n')
    return root


def checked_on_disk(root: Path, *, remembers: bool = True, jobs: int = 1, **settings: object) -> Report:
    loaded = load(root, [f"{name.replace('_', '-')}={json.dumps(value)}" for name, value in settings.items()])
    if not remembers:
        return check(analyze(loaded, jobs=jobs)).report
    with open_cache(loaded) as cache:
        return check(analyze(loaded, cache=cache, jobs=jobs)).report


def test_cold_warm_and_touched_runs_say_the_same(everything: Path) -> None:
    alone = told(checked_on_disk(everything, remembers=False))
    assert len(alone) > 100
    assert told(checked_on_disk(everything)) == alone
    assert told(checked_on_disk(everything)) == alone
    for path in everything.rglob("*.py"):
        os.utime(path, ns=(1, 1))
    assert told(checked_on_disk(everything)) == alone


def test_several_processes_say_the_same_as_one(everything: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from steplint.read import pool, processes

    alone = told(checked_on_disk(everything, remembers=False))
    started = list[int]()

    class Counted(processes.ProcessPoolExecutor):
        def __init__(self, *given: Any, **named: Any) -> None:
            started.append(given[0])
            super().__init__(*given, **named)

    monkeypatch.setattr(processes, "ProcessPoolExecutor", Counted)
    monkeypatch.setattr(pool, "_WORTH_A_POOL", 0.0)
    monkeypatch.setattr(pool, "_CHUNK", 0.05)
    assert told(checked_on_disk(everything, remembers=False, jobs=2)) == alone
    assert started == [2]


def test_the_order_in_which_files_are_linked_does_not_matter(everything: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = told(checked_on_disk(everything, remembers=False))
    original = linking.linker

    def reversed_linker(*arguments: Any, **keywords: Any) -> Callable[..., Any]:
        link = original(*arguments, **keywords)
        return lambda summaries, *rest, **more: link(dict(reversed(summaries.items())), *rest, **more)

    monkeypatch.setattr(linking, "linker", reversed_linker)
    assert told(checked_on_disk(everything, remembers=False)) == alone


@pytest.mark.parametrize("name", [name for name, case in parsed().items() if len(case.files) > 1])
def test_reading_in_rounds_says_the_same_as_reading_everything(name: str) -> None:
    case = cases()[name]
    words = "# sdk.inngest sdk.dbos sdk.temporalio sdk.restate sdk.hatchet_sdk sdk.steplint\n"  # each makes a root
    whole = {path: text + words if path.endswith(".py") else text for path, text in case.files.items()}
    assert said(case.check(whole).findings) == said(checked(name).findings)
    assert lock(case.check(whole)) == lock(checked(name))


def test_the_order_of_rules_does_not_matter(everything: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = told(checked_on_disk(everything, remembers=False))
    original = checking.selected
    monkeypatch.setattr(checking, "selected", lambda *given: list(reversed(list(original(*given)))))
    assert told(checked_on_disk(everything, remembers=False)) == alone


@pytest.mark.parametrize("broken", ["body-time", "generic-step-id", "step-too-granular", "closure-mutation"])
def test_a_rule_that_crashes_costs_its_own_findings_only(
    everything: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = told(checked_on_disk(everything, remembers=False))
    original = Pack.check

    def crashing(self: Pack, name: str) -> Any:
        if name != broken:
            return original(self, name)

        def check(project: object) -> Iterator[object]:
            raise RuntimeError("boom")
            yield

        return check

    monkeypatch.setattr(Pack, "check", crashing)
    report = checked_on_disk(everything, remembers=False)
    assert report.exit_code == 70
    assert [(each.where, "boom" in each.message) for each in report.errors] == [(f"rule {broken}", True)]
    assert [each for each in told(report) if each[1] != "unused-suppression"] == [
        each for each in alone if each[1] not in (broken, "unused-suppression")
    ]
