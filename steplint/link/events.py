"""What interpreting a function leaves behind: operations in code order, sources with their uses, and its result.

An outcome is computed once for a function and spliced into every caller: copies get the frames around the call and one
more hop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from msgspec import structs

from steplint.link.values import (
    NO_TAGS,
    UNKNOWN,
    Abstract,
    Given,
    Instance,
    Literal,
    Mapped,
    Object,
    Parameter,
    Partial,
    Pattern,
    Sequence,
    Tag,
    Tags,
)
from steplint.model.dialect import Dialect, StepForm
from steplint.model.graph import (
    Body,
    Capture,
    Confidence,
    Frame,
    Hop,
    IdPart,
    Kind,
    Loop,
    Nested,
    Role,
    Swallow,
    Unresolved,
    Write,
)
from steplint.model.place import Place


@dataclass(slots=True)
class Spent:
    """One use of a value, before positions of steps are known."""

    role: Role
    place: Place
    step: StepEvent | None = None
    name: str = ""
    api: str = ""
    verb: str = ""
    decides: str = ""
    via: tuple[Hop, ...] = ()
    duration: bool = False
    absence: bool = False
    confidence: Confidence = "high"


NEVER_NONE = frozenset({"time", "random", "uuid", "host", "hash", "order", "time-zone"})
"""Kinds of sources whose values are never None: whether one is there does not depend on which one it is."""


@dataclass(slots=True, eq=False)
class Slot:
    """A parameter, or a variable of the enclosing function: what happens to it inside."""

    index: int
    uses: list[Spent] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Source:
    """A nondeterministic value or an operation, at ``site`` in the function at hand, with the hops to its origin."""

    kind: Kind
    api: str
    site: Place
    origin: Place
    trail: tuple[Hop, ...]
    level: str = ""
    mode: str = ""
    receiver: str = ""
    argument: str = ""
    keywords: tuple[str, ...] = ()
    expression: str = ""
    consumed: str = "value"
    confidence: Confidence = "high"
    frames: tuple[Frame, ...] = ()
    uses: list[Spent] = field(default_factory=list)
    foreign: bool = False
    """It was drawn outside the run: at import time, or when a factory ran."""


@dataclass(slots=True, eq=False)
class StepEvent:
    """A durable operation as it was met."""

    dialect: Dialect
    form: StepForm
    spelled: str
    place: Place
    id_place: Place | None
    id: str | None
    template: str | None
    id_source: str
    function: str
    frames: tuple[Frame, ...]
    consumed: str
    must: str
    trail: tuple[Hop, ...] = ()
    stored: bool = False
    body: Body | None = None
    needs_body: bool = False
    arguments: str = ""
    id_parts: tuple[IdPart, ...] = ()
    deps: set[StepEvent] = field(default_factory=set)
    elsewhere: bool = False
    confidence: Confidence = "high"
    captures: tuple[Capture, ...] = ()

    def label(self) -> str:
        """Return the ID, the template, or the kind of operation."""
        return self.id or self.template or self.form.kind


@dataclass(slots=True, eq=False)
class TaskEvent:
    """Durable operations handed to a task of their own."""

    place: Place
    api: str
    steps: tuple[StepEvent, ...]
    awaited: bool = False


Event: TypeAlias = StepEvent | Source


@dataclass(slots=True, eq=False)
class Outcome:
    """What one interpretation of a function found."""

    events: list[Event] = field(default_factory=list)
    slots: dict[str, Slot] = field(default_factory=dict)
    returns: Abstract = UNKNOWN
    unresolved: list[Unresolved] = field(default_factory=list)
    tasks: list[TaskEvent] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    nested: list[Nested] = field(default_factory=list)
    """Calls inside a step that probably reach the workflow context."""
    swallows: list[Swallow] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    fields: dict[str, Abstract] = field(default_factory=dict)
    pure: bool = True
    raises: bool = False
    """It may leave by an error: it raises, or calls what is not known."""
    cut: bool = False
    """Recursion or a limit ended the interpretation early."""

    def steps(self) -> list[StepEvent]:
        """Return the durable operations in order."""
        return [each for each in self.events if isinstance(each, StepEvent)]


EMPTY = Outcome()

MAX_USES = 48


def in_order(tags: Tags) -> Iterable[Tag]:
    """Return tags in an order that is the same in every run: a set orders by address."""
    return sorted(tags, key=_rank) if len(tags) > 1 else tags


def _rank(tag: Tag) -> tuple[str, int, int, str, bool, bool]:
    source = tag.source
    if isinstance(source, Slot):
        return "", source.index, 0, "", tag.duration, tag.absence
    at = source.origin
    return at.path, at.span.line, at.span.column, source.api, tag.duration, tag.absence


def distinct(uses: list[Spent]) -> list[Spent]:
    """Return uses without repetition, the way in left aside; a value used in more places than can be read is cut."""
    if len(uses) < 2:
        return uses
    found: dict[object, Spent] = {}
    for each in uses:
        key = (each.role, each.place, each.step, each.name)
        known = found.get(key)
        if known is None or len(each.via) < len(known.via):
            found[key] = each
    kept = list(found.values())
    if len(kept) <= MAX_USES:
        return kept
    return sorted(kept, key=lambda each: (_RANK.get(each.role, 9), each.place, each.name))[:MAX_USES]


_RANK = {"control": 0, "identity": 1, "outside-effect": 2, "effect-argument": 2, "timer": 3, "state": 3,
         "step-argument": 4, "capture": 4, "unknown": 5}  # fmt: skip


class Splice:
    """Copies an outcome into a caller: ``hop`` is the call, ``frames`` are around it, ``arguments`` fill the slots."""

    def __init__(
        self,
        outcome: Outcome,
        hop: Hop,
        frames: tuple[Frame, ...],
        arguments: dict[str, Abstract],
        known: dict[object, Source],
    ) -> None:
        self.outcome = outcome
        self.known = known
        self.hop = hop
        self.arguments = arguments
        at = hop.place
        self.site = f"{at.path}:{at.span.line}:{at.span.column}"
        # A function that holds durable operations is a part of the body: what it does is told where it stands.
        self.is_part = any(isinstance(each, StepEvent) for each in outcome.events)
        # What leaves the function early only leads back to the call.
        early = any(frame.leaves == "return" for each in outcome.events for frame in each.frames)
        self.around = (*frames, Frame(kind="call", place=hop.place, name=hop.calls)) if early else frames
        self.moved: dict[object, Event] = {}
        self.tags: dict[object, Tags] = {}
        self.values: dict[int, Abstract] = {}

    def run(self) -> list[Event]:
        """Return copies of the events, with the uses of arguments added to their sources."""
        copies: list[Event] = []
        for event in self.outcome.events:
            copy: Event
            if isinstance(event, StepEvent):
                copy = replace(
                    event,
                    frames=self.placed(event.frames),
                    trail=(self.hop, *event.trail),
                    deps=set(event.deps),
                )
            else:
                copy = self.source(event)
            self.moved[event] = copy
            copies.append(copy)
        for event in self.outcome.events:
            copy = self.moved[event]
            if isinstance(event, StepEvent):
                assert isinstance(copy, StepEvent)
                copy.deps = {self.step(each) or each for each in event.deps}
            else:
                assert isinstance(copy, Source)
                copy.uses += [self.used(each) for each in event.uses]
        for name, slot in self.outcome.slots.items():
            given = self.arguments.get(name)
            if given is None:
                continue
            for use in slot.uses:
                for tag in in_order(given.tags):
                    if use.absence and getattr(tag.source, "kind", "") in NEVER_NONE:
                        continue
                    moved = self.used(use)
                    moved.absence = use.absence and not isinstance(tag.source, Source)
                    moved.duration = moved.duration or tag.duration
                    tag.source.uses.append(moved)
        return copies

    def source(self, event: Source) -> Source:
        """Return the caller's source for one of the callee: the same one when a loop is walked twice."""
        site = event.site if self.is_part else self.hop.place
        key = (self.hop.place, site, event.origin, event.api, event.kind)
        copy = replace(event, site=site, frames=self.placed(event.frames), trail=(self.hop, *event.trail), uses=[])
        found = self.known.setdefault(key, copy)
        if found is not copy and len(copy.trail) < len(found.trail):
            found.trail = copy.trail
        return found

    def step(self, event: StepEvent | None) -> StepEvent | None:
        """Return the copy of a durable operation."""
        moved = self.moved.get(event)
        return moved if isinstance(moved, StepEvent) else event

    def used(self, use: Spent) -> Spent:
        """Return the use as the caller sees it."""
        return replace(use, step=self.step(use.step), via=(self.hop, *use.via))

    def placed(self, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
        """Return ``frames`` below those of the call; groups of two calls of one function stay apart."""
        if not frames:
            return self.around
        inner = tuple(
            structs.replace(each, group=f"{self.site}/{each.group}") if each.group else each for each in frames
        )
        return self.around + inner

    def retag(self, tags: Tags) -> Tags:
        """Return ``tags`` in terms of the caller."""
        if not tags:
            return NO_TAGS
        found: set[Tag] = set()
        for tag in tags:
            moved = self.moved.get(tag.source)
            if isinstance(moved, Source):
                found.add(Tag(moved, tag.duration))
            elif isinstance(tag.source, Slot):
                given = next(
                    (
                        self.arguments[name]
                        for name, slot in self.outcome.slots.items()
                        if slot is tag.source and name in self.arguments
                    ),
                    None,
                )
                if given is not None:
                    found.update(Tag(each.source, each.duration or tag.duration) for each in given.tags)
                elif tag.source not in self.outcome.slots.values():
                    found.add(tag)
            else:
                found.add(tag)
        return frozenset(found)

    def value(self, value: Abstract, depth: int = 5) -> Abstract:
        """Return a value of the function in terms of the caller."""
        if value is UNKNOWN:
            return value
        known = self.values.get(id(value))
        if known is not None:
            return known
        given = self.given(value)
        if given is not None:
            thing, nature = given.thing, given.nature
        else:
            thing, nature = value.thing, value.nature
            if depth and isinstance(thing, Sequence | Mapped | Object | Instance | Partial | Pattern):
                thing = rebuild(thing, lambda each: self.value(each, depth - 1))
        moved = Abstract(
            thing=thing,
            tags=self.retag(value.tags),
            nature=nature,
            text=value.text,
            over=value.over,
            steady=value.steady,
            deps=frozenset(self.step(each) or each for each in value.deps) | (given.deps if given else frozenset()),
            pending=tuple(self.step(each) or each for each in value.pending),
        )
        self.values[id(value)] = moved
        return moved

    def given(self, value: Abstract) -> Abstract | None:
        """Return the argument that stands behind a parameter's value."""
        if not isinstance(value.thing, Parameter):
            return self.text_given(value)
        index = value.thing.index
        for name, slot in self.outcome.slots.items():
            if slot.index == index:
                return self.arguments.get(name)
        return None

    def text_given(self, value: Abstract) -> Abstract | None:
        """Return the constant text given for a parameter that is annotated as text, if nothing was done to it."""
        given = self.arguments.get(value.text)
        if given is None or not isinstance(value.thing, Instance) or not isinstance(given.thing, Literal | Pattern):
            return None
        slot = self.outcome.slots.get(value.text)
        return given if {tag.source for tag in value.tags} == {slot} else None


def rebuild(
    thing: Sequence | Mapped | Object | Instance | Partial | Pattern, change: Callable[[Abstract], Abstract]
) -> Sequence | Mapped | Object | Instance | Partial | Pattern:
    """Return a compound thing with its parts changed."""
    if isinstance(thing, Sequence):
        return Sequence(thing.kind, tuple(change(each) for each in thing.items))
    if isinstance(thing, Mapped):
        return Mapped(tuple((key, change(each)) for key, each in thing.entries))
    if isinstance(thing, Object):
        return Object(thing.path, thing.index, {key: change(each) for key, each in thing.fields.items()})
    if isinstance(thing, Instance):
        return Instance(
            thing.name,
            tuple(Given(each.keyword, change(each.value), each.written) for each in thing.arguments),
            thing.receiver,
        )
    if isinstance(thing, Pattern):
        return Pattern(thing.text, tuple(change(each) for each in thing.parts))
    return Partial(
        change(thing.target), tuple(Given(each.keyword, change(each.value), each.written) for each in thing.arguments)
    )
