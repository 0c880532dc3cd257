"""The subset of CEL that is understood: equalities of fields and constants, joined by ``&&``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from steplint.runtime.values import at_path, encode

_EQUALITY = re.compile(r"\s*(?P<left>.+?)\s*==\s*(?P<right>.+?)\s*", re.DOTALL)
_FIELD = re.compile(r"(?P<side>event|async)(?P<path>(\.[A-Za-z_]\w*|\[\d+\]|\['[^']*'\]|\[\"[^\"]*\"\])+)")
_PART = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
SUBSET = "equalities such as `event.data.id == async.data.id` or `event.data.plan == 'pro'`, joined by `&&`"


class UnknownExpressionError(ValueError):
    """An expression that is not in the subset."""

    def __init__(self, text: str) -> None:
        super().__init__(f"the expression `{text}` is not understood here; understood are {SUBSET}")


class Field(Struct, frozen=True):
    """A field of the event that began the run (``event``), or of the one that is waited for (``async``)."""

    side: str
    path: str


Term = Field | str | int | float | bool | None


class Equality(Struct, frozen=True):
    """Two terms that must be equal."""

    left: Term
    right: Term


def parse(text: str | None) -> tuple[Equality, ...]:
    """Return the equalities of an expression; raises `UnknownExpressionError`."""
    if not text or not text.strip():
        return ()
    found = list[Equality]()
    for part in _split(text):
        match = _EQUALITY.fullmatch(part)
        if match is None:
            raise UnknownExpressionError(text)
        found.append(Equality(_term(match["left"], text), _term(match["right"], text)))
    return tuple(found)


def holds(equalities: tuple[Equality, ...], event: Mapping[str, Any]) -> bool:
    """Return whether ``event`` meets an expression that speaks of no other event."""
    return all(encode(value(each.left, event)) == encode(value(each.right, event)) for each in equalities)


def awaited(equalities: tuple[Equality, ...], event: Mapping[str, Any]) -> tuple[list[str], list[Any]] | None:
    """Return the paths at which the awaited event is compared, and the values there; None if none can ever meet it."""
    paths, wanted = list[str](), list[Any]()
    for each in equalities:
        left, right = each.left, each.right
        if _asks(right) and not _asks(left):
            left, right = right, left
        if not _asks(left):
            if encode(value(left, event)) != encode(value(right, event)):
                return None
            continue
        if _asks(right):
            raise UnknownExpressionError("async == async")
        assert isinstance(left, Field)
        paths.append(left.path)
        wanted.append(value(right, event))
    return None if None in wanted else (paths, wanted)


def value(term: Term, event: Mapping[str, Any]) -> Any:
    """Return what a term stands for."""
    return at_path(dict(event), term.path) if isinstance(term, Field) else term


def _asks(term: Term) -> bool:
    return isinstance(term, Field) and term.side == "async"


def _term(text: str, whole: str) -> Term:
    if (field := _FIELD.fullmatch(text)) is not None:
        parts = ["".join(each for each in part if each) for part in _PART.findall(field["path"])]
        if any("." in part for part in parts):
            raise UnknownExpressionError(whole)
        return Field(field["side"], ".".join(parts))
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1] and "\\" not in text:
        return text[1:-1]
    raise UnknownExpressionError(whole)


def _split(text: str) -> list[str]:
    """Return the parts between ``&&`` outside of quotes."""
    parts, quote = [""], ""
    index = 0
    while index < len(text):
        letter = text[index]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif text.startswith("&&", index):
            parts.append("")
            index += 2
            continue
        parts[-1] += letter
        index += 1
    return parts
