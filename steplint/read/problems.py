"""Why a file was not read, in words and with a place."""

from __future__ import annotations

import re

import libcst as cst

from steplint.model.place import Span
from steplint.model.summary import Problem
from steplint.read.chains import CHAIN_LIMIT, too_long
from steplint.read.positions import Positions
from steplint.read.scan import BRACKET_LIMIT, too_deep

_PARSER = re.compile(r"parser error: error at (\d+):(\d+): (expected .*)", re.DOTALL)
_LAST_TOKEN = re.compile(r"(?:\w+|[^\w\s])$")


def size_problem(text: str) -> Problem | None:
    """Return a problem if brackets nest deeper than the parser survives, or a chain is longer than it can take."""
    for offset, message in (
        (too_deep(text), f"brackets nest more than {BRACKET_LIMIT} deep"),
        (too_long(text), f"an expression chains more than {CHAIN_LIMIT:,} operators"),
    ):
        if offset is not None:
            return Problem(message, Positions(text, {}).between(offset, offset + 1))
    return None


def syntax_problem(text: str, error: cst.ParserSyntaxError) -> Problem:
    """Return what LibCST says about ``text``, at the token where it gave up."""
    match = _PARSER.match(error.message)
    if match is None:
        reason = error.message.partition("error: ")[2] or error.message
        return Problem(_short(f"syntax error: {reason}"), Span(error.raw_line, 0, error.raw_line, 0))
    return _unexpected(text, int(match[1]), int(match[2]), match[3])


def _unexpected(text: str, line: int, column: int, expected: str) -> Problem:
    positions = Positions(text, {})
    # LibCST names the place behind the token that it did not expect.
    before = text[: positions.offset(line, column)].rstrip()
    token = _LAST_TOKEN.search(before)
    if token is None:
        return Problem(_short(f"syntax error: {expected}"), Span(line, column, line, column))
    what = f"`{token[0]}`: {expected}" if expected.count(",") < 4 else f"`{token[0]}`"
    return Problem(_short(f"syntax error at {what}"), positions.between(token.start(), token.end()))


def _short(message: str) -> str:
    message = " ".join(message.split())
    return message if len(message) <= 100 else message[:97] + "..."
