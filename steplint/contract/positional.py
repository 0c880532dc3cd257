"""What changed between two step lists of an engine that finds results by position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.apart import arrived, gate, gates, gone, reserved, succession, ungated
from steplint.contract.compare import Confidence, Difference, align, content, exchanged, shift, tokens
from steplint.contract.decisions import Decided
from steplint.contract.identity import Verdict
from steplint.contract.manifest import ManifestStep, ManifestWorkflow
from steplint.contract.similar import loose

_SILENT: Verdict = "swaps"


class _Sides(Struct):
    """Both sequences under the old IDs (``names_*``), and which index matches which."""

    old: Sequence[ManifestStep]
    new: Sequence[ManifestStep]
    before: Sequence[str]
    after: Sequence[str]
    pairs: Mapping[int, int]

    @property
    def last(self) -> int:
        """Index in ``new`` of the last matched step, or -1."""
        return max(self.pairs.values(), default=-1)


def positional(
    old: ManifestWorkflow, new: ManifestWorkflow, decided: Decided, *, suggest: bool
) -> Iterator[Difference]:
    """Yield the differences of ``new`` from ``old``, aligned by a longest common subsequence of IDs."""
    kept = [step for step in new.steps if not gate(step)]
    if len(kept) < len(new.steps) and [step.label for step in kept] == [step.label for step in old.steps]:
        # Runs in flight take the path without the gates: it is the published one.
        yield from filter(None, map(content, old.steps, kept))
        for step in new.steps:
            if gate(step):
                yield Difference("added", None, step, gate=gate(step), listed=True)
        return
    successors = decided.successors(old.steps, new.steps)
    before = [step.label for step in old.steps]
    after = _under_old_ids(before, new.steps, {label: now for label, (now, _) in successors.items()})
    crossed = list(_crossed(old.steps, new.steps, before, after))
    for one, other, flipped in crossed:
        first, second = new.steps[after.index(one)], new.steps[after.index(other)]
        known = decided.change("swapped", first) and decided.change("swapped", second)
        # IDs that still stand in their order let the exchanged results pass every check of names.
        worse = None if flipped else _SILENT
        yield Difference("swapped", old.steps[before.index(one)], second, record=known, verdict=worse)
    turned = {one: other for one, other, flipped in crossed if flipped}
    turned |= {other: one for one, other in turned.items()}
    after = [turned.get(label, label) for label in after]
    sides = _Sides(old.steps, new.steps, before, after, _matched(before, after, new.steps))
    for label, (now, record) in successors.items():
        renamed = next(step for step in new.steps if step.label == now)
        yield succession(old.steps[before.index(label)], renamed, record)
    done_old, done_new = set[int](sides.pairs), set[int](sides.pairs.values())
    skip = {label for one, other, _ in crossed for label in (one, other)}
    for found, olds, news in _repeated(sides, decided):
        # With another number of calls, a published step behind them meets a call of another ID: a check fails there.
        common = [label for label, step in zip(after, new.steps, strict=True) if not gate(step)]
        followed = any(one != other for one, other in zip(before, common, strict=False))
        checked = old.family == "positional-checked" and len(news) != len(olds)
        yield replace(found, verdict="wedges") if followed and checked else found
        done_old |= olds
        done_new |= news
        skip.add(found.old.label if found.old else "")
    yield from _content(sides, decided, {*skip, *successors})
    for here, there in _moves(sides, done_old, done_new):
        done_old.add(here)
        done_new.add(there)
        step = new.steps[there]
        known = decided.change("reordered", step, _place(new.steps, there))
        yield Difference("reordered", old.steps[here], step, record=known, gate=gate(step))
    done_old |= {n for n, label in enumerate(before) if label in successors}
    yield from _apart(old, new, sides, done_old, done_new, decided, suggest=suggest)


def _under_old_ids(before: Sequence[str], new: Sequence[ManifestStep], renamed: Mapping[str, str]) -> list[str]:
    """Return the IDs of ``new``, those of renamed steps as they were; of several old IDs, each its turn."""
    queues = {now: [label for label in before if renamed.get(label) == now] for now in renamed.values()}
    found = list[str]()
    for step in new:
        queue = queues.get(step.label, [step.label])
        found.append(queue.pop(0) if len(queue) > 1 else queue[0])
    return found


def _crossed(
    old: Sequence[ManifestStep], new: Sequence[ManifestStep], before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str, str, bool]]:
    """Yield pairs of IDs that exchanged their callables, and whether the IDs changed places rather than the calls."""
    once_old, once_new = _once(before), _once(after)
    pairs = exchanged({n: old[i] for n, i in once_old.items()}, {n: new[i] for n, i in once_new.items()})
    for one, other in pairs:
        yield one, other, (once_old[one] < once_old[other]) != (once_new[one] < once_new[other])


def _once(labels: Sequence[str]) -> dict[str, int]:
    count = Counter(labels)
    return {label: index for index, label in enumerate(labels) if count[label] == 1}


def _matched(before: Sequence[str], after: Sequence[str], new: Sequence[ManifestStep]) -> dict[int, int]:
    """Return index pairs of published and present steps; steps that only new runs reach are matched last."""
    pairs = align(before, after)
    common = [index for index, step in enumerate(new) if not gate(step)]
    if len(common) < len(new):
        open_pairs = align(before, [after[index] for index in common])
        if len(open_pairs) == len(pairs):
            return {i: common[j] for i, j in open_pairs}
    return dict(pairs)


def _repeated(sides: _Sides, decided: Decided) -> Iterator[tuple[Difference, set[int], set[int]]]:
    """Yield a shift for each ID that occurs several times and whose calls changed before the last published step."""
    count_old, count_new = Counter(sides.before), Counter(sides.after)
    for label in count_old:
        if label not in count_new or count_old[label] == count_new[label] == 1:
            continue
        olds = [index for index, each in enumerate(sides.before) if each == label]
        news = [index for index, each in enumerate(sides.after) if each == label and not gate(sides.new[index])]
        inside = [index for index in news if index <= sides.last]
        moved = shift(*tokens([sides.old[n] for n in olds], [sides.new[n] for n in news]))
        if moved not in {"shifted", "unclear"} and len(inside) == len(olds):
            continue
        first = sides.new[news[0]] if news else next(s for n, s in enumerate(sides.new) if sides.after[n] == label)
        sure: Confidence = "high" if moved == "shifted" else "medium"
        known = decided.change("shifted", first)
        found = Difference("shifted", sides.old[olds[0]], first, record=known, confidence=sure)
        yield found, set(olds), set(inside if moved == "appended" else news)


def _content(sides: _Sides, decided: Decided, skip: set[str]) -> Iterator[Difference]:
    for here, there in sides.pairs.items():
        if sides.before[here] in skip:
            continue
        found = content(sides.old[here], sides.new[there])
        if found is not None:
            yield replace(found, record=decided.change(found.kind, sides.new[there], _place(sides.new, there)))


def _moves(sides: _Sides, done_old: set[int], done_new: set[int]) -> list[tuple[int, int]]:
    """Return published steps that stand at another place now."""
    waiting = dict[str, list[int]]()
    for index, label in enumerate(sides.after):
        if index not in done_new:
            waiting.setdefault(label, []).append(index)
    found = list[tuple[int, int]]()
    for index, label in enumerate(sides.before):
        if index not in done_old and waiting.get(label):
            found.append((index, waiting[label].pop(0)))
    return found


def _place(steps: Sequence[ManifestStep], index: int) -> int:
    """Return which entry of its ID the step at ``index`` is."""
    return sum(step.label == steps[index].label for step in steps[:index])


def _apart(
    old: ManifestWorkflow,
    new: ManifestWorkflow,
    sides: _Sides,
    done_old: set[int],
    done_new: set[int],
    decided: Decided,
    *,
    suggest: bool,
) -> Iterator[Difference]:
    kept_old = {n: sides.pairs.get(n, f"old {n}") for n in done_old}
    kept_new = {n: n for n in done_new}
    lost, fresh = loose(old.steps, kept_old), loose(new.steps, kept_new)
    taken = reserved(old)
    # An ID that is there already, or several times, is no successor: its calls could not be told apart.
    count = Counter([*(step.label for step in new.steps), *{step.label for step in old.steps}])
    busy = {label for label, times in count.items() if times > 1}
    found, used = gone(lost, fresh, taken | busy, decided, suggest=suggest)
    yield from ungated(found, gates(new))
    for index, each in fresh.items():
        if index not in used:
            late = index < sides.last
            known = arrived(each.step, late=late, taken=taken, decided=decided, place=_place(new.steps, index))
            yield known if late or known.kind != "reused" else replace(known, verdict="safe", listed=True)
