"""Writes a suppression comment for each finding that is left: the way to adopt steplint without a baseline."""

from __future__ import annotations

import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from steplint.model.report import Reported
from steplint.project import texts
from steplint.project.analysis import Analysis
from steplint.project.fixing import parses

_EXISTING = re.compile(r"# steplint: ignore\[(?P<names>[^\]]*)\]")
_NEWLINE = re.compile(r"(\r\n|\r|\n)")
_NEVER = ("lock", "meta")
"""Groups that no comment silences: a record answers the first, a correction the second."""


class Ignored(NamedTuple):
    """New contents by path, how many findings they silence, and the findings that no comment can."""

    contents: Mapping[str, bytes]
    silenced: int
    left: tuple[Reported, ...]


class _Layout(NamedTuple):
    """Lines that end inside a string or with a backslash, and the last line of the statement that a line is part of."""

    unfinished: set[int]
    ends: dict[int, int]


def ignore(analysis: Analysis, findings: Sequence[Reported], reason: str) -> Ignored:
    """Return the files of ``findings`` with a comment on the line of each; nothing is written."""
    left = [each for each in findings if each.rule.group in _NEVER]
    by_file = defaultdict[str, list[Reported]](list)
    for each in findings:
        if each.rule.group not in _NEVER:
            by_file[each.finding.place.path].append(each)
    contents: dict[str, bytes] = {}
    for path, mine in by_file.items():
        text = analysis.text(path)
        changed = None if text is None else _commented(text, mine, reason)
        if text is None or changed is None or not parses(path, changed):
            left += mine
        else:
            contents[path] = texts.encode(changed, analysis.tree.read(path))
    return Ignored(contents, len(findings) - len(left), tuple(left))


def _commented(text: str, findings: Sequence[Reported], reason: str) -> str | None:
    """Return ``text`` with the comments; None where a line can take none."""
    lines = _NEWLINE.split(text)[::2]
    ends = _NEWLINE.split(text)[1::2]
    layout = _layout(text)
    names = defaultdict[int, set[str]](set)
    for each in findings:
        span = each.finding.place.span
        # Inside the span, else at the end of the statement: both count for a comment.
        wanted = [*range(span.line, span.end_line + 1), layout.ends.get(span.line, span.line)]
        line = next((number for number in wanted if number not in layout.unfinished and number <= len(lines)), None)
        if line is None:
            return None
        names[line].add(each.rule.name)
    for number, rules in names.items():
        lines[number - 1] = _with_comment(lines[number - 1], rules, reason)
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))


def _with_comment(body: str, names: set[str], reason: str) -> str:
    if found := _EXISTING.search(body):
        known = [name for each in found["names"].split(",") if (name := each.strip())]
        joined = ", ".join([*known, *sorted(names - {*known})])
        return f"{body[: found.start('names')]}{joined}{body[found.end('names') :]}"
    why = f" -- {reason}" if reason else ""
    return f"{body.rstrip()}  # steplint: ignore[{', '.join(sorted(names))}]{why}"


def _layout(text: str) -> _Layout:
    lines = _NEWLINE.split(text)[::2]
    unfinished = {number for number, line in enumerate(lines, 1) if line.endswith("\\")}
    ends: dict[int, int] = {}
    start = 1
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if token.type == tokenize.NEWLINE:
                ends.update(dict.fromkeys(range(start, token.start[0] + 1), token.start[0]))
                start = token.start[0] + 1
            elif token.type != tokenize.NL:
                unfinished.update(range(token.start[0], token.end[0]))
    except (tokenize.TokenError, SyntaxError):
        pass  # newer syntax than this interpreter knows: whether the result parses is judged afterwards
    return _Layout(unfinished, ends)
