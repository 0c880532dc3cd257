"""Trees for an editor: the files are listed once, until something outside of it changes them."""

from __future__ import annotations

from functools import cached_property

from steplint.files import SourceFile
from steplint.project.tree import Tree


class Listed:
    """A tree whose list of files is remembered; a new one is made when files come and go."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @property
    def fresh(self) -> frozenset[str]:
        """Paths of which the file system says nothing."""
        return self._tree.fresh

    @property
    def passing(self) -> bool:
        """Whether this is not what the work tree has."""
        return self._tree.passing

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of the list."""
        return frozenset(each.path for each in self._files)

    @cached_property
    def _files(self) -> list[SourceFile]:
        return self._tree.files()

    def files(self) -> list[SourceFile]:
        """Return the files as they were listed."""
        return self._files

    def read(self, path: str) -> bytes:
        """Return the content of a file now."""
        return self._tree.read(path)


class Without:
    """A tree in which some files are not there: an unreadable lock must not hide every other finding."""

    def __init__(self, tree: Tree, hidden: frozenset[str]) -> None:
        self._tree, self._hidden = tree, hidden

    @property
    def fresh(self) -> frozenset[str]:
        """Paths of which the file system says nothing."""
        return self._tree.fresh

    @property
    def passing(self) -> bool:
        """Always: this is not what the work tree has."""
        return True

    def files(self) -> list[SourceFile]:
        """Return the files of the tree."""
        return [each for each in self._tree.files() if each.path not in self._hidden]

    def read(self, path: str) -> bytes:
        """Return the content of a file that is not hidden."""
        if path in self._hidden:
            raise FileNotFoundError(path)
        return self._tree.read(path)
