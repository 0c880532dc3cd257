"""Reads a TOML file into a struct; an error names the file, the line, and the name that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import msgspec
import tomli

T = TypeVar("T", bound=msgspec.Struct)
Key = tuple[str | int, ...]

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`(?: - at `(?P<path>[^`]*)`)?")
_ENUM = re.compile(r"Invalid enum value (?P<value>'.*?'|\S+)(?: - at `(?P<path>[^`]*)`)?")
_OTHER = re.compile(r"(?P<message>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_LINE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


class KnowledgeError(Exception):
    """A table that cannot be used: the file, the line from 1, what is wrong, and what helps."""

    def __init__(self, path: str, line: int, message: str, hint: str = "") -> None:
        """Keep the parts; the text joins them."""
        super().__init__(f"{path}:{line}: {message}" + (f"; {hint}" if hint else ""))
        self.path = path
        self.line = line
        self.message = message
        self.hint = hint


def read(path: Path, kind: type[T]) -> T:
    """Return the struct in the TOML file ``path``; raises `KnowledgeError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KnowledgeError(str(path), 1, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KnowledgeError(str(path), 1, "is no UTF-8 text", "save it as UTF-8") from None
    return parse(text, kind, str(path))


def parse(text: str, kind: type[T], path: str) -> T:
    """Return the struct in ``text``, called ``path`` in messages; raises `KnowledgeError`."""
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
        raise KnowledgeError(path, line, f"is no TOML: {_LINE.sub('', str(error)).lower()}") from None
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise _explain(str(error), text, data, kind, path) from None


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the member of ``known`` that ``word`` probably stands for, or an empty text."""
    found = get_close_matches(word.replace("_", "-"), sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else ""


def line_of(text: str, key: Key) -> int:
    """Return the line from 1 where ``key`` is set: the start of the text up to there is a document that has the key."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not any(part in line for part in key if isinstance(part, str)):
            continue
        end = next((end for end in range(number, len(lines) + 1) if _loads(lines[:end]) is not None), 0)
        if end and _has(_loads(lines[:end]), key):
            return _in_array(lines, number, end, key)
    return line_of(text, key[:-1]) if len(key) > 1 else 1


def _in_array(lines: list[str], start: int, end: int, key: Key) -> int:
    """Return the line of an entry of an array that spans lines, where each of its tables begins a line."""
    at = next((part for part in reversed(key) if isinstance(part, int)), None)
    tables = [number for number in range(start, end + 1) if lines[number - 1].lstrip().startswith("{")]
    return tables[at] if at is not None and at < len(tables) else start


def _loads(lines: list[str]) -> dict[str, Any] | None:
    try:
        return tomli.loads("\n".join(lines) + "\n")
    except tomli.TOMLDecodeError:
        return None


def _has(value: Any, key: Key) -> bool:
    try:
        for part in key:
            value = value[part]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _explain(error: str, text: str, data: Any, kind: type[msgspec.Struct], path: str) -> KnowledgeError:
    if found := _UNKNOWN.match(error):
        key = _key(found["path"], data)
        table = _table(key)
        known = _fields(kind, key)
        message = f"unknown key `{found['field']}`" + (f" in `{table}`" if table else "")
        return KnowledgeError(path, line_of(text, (*key, found["field"])), message, nearest(found["field"], known))
    if found := _ENUM.match(error):
        key = _key(found["path"], data)
        allowed = sorted(_words(_type(kind, key)))
        value = found["value"].strip("'")
        message = f"`{_name(key)}` is `{value}`; expected one of {', '.join(f'`{word}`' for word in allowed)}"
        return KnowledgeError(path, line_of(text, key), message, nearest(value, allowed))
    found = _OTHER.match(error)
    key = _key(found["path"] if found else None, data)
    plain = found["message"] if found else error
    name = f"`{_name(key)}`: " if key else ""
    return KnowledgeError(path, line_of(text, key), f"{name}{plain[:1].lower()}{plain[1:]}")


def _key(path: str | None, data: Any) -> Key:
    """Return the steps of a path such as ``$.step[3].kind``; ``[...]`` stands for some entry of a mapping."""
    key: list[str | int] = []
    value = data
    for part in re.findall(r"\.([\w-]+)|\[(\d+|\.\.\.)\]", path or ""):
        if part[1] == "...":
            break
        key.append(part[0] or int(part[1]))
        value = value[key[-1]]
    return tuple(key)


def _name(key: Key) -> str:
    return next((part for part in reversed(key) if isinstance(part, str)), "")


def _table(key: Key) -> str:
    names = [part for part in key if isinstance(part, str)]
    if not names:
        return ""
    return f"[[{'.'.join(names)}]]" if isinstance(key[-1], int) else f"[{'.'.join(names)}]"


def _type(kind: Any, key: Key) -> Any:
    """Return the annotation at ``key`` below the struct ``kind``."""
    for part in key:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            types = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
            kind = types.get(str(part))
        else:
            arguments = get_args(kind)
            kind = arguments[0] if isinstance(part, int) else arguments[-1]
    return kind


def _fields(kind: type[msgspec.Struct], key: Key) -> list[str]:
    inner = _type(kind, key)
    if not (isinstance(inner, type) and issubclass(inner, msgspec.Struct)):
        return []
    return [field.encode_name for field in msgspec.structs.fields(inner)]


def _words(kind: Any) -> set[str]:
    """Return the texts that a literal type allows."""
    if get_origin(kind) is None:
        return set()
    return {word for word in get_args(kind) if isinstance(word, str)} | {
        word for inner in get_args(kind) if not isinstance(inner, str) for word in _words(inner)
    }
