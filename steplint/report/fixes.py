"""A fix as the lines it takes away and the lines it brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from steplint.model.finding import Edit, Fix
from steplint.report.source import Source, Sources, edited

_NEAR = 3
"""Edits at most so many lines apart are shown as one block."""


class Block(Struct, frozen=True):
    """Adjacent lines of one file: ``old`` starts at line ``first``, ``new`` at line ``then``."""

    path: str
    first: int
    then: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def blocks(fix: Fix, sources: Sources) -> list[Block]:
    """Return what ``fix`` changes, by file in the order of its edits; files that cannot be read are left out."""
    found = list[Block]()
    for path in dict.fromkeys(edit.place.path for edit in fix.edits):
        source = sources.get(path)
        if source is not None:
            mine = sorted((edit for edit in fix.edits if edit.place.path == path), key=lambda edit: edit.place.span)
            found += _file(path, source, mine)
    return found


def _file(path: str, source: Source, edits: Sequence[Edit]) -> Iterator[Block]:
    shift = 0
    for group in _groups(edits):
        first = min(group[0].place.span.line, len(source.lines))
        last = min(max(edit.place.span.end_line for edit in group), len(source.lines))
        old, new = source.lines[first - 1 : last], edited(source, group, first, last)
        grown = len(new) - len(old)
        head = _same(old, new)
        tail = _same(old[head:][::-1], new[head:][::-1])
        yield Block(
            path,
            first + head,
            first + head + shift,
            tuple(old[head : len(old) - tail]),
            tuple(new[head : len(new) - tail]),
        )
        shift += grown


def _groups(edits: Sequence[Edit]) -> list[list[Edit]]:
    groups = list[list[Edit]]()
    for edit in edits:
        if groups and edit.place.span.line - groups[-1][-1].place.span.end_line <= _NEAR:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
