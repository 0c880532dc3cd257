"""Parts of a program that were linked on their own, into one graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, structs

from steplint.model.graph import Module, Rejected, StepGraph, Workflow


class Part(Struct, frozen=True):
    """What linking says of some files, before what others say is known.

    ``taken`` are path and name of each function that is the body of a workflow, ``imports`` the dialects whose SDK a
    file imports: those that share the package of each import, ``dotted`` the names of the modules.
    """

    workflows: tuple[Workflow, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    taken: frozenset[tuple[str, str]] = frozenset()
    imports: Mapping[str, tuple[tuple[str, ...], ...]] = {}
    dotted: Mapping[str, str] = {}


def assemble(parts: Iterable[Part], pinned: Mapping[str, bool] | None = None) -> StepGraph:
    """Return the graph of all parts; a workflow that several of them have counts once.

    ``pinned`` says by dialect whether the project pins the version of its runs.
    """
    every = tuple(parts)
    found: dict[tuple[str, str, str, str], Workflow] = {}
    dotted: dict[str, str] = {}
    imports: dict[str, tuple[tuple[str, ...], ...]] = {}
    for part in every:
        for workflow in part.workflows:
            found.setdefault((workflow.dialect, workflow.app, workflow.id, workflow.source), workflow)
        dotted |= part.dotted
        imports |= part.imports
    workflows = sorted(
        _told_apart(_pinned(found.values(), pinned or {}), dotted),
        key=lambda each: (each.dialect, each.app, each.id, each.source),
    )
    taken = frozenset().union(*(part.taken for part in every))
    entered = {step.function for workflow in workflows for step in workflow.steps}
    rejected = {
        (each.place, each.name): each
        for part in every
        for each in part.rejected
        if (each.place.path, each.name) not in taken and each.name.rpartition("<locals>.")[2] not in entered
    }
    listed = tuple(rejected[key] for key in sorted(rejected))
    return StepGraph(tuple(workflows), listed, _modules(imports, workflows))


def _pinned(workflows: Iterable[Workflow], pinned: Mapping[str, bool]) -> Iterator[Workflow]:
    for each in workflows:
        said = pinned.get(each.dialect, each.pinned)
        yield each if each.pinned == said else structs.replace(each, pinned=said)


def _told_apart(workflows: Iterable[Workflow], dotted: Mapping[str, str]) -> list[Workflow]:
    """Return the workflows; those of one app and ID in several modules get their module as, or with, their app."""
    every = tuple(workflows)
    counts = Counter((each.dialect, each.app, each.id) for each in every)

    def apart(workflow: Workflow) -> Workflow:
        module = dotted[workflow.place.path]
        return structs.replace(workflow, app=f"{workflow.app} in {module}" if workflow.app else module)

    return [apart(each) if counts[each.dialect, each.app, each.id] > 1 else each for each in every]


def _modules(imports: Mapping[str, tuple[tuple[str, ...], ...]], workflows: Iterable[Workflow]) -> tuple[Module, ...]:
    """Return what each module imports of the SDKs, and how many workflows stand in it."""
    counts: dict[str, int] = {}
    spoken = set()
    for workflow in workflows:
        spoken.add(workflow.dialect)
        counts[workflow.place.path] = counts.get(workflow.place.path, 0) + 1
        for step in workflow.steps:
            counts.setdefault(step.place.path, 0)
            if step.place.path != workflow.place.path:
                counts[step.place.path] += 1
    found = []
    for path in sorted(imports):
        # Styles of one SDK share its package: the one that the project writes counts.
        used = {next((name for name in names if name in spoken), names[0]) for names in imports[path]}
        if used or counts.get(path):
            found.append(Module(path, tuple(sorted(used)), counts.get(path, 0)))
    return tuple(found)
