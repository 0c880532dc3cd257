"""Which release of a library a project uses, as far as its requirement and lock files say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

Release = tuple[int, ...]

_NAME = re.compile(r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?P<rest>[^;#]*)")
_CLAUSE = re.compile(r"(?P<operator>===?|~=|!=|<=|>=|<|>|\^)?\s*v?(?P<release>\d+(?:\.\d+)*)")
_LOCKED = re.compile(r'^name = "(?P<name>[^"]+)"\s*^version = "(?P<version>\d+(?:\.\d+)*)', re.MULTILINE)
_UPPER = frozenset({"<", "<=", "!="})
_LIMIT = 4 * 1024 * 1024
"""Bytes of a lock file that are looked at."""


def releases(root: Path, wanted: Iterable[str]) -> dict[str, Release]:
    """Return by distribution the locked release; else the one that the requirements pin or bound.

    A lock that is older than what the requirements ask for was left behind by an upgrade, and says nothing.
    """
    names = {normal(each) for each in wanted}
    found: dict[str, Release] = {}
    least: dict[str, Release] = {}
    for name, specifier in _required(root):
        if name in names:
            least[name] = max(least.get(name, ()), _at_least(specifier))
            if name not in found and (release := _meant(specifier)):
                found[name] = release
    locked = {name: version for name, version in _locked(root) if name in names and version >= least.get(name, ())}
    return found | locked


def normal(name: str) -> str:
    """Return a distribution name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def release(text: str) -> Release:
    """Return the numbers that a version starts with."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _meant(specifier: str) -> Release:
    """Return the release that a specifier pins or bounds; nothing where it allows every later one."""
    clauses = {match["operator"] or "==": release(match["release"]) for match in _CLAUSE.finditer(specifier)}
    for operator in ("===", "==", "~=", "^"):
        if operator in clauses:
            return clauses[operator]
    below = clauses.get("<", ())
    if "<=" in clauses or below:
        bounded = clauses.get("<=") or ((below[0] - 1,) if below[0] > 0 else ())
        return clauses.get(">=") or clauses.get(">") or bounded
    return ()


def _at_least(specifier: str) -> Release:
    """Return the oldest release that a specifier allows, as far as it says so."""
    bounds = [release(each["release"]) for each in _CLAUSE.finditer(specifier) if each["operator"] not in _UPPER]
    return max(bounds, default=())


def _required(root: Path) -> Iterator[tuple[str, str]]:
    """Yield distribution and specifier of every requirement that the usual files state."""
    yield from _pyproject(root / "pyproject.toml")
    for path in sorted([*root.glob("requirements*.txt"), *root.glob("requirements/*.txt")]):
        for line in (_text(path) or "").splitlines():
            if not line.lstrip().startswith(("#", "-")):
                yield from _requirement(line)


def _pyproject(path: Path) -> Iterator[tuple[str, str]]:
    text = _text(path)
    if not text:
        return
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return  # the configuration says what is wrong with it, where it is needed
    project = _table(document, "project")
    groups = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    groups += _table(document, "dependency-groups").values()
    for group in groups:
        for each in group if isinstance(group, list) else ():
            if isinstance(each, str):
                yield from _requirement(each)
    poetry = _table(_table(document, "tool"), "poetry")
    tables = [_table(poetry, "dependencies")]
    tables += [_table(each, "dependencies") for each in _table(poetry, "group").values() if isinstance(each, dict)]
    for table in tables:
        for name, value in table.items():
            specifier = value.get("version", "") if isinstance(value, dict) else value
            yield normal(name), specifier if isinstance(specifier, str) else ""


def _requirement(text: str) -> Iterator[tuple[str, str]]:
    found = _NAME.match(text)
    if found:
        yield normal(found["name"]), found["rest"]


def _locked(root: Path) -> Iterator[tuple[str, Release]]:
    for name in ("poetry.lock", "uv.lock"):
        for found in _LOCKED.finditer(_text(root / name) or ""):
            yield normal(found["name"]), release(found["version"])


def _table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return None
