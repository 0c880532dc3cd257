"""Prints the requirement to install: the version asked for, else the one the project locks, else nothing."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import tomllib

_EXACT = re.compile(
    r"steplint\s*(?:\[[^\]]*\])?\s*(?P<version>(?:==|~=|>=|<=|<|>|!=)[^;#]*)?(?:[;#].*)?", re.IGNORECASE
)


def requirement(folder: Path, wanted: str) -> str:
    """Return what pip is given; "" for the action's own version."""
    if wanted:
        return f"steplint=={wanted}" if wanted[0].isdigit() else f"steplint{wanted}"
    return _locked(folder / "uv.lock") or _declared(folder / "pyproject.toml")


def _locked(path: Path) -> str:
    for package in _read(path).get("package", []):
        if package.get("name") == "steplint" and "registry" in package.get("source", {}):
            return f"steplint=={package['version']}"
    return ""


def _declared(path: Path) -> str:
    data = _read(path)
    groups = [data.get("project", {}).get("dependencies", [])]
    groups += data.get("project", {}).get("optional-dependencies", {}).values()
    groups += data.get("dependency-groups", {}).values()
    for each in (line for group in groups for line in group if isinstance(line, str)):
        found = _EXACT.fullmatch(each.strip())
        if found and found["version"]:
            return f"steplint{found['version'].strip()}"
    return ""


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


if __name__ == "__main__":
    print(requirement(Path(sys.argv[1]), sys.argv[2].strip()))
