"""What two steps have in common: names of callables, alignment of sequences, and what differs under one identity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from steplint.contract.change import ChangeKind, Record, Suggestion
from steplint.contract.identity import Verdict
from steplint.contract.manifest import ManifestStep

Confidence = Literal["high", "medium", "low"]
_ORDINAL = re.compile(r"#\d+$")
LAMBDA = "<lambda>"


class Difference(Struct, frozen=True):
    """One difference between two step lists, before an engine has judged it. ``verdict`` overrides the table."""

    kind: ChangeKind
    old: ManifestStep | None = None
    new: ManifestStep | None = None
    record: Record | None = None
    suggestion: Suggestion | None = None
    candidates: tuple[str, ...] = ()
    gate: str = ""
    note: str = ""
    confidence: Confidence = "high"
    verdict: Verdict | None = None
    listed: bool = False


def call_name(function: str) -> str:
    """Return the last name of a callable: ``charge`` of ``flows.orders:Orders.charge``; arms are kept (``a | b``)."""
    return " | ".join(dict.fromkeys(_last(each) for each in function.split(" | ")))


def _last(function: str) -> str:
    # The ordinal of a lambda moves whenever another one is written above it, so it identifies nothing.
    return _ORDINAL.sub("", function.rpartition(":")[2].rpartition(".")[2])


def named(call: str) -> bool:
    """Return whether ``call`` says which callable it is: neither unknown nor a lambda."""
    return bool(call) and LAMBDA not in call


def tokens(old: Sequence[ManifestStep], new: Sequence[ManifestStep]) -> tuple[list[str], list[str]]:
    """Return one word a step by which the callables of both lists are compared.

    The name, or the fingerprint of a body without a name where every such body of both lists has one.
    """
    nameless = [step for step in (*old, *new) if not named(call_name(step.callable))]
    by_body = all(step.fingerprint for step in nameless)

    def token(step: ManifestStep) -> str:
        name = call_name(step.callable)
        return name if named(name) or not by_body else step.fingerprint

    before, after = [token(step) for step in old], [token(step) for step in new]
    if len({*before, *after}) > 1 or not all(step.arguments for step in (*old, *new)):
        return before, after
    # One callable throughout: calls are told apart by what they are given, if the same arguments only moved.
    given, taken = Counter(step.arguments for step in old), Counter(step.arguments for step in new)
    if given <= taken or taken <= given:
        return [step.arguments for step in old], [step.arguments for step in new]
    return before, after


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return index pairs of a longest common subsequence, in order; among equals the earliest."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    head = [(n, n) for n in range(start)]
    return head + [(i + start, j + start) for i, j in _longest(old[start:], new[start:])]


def _longest(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below = lengths[i], lengths[i + 1]
        for j in range(len(new) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if old[i] == new[j] else max(below[j], row[j + 1])
    pairs, i, j = list[tuple[int, int]](), 0, 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def content(old: ManifestStep, new: ManifestStep) -> Difference | None:
    """Return what changed under one identity: the kind, the callable or its body, or what fills a template."""
    if old.kind != new.kind:
        return Difference("rekinded", old, new)
    if old.holes and new.holes and old.holes != new.holes:
        return Difference("expression", old, new)
    if _rebodied(old, new):
        return Difference("rebodied", old, new)
    return None


def _rebodied(old: ManifestStep, new: ManifestStep) -> bool:
    if old.fingerprint and new.fingerprint:
        return old.fingerprint != new.fingerprint
    # Without a module before the colon the callable comes from a lock, which holds no evidence about bodies.
    qualified = ":" in old.callable and ":" in new.callable
    return qualified and call_name(old.callable) != call_name(new.callable)


Shift = Literal["", "appended", "truncated", "shifted", "unclear"]


def shift(old: Sequence[str], new: Sequence[str]) -> Shift:
    """Return what happened to the callables under one repeated ID.

    "shifted": one moved to another index, or one that was not the last is gone; "unclear": fewer, but all alike, so
    that the missing one cannot be told.
    """
    if len(new) < len(old):
        if len({*old, *new}) == 1:
            return "unclear"
        return "truncated" if list(new) == list(old[: len(new)]) else "shifted"
    for index, token in enumerate(old):
        if new[index] != token and any(each == token and old[at : at + 1] != [each] for at, each in enumerate(new)):
            return "shifted"
    return "appended" if len(new) > len(old) else ""


def exchanged(old: Mapping[str, ManifestStep], new: Mapping[str, ManifestStep]) -> list[tuple[str, str]]:
    """Return pairs of IDs that exchanged their callables; both maps hold the steps whose ID occurs once."""
    both = [label for label in old if label in new and old[label].kind == new[label].kind]
    before, after = tokens([old[label] for label in both], [new[label] for label in both])
    was, now = dict(zip(both, before, strict=True)), dict(zip(both, after, strict=True))
    moved = [label for label in both if was[label] != now[label]]
    return [
        (one, other)
        for index, one in enumerate(moved)
        for other in moved[index + 1 :]
        if was[one] == now[other] and was[other] == now[one] and was[one] and was[other]
    ]
