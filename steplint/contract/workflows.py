"""Which workflow of one manifest is which of another, and what became of those without a counterpart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from steplint.contract.change import Decision, Suggestion
from steplint.contract.decisions import concerns
from steplint.contract.manifest import ManifestWorkflow

_THRESHOLD = 0.7
_MARGIN = 0.2


class Matched(Struct, frozen=True):
    """Workflows of both sides by identity, those that only one side has, and recorded renames with their record."""

    pairs: tuple[tuple[ManifestWorkflow, ManifestWorkflow], ...]
    renamed: tuple[tuple[ManifestWorkflow, ManifestWorkflow, Decision], ...]
    gone: tuple[ManifestWorkflow, ...]
    fresh: tuple[ManifestWorkflow, ...]


def match(old: Sequence[ManifestWorkflow], new: Sequence[ManifestWorkflow], decisions: Sequence[Decision]) -> Matched:
    """Return the workflows of ``old`` and ``new`` side by side; apps are compared when both sides have one."""
    pairs, gone = list[tuple[ManifestWorkflow, ManifestWorkflow]](), list[ManifestWorkflow]()
    exact = {(each.dialect, each.id, each.app): each for each in new}
    named = defaultdict[tuple[str, str], list[ManifestWorkflow]](list)
    for each in new:
        named[each.dialect, each.id].append(each)
    taken = {id(exact[key]) for one in old if (key := (one.dialect, one.id, one.app)) in exact}
    renamed = list[tuple[ManifestWorkflow, ManifestWorkflow, Decision]]()
    for one in old:
        other = exact.get((one.dialect, one.id, one.app))
        if other is None:
            free = (each for each in named[one.dialect, one.id] if id(each) not in taken and same_workflow(one, each))
            other = next(free, None)
        if other is not None:
            pairs.append((one, other))
            taken.add(id(other))
        elif (found := _successor(one, new, decisions)) is not None:
            renamed.append((one, *found))
            taken.add(id(found[0]))
        else:
            gone.append(one)
    return Matched(tuple(pairs), tuple(renamed), tuple(gone), tuple(each for each in new if id(each) not in taken))


def same_workflow(one: ManifestWorkflow, other: ManifestWorkflow) -> bool:
    """Return whether both are one workflow: dialect, ID, and the app where both know it."""
    same = one.dialect == other.dialect and one.id == other.id
    return same and (one.app == other.app or not one.app or not other.app)


def _successor(
    old: ManifestWorkflow, new: Iterable[ManifestWorkflow], decisions: Iterable[Decision]
) -> tuple[ManifestWorkflow, Decision] | None:
    for each in decisions:
        if each.record == "was" and each.step is None and each.old == old.id:
            for other in new:
                if concerns(each, other) and (old.app == other.app or not old.app or not other.app):
                    return other, each
    return None


def successor(old: ManifestWorkflow, fresh: Sequence[ManifestWorkflow]) -> Suggestion | None:
    """Return the new workflow that looks like ``old`` under another ID, if one does by a clear margin."""
    ranked = sorted((_likeness(old, each) for each in fresh), key=lambda each: (-each.score, each.id))
    if not ranked or ranked[0].score < _THRESHOLD:
        return None
    rival = ranked[1].score if len(ranked) > 1 else 0.0
    return ranked[0] if ranked[0].score - rival >= _MARGIN else None


def _likeness(old: ManifestWorkflow, new: ManifestWorkflow) -> Suggestion:
    if old.dialect != new.dialect:
        return Suggestion(new.id, 0.0, ())
    evidence, missed = list[str](), 1.0
    if old.source and old.source == new.source:
        evidence.append("same-source")
        missed *= 0.3
    elif old.source and old.source.rpartition("::")[2] == new.source.rpartition("::")[2]:
        evidence.append("same-function")
        missed *= 0.6
    before, after = {step.label for step in old.steps}, {step.label for step in new.steps}
    if before & after:
        shared = len(before & after) / len(before | after)
        evidence.append("same-steps" if shared == 1 else "shared-steps")
        missed *= 1 - 0.8 * shared
    return Suggestion(new.id, round(1 - missed, 2), tuple(evidence))
