"""The client for VS Code builds from its lock file, and that file names no place of the machine that wrote it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "editors" / "vscode"
NPM = shutil.which("npm")
OFFLINE = re.compile(r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH")


def test_the_lock_file_names_no_registry() -> None:
    text = (FOLDER / "package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    assert len(packages) > 1
    assert all("resolved" not in each for each in packages.values())
    assert all("integrity" in each for name, each in packages.items() if name)
    assert "://" not in text


def test_versions_in_the_lock_file_are_those_of_the_package() -> None:
    package = json.loads((FOLDER / "package.json").read_text("utf-8"))
    locked = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_the_client_builds(tmp_path: Path) -> None:
    if NPM is None:
        pytest.skip("npm is not installed")
    shutil.copytree(FOLDER, tmp_path / "client", ignore=shutil.ignore_patterns("node_modules", "out"))
    installed = run("ci", "--no-audit", "--no-fund", folder=tmp_path / "client")
    if installed.returncode != 0 and OFFLINE.search(installed.stderr):
        pytest.skip("npm reaches no registry")
    assert installed.returncode == 0, installed.stderr
    built = run("run", "build", folder=tmp_path / "client")
    assert built.returncode == 0, built.stdout
    assert "steplint/ask" in (tmp_path / "client" / "out" / "extension.js").read_text("utf-8")


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    assert NPM is not None
    return subprocess.run([NPM, *arguments], cwd=folder, capture_output=True, text=True, check=False)
