"""What is wrong with a configuration, where, and what was probably meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import tomli
from msgspec import Struct

from steplint.config.fields import Key, dotted, expected, keys, shape
from steplint.config.settings import Settings


class ConfigError(Exception):
    """A configuration that cannot be used: one line that starts with the place, and what helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Source(Struct, frozen=True):
    """A text with configuration: how messages call it, and the table that holds the settings in it."""

    shown: str
    text: str
    table: Key = ()

    def place(self, key: Key, item: str = "") -> str:
        """Return `path:line` of a key, or of an item of its list; the path alone where the text is no file."""
        return (
            self.shown if self.shown.startswith("--") else f"{self.shown}:{line_of(self.text, self.table + key, item)}"
        )

    def error(self, key: Key, message: str, hint: str = "", item: str = "") -> ConfigError:
        """Return the error to raise about a key of this text."""
        return ConfigError(f"{self.place(key, item)}: {message}", hint)


class Problem(Struct, frozen=True):
    """Something that the schema does not allow; `item` is the element of a list that it is about."""

    key: Key
    message: str
    hint: str = ""
    item: str = ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the name that `word` probably stands for, or an empty text."""
    from difflib import get_close_matches

    names = sorted(known)
    plain = {name.replace("_", "-").lower(): name for name in names}
    found = get_close_matches(word.replace("_", "-").lower(), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else ""


def first_problem(value: Any, kind: Any = Settings, key: Key = ()) -> Problem | None:
    """Return the first part of `value` that does not fit the schema, in the order of the text."""
    this = shape(kind)
    if not _fits(this.kind, value):
        return Problem(
            key, f"`{dotted(key)}` must be {expected(kind)}, not {_called(value)}", _misread(value, this.kind)
        )
    match this.kind:
        case "table":
            known = {field.encode_name: field.type for field in msgspec.structs.fields(this.type)}
            for name, inner in value.items():
                problem = (
                    first_problem(inner, known[name], (*key, name)) if name in known else _unknown(key, name, known)
                )
                if problem:
                    return problem
        case "mapping":
            for name, inner in value.items():
                if problem := first_problem(inner, this.item, (*key, name)):
                    return _unquoted(problem, name, inner) if problem.key == (*key, name) else problem
        case "list":
            for inner in value:
                if problem := first_problem(inner, this.item, key):
                    message = problem.message.replace("`", "each item of `", 1)
                    return Problem(key, message, problem.hint, inner if isinstance(inner, str) else "")
        case "choice":
            if value not in this.item:
                near = nearest(value, this.item)
                hint = f"did you mean `{near}`?" if near else ""
                return Problem(key, f"`{dotted(key)}` must be {expected(kind)}, not {_called(value)}", hint)
        case "number":
            if this.lowest is not None and value < this.lowest:
                return Problem(key, f"`{dotted(key)}` must be {expected(kind)}, not {value}")
    return None


def line_of(text: str, key: Key, item: str = "") -> int:
    """Return the line from 1 where `key` is set; the line of `item` inside of its list, where one is given.

    The start of the text up to the wanted line is itself a document that has the key, the start before it is not.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not key or key[-1] not in line:
            continue
        end = _end_of_statement(lines, number)
        if end and _has(lines[:end], key):
            spread = range(number, end + 1)
            return next((n for n in spread if item and _written(item) in lines[n - 1]), number)
    return line_of(text, key[:-1]) if key else 1


def _end_of_statement(lines: Sequence[str], start: int) -> int:
    for end in range(start, len(lines) + 1):
        try:
            _parse(lines[:end])
        except tomli.TOMLDecodeError:
            continue
        return end
    return 0


def _has(lines: Sequence[str], key: Key) -> bool:
    value: Any = _parse(lines)
    for part in key:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _parse(lines: Sequence[str]) -> dict[str, Any]:
    return tomli.loads("\n".join(lines) + "\n")


def _written(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "table" | "mapping":
            return isinstance(value, dict)
        case "list":
            return isinstance(value, list)
        case "number":
            return isinstance(value, int) and not isinstance(value, bool)
        case "switch":
            return isinstance(value, bool)
        case "text" | "choice":
            return isinstance(value, str)
    return True


def _called(value: Any) -> str:
    match value:
        case bool():
            return "`true`" if value else "`false`"
        case int() | float():
            return f"`{value}`"
        case str():
            return f'`"{value}"`' if len(value) <= 40 else f'`"{value[:37]}..."`'
        case list():
            return "a list"
        case dict():
            return "a table"
    return f"a {type(value).__name__}"


def _misread(value: Any, wanted: str) -> str:
    if wanted == "list" and isinstance(value, str):
        return f'write `["{value}"]`' if len(value) <= 60 else "put it into brackets"
    if wanted == "switch" and isinstance(value, str) and value.lower() in ("true", "false"):
        return f"write `{value.lower()}` without quotes"
    if wanted == "number" and isinstance(value, str) and value.isdigit():
        return f"write `{value}` without quotes"
    return ""


def _unquoted(problem: Problem, name: str, value: Any) -> Problem:
    """Return `problem` with the advice that fits a dotted name that was read as tables inside of tables."""
    while isinstance(value, dict) and value:
        inner, value = next(iter(value.items()))
        name = f"{name}.{inner}"
    if problem.hint or name == problem.key[-1]:
        return problem
    return Problem(problem.key, problem.message, f'a name with dots needs quotes: `"{name}"`', problem.item)


def _unknown(table: Key, name: str, known: Iterable[str]) -> Problem:
    key = (*table, name)
    message = f"unknown key `{dotted(key)}`"
    if not table and name == "tool":
        return Problem(key, message, "leave out `tool.steplint`: it belongs into pyproject.toml only")
    every = [other for other, _ in keys() if "*" not in other]
    plain = name.replace("_", "-").lower()
    for other in every:
        if other[-1] == plain:
            return Problem(key, message, f"did you mean `{dotted(other)}`?")
    near = nearest(name, known)
    if near:
        return Problem(key, message, f"did you mean `{dotted((*table, near))}`?")
    by_name = {other[-1]: other for other in every}
    far = nearest(name, by_name)
    if far:
        return Problem(key, message, f"did you mean `{dotted(by_name[far])}`?")
    where = f"`{dotted(table)}` has " if table else "there are "
    return Problem(key, message, where + ", ".join(f"`{each}`" for each in known))
