"""Finds the configuration of a run and reads it: flags, environment, the nearest file, what it extends."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from steplint.config.fields import Key, dotted
from steplint.config.layers import (
    Layer,
    assignment,
    has_table,
    is_assignment,
    leaves,
    merge,
    moved,
    normal,
    read,
    shown,
)
from steplint.config.problems import ConfigError
from steplint.config.settings import Settings

_OWN_FILES = ("steplint.toml", ".steplint.toml")


class Loaded(Struct, frozen=True):
    """The settings of a run, and where they come from.

    ``root`` is the folder that paths and globs are relative to. ``origins`` maps the dotted key of each value that is
    set somewhere to the file or flag; a key that is missing there has its default.
    """

    settings: Settings
    root: Path
    file: Path | None
    origins: Mapping[str, str]
    layers: tuple[Layer, ...] = ()

    def origin(self, key: str) -> str:
        """Return the file or flag that sets a dotted key, or ``default``."""
        return self.origins.get(key, "default")

    def error(self, key: Sequence[str], message: str, hint: str = "", item: str = "") -> ConfigError:
        """Return the error to raise about a value that only a later stage can judge, with its place."""
        for layer in reversed(self.layers):
            if _has(layer.values, key, item):
                return layer.source.error(tuple(key), message, hint, item)
        return ConfigError(message, hint)


def load(
    start: Path, overrides: Sequence[str] = (), isolated: bool = False, environ: Mapping[str, str] | None = None
) -> Loaded:
    """Return the configuration of a run that was started in `start`.

    `overrides` are the arguments of `--config`: one path at most, and any number of `KEY=VALUE`. Raises ConfigError.
    """
    start = normal(Path.cwd() / start)
    flags = [assignment(each) for each in overrides if is_assignment(each)]
    file = _file(start, overrides, isolated, os.environ if environ is None else environ)
    if isolated:
        _refuse_local(flags)
    root = _root(start, file)
    layers: list[Layer] = []
    origins: dict[str, str] = {}
    values: dict[str, Any] = {}
    for folder, layer in [*_files(file, start), *((root, flag) for flag in flags)]:
        own = moved(layer.values, folder, root)
        values = merge(values, own)
        layers.append(layer)
        _note(origins, own, layer.source.shown)
    return Loaded(msgspec.convert(values, Settings), root, file, origins, tuple(layers))


def repository_root(start: Path) -> Path | None:
    """Return the nearest folder at or above `start` that git keeps, or None."""
    for folder in (start, *start.parents):
        mark = folder / ".git"
        if mark.is_file() or (mark / "HEAD").is_file():
            return folder
    return None


def _files(file: Path | None, start: Path) -> Iterator[tuple[Path, Layer]]:
    if file:
        for path, layer in read(file, start):
            yield path.parent, layer


def _file(start: Path, overrides: Sequence[str], isolated: bool, environ: Mapping[str, str]) -> Path | None:
    paths = [each for each in overrides if not is_assignment(each)]
    if isolated:
        if paths:
            raise ConfigError(f"--config {paths[0]}: `--isolated` reads no configuration file", "leave out one of them")
        return None
    if len(paths) > 1:
        message = f"--config {paths[1]}: there is a configuration file already: `{paths[0]}`"
        raise ConfigError(message, "let one file `extend` the other; `KEY=VALUE` may be repeated")
    named = paths[0] if paths else environ.get("STEPLINT_CONFIG", "")
    if named:
        return _existing(normal(start / named), start, "--config" if paths else "STEPLINT_CONFIG")
    if paths:
        raise ConfigError("--config: the path is empty", "pass `--config PATH` or `--config KEY=VALUE`")
    return _nearest(start)


def _existing(path: Path, start: Path, asked_by: str) -> Path:
    if path.is_file():
        return path
    what = "is a folder" if path.is_dir() else "does not exist"
    hint = f"pass the file: `{shown(path, start)}/steplint.toml`" if path.is_dir() else ""
    raise ConfigError(f"{asked_by}: `{shown(path, start)}` {what}", hint)


def _nearest(start: Path) -> Path | None:
    top = repository_root(start)
    folders = [start, *start.parents]
    if top:
        folders = folders[: folders.index(top) + 1]
    own = (folder / name for folder in folders for name in _OWN_FILES)
    shared = (folder / "pyproject.toml" for folder in folders)
    found = next((path for path in own if path.is_file()), None)
    return found or next((path for path in shared if path.is_file() and has_table(path, start)), None)


def _root(start: Path, file: Path | None) -> Path:
    """Return the folder of the file; a file from elsewhere does not move the project."""
    if file and start.is_relative_to(file.parent):
        return file.parent
    return repository_root(start) or start


def _refuse_local(flags: Sequence[Layer]) -> None:
    for flag in flags:
        if flag.values.get("rule-packs"):
            raise flag.source.error(("rule-packs",), "`--isolated` loads no rule packs")
        if any("/" in name or name.endswith(".toml") for name in flag.values.get("dialects", ())):
            raise flag.source.error(("dialects",), "`--isolated` loads no dialect files")


def _note(origins: dict[str, str], values: Mapping[str, Any], source: str) -> None:
    for key in leaves(values):
        name = dotted(key)
        adds = key[-1].startswith("extend-") and name in origins
        origins[name] = f"{origins[name]}, {source}" if adds else source


def _has(values: Any, key: Key | Sequence[str], item: str) -> bool:
    for part in key:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return not item or item in values
