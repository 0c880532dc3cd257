"""link(): module summaries into the step graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from steplint.knowledge.apis import Apis
from steplint.link import discover, order
from steplint.link.assemble import Part, assemble
from steplint.link.events import Outcome, Source, Spent, StepEvent
from steplint.link.finish import effects_of
from steplint.link.forms import Forms
from steplint.link.linker import Linker
from steplint.link.program import Find, Modules, Provide, Unit
from steplint.link.values import Abstract, Context, Function
from steplint.link.walk import Walk
from steplint.model.graph import Step, StepGraph, Task, Unresolved, Workflow
from steplint.model.summary import ModuleSummary


class Linked(NamedTuple):
    """The graph, and what is still wanted: project paths that reached code names."""

    graph: StepGraph
    missing: frozenset[str]
    used: frozenset[str] = frozenset()
    """Paths of the modules that were looked into."""
    failures: tuple[tuple[str, Exception], ...] = ()
    """Workflows that could not be interpreted, by source, with the error; the others are whole."""
    asked: Mapping[str, frozenset[str]] = {}
    """Names that are wanted of modules: of missing ones, and of those that were read without them."""
    part: Part = Part()
    """The same before it was put together: what is linked in parts is assembled in the end."""
    published: frozenset[str] = frozenset()
    """Names that were looked up among what all files publish."""
    answers: tuple[tuple[str, str, int, str | None], ...] = ()
    """Imports that were looked up: importing file, module, level, and the file that was meant."""
    provided: frozenset[str] = frozenset()
    """Files that were read on the way."""


def link(
    summaries: Mapping[str, ModuleSummary],
    *,
    find: Find,
    dotted: Callable[[str], str],
    forms: Forms,
    apis: Apis,
    omitted: Mapping[str, frozenset[str]] | None = None,
    provide: Provide | None = None,
    elsewhere: Collection[str] = (),
) -> Linked:
    """Return every workflow of ``summaries`` with its steps, effects and flows.

    ``omitted`` are the names at the top level of a module that its summary has only stubs for. ``provide`` reads what
    is missing as soon as it is met. Files ``elsewhere`` are linked on their own: what they declare is not looked for.
    """
    stubs = omitted or {}
    units = {
        path: Unit(path, dotted(path), summary, stubs.get(path, frozenset()))
        for path, summary in sorted(summaries.items())
    }
    modules = Modules(units, find, provide, dotted)
    linker = Linker(modules, forms, apis)
    workflows: list[Workflow] = []
    taken: set[tuple[str, str]] = set()
    failures: list[tuple[str, Exception]] = []
    for each in discover.workflows(linker, elsewhere):
        for body in each.bodies:
            path = body.function.path
            taken.add((path, modules.units[path].function(body.function.index).name))
        try:
            workflows.append(_workflow(linker, each))
        except Exception as error:  # a defect here costs this workflow, not the run
            failures.append((f"{each.path}::{each.name}", error))
            linker.stack.clear()
    rejected = tuple(sorted(discover.rejected(linker), key=lambda each: each.place))
    names = {path: unit.dotted for path, unit in sorted(modules.units.items())}
    part = Part(tuple(workflows), rejected, frozenset(taken), _imports(linker), names)
    graph = assemble((part,))
    used = frozenset(modules.used) | {each.path for each in graph.modules}
    asked = {path: frozenset(names) for path, names in modules.asked.items()}
    answers = tuple((*key, path) for key, path in sorted(modules.answers.items()))
    return Linked(
        graph,
        frozenset(modules.missing),
        used,
        tuple(failures),
        asked,
        part,
        frozenset(modules.published),
        answers,
        frozenset(modules.provided),
    )


def published(
    summaries: Mapping[str, ModuleSummary], *, find: Find, dotted: Callable[[str], str], forms: Forms, apis: Apis
) -> dict[str, str]:
    """Return the files that publish functions for steps to refer to, by the names that they have there."""
    units = {path: Unit(path, dotted(path), summary) for path, summary in sorted(summaries.items())}
    linker = Linker(Modules(units, find), forms, apis)
    found = ((name, each.thing) for name, each in linker.publishers().items())
    return {name: thing.path for name, thing in found if isinstance(thing, Function)}


def _imports(linker: Linker) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return for each module the dialects that the package of an import is of, for each import of an SDK."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for path, unit in linker.modules.units.items():
        said: dict[tuple[str, ...], None] = {}
        for each in unit.summary.imports:
            dialects = linker.forms.dialects_of(each.module) if each.level == 0 else ()
            if dialects and linker.modules.resolve(path, each.module, 0) is None:
                said[dialects] = None
        found[path] = tuple(said)
    return found


def _workflow(linker: Linker, found: discover.Found) -> Workflow:
    """Interpret the bodies of a workflow and return it as rules see it."""
    whole = Outcome()
    context = ""
    for body in found.bodies:
        bound = discover.parameters(linker, body, found.dialect)
        context = context or next((name for name, each in bound.items() if _is_whole_context(each)), "")
        outcome = _run(linker, found, body, bound)
        whole.events += outcome.events
        whole.unresolved += outcome.unresolved
        whole.tasks += outcome.tasks
        whole.writes += outcome.writes
        whole.swallows += outcome.swallows
        whole.loops += outcome.loops
    unit = linker.modules.units[found.bodies[0].function.path]
    function = unit.function(found.bodies[0].function.index)
    events = [each for each in whole.events if isinstance(each, StepEvent)]
    positions = {event: index for index, event in enumerate(events)}
    every = order.Order([each.frames for each in whole.events])
    durable = [index for index, each in enumerate(whole.events) if isinstance(each, StepEvent)]
    among = order.Order([each.frames for each in events])
    return Workflow(
        id=found.id,
        name=found.name,
        app=found.app,
        dialect=found.dialect.name,
        family=found.dialect.family,
        place=found.place,
        source=f"{found.path}::{found.name}",
        asynchronous=function.kind == "async",
        steps=_steps(linker, events, positions, among),
        effects=effects_of(whole, linker.apis, positions, lambda index: every.surroundings(index, durable)),
        writes=tuple(dict.fromkeys(whole.writes)),
        handlers=tuple(dict.fromkeys(whole.swallows)) if found.replayed and not events else (),
        loops=tuple(dict.fromkeys(whole.loops)) if found.replayed and not events else (),
        tasks=tuple(
            Task(each.place, each.api, each.awaited, tuple(positions[step] for step in each.steps if step in positions))
            for each in whole.tasks
        ),
        order=among.edges(),
        unresolved=tuple(dict.fromkeys(whole.unresolved)) + _unreadable(events),
        form=found.form,
        confidence=found.confidence,  # type: ignore[arg-type]
        id_place=found.id_place,
        fingerprint=function.fingerprint,
        context=context,
    )


def _is_whole_context(value: Abstract) -> bool:
    return isinstance(value.thing, Context) and not value.thing.path


def _run(linker: Linker, found: discover.Found, body: discover.Body, bound: dict[str, Abstract]) -> Outcome:
    """Interpret one body of a workflow; its parameters carry no slots, its result is the run's."""
    thing = body.function
    unit = linker.modules.units[thing.path]
    scope = thing.env or linker.parent_scope(unit, thing.index)
    walk = Walk(linker, unit, thing.index, "body", found.dialect.name, scope)
    key = (thing.path, thing.index)
    linker.walks = 0
    linker.stack.append(key)
    try:
        outcome = walk.run(bound)
    finally:
        linker.stack.pop()
    place = unit.place(unit.function(thing.index).name_span)
    walk.touch(outcome.returns)
    for tag in outcome.returns.tags:
        if isinstance(tag.source, Source):
            tag.source.uses.append(Spent("returned", place, duration=tag.duration))
    return outcome


