"""Which project a document belongs to, and under which path: URIs on one side, folders on the other."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from steplint.config import ConfigError, load


class Where(NamedTuple):
    """A project, by the folder that its settings were found from (None: no project), and a path in it."""

    folder: Path | None
    root: Path
    path: str


class Places:
    """The folders of a workspace. Documents outside of them belong to no project, unless there are none at all."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self.folders = list(folders)
        self._roots: dict[Path, Path] = {}

    def forget(self) -> None:
        """Look for settings again."""
        self._roots.clear()

    def where(self, uri: str) -> Where | None:
        """Return where a document belongs; None for one of another scheme, or outside of the workspace."""
        path = file_path(uri)
        if path is None:
            return None
        if not self.folders:
            anchor = Path(path.anchor)
            return Where(None, anchor, path.relative_to(anchor).as_posix())
        folder = next((each for each in self.folders if path.is_relative_to(each)), None)
        if folder is None:
            return None
        root = self._root(path.parent, folder)
        return Where(root, root, path.relative_to(root).as_posix())

    def _root(self, start: Path, folder: Path) -> Path:
        """Return the root of the settings for files in ``start``; where those are broken, the folder that has them."""
        if start not in self._roots:
            try:
                self._roots[start] = load(start).root
            except ConfigError:
                self._roots[start] = _with_settings(start) or folder
        return self._roots[start]


def file_path(uri: str) -> Path | None:
    """Return the path of a `file:` URI, normalized; None for any other."""
    try:
        parts = urlsplit(uri)
        if parts.scheme != "file":
            return None
        host = f"//{parts.netloc}" if parts.netloc and parts.netloc != "localhost" else ""
        # A question mark or number sign that was not escaped belongs to the name.
        rest = "".join(mark + text for mark, text in (("?", parts.query), ("#", parts.fragment)) if text)
        path = Path(os.path.normpath(url2pathname(host + parts.path + rest)))
    except ValueError:
        return None
    return path if path.is_absolute() and "\0" not in str(path) else None


def _with_settings(start: Path) -> Path | None:
    names = ("steplint.toml", ".steplint.toml", "pyproject.toml")
    return next((each for each in (start, *start.parents) if any((each / name).is_file() for name in names)), None)
