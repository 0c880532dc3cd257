"""Source bytes to text: byte order mark, coding cookie, lone carriage returns and form feeds."""

from __future__ import annotations

import io
import re
import tokenize

from steplint.model.place import Span
from steplint.model.summary import Problem

_CARRIAGE = re.compile(r"\r(?!\n)")


def decode(source: bytes) -> str | Problem:
    """Return the text of ``source`` without byte order mark, or why its bytes are none."""
    encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
    except UnicodeDecodeError as error:
        return _undecodable(source, error.encoding, error.start)
    except SyntaxError as error:
        return _cookie(source, str(error))
    except (LookupError, UnicodeError, ValueError):
        return Problem(f"the coding `{encoding}` is not one for text", Span(1, 0, 1, 0))
    return _CARRIAGE.sub("\n", text) if "\r" in text else text


def _cookie(source: bytes, reason: str) -> Problem:
    """Say what is wrong in a file whose encoding is not even settled."""
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as error:
        if "encoding problem" not in reason and "unknown encoding" not in reason:
            return _undecodable(source, "utf-8", error.start)
    return Problem(f"{reason.replace(': ', ' `', 1)}`" if ": " in reason else reason, Span(1, 0, 1, 0))


def _undecodable(source: bytes, encoding: str, start: int) -> Problem:
    line = source.count(b"\n", 0, start) + 1
    column = len(source[source.rfind(b"\n", 0, start) + 1 : start].decode(encoding, "replace"))
    message = f"byte 0x{source[start]:02x} is not `{encoding}`: declare the encoding or save the file as UTF-8"
    return Problem(message, Span(line, column, line, column))
