"""Judges arguments: whether one is given, and what a mode, method or statement says about the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from steplint.model.dialect import Position
from steplint.model.summary import Argument
from steplint.model.value import Const, Group, Name, Template, Value

Maker = Callable[[Value], "tuple[str, tuple[Argument, ...]] | None"]
"""Returns the canonical name and arguments of the call whose result a value is."""

_READING = {"GET", "HEAD", "OPTIONS", "TRACE"}


def given(arguments: tuple[Argument, ...], places: tuple[Position, ...]) -> bool:
    """Return whether an argument stands at one of ``places``; None does not count, unpacked arguments may be it."""
    return any(argument.value != Const(None) for argument in _at(arguments, places))


def literal(arguments: tuple[Argument, ...], places: tuple[Position, ...]) -> str | None:
    """Return the text at one of ``places``; of a template the part before the first hole. None without one."""
    for argument in _at(arguments, places):
        if argument.keyword not in ("*", "**") and (text := start(argument.value)) is not None:
            return text
    return None


def start(value: Value) -> str | None:
    """Return the text that ``value`` begins with, where it is written out."""
    match value:
        case Const(value=str(text)):
            return text
        case Template(text=text):
            return text.partition("{}")[0]
        case Group(kind="add" | "mod", items=(first, *_)):
            return start(first)
    return None


def writes_file(arguments: tuple[Argument, ...], places: tuple[Position, ...]) -> bool:
    """Return whether the file mode at ``places`` lets the call write."""
    mode = literal(arguments, places)
    return mode is not None and any(letter in "wax+" for letter in mode.partition(":")[0].partition("|")[0])


def writes_http(arguments: tuple[Argument, ...], places: tuple[Position, ...]) -> bool:
    """Return whether the HTTP method at ``places`` changes something; an unknown one may not."""
    method = literal(arguments, places)
    return bool(method) and method is not None and method.upper() not in _READING


def statement_mode(
    arguments: tuple[Argument, ...], writing: frozenset[str], made: Maker | None
) -> Literal["", "read", "write"]:
    """Return "write" or "read" by the statement in the first argument, "" where it is not written out."""
    if not arguments or arguments[0].keyword == "**":
        return ""
    value = arguments[0].value
    text = start(value)
    if text is not None and text.split():
        return "write" if text.split()[0].strip("(").lower() in writing else "read"
    if isinstance(value, Name):
        return _by_name(value.path, writing)
    call = made(value) if made else None
    if call is None:
        return ""
    name, inner = call
    return _by_name(name, writing) or (statement_mode(inner, writing, made) if inner else "")


def _by_name(name: str, writing: frozenset[str]) -> Literal["", "read", "write"]:
    parts = name.lower().split(".")
    if any(part in writing for part in parts):
        return "write"
    return "read" if "select" in parts else ""


def _at(arguments: tuple[Argument, ...], places: tuple[Position, ...]) -> list[Argument]:
    found = [argument for argument in arguments if argument.keyword == "**" or argument.keyword in places]
    positional = [argument for argument in arguments if argument.keyword in (None, "*")]
    unpacked = next((i for i, argument in enumerate(positional) if argument.keyword == "*"), None)
    for place in places:
        if not isinstance(place, int):
            continue
        if unpacked is not None and place >= unpacked:
            found.append(positional[unpacked])
        elif place < len(positional):
            found.append(positional[place])
    return found
