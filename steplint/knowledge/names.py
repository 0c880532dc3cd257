"""Looks names up: exact names and patterns to values, other names of one thing, and the words of an identifier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")


class Patterns(Generic[T]):
    """Values by dotted name, ``package.*`` (direct members) and ``package.**`` (everything below)."""

    def __init__(self, entries: Iterable[tuple[str, T]] = ()) -> None:
        """Keep ``entries``; of two entries with one name the first stands."""
        self.exact: dict[str, T] = {}
        self.direct: dict[str, T] = {}
        self.deep: dict[str, T] = {}
        self._found: dict[str, tuple[int, T] | None] = {}
        for name, value in entries:
            self.add(name, value)

    def add(self, name: str, value: T) -> None:
        """Enter ``value`` under a name or pattern that has none yet."""
        self._found.clear()
        if name.endswith(".**"):
            self.deep.setdefault(name[:-3], value)
        elif name.endswith(".*"):
            self.direct.setdefault(name[:-2], value)
        else:
            self.exact.setdefault(name, value)

    def find(self, name: str) -> tuple[int, T] | None:
        """Return the value for ``name`` and how much of the name its entry spells out; the longest entry wins."""
        try:
            return self._found[name]
        except KeyError:
            found = self._found[name] = self._longest(name)
            return found

    def _longest(self, name: str) -> tuple[int, T] | None:
        if (value := self.exact.get(name)) is not None:
            return len(name) + 1, value
        prefix = name.rpartition(".")[0]
        if (value := self.direct.get(prefix)) is not None:
            return len(prefix), value
        while prefix:
            if (value := self.deep.get(prefix)) is not None:
                return len(prefix), value
            prefix = prefix.rpartition(".")[0]
        return None

    def __contains__(self, name: str) -> bool:
        """Return whether an entry covers ``name``."""
        return self.find(name) is not None


class Listed:
    """A list of a project: what it adds, and what it takes away with ``!``. Its ``x.*`` covers everything below."""

    def __init__(self, names: Iterable[str]) -> None:
        """Part ``names`` into additions and removals."""
        entries = [name[:-2] + ".**" if name.endswith(".*") else name for name in names]
        self.added = Patterns((name, True) for name in entries if not name.startswith("!"))
        self.removed = Patterns((name[1:], True) for name in entries if name.startswith("!"))

    def says(self, name: str) -> bool | None:
        """Return True for an added name, False for a removed one, None where the list is silent."""
        if name in self.removed:
            return False
        return True if name in self.added else None


def canonical(name: str, returns: Mapping[str, str], alias: Mapping[str, str]) -> str:
    """Return ``name`` with results of calls replaced by their types, and aliases by the name of the table."""
    path = ""
    for part in name.split("."):
        path = f"{returns.get(path, path)}.{part}" if path else part
        path = alias.get(path, path)
    return path


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """Return the lower-case words of an identifier: ``self.orderStore`` gives self, order, store."""
    return tuple(word.lower() for word in _WORD.findall(text))
