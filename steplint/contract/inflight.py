"""What becomes of a run that another engine recorded, under the steps that the code has now. Nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from steplint.contract.change import Change
from steplint.contract.manifest import ManifestStep, ManifestWorkflow
from steplint.contract.runs import Divergence, Rehearsal, Status


class Entry(Struct, frozen=True):
    """A recorded step; ``label`` is None where the engine has no name for it, then ``kind`` tells it.

    Without both it is a step that has begun beside others and has no result yet: it may be any.
    """

    label: str | None
    kind: str = ""

    @property
    def shown(self) -> str:
        """The name, or the kind."""
        return self.label if self.label is not None else self.kind or "a step without a result"


class Journal(Struct, frozen=True):
    """A run as an engine recorded it."""

    run: str
    workflow: str
    status: Status
    entries: tuple[Entry, ...]

    @property
    def open(self) -> bool:
        """Whether the run has not ended."""
        return self.status not in ("completed", "failed", "cancelled")


def foretell(journal: Journal, code: ManifestWorkflow | None, changes: Sequence[Change] = ()) -> Rehearsal:
    """Return where a replay of ``journal`` would part ways with ``code``.

    ``changes`` are those of the workflow against the state that the run began with: they tell what the names alone do
    not, results that calls of one name exchange.
    """
    if code is None:
        text = f"the code has no workflow `{journal.workflow}`"
        return _told(journal, 0, [Divergence("wedges", "", text)])
    steps = [step for step in code.steps if step.kind != "patch"]
    passed, asked = follow(journal.entries, steps)
    if passed < len(journal.entries) and code.unknown:
        return _told(journal, passed, [], stopped=f"the code has steps without a readable ID: {code.unknown[0]}")
    found = list(_silent(journal, changes))
    if passed < len(journal.entries):
        entry = journal.entries[passed]
        text = f"step {passed + 1} is recorded as `{entry.shown}`; the code asks for {_either(asked)} there"
        found.insert(0, Divergence("wedges", entry.shown, text))
    return _told(journal, passed, found)


def follow(entries: Sequence[Entry], steps: Sequence[ManifestStep]) -> tuple[int, list[ManifestStep]]:
    """Return how many of ``entries`` the code can ask for in this order, and what it may ask for after them."""
    states = _reach({0}, steps)
    for number, entry in enumerate(entries):
        met = {state for state in states if state < len(steps) and _is(entry, steps[state])}
        if not met:
            return number, [steps[state] for state in sorted(states) if state < len(steps)]
        states = _reach({following for state in met for following in _after(state, steps)}, steps)
    return len(entries), [steps[state] for state in sorted(states) if state < len(steps)]


def held(journal: Journal, step_id: str) -> bool:
    """Return whether a run recorded a step of this ID."""
    return any(entry.label == step_id for entry in journal.entries)


def _told(journal: Journal, recalled: int, found: Sequence[Divergence], stopped: str = "") -> Rehearsal:
    return Rehearsal(
        journal.run, journal.workflow, journal.status, recalled, tuple(found), followed=not stopped, stopped=stopped
    )


def _silent(journal: Journal, changes: Sequence[Change]) -> Iterator[Divergence]:
    labels = {entry.label for entry in journal.entries if entry.label is not None}
    for change in changes:
        if change.kind == "unpinned" and journal.open:
            text = "the body was edited and the version is not pinned: no worker goes on with the run"
            yield Divergence("wedges", "", text)
        elif change.verdict in ("swaps", "stale") and not change.recorded and _concerns(change, labels):
            step = change.new or change.old
            label = step.label if step is not None else ""
            text = f"calls of step `{label}` receive results of each other ({change.kind})"
            yield Divergence("swaps", label, text)


def _concerns(change: Change, labels: Collection[str]) -> bool:
    return any(_any(step, labels) for step in (change.old, change.new) if step is not None)


def _any(step: ManifestStep, labels: Collection[str]) -> bool:
    return any(_named(label, step) for label in labels)


def _reach(states: set[int], steps: Sequence[ManifestStep]) -> set[int]:
    """Return ``states`` with those that lie behind steps which may be left out."""
    found = set(states)
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state < len(steps) and state + 1 not in found and (steps[state].times != "once" or steps[state].gate):
            found.add(state + 1)
            waiting.append(state + 1)
    return found


def _after(state: int, steps: Sequence[ManifestStep]) -> set[int]:
    """Return where the code may stand after the step at ``state``: in a loop, at any step of it."""
    if steps[state].times != "many":
        return {state + 1}
    first = state
    while first and steps[first - 1].times == "many":
        first -= 1
    return {first, state + 1}


def _is(entry: Entry, step: ManifestStep) -> bool:
    if entry.label is None:
        return entry.kind in ("", step.kind)
    return _named(entry.label, step) and (not entry.kind or entry.kind == step.kind)


def _named(label: str, step: ManifestStep) -> bool:
    if step.id is not None:
        return step.id == label
    parts = map(re.escape, (step.template or "").split("{}"))
    return re.fullmatch("(.*)".join(parts), label, re.DOTALL) is not None


def _either(steps: Sequence[ManifestStep]) -> str:
    names = list(dict.fromkeys(f"`{step.label}`" for step in steps))
    return " or ".join(names[:3]) + (" or others" if len(names) > 3 else "") if names else "nothing"
