"""The project at another revision: its files, settings and lock, read from git without touching the work tree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli

from steplint.config import ConfigError, Loaded, Settings
from steplint.config.layers import Layer, checked, merge, moved
from steplint.config.problems import Source
from steplint.files import SourceFile, look
from steplint.files.globs import covers, sources
from steplint.lock.base import Base, base_tree, file_at, read_blobs
from steplint.project.changed import changed_paths

_OWN_FILES = ("steplint.toml", ".steplint.toml")
_SHARED = "pyproject.toml"


class Revision:
    """The files of a commit. What the work tree has unchanged is read from there, and its hash is known."""

    passing = True

    def __init__(self, root: Path, commit: str, settings: Settings) -> None:
        """List the files of ``commit`` that ``settings`` include."""
        self._root = root
        self._blobs = base_tree(root, commit)
        self._changed = changed_paths(root, commit)
        self._include = sources(tuple(settings.include))
        self._exclude = tuple(settings.exclude)
        self._contents: dict[str, bytes] = {}

    @property
    def fresh(self) -> frozenset[str]:
        """The files that are not the same in the work tree."""
        return frozenset(self._blobs.keys() & self._changed)

    def files(self) -> list[SourceFile]:
        """Return the files of the commit that the settings include."""
        paths = [path for path in sorted(self._blobs) if self._wanted(path)]
        fresh = [path for path in paths if path in self._changed]
        contents = read_blobs(self._root, [self._blobs[path] for path in fresh])
        self._contents |= {path: contents[self._blobs[path]] for path in fresh}
        return [
            SourceFile(path, 0, 0, 0) if path in self._contents else look(self._root, path) or SourceFile(path, 0, 0, 0)
            for path in paths
        ]

    def read(self, path: str) -> bytes:
        """Return the content of a file at the commit; raises OSError."""
        if path not in self._contents:
            blob = self._blobs.get(path)
            if blob is None:
                raise FileNotFoundError(path)
            if path not in self._changed:
                return (self._root / path).read_bytes()
            self._contents[path] = read_blobs(self._root, [blob])[blob]
        return self._contents[path]

    def _wanted(self, path: str) -> bool:
        return bool(self._include.fullmatch(path)) and not covers([e for e in self._exclude if e[:1] != "!"], path)


def settings_at(loaded: Loaded, base: Base) -> Loaded:
    """Return the configuration as ``base`` has it: a change cannot loosen the rules that it is judged by.

    A file outside of the repository is the same for both. Raises ConfigError for one that is not understood.
    """
    values: dict[str, Any] = {}
    for folder, table in _tables(loaded.root, base, _file(loaded, base)):
        values = merge(values, moved(table, folder, loaded.root))
    layers = tuple(each for each in loaded.layers if each.source.shown.startswith("--"))
    for each in layers:
        values = merge(values, each.values)
    return Loaded(msgspec.convert(values, Settings), loaded.root, loaded.file, loaded.origins, layers)


def _file(loaded: Loaded, base: Base) -> str | None:
    """Return the configuration file at the root of the project at ``base``."""
    for name in _OWN_FILES:
        if file_at(loaded.root, base.commit, name) is not None:
            return name
    content = file_at(loaded.root, base.commit, _SHARED)
    return _SHARED if content is not None and b"steplint" in content else None


def _tables(
    root: Path, base: Base, name: str | None, chain: tuple[str, ...] = ()
) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the tables of a file and of those that it extends, the farthest first."""
    content = file_at(root, base.commit, name) if name is not None else None
    if name is None or content is None or name in chain:
        return []
    shown = f"{base.commit[:7]}:{name}"
    try:
        document = tomli.loads(content.decode("utf-8-sig"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{shown}: {str(error).lower()}", "the base has a configuration that cannot be read"
        ) from None
    if name.rpartition("/")[2] == _SHARED:
        document = document.get("tool", {}).get("steplint", {})
    table = checked(Layer(Source(shown, content.decode("utf-8-sig")), document)).values
    folder = (root / name).parent
    extended = table.get("extend")
    below: list[tuple[Path, Mapping[str, Any]]] = []
    if isinstance(extended, str):
        path = (folder / extended).resolve()
        if path.is_relative_to(root):
            below = _tables(root, base, path.relative_to(root).as_posix(), (*chain, name))
    return [*below, (folder, table)]
