"""Environments of their own for tests: uv makes them where it is, at once if it has the packages; else pip does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

LIMIT = 240
_uv_fails: list[str] = []
"""What uv could not install and pip could: an index that only pip knows. From then on pip is asked at once."""


class AbsentError(Exception):
    """Something that a test needs cannot be had here, and why."""


def uv() -> str | None:
    """Return uv, that of the environment under test before any other."""
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


def empty(home: Path, base: str = sys.executable) -> Path:
    """Make a new environment at ``home`` and return its Python; it has no pip."""
    shutil.rmtree(home, ignore_errors=True)
    program = uv()
    if program is not None:
        done([program, "venv", "--quiet", "--no-project", "--python", base, str(home)], "the environment")
    elif base == sys.executable:
        venv.create(home)
    else:
        done([base, "-m", "venv", "--without-pip", str(home)], "the environment")
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(python: Path, packages: Sequence[str | Path]) -> None:
    """Install ``packages``; raises `AbsentError`."""
    names = [str(each) for each in packages]
    what, program, refused = " ".join(names), uv(), ""
    if program is not None and not _uv_fails:
        try:
            return done([program, "pip", "install", "--quiet", "--python", str(python), *names], what)
        except AbsentError as error:
            refused = str(error)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--disable-pip-version-check", "-q"]
    try:
        done([*pip, *names], what)
    except AbsentError as error:
        raise AbsentError(f"{refused}; nor by pip: {error}" if refused else str(error)) from None
    if refused:
        _uv_fails.append(refused)
    return None


def done(command: Sequence[str], what: str) -> None:
    """Run what installs or starts something; raises `AbsentError`."""
    try:
        ran = subprocess.run(command, timeout=LIMIT, capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired:
        raise AbsentError(f"{what} cannot be installed: no answer within {LIMIT} s") from None
    except FileNotFoundError:
        raise AbsentError(f"{what} cannot be installed: `{command[0]}` is not here") from None
    if ran.returncode:
        lines = [line for line in ran.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise AbsentError(f"{what} cannot be installed: {lines[-1] if lines else f'exit code {ran.returncode}'}")
