"""A quick look at a text that an editor holds: whether it is Python at all."""

from __future__ import annotations

import ast
import warnings


def parses(source: bytes) -> bool:
    """Return whether this Python parses ``source``; where not, `summarize` says what is wrong, or that nothing is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
