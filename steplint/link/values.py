"""Abstract values: what an expression may stand for, and which sources and steps its value depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from steplint.link.events import Slot, Source, StepEvent


class Tag(NamedTuple):
    """A value depends on ``source``: a nondeterministic source, or a parameter of the function at hand."""

    source: Source | Slot
    duration: bool = False
    absence: bool = False
    """Only whether the value is None matters here."""


Tags: TypeAlias = frozenset[Tag]
NO_TAGS: Tags = frozenset()
NO_DEPS: frozenset[Any] = frozenset()


@dataclass(slots=True, eq=False)
class Abstract:
    """One abstract value.

    ``nature`` says where it comes from as far as replay is concerned: "memo" a recorded result, "event" the input of
    the run, "constant", "index" a loop counter, "element" a loop's element, "read" data read in the body, "fresh" made
    here. ``over`` is the collection a loop variable runs over, ``steady`` False when that may change between replays.
    ``pending`` are durable operations that happen when the value is awaited.
    """

    thing: Thing = None
    tags: Tags = NO_TAGS
    nature: str = ""
    text: str = ""
    over: str = ""
    steady: bool = True
    deps: frozenset[StepEvent] = NO_DEPS
    pending: tuple[StepEvent, ...] = ()
    call: int | None = None
    present: bool = False
    """An argument that a caller gave: it is not the None that its default would be."""
    optional: bool = False
    """A parameter, or one handed on, that is None where nobody gives it."""
    own: bool = False
    """It is a copy made here: changing it changes nothing else."""
    outer: str = ""
    """Inside a step: the workflow's variable that this object is."""

    def having(self, **changes: Any) -> Abstract:
        """Return a copy with some fields changed."""
        values: dict[str, Any] = {
            "thing": self.thing, "tags": self.tags, "nature": self.nature, "text": self.text, "over": self.over,
            "steady": self.steady, "deps": self.deps, "pending": self.pending, "call": self.call,
            "outer": self.outer, "own": self.own,
            "present": self.present, "optional": self.optional,
        }  # fmt: skip
        values.update(changes)
        return Abstract(**values)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Text with holes: ``item-{}``."""

    text: str
    parts: tuple[Abstract, ...]


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """Something outside the project by its qualified name: a module, class, function or method.

    ``receiver`` is the instance a method was taken from.
    """

    name: str
    receiver: Abstract | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """What calling or annotating the external ``name`` gives; the arguments of the call are kept."""

    name: str
    arguments: tuple[Given, ...] = ()
    receiver: Abstract | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project. ``env`` are the variables around a closure, ``bound`` the receiver of a method."""

    path: str
    index: int
    env: Scope | None = None
    bound: Abstract | None = None
    marks: tuple[Mark, ...] = ()
    owner: int = -1
    verb: str = ""
    """The method of a decorated function that is meant: `aio_run` of `child.aio_run`."""


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A decorator of an SDK on a function: its qualified name, its arguments, and the value it was taken from."""

    name: str
    arguments: tuple[Given, ...]
    receiver: Abstract | None = None
    applied: bool = True


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    path: str
    index: int


@dataclass(slots=True, eq=False)
class Object:
    """An instance of a project class; ``fields`` are its attributes as far as they are seen."""

    path: str
    index: int
    fields: dict[str, Abstract] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project; without a path a namespace package, as ``importer`` names it."""

    path: str
    dotted: str = ""
    importer: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """A workflow context of a dialect, or something reached from it: ``path`` is ``step.run``."""

    dialect: str
    path: str
    confidence: str = "high"


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A display or comprehension: ``kind`` is tuple, list, set, listcomp, setcomp or generator."""

    kind: str
    items: tuple[Abstract, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """A dict display by its literal keys; other entries under None."""

    entries: tuple[tuple[str | None, Abstract], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """A callable with arguments already given; ``late`` ones come after those of the call."""

    target: Abstract
    arguments: tuple[Given, ...]
    late: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """The unknown value of parameter number ``index`` of the function at hand."""

    index: int


Thing: TypeAlias = (
    "Literal | Pattern | External | Instance | Function | Class | Object | Module | Context | Sequence | Mapped | "
    "Partial | Parameter | None"
)


class Given(NamedTuple):
    """An argument as it was given: keyword or None, its abstract value, and the argument as written."""

    keyword: str | None
    value: Abstract
    written: Any


class Scope:
    """Variables of a function while it is interpreted; ``parent`` is the enclosing function's."""

    __slots__ = ("index", "parent", "path", "variables")

    def __init__(
        self, path: str, index: int, parent: Scope | None, variables: dict[str, Abstract] | None = None
    ) -> None:
        self.path = path
        self.index = index
        self.parent = parent
        self.variables: dict[str, Abstract] = {} if variables is None else variables

    def snapshot(self) -> Scope:
        """Return a copy that later assignments do not change."""
        return Scope(self.path, self.index, self.parent, dict(self.variables))


