"""A body without layout, comments, docstring and local names, hashed.

While a body is read, a trace of it is kept: names as they are, everything else with a first character that no name
has. The trace of a function nested in another is part of the outer one, so a renamed variable changes neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def canonical(trace: list[str], local: set[str]) -> None:
    """Replace, in place, each of the ``local`` names by its ordinal of appearance."""
    ordinals: dict[str, str] = {}
    for position, token in enumerate(trace):
        if token in local:
            trace[position] = ordinals.get(token) or ordinals.setdefault(token, f"${len(ordinals)}")


def digest(trace: Iterable[str]) -> str:
    """Return 16 hex digits for ``trace``."""
    return blake2b("\0".join(trace).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
