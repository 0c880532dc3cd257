"""What changed between two step lists of an engine that finds results by ID and occurrence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec.structs import replace

from steplint.contract.apart import arrived, gates, gone, reserved, succession, ungated
from steplint.contract.compare import Confidence, Difference, align, content, exchanged, shift, tokens
from steplint.contract.decisions import Decided
from steplint.contract.manifest import ManifestStep, ManifestWorkflow
from steplint.contract.similar import loose

Groups = Mapping[str, Sequence[ManifestStep]]


def keyed(old: ManifestWorkflow, new: ManifestWorkflow, decided: Decided, *, suggest: bool) -> Iterator[Difference]:
    """Yield the differences of ``new`` from ``old``. Order is no part of identity; moves are listed."""
    before, after = grouped(old.steps), grouped(new.steps)
    kept = [label for label in before if label in after]
    yield from _kept(before, after, kept, decided)
    yield from _moved(before, after, kept)
    successors = decided.successors(old.steps, new.steps)
    for label, (now, known) in successors.items():
        yield succession(before[label][0], after[now][0], known)
    matched = {**{label: label for label in kept}, **{now: label for label, (now, _) in successors.items()}}
    yield from _apart(old, new, matched, {*kept, *successors}, decided, suggest=suggest)


def grouped(steps: Sequence[ManifestStep]) -> dict[str, list[ManifestStep]]:
    """Return the occurrences of each ID, in code order."""
    groups = dict[str, list[ManifestStep]]()
    for step in steps:
        groups.setdefault(step.label, []).append(step)
    return groups


def _kept(before: Groups, after: Groups, kept: Sequence[str], decided: Decided) -> Iterator[Difference]:
    single = [label for label in kept if len(before[label]) == len(after[label]) == 1]
    pairs = exchanged({label: before[label][0] for label in single}, {label: after[label][0] for label in single})
    for one, other in pairs:
        first, second = after[one][0], after[other][0]
        known = decided.change("swapped", first) and decided.change("swapped", second)
        yield Difference("swapped", before[one][0], second, record=known)
    crossed = {label for pair in pairs for label in pair}
    for label in kept:
        if label not in crossed:
            yield from _same(before[label], after[label], decided)


def _same(old: Sequence[ManifestStep], new: Sequence[ManifestStep], decided: Decided) -> Iterator[Difference]:
    """Yield what changed under one ID: a callable on another occurrence, or the content of each occurrence."""
    if old[0].kind == new[0].kind and max(len(old), len(new)) > 1:
        moved = shift(*tokens(old, new))
        if moved in {"shifted", "unclear"}:
            sure: Confidence = "high" if moved == "shifted" else "medium"
            known = decided.change("shifted", new[0])
            yield Difference("shifted", old[0], new[0], record=known, confidence=sure)
            return
        if moved == "truncated":
            yield Difference("removed", old[len(new)], note="the last occurrence is gone", listed=True)
        if moved == "appended":
            yield Difference("added", new=new[len(old)])
    for one, other in zip(old, new, strict=False):
        found = content(one, other)
        if found is not None:
            known = decided.change(found.kind, other)
            yield replace(found, record=known)
            if found.kind == "rekinded":
                return


def _moved(before: Groups, after: Groups, kept: Sequence[str]) -> Iterator[Difference]:
    there = set(kept)
    order = [label for label in after if label in there]
    still = {kept[index] for index, _ in align(kept, order)}
    for label in kept:
        if label not in still:
            yield Difference("reordered", before[label][0], after[label][0])


def _apart(
    old: ManifestWorkflow,
    new: ManifestWorkflow,
    matched: Mapping[str, str],
    known: Collection[str],
    decided: Decided,
    *,
    suggest: bool,
) -> Iterator[Difference]:
    """Yield what became of steps without a counterpart.

    ``matched`` maps the IDs of ``new`` to those of ``old``; ``known`` are the IDs of ``old`` that have a counterpart.
    """
    lost = loose(old.steps, {n: step.label for n, step in enumerate(old.steps) if step.label in known})
    fresh = loose(new.steps, {n: matched[step.label] for n, step in enumerate(new.steps) if step.label in matched})
    firsts = {each.step.label: index for index, each in reversed(lost.items())}
    lost = {index: lost[index] for index in sorted(firsts.values())}
    firsts = {each.step.label: index for index, each in reversed(fresh.items())}
    fresh = {index: fresh[index] for index in sorted(firsts.values())}
    taken = reserved(old)
    found, used = gone(lost, fresh, taken, decided, suggest=suggest)
    yield from ungated(found, gates(new))
    last = max((n for n, step in enumerate(new.steps) if step.label in matched), default=-1)
    for index, each in fresh.items():
        if index not in used:
            yield arrived(each.step, late=index < last, taken=taken, decided=decided)
