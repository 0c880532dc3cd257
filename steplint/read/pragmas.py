"""Comments that speak to steplint: ``# steplint: verb[names] -- reason``, and what each of them covers."""

from __future__ import annotations

from collections.abc import Sequence

from steplint.model.summary import Function, Pragma


def pragmas(text: str, functions: Sequence[Function]) -> tuple[Pragma, ...]:
    """Return the pragmas of ``text`` in source order."""
    return ()
