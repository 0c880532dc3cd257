"""Executes a page as `tests.documents` does, with a shell: commands may use git and sed, and start what they name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.documents import Command, File, parts

DOCS = Path(__file__).parents[2] / "docs"


def execute(document: Path, folder: Path) -> list[tuple[Command, str]]:
    """Return the commands of a document, in order, with what each printed in ``folder``; files are written before."""
    project, found = folder / "project", []
    project.mkdir()
    environ = _environ(folder)
    for each in parts(document.read_text("utf-8")):
        if isinstance(each, File):
            path = project / each.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(each.text, "utf-8")
        else:
            found.append((each, _printed(each.text, project, environ)))
    return found


def _printed(command: str, folder: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in (0, 1), f"$ {command}\nexits with {done.returncode}:\n{done.stdout}"
    return done.stdout


def _environ(folder: Path) -> dict[str, str]:
    """Return an environment in which `steplint` and `python` are those that run the tests, and git knows nobody."""
    programs = folder / "bin"
    programs.mkdir()
    for name, start in (("steplint", f'"{sys.executable}" -m steplint'), ("python", f'"{sys.executable}"')):
        (programs / name).write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        (programs / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR", "PRE_COMMIT")}
    return {
        **{name: value for name, value in kept.items() if not name.startswith(("GIT_", "PYTEST_", "STEPLINT_"))},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "COLUMNS": "120",
        "PYTHONDONTWRITEBYTECODE": "1",
        "STEPLINT_PROGRESS": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "reader",
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": "reader@example.com",
        "GIT_CONFIG_KEY_2": "init.defaultBranch",
        "GIT_CONFIG_VALUE_2": "main",
    }