UNKNOWN = Abstract()


def tags_of(values: Iterable[Abstract]) -> Tags:
    """Return the union of the tags of ``values``."""
    found: Tags = NO_TAGS
    for each in values:
        if each.tags:
            found = found | each.tags if found else each.tags
    return found


def deps_of(values: Iterable[Abstract]) -> frozenset[StepEvent]:
    """Return the durable operations whose results ``values`` depend on."""
    found: frozenset[StepEvent] = NO_DEPS
    for each in values:
        if each.deps:
            found = found | each.deps if found else each.deps
    return found


def parts(value: Abstract, depth: int = 4) -> Iterator[tuple[str, Abstract]]:
    """Yield the named parts of ``value``: dict entries, fields and keyword arguments, each with the name that holds it.

    A value without parts yields itself under "".
    """
    thing = value.thing
    if depth and isinstance(thing, Mapped):
        for key, each in thing.entries:
            for name, part in parts(each, depth - 1):
                yield name or key or "", part
        return
    if depth and isinstance(thing, Sequence):
        for each in thing.items:
            yield from parts(each, depth - 1)
        return
    if depth and isinstance(thing, Object) and thing.fields:
        for key, each in thing.fields.items():
            for name, part in parts(each, depth - 1):
                yield name or key, part
        return
    if depth and isinstance(thing, Instance) and thing.arguments:
        covered: Tags = NO_TAGS
        for given in thing.arguments:
            for name, part in parts(given.value, depth - 1):
                covered |= part.tags
                yield name or (given.keyword if given.keyword not in (None, "*", "**") else "") or "", part
        if value.tags - covered:
            yield "", value.having(tags=value.tags - covered)
        return
    yield "", value


def join(values: list[Abstract]) -> Abstract:
    """Return one value for several that reach the same place: tags united, the thing kept where it is agreed upon."""
    if len(values) == 1:
        return values[0]
    first = values[0]
    if all(each is first for each in values):
        return first
    thing: Thing = None
    for each in values:
        if each.thing is None or (isinstance(each.thing, Literal) and each.thing.value is None):
            continue
        if thing is None:
            thing = each.thing
        elif isinstance(thing, Sequence) and isinstance(each.thing, Sequence):
            thing = Sequence(thing.kind, tuple(dict.fromkeys((*thing.items, *each.thing.items)))[:64])
        elif isinstance(thing, Mapped) and isinstance(each.thing, Mapped):
            thing = either(thing, each.thing)
        elif not same(thing, each.thing):
            thing = thing if isinstance(thing, Context | Function | Class | Module) else None
            break
    if isinstance(thing, Literal | Pattern) and any(each.thing is None for each in values):
        # It may be another text or number: a counter that has moved on.
        thing = None
    natures = {each.nature for each in values if not isinstance(each.thing, Literal)}
    pending: tuple[StepEvent, ...] = ()
    for each in values:
        pending += tuple(step for step in each.pending if step not in pending)
    return Abstract(
        thing=thing,
        tags=tags_of(values),
        nature=natures.pop() if len(natures) == 1 else "",
        text=first.text,
        over=first.over,
        steady=all(each.steady for each in values),
        deps=deps_of(values),
        pending=pending,
    )


def either(one: Mapped, other: Mapped) -> Mapped:
    """Return a dict that is one of two: an entry on which they disagree is found under no key."""
    mine, theirs = dict(one.entries), dict(other.entries)
    agreed = {key for key in mine.keys() | theirs.keys() if key is not None and mine.get(key) is theirs.get(key)}
    listed = ((key if key in agreed else None, value) for key, value in (*one.entries, *other.entries))
    return Mapped(tuple(dict.fromkeys(listed))[:64])


def same(one: Thing, other: Thing) -> bool:
    """Return whether two things are certainly the same."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Literal | Class | Module | Context | Parameter):
        return one == other
    if isinstance(one, External | Instance) and isinstance(other, External | Instance):
        return one.name == other.name
    if isinstance(one, Function) and isinstance(other, Function):
        return (one.path, one.index) == (other.path, other.index)
    if isinstance(one, Object) and isinstance(other, Object):
        return (one.path, one.index) == (other.path, other.index)
    return False


def argument(given: tuple[Given, ...], position: int | str) -> Given | None:
    """Return the argument at a position or under a keyword; unpacked arguments end the positional ones."""
    if isinstance(position, str):
        return next((each for each in given if each.keyword == position), None)
    at = 0
    for each in given:
        if each.keyword == "*":
            return None
        if each.keyword is None:
            if at == position:
                return each
            at += 1
    return None


def entries(value: Abstract) -> Mapping[str, Abstract]:
    """Return the literal keys of a dict display."""
    if isinstance(value.thing, Mapped):
        return {key: each for key, each in value.thing.entries if key is not None}
    return {}
