"""The commands of `docs/cluster.md` do what the page says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engines import environments
from tests.engines_same_body.test_same_body import DBOS, ENGINES, ROOT, folder
from tests.venvs import AbsentError

__all__ = ["folder"]
PAGE = ROOT / "docs" / "cluster.md"
BLOCK = re.compile(r"^```(?P<kind>python|toml|console)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
OWN = ("click", "libcst", "rich", "tomli", "tomlkit", "msgspec")
LIMIT = 240
PAUSE = "sleep 6"
"""What a reader does until the workers are done; here it takes as long as they take."""
DONE = "for _ in $(seq 100); do steplint runs metrics | grep -qE '^order +11 +11' && exit; sleep 0.2; done; exit 1"


def packages() -> list[str]:
    found = {each for engine in ENGINES for each in engine.packages} | {*DBOS, *OWN}
    return sorted(found)


def script(page: str) -> list[tuple[str, list[str]]]:
    """Return the commands of the page in order, each with the lines that it shall print."""
    found = list[tuple[str, list[str]]]()
    for block in BLOCK.finditer(page):
        if block["kind"] != "console":
            name, _, text = block["text"].removeprefix("# ").partition("\n")
            found.append((f"cat > {name} <<'END'\n{text}END", []))
            continue
        for line in block["text"].splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


@contextmanager
def tools(python: Path, place: Path) -> Iterator[dict[str, str]]:
    """Give the environment in which `python` and `steplint` are those under test."""
    programs = place / "programs"
    programs.mkdir()
    for name, command in (("python", f'exec {python} "$@"'), ("steplint", f'exec {python} -m steplint "$@"')):
        (programs / name).write_text(f"#!/bin/sh\n{command}\n")
        (programs / name).chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("STEPLINT_", "PYTEST_", "INNGEST_"))}
    path = os.pathsep.join((str(programs), str(python.parent), kept["PATH"]))
    yield kept | {"PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


@pytest.mark.engines
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_the_commands_of_the_page(folder: Path, tmp_path: Path, database: str) -> None:
    page = PAGE.read_text("utf-8")
    (work := tmp_path / "work").mkdir()
    try:
        python = environments.python(folder, packages())
        with environments.restate(folder) as addresses, environments.postgres() as server:
            ingress, admin = addresses.split(" ")
            (port,) = environments.free_ports(1)
            for usual, here in (("8080", ingress), ("9070", admin)):
                page = page.replace(f"http://127.0.0.1:{usual}", here)
            page = page.replace("127.0.0.1:9080", f"127.0.0.1:{port}")
            assert f"$ {PAUSE}\n" in page
            page = page.replace(f"$ {PAUSE}\n", f"$ {DONE}\n")
            url = f"{server}/docs" if database == "PostgreSQL" else f"sqlite:///{tmp_path / 'dbos.sqlite'}"
            with tools(python, tmp_path) as environment:
                perform(script(page), work, environment | {"DATABASE": url})
    except AbsentError as absent:
        pytest.skip(str(absent))


def perform(commands: list[tuple[str, list[str]]], work: Path, environment: dict[str, str]) -> None:
    """Execute the commands in one shell, and check what each prints and that it does not fail."""
    lines = ["trap 'kill $(jobs -p) 2>/dev/null' EXIT"]
    for number, (command, _) in enumerate(commands):
        if command.endswith("&"):
            lines += [f"( {command[:-1].strip()} ) >{work}/background 2>&1 &"]
        else:
            lines += [f"( {command}\n) >out-{number} 2>err-{number} </dev/null", f"echo $? >code-{number}"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], cwd=work, env=environment, timeout=LIMIT, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    for number, (command, expected) in enumerate(commands):
        if command.endswith("&"):
            continue
        out, error = (work / f"out-{number}").read_text(), (work / f"err-{number}").read_text()
        code = (work / f"code-{number}").read_text().strip()
        allowed = {"0"} if not command.startswith("steplint runs replay flows.py") else {"1"}
        assert code in allowed, f"$ {command}\n{out}{error}"
        if expected:
            assert out.splitlines() == expected, f"$ {command}\n{out}{error}"
        print(f"$ {command.splitlines()[0]}\n{out}", end="")
    shown = "".join(
        (work / f"out-{number}").read_text() for number, _ in enumerate(commands) if (work / f"out-{number}").exists()
    )
    assert "order         11" in shown or re.search(r"order +11 +11", shown), shown
    assert "wedges" in shown or "fail" in shown
    assert "`pay` executes" in shown or "step `pay`" in shown, shown


def test_the_page_has_commands_for_every_engine() -> None:
    commands = [command for command, _ in script(PAGE.read_text("utf-8"))]
    for word in ("steplint run flows.py:order", "runs work", "worker.py", "hypercorn", "--inngest", "runs drained"):
        assert any(word in command for command in commands), word
