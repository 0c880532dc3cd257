"""The way to a finding, and one finding per place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from steplint.api import Finding, Hop, Note, Place, Step

from ._text import shown

_MOST_NOTES = 5


def way(trail: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """Return ``trail`` where it is longer than one call."""
    return trail if len(trail) > 1 else ()


def leading(trail: tuple[Hop, ...], place: Place, what: str) -> tuple[Hop, ...]:
    """Return the calls of ``trail`` with ``what`` at ``place`` as their end; nothing where no call leads there."""
    return (*trail, Hop(place, trail[-1].calls, what)) if trail else ()


def once(findings: Iterable[Finding], levels: Sequence[str] = ()) -> Iterator[Finding]:
    """Yield one finding per place and workflow; ``levels`` are those that matter more, worst first.

    A callable that several steps run, and a call that reaches several sources, is told once; the others become notes.
    """
    groups = dict[tuple[str, str, Place], list[Finding]]()
    for each in findings:
        groups.setdefault((each.dialect, each.workflow, each.place), []).append(each)
    for group in groups.values():
        first, *others = sorted(
            group, key=lambda each: levels.index(each.level) if each.level in levels else len(levels)
        )
        notes = dict.fromkeys(_beside(each, first) for each in others)
        yield replace(first, notes=(*first.notes, *list(notes)[:_MOST_NOTES])) if notes else first


def once_at_end(found: Iterable[tuple[Finding, tuple[Place, ...]]], levels: Sequence[str] = ()) -> Iterator[Finding]:
    """Yield as `once`, and steps that call one function in which a value is drawn and taken as one finding.

    Each finding comes with the way to the value from the function on that leads to both. Where steps only share a
    helper that draws, each hands the value on by itself: there is more than one place to mend.
    """
    pairs = list(found)
    ways = {(each.dialect, each.workflow, each.step, each.place, each.subject): way for each, way in pairs}
    groups = dict[object, list[Finding]]()
    for each in once((finding for finding, _ in pairs), levels):
        own = (each.dialect, each.workflow, each.step, each.place, each.subject)
        groups.setdefault((each.dialect, each.workflow, each.subject, ways[own]), []).append(each)
    for group in groups.values():
        first = min(group, key=lambda each: levels.index(each.level) if each.level in levels else len(levels))
        notes = dict.fromkeys(_beside(each, first) for each in group if each.step != first.step)
        yield replace(first, notes=(*first.notes, *notes)) if notes else first
        # Another call in the same step is another place to mend.
        yield from (each for each in group if each is not first and each.step == first.step)


def call_of(step: Step | None, place: Place) -> tuple[Note, ...]:
    """Return where ``step`` is called, unless ``place``, where something is found in it, is a part of the call."""
    if step is None or (place.path == step.place.path and step.place.span.contains(place.span)):
        return ()
    return (Note(step.place, f"step `{step.label}` is called here"),)


def _beside(other: Finding, first: Finding) -> Note:
    called = next((each.place for each in other.notes if f"`{other.step}`" in each.message), None)
    at = _end(other)
    again = called is not None and (at, other.subject) == (_end(first), first.subject)
    if other.step != first.step or again:
        return Note(called or (other.trace[0].place if other.trace else at), f"the same in step `{other.step}`")
    return Note(at, f"the same by `{shown(other.subject)}`" if other.subject else "the same here")


def _end(finding: Finding) -> Place:
    return finding.trace[-1].place if finding.trace else finding.place
