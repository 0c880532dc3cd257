"""Why a file was not read, in words and with a place."""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst

from steplint.model.place import Span
from steplint.model.summary import Problem
from steplint.read.chains import too_long
from steplint.read.positions import Positions
from steplint.read.scan import BRACKET_LIMIT, too_deep

_PARSER = re.compile(r"parser error: error at (\d+):(\d+): (expected .*)", re.DOTALL)
_LAST_TOKEN = re.compile(r"(?:\w+|[^\w\s])$")


def size_problem(text: str) -> Problem | None:
    """Return a problem if ``text`` holds something that the parser would not survive."""
    offset = too_deep(text)
    found = too_long(text) if offset is None else (offset, f"brackets nest more than {BRACKET_LIMIT} deep")
    if found is None:
        return None
    offset, message = found
    return Problem(message, Positions(text, {}).between(offset, offset + 1))


def syntax_problem(text: str, error: cst.ParserSyntaxError) -> Problem:
    """Return what LibCST says about ``text``, at the token where it gave up."""
    match = _PARSER.match(error.message)
    if match is None:
        reason = error.message.partition("error: ")[2] or error.message
        return Problem(_short(f"syntax error: {reason}"), _host_place(text))
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


def _host_place(text: str) -> Span:
    """Return where this Python sees an error, since LibCST does not say where a token is wrong."""
    line, column = 1, 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        line, column = max(error.lineno or 1, 1), max((error.offset or 1) - 1, 0)
    except (ValueError, RecursionError, MemoryError):
        pass  # the first line has to do
    return Span(line, column, line, column)


def _short(message: str) -> str:
    message = " ".join(message.split())
    return message if len(message) <= 100 else message[:97] + "..."
