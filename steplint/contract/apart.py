"""Steps without a counterpart: renamed, removed, used again, inserted or added."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from steplint.contract.change import ChangeKind, Record
from steplint.contract.compare import Difference
from steplint.contract.decisions import Decided
from steplint.contract.manifest import ManifestStep, ManifestWorkflow
from steplint.contract.similar import Guess, Loose, guess


def reserved(old: ManifestWorkflow) -> frozenset[str]:
    """Return the IDs that ``old`` had before: removed ones, and the old names of renamed ones."""
    aliases = {each for step in old.steps for each in step.was}
    return frozenset({*old.gone, *aliases} - {step.label for step in old.steps})


def succession(old: ManifestStep, new: ManifestStep, record: Record | None = None) -> Difference:
    """Return that ``new`` took the place of ``old``: renamed, or a template where a literal was."""
    literal = old.template is None and new.template is None
    return Difference("renamed" if literal else "retemplated", old, new, record=record)


def gates(new: ManifestWorkflow) -> frozenset[str]:
    """Return the patch gates that can be seen in ``new``."""
    return frozenset({step.gate for step in new.steps if step.gate} | {s.label for s in new.steps if s.kind == "patch"})


def gate(step: ManifestStep) -> str:
    """Return the patch gate that only new runs pass before ``step``; the gate's own marker is its gate."""
    return step.label if step.kind == "patch" else step.gate


def gone(
    lost: Mapping[int, Loose], fresh: Mapping[int, Loose], taken: Collection[str], decided: Decided, *, suggest: bool
) -> tuple[list[Difference], set[int]]:
    """Return what became of the steps of ``lost``, and the indices in ``fresh`` of likely successors.

    ``taken`` are IDs that were used before or are used already: they succeed nothing.
    """
    free = {index: each for index, each in fresh.items() if each.step.label not in taken}
    recorded = {index: decided.removal(each.step.label) for index, each in lost.items()}
    open_ends = [index for index, known in recorded.items() if known is None]
    guesses = guess([lost[n] for n in open_ends], list(free.values())) if suggest else [Guess()] * len(open_ends)
    index_of = {id(each.step): index for index, each in free.items()}
    found = [Difference("removed", lost[n].step, record=known) for n, known in recorded.items() if known is not None]
    used = set[int]()
    for index, each in zip(open_ends, guesses, strict=True):
        if each.step is None or each.suggestion is None:
            found.append(Difference("removed", lost[index].step, candidates=each.candidates))
        else:
            used.add(index_of[id(each.step)])
            found.append(replace(succession(lost[index].step, each.step), suggestion=each.suggestion))
    return found, used


def arrived(step: ManifestStep, *, late: bool, taken: Collection[str], decided: Decided, place: int = 0) -> Difference:
    """Return that ``step`` is new; ``late``: it stands before a published step; ``place``: n-th entry of its ID."""
    kind: ChangeKind = "reused" if step.label in taken else "inserted" if late else "added"
    return Difference(kind, new=step, gate=gate(step), record=decided.change(kind, step, place))


def ungated(differences: Collection[Difference], visible: Collection[str]) -> Iterator[Difference]:
    """Yield the differences; a removal under a gate that can still be seen is marked with it."""
    for each in differences:
        if each.kind == "removed" and each.old is not None and each.old.gate in visible:
            yield replace(each, gate=each.old.gate)
        else:
            yield each
