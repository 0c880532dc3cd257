"""Texts as they are written in Python source: read, and written with another content in the same style."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"(?P<prefix>[rRuU]?)(?P<quote>\"\"\"|'''|\"|')(?P<body>.*)(?P=quote)", re.DOTALL)
_CONSTANT = (
    r"^(?P<head>{name}[ \t]*(?::[^=\n]+)?=[ \t]*)(?P<literal>[rRuU]?(?:\"[^\"\\\n]*\"|'[^'\\\n]*'))[ \t]*(?:#.*)?\r?$"
)


def content(source: str) -> str | None:
    """Return the text that one string literal stands for; None for anything else, and for one with escapes."""
    found = _LITERAL.fullmatch(source)
    if found is None or found["quote"] in found["body"]:
        return None
    escaped = "\\" in found["body"] and found["prefix"].lower() != "r"
    return None if escaped else found["body"]


def rewritten(source: str, new: str) -> str:
    """Return the literal ``source`` with another content, in its quotes where those can hold it."""
    found = _LITERAL.fullmatch(source)
    if found is None:
        return repr(new)
    plain = new.isprintable() and "\\" not in new and found["quote"][0] not in new
    return f"{found['prefix']}{found['quote']}{new}{found['quote']}" if plain else repr(new)


def constants(text: str, name: str, value: str) -> list[tuple[int, int]]:
    """Return the offsets of the literals of ``value`` that a module assigns to ``name`` at its top level."""
    pattern = re.compile(_CONSTANT.format(name=re.escape(name)), re.MULTILINE)
    return [found.span("literal") for found in pattern.finditer(text) if content(found["literal"]) == value]
