"""Executes a document: files are written under their names, lines that start with `$` run and print what follows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"`(?P<path>[\w./-]+\.\w+)`:\n\n$")


class Command(NamedTuple):
    """A command of a document, what it prints there, and the line on which it stands."""

    text: str
    output: str
    line: int


class File(NamedTuple):
    """A file that a document shows."""

    path: str
    text: str


def parts(text: str) -> Iterator[Command | File]:
    """Yield files and commands in the order of a document."""
    for block in _FENCE.finditer(text):
        if block["language"] == "console":
            yield from _commands(block["text"], text.count("\n", 0, block.start()) + 1)
        elif name := _NAME.search(text, 0, block.start()):
            yield File(name["path"], block["text"])


def execute(document: Path, folder: Path) -> int:
    """Execute a document in ``folder`` and return how many commands it had; raises AssertionError."""
    count = 0
    for each in parts(document.read_text("utf-8")):
        if isinstance(each, File):
            path = folder / each.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(each.text, "utf-8")
            continue
        printed = _printed(each.text, folder)
        shown = _pattern(each.output)
        assert shown.fullmatch(printed), (
            f"{document.name}:{each.line}: $ {each.text}\nprints\n{printed}\nnot\n{each.output}"
        )
        count += 1
    return count


def _commands(text: str, line: int) -> Iterator[Command]:
    found = list(re.finditer(r"^\$ (?P<command>.+)\n(?P<output>(?:(?!\$ ).*\n)*)", text, re.MULTILINE))
    for each in found:
        yield Command(each["command"], each["output"], line + text.count("\n", 0, each.start()) + 1)


def _printed(command: str, folder: Path) -> str:
    """Return what a command prints on both channels; `steplint` and `python` are those that run the tests."""
    program, *arguments = shlex.split(command)
    start = {"steplint": [sys.executable, "-m", "steplint"], "python": [sys.executable]}[program]
    environ = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR", "PRE_COMMIT")}
    environ |= {"COLUMNS": "120", "PYTHONDONTWRITEBYTECODE": "1", "STEPLINT_PROGRESS": "0"}
    if not any(each.name == "steplint" for each in entry_points(group="pytest11")):
        environ["PYTEST_PLUGINS"] = "steplint.pytest_plugin"
    done = subprocess.run(
        [*start, *arguments],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def _pattern(output: str) -> re.Pattern[str]:
    """Return what matches an output; a line `...` stands for any lines, ` ...` at the end of a line for any text."""
    lines = []
    for line in output.splitlines():
        if line == "...":
            lines.append(r"(?:.*\n)*?")
        elif line.endswith(" ..."):
            lines.append(re.escape(line[:-4]) + r".*\n")
        else:
            lines.append(re.escape(line) + r"\n")
    return re.compile("".join(lines))
