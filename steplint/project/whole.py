"""The whole linked program, put together from pieces: those that are remembered, and those that are linked now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from msgspec import Struct

from steplint.link.assemble import assemble
from steplint.model.graph import StepGraph
from steplint.model.report import Failure
from steplint.model.summary import Pragma, Problem
from steplint.project import keys, pieces, pins
from steplint.project.pieces import Piece
from steplint.project.reading import Reader
from steplint.project.rounds import Linking, Rounds

if TYPE_CHECKING:
    from steplint.project.analysis import Analysis
    from steplint.project.imports import Imports
    from steplint.project.workers import Result


class Linked(Struct, frozen=True):
    """The linked program, and what is known of the files it was linked from; ``cached`` of them were not parsed."""

    graph: StepGraph
    pragmas: Mapping[str, tuple[Pragma, ...]]
    problems: Mapping[str, Problem]
    read: tuple[str, ...]
    failures: tuple[Failure, ...] = ()
    cached: int = 0


def whole(analysis: Analysis, reader: Reader) -> Linked:
    """Return the program of a project; pieces that were linked now are remembered unless something crashed."""
    survey = analysis.survey
    roots = frozenset(survey.roots)
    names, contents = keys.contents({}, survey.paths), keys.contents(survey.hashes, survey.roots)

    @cache
    def imported() -> Imports:
        return _imports(analysis)

    key = keys.digest("plan", analysis.static, type(analysis.tree).__name__)
    plan = pieces.recall(analysis.cache, key)
    hash_of, find = analysis.hash_of, lambda: imported().find
    kept = pieces.still_true(analysis.cache, plan, hash_of, roots, names, contents, find) if plan is not None else []
    left = roots.difference(*(each.homes for each in kept))
    fresh: list[Piece] = []
    failures: list[Failure] = []
    cached: set[str] = set()
    for share, result in _elsewhere(analysis, left):
        left = left.difference(share)
        fresh += result.pieces
        failures += result.failures
        cached |= result.cached
    if left:
        run = rounds(analysis, reader, imported())
        fresh += run.link(left, plan)
        failures += run.failures
        cached |= reader.cached
    every = [*kept, *fresh]
    changed = bool(fresh) or plan is None or len(plan.pieces) != len(kept) or plan.paths != names
    if changed and not failures:
        pieces.remember(analysis.cache, key, names, contents, every, plan)
    return _linked(
        analysis, every, {path for each in kept for path in each.files} | (cached - analysis.parsed), failures
    )


def _elsewhere(analysis: Analysis, homes: frozenset[str]) -> Iterator[tuple[Sequence[str], Result]]:
    """Yield what other processes link, if that pays: what it takes to have them is imported then."""
    if analysis.jobs > 1 and homes:
        from steplint.project.workers import linked_elsewhere

        yield from linked_elsewhere(analysis, homes)


def rounds(analysis: Analysis, reader: Reader, imported: Imports | None = None) -> Rounds:
    """Return what links files of the project with what they lead to."""
    from steplint.project.linking import linker, publishers

    survey, settings = analysis.survey, analysis.loaded.settings
    imported = imported or _imports(analysis)
    known, own = analysis.known, settings.knowledge
    with analysis.timed("tables"):
        link = linker(imported, known, own)
    tools = Linking(
        link,
        partial(publishers, imported, known, own),
        partial(pins.pinning, dialects=tuple(known.dialects.values())),
        analysis.hash_of,
        settings.follow_imports != "none",
    )
    return Rounds(reader, survey.roots, survey.hashes, tools, analysis.progress)


def _imports(analysis: Analysis) -> Imports:
    from steplint.project.imports import imports
    from steplint.project.libraries import installed

    settings, root = analysis.loaded.settings, analysis.loaded.root
    also = installed(root) if settings.follow_imports == "all" else ()
    return imports(analysis.survey.paths, analysis.known, also)


def _linked(analysis: Analysis, every: Sequence[Piece], cached: set[str], failures: Sequence[Failure]) -> Linked:
    pragmas: dict[str, tuple[Pragma, ...]] = {}
    problems: dict[str, Problem] = {}
    for piece in every:
        pragmas |= piece.pragmas
        problems |= piece.problems
    read = sorted({path for piece in every for path in piece.files})
    pinned = frozenset[str]().union(*(piece.pins for piece in every))
    dialects = analysis.known.dialects.values()
    graph = assemble(
        (each.part for each in sorted(every, key=lambda each: min(each.homes))),
        pins.settled(pinned, dialects, analysis.loaded.settings.dialect),
    )
    return Linked(
        graph,
        dict(sorted(pragmas.items())),
        dict(sorted(problems.items())) | dict(analysis.survey.problems),
        tuple(read),
        tuple(failures),
        len(cached.intersection(read)),
    )
