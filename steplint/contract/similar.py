"""Which new step looks like the successor of one that is gone: suggested with evidence, never assumed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from steplint.contract.change import Suggestion
from steplint.contract.compare import call_name, named
from steplint.contract.manifest import ManifestStep

_THRESHOLD = 0.7
_MARGIN = 0.2
_LISTED = 0.5
_MOST = 5
_WEIGHT = 0.7
_CONTRADICTED = 0.5
_TIE = 0.01


class Loose(Struct, frozen=True):
    """A step without a counterpart, and the nearest steps with one; None is the edge of the body."""

    step: ManifestStep
    left: Hashable
    right: Hashable


class Guess(Struct, frozen=True):
    """What is said about a step that is gone: a suggestion with its step, or candidates by ID."""

    step: ManifestStep | None = None
    suggestion: Suggestion | None = None
    candidates: tuple[str, ...] = ()


def loose(steps: Sequence[ManifestStep], kept: Mapping[int, Hashable]) -> dict[int, Loose]:
    """Return the steps whose index is not in ``kept``, by index; ``kept`` says what an index was matched with."""
    left = list[Hashable]()
    last: Hashable = None
    for index in range(len(steps)):
        left.append(last)
        last = kept.get(index, last)
    found, last = dict[int, Loose](), None
    for index in range(len(steps) - 1, -1, -1):
        if index not in kept:
            found[index] = Loose(steps[index], left[index], last)
        last = kept.get(index, last)
    return dict(sorted(found.items()))


def guess(gone: Sequence[Loose], fresh: Sequence[Loose]) -> list[Guess]:
    """Return one guess for each step of ``gone``: a mutual best match by a clear margin, one to one."""
    scores = [[_score(one, other, gone, fresh) for other in fresh] for one in gone]
    columns = [[row[column] for row in scores] for column in range(len(fresh))]
    return [_best(index, gone[index], row, columns, fresh) for index, row in enumerate(scores)]


def _best(
    index: int, one: Loose, row: list[Suggestion], columns: list[list[Suggestion]], fresh: Sequence[Loose]
) -> Guess:
    ranked = sorted(range(len(row)), key=lambda at: (-_sharp(one, row[at]), at))
    listed = tuple(dict.fromkeys(row[at].id for at in ranked if row[at].score >= _LISTED))[:_MOST]
    if not ranked or row[ranked[0]].score < _THRESHOLD:
        return Guess(candidates=listed)
    best = ranked[0]
    rivals = [row[at].score for at in ranked[1:]]
    rivals += [each.score for at, each in enumerate(columns[best]) if at != index]
    if row[best].score - max(rivals, default=0.0) < _MARGIN:
        return Guess(candidates=listed)
    return Guess(fresh[best].step, row[best])


def _sharp(one: Loose, found: Suggestion) -> float:
    """Return the score with the likeness of the texts, which only breaks ties."""
    return found.score + _TIE * SequenceMatcher(None, one.step.label, found.id, autojunk=False).ratio()


def _score(one: Loose, other: Loose, gone: Iterable[Loose], fresh: Iterable[Loose]) -> Suggestion:
    old, new = one.step, other.step
    if old.kind != new.kind:
        return Suggestion(new.label, 0.0, ())
    before, after = call_name(old.callable), call_name(new.callable)
    evidence = list[str]()
    if named(before) and before == after:
        evidence.append("same-callable")
    if old.fingerprint and old.fingerprint == new.fingerprint:
        evidence.append("same-body")
    alone = _alone(one, gone) and _alone(other, fresh)
    # Two edges of the body are weak neighbors: they count only where the callables do not speak against it.
    edges = (one.left, one.right) == (None, None) and named(before) and named(after) and before != after
    if alone and (one.left, one.right) == (other.left, other.right) and not edges:
        evidence.append("same-neighbors")
    if evidence and old.holes and old.holes == new.holes:
        evidence.append("same-arguments")
    # Another callable with another body in the same place is as likely a replacement as a rename.
    replaced = "same-callable" not in evidence and old.fingerprint and new.fingerprint and "same-body" not in evidence
    missed = 1.0
    for _ in evidence:
        missed *= 1 - (_CONTRADICTED if replaced else _WEIGHT)
    return Suggestion(new.label, round(1 - missed, 2), tuple(evidence))


def _alone(one: Loose, among: Iterable[Loose]) -> bool:
    """Return whether no other step of this kind lies in the same gap."""
    same = [each for each in among if (each.left, each.right, each.step.kind) == (one.left, one.right, one.step.kind)]
    return len(same) == 1
