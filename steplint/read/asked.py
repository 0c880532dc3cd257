"""What is asked of the reader and what it answers; importing this loads no parser."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from steplint.model.summary import ModuleSummary


class Marks(Struct, frozen=True):
    """What makes a function or class worth reading by itself, whoever asks.

    ``words`` are texts of an SDK, ``verbs`` names of calls that register something, ``durable`` dotted paths that look
    like a step on a parameter.
    """

    words: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    durable: tuple[str, ...] = ()


class Asked(NamedTuple):
    """A source, and which names at its top level matter; None for all of them.

    Of a ``root``, which may declare workflows, every mistake is told: also one in what does not matter.
    """

    source: bytes
    names: tuple[str, ...] | None = None
    root: bool = False


class Reading(Struct, frozen=True, array_like=True):
    """What a file says, and the names at its top level that only have a stub in the summary."""

    summary: ModuleSummary
    omitted: tuple[str, ...] = ()
