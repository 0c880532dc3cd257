"""What an engine recorded of a run's steps, in the words of the bundled runtime."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from steplint.contract.runs import Fault, StepKind


class Recorded(Struct, frozen=True):
    """A recorded step; ``id`` is None where the engine has no name for it."""

    kind: StepKind
    id: str | None
    occurrence: int = 0
    value: Any = None
    error: Fault | None = None


def labelled(
    kind: StepKind, label: str, known: dict[str, int], value: Any = None, error: Fault | None = None
) -> Recorded:
    """Return a step by its label: ``id:n`` is the n-th repeat of an ID in ``known``, which is kept up to date."""
    step_id, colon, number = label.rpartition(":")
    if colon and number.isdigit() and known.get(step_id) == int(number):
        known[step_id] += 1
        return Recorded(kind, step_id, int(number), value, error)
    known.setdefault(label, 1)
    return Recorded(kind, label, 0, value, error)