def _steps(
    linker: Linker, events: list[StepEvent], positions: Mapping[StepEvent, int], among: order.Order
) -> tuple[Step, ...]:
    occurrences = among.occurrences([each.label() for each in events])
    consumers: dict[int, set[int]] = {}
    for event in events:
        for dep in event.deps:
            if dep in positions:
                consumers.setdefault(positions[dep], set()).add(positions[event])
    steps = []
    for position, event in enumerate(events):
        reads = tuple(sorted(positions[dep] for dep in event.deps if dep in positions and dep is not event))
        steps.append(
            Step(
                id=event.id,
                template=event.template,
                kind=event.form.kind,
                form=event.spelled,
                place=event.place,
                id_place=event.id_place,
                id_source=event.id_source,  # type: ignore[arg-type]
                position=position,
                occurrence=occurrences[position] if event.id is not None else 0,
                times=order.times(event.frames),  # type: ignore[arg-type]
                function=event.function,
                inside=event.frames,
                consumed=event.consumed,  # type: ignore[arg-type]
                must=event.must,  # type: ignore[arg-type]
                stored=event.stored,
                body=event.body,
                needs_body=event.needs_body,
                arguments=event.arguments,
                id_parts=event.id_parts,
                reads=reads,
                read_elsewhere=event.elsewhere or len(consumers.get(position, ())) != 1,
                captures=event.captures,
                trail=event.trail if len(event.trail) > 1 else (),
                gate=next((frame.gate for frame in event.frames if frame.gate), ""),
                positions=event.form.positions,
                confidence=event.confidence,
            )
        )
    return tuple(steps)


def _unreadable(events: list[StepEvent]) -> tuple[Unresolved, ...]:
    return tuple(
        Unresolved(each.id_place or each.place, f"{each.form.kind}: the ID cannot be read", "step")
        for each in events
        if each.id_source == "unknown"
    )
