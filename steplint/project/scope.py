"""Which findings a run shows: those with a place in the paths that were named, or on lines that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from steplint.model.finding import Finding
from steplint.model.place import Place
from steplint.model.report import Reported

Paths = Sequence[str]
"""Files and folders relative to the root; the root itself is an empty text."""


def covers(paths: Paths, path: str) -> bool:
    """Return whether a file is one of ``paths`` or lies below one."""
    return any(not each or path == each or path.startswith(f"{each}/") for each in paths)


def within(findings: Iterable[Reported], paths: Paths | None) -> tuple[Reported, ...]:
    """Return the findings with any place in ``paths``; what is said about the lock is always shown."""
    if paths is None:
        return tuple(findings)
    return _kept(findings, lambda place: covers(paths, place.path))


def on_lines(findings: Iterable[Reported], changed: Mapping[str, frozenset[int]] | None) -> tuple[Reported, ...]:
    """Return the findings with any place on a changed line; what is said about the lock is always shown."""
    if changed is None:
        return tuple(findings)
    return _kept(findings, lambda place: _touches(place, changed.get(place.path, frozenset())))


def places(finding: Finding) -> Iterator[Place]:
    """Yield every place of a finding: its own, those of the trace, those of the notes."""
    yield finding.place
    yield from (hop.place for hop in finding.trace)
    yield from (note.place for note in finding.notes)


def _kept(findings: Iterable[Reported], shown: Callable[[Place], bool]) -> tuple[Reported, ...]:
    return tuple(
        each for each in findings if each.rule.group == "lock" or any(shown(place) for place in places(each.finding))
    )


def _touches(place: Place, lines: frozenset[int]) -> bool:
    return not lines.isdisjoint(range(place.span.line, place.span.end_line + 1))
