"""Literals as values: numbers, text and the pieces of f-strings, within the limits of a summary."""

from __future__ import annotations

import re
import unicodedata

import libcst as cst

from steplint.model.value import Const, Opaque

TEXT_LIMIT = 500

TOO_LONG = Opaque("text")
BYTES = Opaque("bytes")
TOO_LARGE = Opaque("integer")
SURROGATE = Opaque("surrogate")

CONSTANTS = {"True": Const(True), "False": Const(False), "None": Const(None)}

_STRING = re.compile(r"([a-zA-Z]*)(\"\"\"|'''|\"|')(.*)\2", re.DOTALL)
_ESCAPE = re.compile(r"\\(\r?\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)", re.DOTALL)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_LONE = re.compile("[\ud800-\udfff]")


def integer(literal: str) -> Const | Opaque:
    """Return the value of an integer literal, if 64 bits hold it."""
    if len(literal) > 150:
        return TOO_LARGE
    number = int(literal, 0)
    return Const(number) if number < 1 << 64 else TOO_LARGE


def negated(value: Const) -> Const | Opaque | None:
    """Return the number ``-value``, if 64 bits hold it; None if ``value`` is no number."""
    number = value.value
    if isinstance(number, float):
        return Const(-number)
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return Const(-number) if number <= 1 << 63 else TOO_LARGE


def string(literal: str) -> Const | Opaque:
    """Return the value of a string literal, as written with prefix and quotes."""
    match = _STRING.fullmatch(literal)
    if match is None:
        return Opaque("SimpleString")
    prefix, _, body = match.groups()
    prefix = prefix.lower()
    return BYTES if "b" in prefix else text(decoded(body, raw="r" in prefix))


def text(value: str | None) -> Const | Opaque:
    """Return ``value`` as a constant, or the reason why not; None is a text that cannot be decoded."""
    if value is None or len(value) > TEXT_LIMIT:
        return TOO_LONG
    return SURROGATE if _LONE.search(value) else Const(value)


def decoded(body: str, *, raw: bool) -> str | None:
    """Return what the inside of a string literal means, or None for an unknown character name."""
    if "\r" in body:
        body = body.replace("\r\n", "\n")
    if raw or "\\" not in body:
        return body
    try:
        return _ESCAPE.sub(_unescape, body)
    except (KeyError, ValueError, OverflowError):
        return None


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    first = escape[0]
    if escape in _PLAIN:
        return _PLAIN[escape]
    if first in "\r\n":
        return ""
    if first in "01234567":
        return chr(int(escape, 8))
    if first in "xuU" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    if first == "N" and len(escape) > 1:
        return unicodedata.lookup(escape[2:-1])
    return match[0]


def pieces(node: cst.BaseString) -> list[cst.BaseString]:
    """Return the literals of an implicit concatenation, in order."""
    found: list[cst.BaseString] = []
    rest: cst.BaseString = node
    while isinstance(rest, cst.ConcatenatedString):
        found.append(rest.left)
        rest = rest.right
    found.append(rest)
    return found
