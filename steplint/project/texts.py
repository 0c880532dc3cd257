"""Bytes to text as Python reads a source file: byte order mark, coding cookie, newlines kept."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from steplint.project.tree import Tree

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


def decode(content: bytes) -> str:
    """Return the text of a source file; what its encoding does not know becomes a replacement character."""
    if content.startswith(codecs.BOM_UTF8):
        return content[3:].decode("utf-8", "replace")
    try:
        return content.decode(_encoding(content), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def encode(text: str, before: bytes) -> bytes:
    """Return ``text`` in the encoding of ``before``, the content that it replaces; raises UnicodeError."""
    if before.startswith(codecs.BOM_UTF8):
        return codecs.BOM_UTF8 + text.encode()
    try:
        return text.encode(_encoding(before))
    except LookupError:
        return text.encode()


def reader(tree: Tree) -> Callable[[str], str | None]:
    """Return what gives the text of a file by path, each read once, and None for one that cannot be read."""
    known: dict[str, str | None] = {}

    def read(path: str) -> str | None:
        if path not in known:
            try:
                known[path] = decode(tree.read(path))
            except OSError:
                known[path] = None
        return known[path]

    return read


def _encoding(content: bytes) -> str:
    """Return the encoding that a cookie in one of the first two lines names, or UTF-8."""
    for line in content.split(b"\n", 2)[:2]:
        if found := _COOKIE.match(line):
            return found[1].decode("ascii", "replace")
        if not _BLANK.match(line.rstrip(b"\r")):
            break
    return "utf-8"
