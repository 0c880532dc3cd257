"""Reads `steplint.lock`: every mistake is named with file and line, what was meant, and the command that helps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
import tomli
from msgspec import Struct
from msgspec.structs import replace

from steplint.lock.file import (
    ACCEPTS,
    LIMIT,
    VERSION,
    Changed,
    LockError,
    LockFile,
    LockStep,
    LockWorkflow,
    Was,
)
from steplint.lock.scan import Comment, Path, Scan, scan

_MARKER = re.compile(r"^(<{7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)
_AT = re.compile(r"\(at line (?P<line>\d+)(?:, column \d+)?\)")
_WRONG = re.compile(r"(?P<what>.+?)(?: - at `\$\.?(?P<key>\w*).*`)?$")
_T = TypeVar("_T", Was, Changed, LockStep, LockWorkflow)

_RESOLVE = "steplint lock --resolve"
_NESTED = {LockWorkflow: ("was", "step"), LockStep: ("was", "change")}


class Text(Struct, frozen=True):
    """A lock that was read: ``lines`` says where a workflow ``(n,)`` or step ``(n, m)`` gives its ID."""

    lock: LockFile
    lines: Mapping[tuple[int, ...], int]
    dropped: tuple[Comment, ...] = ()


def parse(data: bytes, path: str = "steplint.lock") -> LockFile:
    """Return the lock in ``data``; raises `LockError`."""
    return read(data, path).lock


@lru_cache(maxsize=4)  # a check reads the lock of the work tree and the published one, which tend to be the same
def read(data: bytes, path: str = "steplint.lock") -> Text:
    """Return the lock in ``data`` with its lines and the comments that rewriting drops; raises `LockError`."""
    text = decoded(data, path)
    marker = _MARKER.search(text)
    if marker:
        raise LockError(f"{path}:{_line(text, marker.start())} has conflict markers", _RESOLVE)
    try:
        raw = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _broken(str(error), path) from None
    found = scan(text)
    return _Reader(path, found).whole(raw)


def decoded(data: bytes, path: str) -> str:
    """Return the text of a lock; raises `LockError` for a file that is too large or not UTF-8."""
    if len(data) > LIMIT:
        size = len(data) / 1024 / 1024
        raise LockError(f"{path} has {size:.1f} MiB; a lock above 16 MiB is refused", "is this the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LockError(f"{path}:{line} is not UTF-8", "restore it from git, then run `steplint lock`") from None


def _broken(message: str, path: str) -> LockError:
    at = _AT.search(message)
    what = _AT.sub("", message).strip()
    where = f"{path}:{at['line']}" if at else path
    hint = f"mend the line, or `git checkout HEAD -- {path}` and `steplint lock`"
    return LockError(f"{where} is not valid TOML: {what[:1].lower()}{what[1:]}", hint)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


class _Reader:
    """Turns the tables of one file into structs, and mistakes into errors with their line."""

    def __init__(self, path: str, found: Scan) -> None:
        self.path = path
        self.scan = found

    def whole(self, raw: Mapping[str, Any]) -> Text:
        if "version" not in raw:
            raise self.error((), "", "`version` is missing", f"write `version = {VERSION}` at the top")
        version = raw["version"]
        if version != VERSION or isinstance(version, bool):
            raise self.error(
                (),
                "version",
                f"lock version {version!r} is not known, this release reads version {VERSION}",
                "install the release of steplint that wrote it, or newer",
            )
        self.known((), raw, ("version", "workflow"))
        workflows = tuple(self.workflow(n, each) for n, each in enumerate(self.tables((), "workflow", raw)))
        self.unique(workflows)
        lines = dict[tuple[int, ...], int]()
        for n, each in enumerate(workflows):
            lines[n,] = self.scan.line(("workflow", n), "id")
            lines |= {(n, m): self.scan.line(("workflow", n, "step", m), "id") for m in range(len(each.step))}
        return Text(LockFile(workflows), lines, self.scan.stray)

    def workflow(self, index: int, raw: Mapping[str, Any]) -> LockWorkflow:
        path: Path = ("workflow", index)
        plain = self.table(LockWorkflow, path, raw)
        steps = tuple(self.step((*path, "step", n), each) for n, each in enumerate(self.tables(path, "step", raw)))
        return replace(plain, was=self.was(path, raw), step=steps)

    def step(self, path: Path, raw: Mapping[str, Any]) -> LockStep:
        plain = self.table(LockStep, path, raw)
        if plain.count < 1:
            raise self.error(path, "count", f"`count` is {plain.count}, expected 1 or more")
        if plain.calls and len(plain.calls) != plain.count:
            hint = "steplint lock writes both"
            raise self.error(path, "calls", f"{len(plain.calls)} `calls` for a `count` of {plain.count}", hint)
        changes = tuple(
            self.record(Changed, (*path, "change", n), each) for n, each in enumerate(self.tables(path, "change", raw))
        )
        return replace(plain, was=self.was(path, raw), change=changes)

    def was(self, path: Path, raw: Mapping[str, Any]) -> tuple[Was, ...]:
        return tuple(self.record(Was, (*path, "was", n), each) for n, each in enumerate(self.tables(path, "was", raw)))

    def record(self, kind: type[_T], path: Path, raw: Mapping[str, Any]) -> _T:
        found = self.table(kind, path, raw)
        accept = raw.get("accept")
        if accept not in ACCEPTS:
            near = get_close_matches(str(accept), ACCEPTS, 1)
            hint = f"did you mean `{near[0]}`?" if near else "known are " + ", ".join(f"`{each}`" for each in ACCEPTS)
            raise self.error(path, "accept", f"unknown policy `{accept}`", hint)
        return found

    def table(self, kind: type[_T], path: Path, raw: Mapping[str, Any]) -> _T:
        """Return the keys of one table without the tables in it."""
        fields = [each for each in kind.__struct_fields__ if each != "comments"]
        self.known(path, raw, fields)
        plain = {key: value for key, value in raw.items() if key not in _NESTED.get(kind, ())}
        try:
            found = msgspec.convert(plain, kind)
        except msgspec.ValidationError as error:
            raise self.invalid(path, str(error)) from None
        return replace(found, comments=self.scan.comments(path))

    def known(self, path: Path, raw: Mapping[str, Any], names: Iterator[str] | tuple[str, ...] | list[str]) -> None:
        names = list(names)
        for key in raw:
            if key not in names:
                near = get_close_matches(key, names, 1)
                hint = f"did you mean `{near[0]}`?" if near else "known are " + ", ".join(f"`{each}`" for each in names)
                raise self.error(path, key, f"unknown key `{key}` in {_called(path)}", hint)

    def tables(self, path: Path, name: str, raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found = raw.get(name, [])
        if isinstance(found, list) and all(isinstance(each, dict) for each in found):
            return found
        header = ".".join(str(each) for each in (*path, name) if isinstance(each, str))
        raise self.error(path, name, f"`{name}` is no list of tables", f"write `[[{header}]]`")

    def unique(self, workflows: tuple[LockWorkflow, ...]) -> None:
        """Refuse a workflow that stands there twice, and in keyed families an ID that does."""
        seen = dict[object, int]()
        for n, workflow in enumerate(workflows):
            if workflow.key in seen:
                self.duplicate(("workflow", n), ("workflow", seen[workflow.key]), f"workflow `{workflow.id}`")
            seen[workflow.key] = n
            if workflow.family == "keyed":
                self.unique_steps(n, workflow)

    def unique_steps(self, n: int, workflow: LockWorkflow) -> None:
        seen = dict[str, int]()
        for m, step in enumerate(workflow.step):
            if step.id in seen:
                one, other = ("workflow", n, "step", m), ("workflow", n, "step", seen[step.id])
                self.duplicate(one, other, f"step `{step.id}` of `{workflow.id}`")
            seen[step.id] = m

    def duplicate(self, path: Path, first: Path, what: str) -> None:
        line = self.scan.line(first, "id")
        hint = "join both by hand, or restore the file from git and run `steplint lock`"
        raise self.error(path, "id", f"{what} is there twice, first in line {line}", hint)

    def invalid(self, path: Path, message: str) -> LockError:
        missing = re.search(r"missing required field `(\w+)`", message)
        if missing:
            return self.error(path, "", f"{_called(path)} has no `{missing[1]}`", f'add `{missing[1]} = "…"`')
        found = _WRONG.match(message)
        what, key = (found["what"], found["key"] or "") if found else (message, "")
        return self.error(path, key, f"`{key}` in {_called(path)}: {what[:1].lower()}{what[1:]}")

    def error(self, path: Path, key: str, message: str, hint: str = "") -> LockError:
        return LockError(f"{self.path}:{self.scan.line(path, key)}: {message}", hint)


def _called(path: Path) -> str:
    names = [each for each in path if isinstance(each, str)]
    return f"`[[{'.'.join(names)}]]`" if names else "the file"
