"""The examples the project began with: exactly these findings; what was renamed or removed, the lock finds."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from steplint.cli import main
from steplint.testing import check_source

SEED = Path(__file__).parents[1] / "fixtures" / "projects" / "seed"
EXPECTED = {
    "import-contacts": [],
    "fetch-twice": [("SL202", "info", "fetch-data")],
    "descriptive": [],
    "generic": [("SL201", "warning", "step1"), ("SL201", "warning", "step2"), ("SL201", "warning", "step3")],
    "too-granular": [
        ("SL401", "warning", "step-1"),
        ("SL201", "warning", "step-1"),
        ("SL201", "warning", "step-2"),
        ("SL201", "warning", "step-3"),
    ],
    "better-grouping": [],
    "robust-process": [],
    "parallel-process": [],
    "conditional-steps": [],
    "dynamic-steps": [],
    "good-patterns": [],
    "never-completes": [("SL507", "error", "broken-step")],
    "completes": [],
    "inconsistent": [("SL501", "error", "create-record"), ("SL502", "warning", "create-record")],
    "consistent": [],
}
PROCESS = """\
import inngest

client = inngest.Inngest(app_id="seed")


def process_user_data() -> str:
    return "user"


@client.create_function(fn_id="process", trigger=inngest.TriggerEvent(event="process/data"))
async def process(ctx: inngest.Context) -> None:
    await ctx.step.run("process-data", process_user_data)
"""
RENAMED = PROCESS.replace('"process-data"', '"process-user-data"')
TWICE = """\
import httpx
import inngest

client = inngest.Inngest(app_id="seed")


def fetch_user(user: str) -> str:
    return httpx.get(f"https://api.example/users/{user}").text


def fetch_orders(user: str) -> str:
    return httpx.get(f"https://api.example/orders/{user}").text


@client.create_function(fn_id="fetch", trigger=inngest.TriggerEvent(event="user/opened"))
async def fetch(ctx: inngest.Context) -> None:
    user = str(ctx.event.data["user_id"])
    await ctx.step.run("fetch-data", lambda: fetch_user(user))
    await ctx.step.run("fetch-data", lambda: fetch_orders(user))
"""
ONCE = TWICE.replace('    await ctx.step.run("fetch-data", lambda: fetch_user(user))\n', "")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command in an empty folder that no git repository holds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in [name for name in os.environ if name.startswith(("STEPLINT_", "GITHUB_")) or name == "CI"]:
        monkeypatch.delenv(name)

    def command(*arguments: str) -> Ran:
        code = main(arguments)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


def codes(printed: str) -> list[tuple[str, int]]:
    """Return code and line of each finding of a JSON report."""
    return [(each["code"], each["place"]["line"]) for each in json.loads(printed)["findings"]]


def test_each_example_has_exactly_these_findings() -> None:
    files = {path.relative_to(SEED).as_posix(): path.read_text() for path in SEED.rglob("*.py")}
    result = check_source(files)
    found = defaultdict[str, list[tuple[str, str, str]]](list, {each.id: [] for each in result.graph.workflows})
    for each in result.findings:
        found[each.finding.workflow].append((each.rule.code, each.severity, each.finding.step))
    assert dict(found) == EXPECTED
    assert result.errors == ()


def test_the_random_id_and_the_clock_are_named_with_the_field_they_fill() -> None:
    files = {path.relative_to(SEED).as_posix(): path.read_text() for path in SEED.rglob("*.py")}
    found = [each.finding.message for each in check_source(files).findings if each.finding.step == "create-record"]
    assert ["`id`" in found[0], "`timestamp`" in found[1]] == [True, True], found


def test_the_command_line_says_the_same_of_the_fixture_on_disk(run: Run, tmp_path: Path) -> None:
    shutil.copytree(SEED, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    ran = run("check", "project", "--output", "json")
    assert ran.code == 1
    assert sorted(code for code, _ in codes(ran.out)) == sorted(
        code for findings in EXPECTED.values() for code, *_ in findings
    )


# The lock, where there is no git


def test_a_lock_of_unchanged_code_passes_every_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(PROCESS)
    assert run("lock").code == 0
    written = (tmp_path / "steplint.lock").read_bytes()
    assert run("lock").code == 0
    assert (tmp_path / "steplint.lock").read_bytes() == written
    assert run("lock", "--check").code == 0
    assert run("check").code == 0
    assert run("diff", "--against", "steplint.lock").code == 0


def test_a_renamed_step_is_found_by_every_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(PROCESS)
    run("lock")
    written = (tmp_path / "steplint.lock").read_bytes()
    (tmp_path / "flows.py").write_text(RENAMED)

    checked = run("check", "--output", "json")
    assert (checked.code, codes(checked.out)) == (1, [("SL301", 12)])
    locked = run("lock", "--check")
    assert locked.code == 1
    assert "SL301" in locked.out
    assert "steplint lock rename" in locked.out + locked.err
    assert run("lock").code == 1
    assert (tmp_path / "steplint.lock").read_bytes() == written
    compared = run("diff", "--against", "steplint.lock")
    assert compared.code == 1
    assert "process-data -> process-user-data" in compared.out
    assert "SL301" in compared.out


def test_a_renamed_step_is_found_between_two_manifests(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(PROCESS)
    assert run("manifest", "--output", "json=published.json").code == 0
    (tmp_path / "flows.py").write_text(RENAMED)
    compared = run("diff", "--against", "published.json")
    assert compared.code == 1
    assert "renamed-step SL301" in compared.out


def test_a_rename_that_is_accepted_passes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(PROCESS)
    run("lock")
    (tmp_path / "flows.py").write_text(RENAMED)
    accepted = ("--accept", "reexecute", "--why", "the step is idempotent")
    assert run("lock", "rename", "process", "process-data", "process-user-data", *accepted).code == 0
    assert run("lock", "--check").code == 0
    assert run("check").code == 0


def test_new_logic_under_the_same_id_is_no_finding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(PROCESS)
    run("lock")
    (tmp_path / "flows.py").write_text(PROCESS.replace('return "user"', 'return "another user"'))
    assert run("lock", "--check").code == 0
    assert run("check").code == 0


def test_the_second_use_of_an_id_must_not_become_the_first(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(TWICE)
    run("lock")
    (tmp_path / "flows.py").write_text(ONCE)
    checked = run("check", "--output", "json")
    assert (checked.code, codes(checked.out)) == (1, [("SL304", 18)])
    locked = run("lock", "--check")
    assert locked.code == 1
    assert "SL304" in locked.out


def test_without_its_last_use_an_id_keeps_its_meaning(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(TWICE)
    run("lock")
    (tmp_path / "flows.py").write_text(
        TWICE.replace('    await ctx.step.run("fetch-data", lambda: fetch_orders(user))\n', "")
    )
    assert "SL304" not in [code for code, _ in codes(run("check", "--output", "json").out)]
