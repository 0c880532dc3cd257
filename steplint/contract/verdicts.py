"""The verdict tables: what a change does to runs in flight, by identity family, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from steplint.contract.change import ChangeKind
from steplint.contract.identity import Family, Verdict


class Engine(Struct, frozen=True):
    """What the diff has to know of a durable engine. ``checks``: what replay compares (kind, name, arguments, parent).

    ``verdicts`` overrides cells of the family's table, by kind of change. ``pinning`` is "source" where the engine
    derives the version of a run from the workflow's source unless the project pins one.
    """

    name: str
    family: Family
    checks: tuple[str, ...] = ("kind", "name")
    verdicts: Mapping[str, Verdict] = {}
    pinning: Literal["none", "source", "version"] = "none"


_RANK: tuple[Verdict, ...] = ("safe", "late", "ignored", "reruns", "stale", "swaps", "wedges")
"""From harmless to worst."""

VERDICTS: Mapping[Family, Mapping[ChangeKind, Verdict]] = {
    "keyed": {
        "renamed": "reruns",
        "removed": "ignored",
        "reordered": "safe",
        "shifted": "swaps",
        "swapped": "swaps",
        "workflow-renamed": "wedges",
        "workflow-removed": "wedges",
        "workflow-added": "safe",
        "reused": "stale",
        "rekinded": "stale",
        "retemplated": "reruns",
        "expression": "safe",
        "unlocked": "safe",
        "inserted": "late",
        "added": "safe",
        "rebodied": "safe",
        "unpinned": "wedges",
    },
    "positional-checked": {
        "renamed": "wedges",
        "removed": "wedges",
        "reordered": "wedges",
        "shifted": "swaps",
        "swapped": "wedges",
        "workflow-renamed": "wedges",
        "workflow-removed": "wedges",
        "workflow-added": "safe",
        "reused": "wedges",
        "rekinded": "wedges",
        "retemplated": "wedges",
        "expression": "safe",
        "unlocked": "safe",
        "inserted": "wedges",
        "added": "safe",
        "rebodied": "safe",
        "unpinned": "wedges",
    },
    "positional-unchecked": {
        "renamed": "safe",
        "removed": "swaps",
        "reordered": "swaps",
        "shifted": "swaps",
        "swapped": "swaps",
        "workflow-renamed": "wedges",
        "workflow-removed": "wedges",
        "workflow-added": "safe",
        "reused": "swaps",
        "rekinded": "stale",
        "retemplated": "safe",
        "expression": "safe",
        "unlocked": "safe",
        "inserted": "swaps",
        "added": "safe",
        "rebodied": "safe",
        "unpinned": "wedges",
    },
}

CODES: Mapping[ChangeKind, str] = {
    "renamed": "SL301",
    "removed": "SL302",
    "reordered": "SL303",
    "shifted": "SL304",
    "swapped": "SL305",
    "workflow-renamed": "SL306",
    "workflow-removed": "SL306",
    "reused": "SL307",
    "rekinded": "SL308",
    "retemplated": "SL309",
    "expression": "SL309",
    "unlocked": "SL310",
    "inserted": "SL311",
    "rebodied": "SL320",
    "unpinned": "SL320",
}
"""The rule that reports a kind of change; the others are only listed."""

_LISTED: frozenset[tuple[Family, ChangeKind]] = frozenset({("keyed", "reordered"), ("keyed", "inserted")})

# What an engine does not compare cannot fail at replay: the recorded result is handed out under the new name or kind.
_UNCOMPARED: Mapping[ChangeKind, tuple[str, Verdict]] = {
    "renamed": ("name", "safe"),
    "retemplated": ("name", "safe"),
    "swapped": ("name", "swaps"),
    "rekinded": ("kind", "stale"),
}


def verdict(engine: Engine, kind: ChangeKind) -> Verdict:
    """Return what a change of ``kind`` does to runs in flight on ``engine``."""
    if kind in engine.verdicts:
        return engine.verdicts[kind]
    if engine.family == "positional-checked" and kind in _UNCOMPARED:
        compared, otherwise = _UNCOMPARED[kind]
        if compared not in engine.checks:
            return otherwise
    return VERDICTS[engine.family][kind]


def code(family: Family, kind: ChangeKind) -> str:
    """Return the rule that reports ``kind`` in ``family``, or "" for a change that is only listed."""
    return "" if (family, kind) in _LISTED else CODES.get(kind, "")


def rank(verdict: Verdict) -> int:
    """Return how bad ``verdict`` is: 0 is harmless."""
    return _RANK.index(verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of ``verdicts``, or "safe" for none."""
    return max(verdicts, key=rank, default="safe")


def harmless(verdict: Verdict) -> bool:
    """Return whether runs in flight end as they would have: no record is asked for."""
    return verdict in {"safe", "late"}
