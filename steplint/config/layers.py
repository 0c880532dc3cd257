"""One source of settings after the other: read a file with what it extends, check it, move its paths, merge."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import tomli
from msgspec import Struct

from steplint import __version__
from steplint.config.fields import Key
from steplint.config.problems import ConfigError, Source, first_problem
from steplint.config.version import satisfies

_PATHS: tuple[Key, ...] = (("cache-dir",), ("lock", "path"), ("manifest", "path"), ("baseline", "path"))
_PATH_LISTS: tuple[Key, ...] = (("rule-packs",), ("dialects",))
_GLOB_LISTS: tuple[Key, ...] = (("include",), ("exclude",), ("projects",))
_ASSIGNMENT = re.compile(r"""\s*([\w-]+|"[^"]*"|'[^']*')(\s*\.\s*([\w-]+|"[^"]*"|'[^']*'))*\s*=""")


class Layer(Struct, frozen=True):
    """The settings of one file or flag, valid by themselves."""

    source: Source
    values: Mapping[str, Any]


def is_assignment(override: str) -> bool:
    """Return whether the argument of `--config` is `KEY=VALUE` rather than a path."""
    return bool(_ASSIGNMENT.match(override))


def assignment(text: str) -> Layer:
    """Return the settings of one `--config KEY=VALUE`; the value is TOML."""
    source = Source(f"--config {text}", text)
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        key, _, value = text.partition("=")
        hint = f"text needs quotes: `--config '{key.strip()}=\"{value.strip()}\"'`"
        raise ConfigError(f"{source.shown}: the value is not TOML: {_lower(error.msg)}", hint) from error
    if "extend" in values:
        raise source.error(("extend",), "`extend` belongs into a file", "pass the file itself: `--config PATH`")
    return checked(Layer(source, values))


def read(path: Path, start: Path, *, chain: Sequence[Path] = (), asked_by: str = "") -> Iterator[tuple[Path, Layer]]:
    """Yield the files that `path` extends, the farthest first, then the file itself, each with its settings.

    Messages show paths relative to `start`. Raises ConfigError for what cannot be read or understood.
    """
    if path in chain:
        circle = " -> ".join(shown(each, start) for each in (*chain[chain.index(path) :], path))
        raise ConfigError(f"{asked_by}: `extend` goes in a circle: {circle}", "remove one of these `extend` keys")
    text = _text(path, start, asked_by)
    layer = _layer(path, text, start)
    base = layer.values.get("extend")
    if base is not None:
        place = layer.source.place(("extend",))
        yield from read(normal(path.parent / base), start, chain=(*chain, path), asked_by=place)
    yield path, layer


def has_table(path: Path, start: Path) -> bool:
    """Return whether a `pyproject.toml` has a `[tool.steplint]` table."""
    text = _text(path, start)
    if "steplint" not in text:
        return False
    tool = _document(text, shown(path, start)).get("tool")
    return isinstance(tool, dict) and "steplint" in tool


def checked(layer: Layer) -> Layer:
    """Return `layer` if the schema allows it and this version of steplint may read it."""
    required = layer.values.get("required-version")
    if isinstance(required, str):
        _check_version(layer.source, required)
    problem = first_problem(dict(layer.values))
    if problem:
        raise layer.source.error(problem.key, problem.message, problem.hint, problem.item)
    return layer


def moved(values: Mapping[str, Any], folder: Path, root: Path) -> dict[str, Any]:
    """Return `values` with the paths and globs of a file in `folder` made relative to `root`."""
    result = _copied(values)
    if folder == root:
        return result
    for key in _PATHS:
        _change(result, key, lambda path: move_path(path, folder, root))
    for key in _PATH_LISTS:
        _change(result, key, lambda names: [move_path(n, folder, root) if _is_path(n) else n for n in names])
    for key in _GLOB_LISTS:
        _change(result, key, lambda globs: [move_glob(each, folder, root) for each in globs])
    _change(
        result,
        ("lint", "per-file-ignores"),
        lambda table: {move_glob(each, folder, root): rules for each, rules in table.items()},
    )
    return result


def merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return `below` overlaid with `above`: tables are joined, lists replaced, lists of `extend-*` keys added."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = merge(old, value)
        elif key.startswith("extend-") and isinstance(old, list):
            result[key] = old + [each for each in value if each not in old]
        else:
            result[key] = value
    return result


def leaves(values: Mapping[str, Any], above: Key = ()) -> Iterator[Key]:
    """Yield the key of every value that is no table."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key)


def shown(path: Path, start: Path) -> str:
    """Return `path` as messages print it: relative to `start` where that is shorter, with `/`."""
    try:
        relative = Path(os.path.relpath(path, start)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
    return min(relative, path.as_posix(), key=len)


def normal(path: Path) -> Path:
    """Return `path` without `..` and `.`, symbolic links kept."""
    return Path(os.path.normpath(path))


def move_path(path: str, folder: Path, root: Path) -> str:
    """Return a path that is relative to `folder`, relative to `root` instead."""
    if Path(path).is_absolute():
        return path
    try:
        return Path(os.path.relpath(folder / path, root)).as_posix()
    except ValueError:  # another drive
        return (folder / path).as_posix()


def move_glob(glob: str, folder: Path, root: Path) -> str:
    """Return a glob that is relative to `folder`, relative to `root` instead; one for any depth stays as it is."""
    if glob.startswith("!"):
        return "!" + move_glob(glob[1:], folder, root)
    if "/" not in glob.rstrip("/") or glob.startswith("**/"):
        return glob
    parts = glob.lstrip("/").split("/")
    down = Path(os.path.relpath(root, folder)).parts
    if ".." in down:
        return move_path("/".join(parts), folder, root) + "/" * glob.endswith("/")
    for number, name in enumerate(down):
        if parts[0] == "**":
            break
        if not fnmatchcase(name, parts[0]):
            return "../" * (len(down) - number) + "/".join(parts)
        if len(parts) == 1 or parts[1] == "":
            return "**"
        parts = parts[1:]
    return "/".join(parts)


def _check_version(source: Source, required: str) -> None:
    try:
        fits = satisfies(__version__, required)
    except ValueError as error:
        message = f"`required-version` has a clause that is no version specifier: `{error}`"
        raise source.error(("required-version",), message, 'write it like `">=0.1,<0.2"`') from error
    if not fits:
        message = f"this configuration requires steplint {required}, and this is {__version__}"
        raise source.error(("required-version",), message, f'pip install "steplint{required}"')


def _text(path: Path, start: Path, asked_by: str = "") -> str:
    name = shown(path, start)
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"`{name}` cannot be read: {_lower(error.strerror or str(error))}"
        raise ConfigError(f"{asked_by}: {message}" if asked_by else f"{name}: {message}") from error
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{name}:{line}: TOML must be UTF-8, and this line is not", "save the file as UTF-8"
        ) from error


def _layer(path: Path, text: str, start: Path) -> Layer:
    name = shown(path, start)
    document = _document(text, name)
    if path.name != "pyproject.toml":
        return checked(Layer(Source(name, text), document))
    table: Any = document
    for part in ("tool", "steplint"):
        table = table.get(part, {}) if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            raise Source(name, text).error(("tool", part), "`tool.steplint` must be a table")
    if not table and "steplint" not in document.get("tool", {}):
        raise ConfigError(f"{name}: there is no `[tool.steplint]` table in this file")
    return checked(Layer(Source(name, text, ("tool", "steplint")), table))


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{name}:{error.lineno}: {_lower(error.msg)} at column {error.colno}") from error
    except RecursionError as error:
        raise ConfigError(f"{name}: lists or tables are nested too deeply") from error


def _change(values: dict[str, Any], key: Key, change: Any) -> None:
    *above, last = key
    for part in above:
        values = values.get(part, {})
    if last in values:
        values[last] = change(values[last])


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in values.items()}


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith(".toml")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
