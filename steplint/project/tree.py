"""Where the files of a run come from: the folder on disk, perhaps with unsaved texts, or a mapping in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from steplint.files import SourceFile, discover, look


class Tree(Protocol):
    """The files of a project; paths are relative to its root, with `/`."""

    @property
    def fresh(self) -> frozenset[str]:
        """Paths of which the file system says nothing: they are looked at in every run."""

    def files(self) -> list[SourceFile]:
        """Return the files that may be analyzed, sorted by path."""

    def read(self, path: str) -> bytes:
        """Return the content of a file, listed or not; raises OSError."""


class Disk:
    """A folder. ``named`` are files to list though the settings leave them out; ``unsaved`` replaces contents."""

    def __init__(
        self,
        root: Path,
        *,
        include: Iterable[str] = ("**/*.py",),
        exclude: Iterable[str] = (),
        respect_gitignore: bool = True,
        named: Iterable[str] = (),
        unsaved: Mapping[str, bytes] | None = None,
    ) -> None:
        self._root = root
        self._include, self._exclude = tuple(include), tuple(exclude)
        self._respect_gitignore = respect_gitignore
        self._named = tuple(named)
        self._unsaved = dict(unsaved or {})
        self.notes: list[str] = []

    @property
    def fresh(self) -> frozenset[str]:
        """The paths with an unsaved text."""
        return frozenset(self._unsaved)

    def files(self) -> list[SourceFile]:
        """Return the files that the settings include, that were named, or that have an unsaved text."""
        self.notes.clear()
        found = {
            each.path: each
            for each in discover(self._root, self._include, self._exclude, self._respect_gitignore, self.notes)
        }
        for path in self._named:
            if path not in found and (file := look(self._root, path)) is not None:
                found[path] = file
        for path in self._unsaved:
            if path.endswith(".py"):
                found[path] = SourceFile(path, 0, 0, 0)
        return [found[path] for path in sorted(found)]

    def read(self, path: str) -> bytes:
        """Return the unsaved text, or what is on disk."""
        return self._unsaved[path] if path in self._unsaved else (self._root / path).read_bytes()


class Memory:
    """Files in a mapping: another revision, or a test. The mapping may read a content when it is asked for."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    @property
    def fresh(self) -> frozenset[str]:
        """Every path."""
        return frozenset(self._contents)

    def files(self) -> list[SourceFile]:
        """Return the Python files of the mapping."""
        return [SourceFile(path, 0, 0, 0) for path in sorted(self._contents) if path.endswith(".py")]

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        try:
            return self._contents[path]
        except KeyError:
            raise FileNotFoundError(path) from None
