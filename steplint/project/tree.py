"""Where the files of a run come from: a folder on disk, a mapping in memory, either of them with unsaved texts."""

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

    @property
    def passing(self) -> bool:
        """Whether this is not what the work tree has: what is seen here is not remembered by path."""

    def files(self) -> list[SourceFile]:
        """Return the files that may be analyzed, sorted by path."""

    def read(self, path: str) -> bytes:
        """Return the content of a file, listed or not; raises OSError."""


class Disk:
    """A folder. ``named`` are files to list though the settings leave them out."""

    fresh: frozenset[str] = frozenset()
    passing = False

    def __init__(
        self,
        root: Path,
        *,
        include: Iterable[str] = ("**/*.py",),
        exclude: Iterable[str] = (),
        respect_gitignore: bool = True,
        named: Iterable[str] = (),
    ) -> None:
        self._root = root
        self._include, self._exclude = tuple(include), tuple(exclude)
        self._respect_gitignore = respect_gitignore
        self._named = tuple(named)
        self.notes: list[str] = []

    def files(self) -> list[SourceFile]:
        """Return the files that the settings include, or that were named."""
        self.notes.clear()
        found = {
            each.path: each
            for each in discover(self._root, self._include, self._exclude, self._respect_gitignore, self.notes)
        }
        for path in self._named:
            if path not in found and (file := look(self._root, path)) is not None:
                found[path] = file
        return [found[path] for path in sorted(found)]

    def read(self, path: str) -> bytes:
        """Return what is on disk."""
        return (self._root / path).read_bytes()


class Memory:
    """Files in a mapping."""

    passing = True

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


class Overlay:
    """A tree with other contents for some of its files."""

    passing = True

    def __init__(self, tree: Tree, unsaved: Mapping[str, bytes]) -> None:
        self._tree, self._unsaved = tree, dict(unsaved)

    @property
    def fresh(self) -> frozenset[str]:
        """The paths with another content, and those below that are looked at in every run."""
        return self._tree.fresh.union(self._unsaved)

    def files(self) -> list[SourceFile]:
        """Return the files of the tree and the Python files that only exist unsaved."""
        found = {each.path: each for each in self._tree.files()}
        for path in self._unsaved:
            if path.endswith(".py"):
                found[path] = SourceFile(path, 0, 0, 0)
        return [found[path] for path in sorted(found)]

    def read(self, path: str) -> bytes:
        """Return the unsaved content, or that of the tree."""
        return self._unsaved[path] if path in self._unsaved else self._tree.read(path)
