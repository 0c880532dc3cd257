"""One pass over a function in code order: variables, branches, loops, and what each statement does with values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from steplint.link import blocks, expressions, handlers, names, statements
from steplint.link.arguments import spelled
from steplint.link.events import Outcome, Slot, Source, Spent, Splice, StepEvent, distinct, in_order
from steplint.link.frames import Frames
from steplint.link.program import Unit
from steplint.link.values import (
    UNKNOWN,
    Abstract,
    Function,
    Instance,
    Literal,
    Mapped,
    Object,
    Scope,
    Sequence,
    Tag,
    Tags,
    join,
    parts,
)
from steplint.model.graph import Frame, Hop, Kind, Role, Swallow
from steplint.model.place import Place, Span
from steplint.model.summary import Argument
from steplint.model.value import Name, Result, Value

if TYPE_CHECKING:
    from steplint.link.linker import Linker

_EFFECT_KINDS = frozenset({"write", "network", "database", "fs", "process"})
_STEADY_SETS = (int, float, bool)


class _Waiting:
    """A branch whose arm leaves early: whether that decides a durable operation shows at the end."""

    __slots__ = ("place", "raising", "since", "value", "what")

    def __init__(self, value: Abstract, place: Place, since: int, what: str, raising: bool) -> None:
        self.raising = raising
        self.value = value
        self.place = place
        self.since = since
        self.what = what


class Walk:
    """Interprets one function in one zone: "body", "step" or "outside" of any run."""

    def __init__(self, linker: Linker, unit: Unit, index: int, zone: str, dialect: str, parent: Scope | None) -> None:
        self.linker = linker
        self.unit = unit
        self.index = index
        self.function = unit.function(index)
        self.layout = unit.layout(index)
        self.zone = zone
        self.dialect = dialect
        self.scope = Scope(unit.path, index, parent)
        self.out = Outcome()
        self.results: dict[int, Abstract] = {}
        self.heads: dict[int, Abstract] = {}
        self.frames = Frames(self)
        self.sources: dict[object, Source] = {}
        self.recorded: set[Source] = set()
        self.steps: dict[object, StepEvent] = {}
        self.silent = 0
        self.depth = 0
        self.waiting: list[_Waiting] = []
        self.leaving: list[list[_Waiting]] = []
        self.receiver = ""
        self.trying = 0
        self.loose = 0
        self.applied = 0
        self.calling = False
        self.uncertain: set[int] = set()
        """Calls that may leave by an error: of project functions that raise, or of what is not known."""
        self.filters: Tags = frozenset()
        self.aside: list[tuple[int, list[Swallow]]] = []
        """Calls whose result nobody looks at, and the handlers in what they run."""
        self.operations: set[int] = set()
        """Calls that read or change the world."""
        self.entered: dict[int, bool] = {}
        """Calls of project functions: whether the function is pure."""
        self.hidden: dict[str, Abstract | None] = {}
        self.parted: set[str] = set()
        """Names of which an attribute was bound apart."""

    # -- running ---------------------------------------------------------------------------------------------------

    def run(self, bound: dict[str, Abstract]) -> Outcome:
        """Walk the whole function with these parameters."""
        for name, value in bound.items():
            self.scope.variables[name] = value
            for tag in value.tags:
                if isinstance(tag.source, Slot):
                    self.out.slots[name] = tag.source
        first = next(iter(bound), "")
        if first and isinstance(bound[first].thing, Object):
            self.receiver = first
        blocks.run(self, 0)
        statements.run_loose(self, None)
        for each in self.waiting:
            steps, effects = self.steps_since(each.since), self.effects_since(each.since)
            self.decide(each.value, each.place, steps, each.what, effects if self.zone == "step" else (), each.raising)
        for event in self.out.events:
            if isinstance(event, Source):
                event.uses = distinct(event.uses)
        for slot in self.out.slots.values():
            slot.uses = distinct(slot.uses)
        raising = any(each.kind == "raise" for each in self.function.statements)
        self.out.raises = bool(self.uncertain) or raising
        if self.zone == "step" or (self.zone == "body" and not self.out.steps()):
            self.out.swallows += handlers.swallows(self) + handlers.alone(self)
            self.out.loops += handlers.endless(self)
        return self.out

    def head_span(self, statement: int, otherwise: Span) -> Span:
        """Return the span of a block's head."""
        if 0 <= statement < len(self.function.statements):
            return self.function.statements[statement].span
        return otherwise

    def leave(self, leaves: list[str], test: Abstract, place: Place) -> None:
        """Remember a branch that may leave early, until it shows what it skips."""
        if not leaves or not test.tags or self.silent:
            return
        waiting = _Waiting(test, place, len(self.out.events), "whether", set(leaves) == {"raise"})
        if any(each in ("break", "continue") for each in leaves) and self.leaving:
            self.leaving[-1].append(waiting)
        if any(each in ("return", "raise") for each in leaves):
            self.waiting.append(waiting)

    # -- values ----------------------------------------------------------------------------------------------------

    def value(self, value: Value, at: Span) -> Abstract:
        """Return what an expression stands for."""
        return expressions.evaluate(self, value, at)

    def made(self, value: Value) -> tuple[str, tuple[Argument, ...]] | None:
        """Return the qualified name and arguments of the call whose result a value is, for the tables to judge."""
        known = self.results.get(value.call) if isinstance(value, Result) else None
        if isinstance(value, Name):
            known = self.scope.variables.get(value.path)
        if known is None or not isinstance(known.thing, Instance):
            return None
        made = known.thing.arguments
        written = tuple(each.written for each in made if isinstance(each.written, Argument))
        return known.thing.name, spelled(written, made)

    def value_of(self, name: str, at: Span) -> Abstract:
        """Return what a dotted name stands for."""
        return names.look_up(self, name.replace("[]", ""), at)

    def joined(self, values: list[Abstract]) -> Abstract:
        """Return one value for several alternatives."""
        return join(values) if values else UNKNOWN

    def element(self, value: Abstract, at: Span) -> Abstract:
        """Return one element of an iterated value; the order of a set is a source."""
        if value.nature == "range":
            return Abstract(nature="index", over=value.over, tags=value.tags, deps=value.deps, steady=value.steady)
        return expressions.element(self.ordered(value, at))

    def ordered(self, value: Abstract, at: Span) -> Abstract:
        """Return ``value`` as it is when its order shows: a set then depends on the hash seed."""
        if not self.is_set(value):
            return value
        text = value.text or "set(...)"
        seen = self.source_value("order", "builtins.set", self.made_at(value, at), value, expression=text)
        thing = value.thing
        items = thing.items if isinstance(thing, Sequence) else (Abstract(tags=seen.tags, deps=seen.deps),)
        return seen.having(thing=Sequence("list" if isinstance(thing, Sequence) else "listcomp", items))

    def made_at(self, value: Abstract, at: Span) -> Span:
        """Return where a value was made by a call of this function, else ``at``."""
        known = value.call is not None and value.call < len(self.function.calls)
        return self.function.calls[value.call].span if known and value.call is not None else at

    def is_set(self, value: Abstract) -> bool:
        """Return whether a value is a set whose elements may hash differently in another process."""
        thing = value.thing
        if isinstance(thing, Sequence) and thing.kind in ("set", "setcomp"):
            return not all(
                isinstance(each.thing, Literal) and isinstance(each.thing.value, _STEADY_SETS) for each in thing.items
            )
        return isinstance(thing, Instance) and self.linker.apis.makes_set(thing.name)

    def read(self, value: Abstract, name: str, at: Span) -> Abstract:
        """Return a variable as the run sees it: what was drawn at import time is a source of its own."""
        if self.zone == "outside":
            return value
        thing = value.thing
        if isinstance(thing, Instance) and value.nature != "fresh" and self.linker.apis.seeded(thing.name):
            return self.shared_generator(value, name, at)
        if not value.tags:
            return value
        kept: set[Tag] = set()
        for tag in in_order(value.tags):
            source = tag.source
            if not isinstance(source, Source) or not source.foreign:
                kept.add(tag)
                continue
            if self.is_handle(value, source):
                continue
            made = self.source(
                "import", source.api, at, origin=source.origin, level=source.level, expression=name,
                argument=source.argument, receiver=source.kind,
            )  # fmt: skip
            kept.add(Tag(made, tag.duration))
        return value.having(tags=frozenset(kept))

    def property_value(self, method: Function, receiver: Abstract, name: str, at: Span) -> Abstract:
        """Return the value of a property; what its function reads and does happens here."""
        bound = Function(method.path, method.index, method.env, receiver, (), method.owner)
        outcome = self.linker.interpret(bound, {}, self.zone, self.dialect)
        if outcome.cut:
            self.out.pure = False
            return UNKNOWN
        self.out.pure = self.out.pure and outcome.pure
        hop = Hop(self.unit.place(at), self.title(), name)
        splice = Splice(outcome, hop, self.current(self.block_of(at)), {}, self.sources)
        for each in splice.run():
            if isinstance(each, Source) and not self.silent:
                self.record(each)
        return splice.value(outcome.returns).having(call=None)

    def shared_generator(self, value: Abstract, name: str, at: Span) -> Abstract:
        """Return a generator as a source if all runs of the process draw from it: it stands at module level."""
        if not self.is_module_variable(name):
            return value
        thing = value.thing
        made = self.source("shared-rng", thing.name, at, expression=name)  # type: ignore[union-attr]
        return value.having(tags=frozenset((Tag(made),)))

    def is_module_variable(self, name: str) -> bool:
        """Return whether a name is bound by no function around this point."""
        scope: Scope | None = self.scope
        while scope is not None:
            if scope.index and name in scope.variables:
                return False
            scope = scope.parent
        return name in self.linker.assigned(self.unit)

    def is_handle(self, value: Abstract, source: Source) -> bool:
        """Return whether a module variable is an object that was merely made with a setting: a client, a connection."""
        thing = value.thing
        if isinstance(thing, Instance):
            return thing.name != source.api and source.kind not in ("time", "random", "uuid")
        return isinstance(thing, Object | Sequence | Mapped) and source.kind not in ("time", "random", "uuid")

    def is_client(self, value: Abstract) -> bool:
        """Return whether a value is a handle to something outside, whose parts do not depend on the keys given."""
        if not isinstance(value.thing, Instance):
            return False
        found = self.linker.apis.call(value.thing.name, ())
        return found is not None and found.mode == "opens"

    def read_external(self, value: Abstract, at: Span) -> Abstract:
        """Return an attribute of an external module; reading some is a source (`os.environ`)."""
        if self.calling:
            return value
        found = self.linker.apis.attribute(value.thing.name)  # type: ignore[union-attr]
        if found is None or found.level == "off":
            return value
        return self.source_value(found.kind, found.name, at, value, level=found.level)

    def source_value(self, kind: Kind, api: str, at: Span, value: Abstract, **details: str) -> Abstract:
        """Return ``value`` as depending on a source read here."""
        made = self.source(kind, api, at, **details)  # type: ignore[arg-type]
        return value.having(tags=value.tags | {Tag(made)})

    def source(
        self,
        kind: Kind,
        api: str,
        at: Span,
        *,
        origin: Place | None = None,
        block: int | None = None,
        name: str = "",
        **details: object,
    ) -> Source:
        """Return the source or operation at a span, recording it."""
        place = self.unit.place(at)
        key = (place, origin or place, api, kind)
        found = self.sources.get(key)
        if found is None:
            hops: tuple[Hop, ...] = (Hop(place, self.title(), name or api),)
            if origin is not None:
                hops += (Hop(origin, "", api),)
            found = Source(kind, api, place, origin or place, hops, foreign=self.zone == "outside")
            for field, value in details.items():
                setattr(found, field, value)
            found.frames = self.frames.around(self.block_of(at) if block is None else block)
            self.sources[key] = found
        if not self.silent:
            self.record(found)
        return found

    def record(self, event: Source | StepEvent) -> None:
        """Append an event, a source once however often it is met."""
        if isinstance(event, Source):
            if event in self.recorded:
                return
            self.recorded.add(event)
        self.out.events.append(event)

    def forget(self, mark: int) -> None:
        """Drop the events since a point: those of a first pass over a loop."""
        self.recorded.difference_update(each for each in self.out.events[mark:] if isinstance(each, Source))
        del self.out.events[mark:]

    def block_of(self, at: Span) -> int:
        """Return the innermost block around a span."""
        best, size = 0, -1
        for index, block in enumerate(self.function.blocks):
            if index and index not in self.layout.nested and block.span.contains(at):
                depth = self.frames.depth(index)
                if depth > size:
                    best, size = index, depth
        return best

    def title(self) -> str:
        """Return the function's name as readers know it."""
        name = self.function.name
        return name.rpartition("<locals>.")[2] if name else self.unit.dotted

    # -- uses ------------------------------------------------------------------------------------------------------

    def use(self, value: Abstract, role: Role, place: Place, **details: object) -> None:
        """Record that a value goes somewhere."""
        if self.silent or not value.tags:
            return
        for tag in in_order(value.tags):
            spent = Spent(role, place, duration=tag.duration, absence=tag.absence)
            for field, each in details.items():
                setattr(spent, field, each)
            tag.source.uses.append(spent)

    def use_parts(self, value: Abstract, role: Role, place: Place, name: str = "", **details: object) -> None:
        """Record where each named part of a value goes, attributes set on an object included."""
        if self.silent:
            return
        for inner, part in parts(value):
            self.use(part, role, place, name=inner or name, **details)
        if value.text and value.text.isidentifier():
            prefix = f"{value.text}."
            for key, part in self.scope.variables.items():
                if key.startswith(prefix) and part.tags:
                    self.use(part, role, place, name=key[len(prefix) :], **details)

    def touch(self, value: Abstract) -> None:
        """Note that results of steps are used by something other than a step."""
        if not self.silent:
            for step in value.deps:
                step.elsewhere = True

    def decide(
        self,
        test: Abstract,
        place: Place,
        steps: list[StepEvent],
        what: str,
        effects: Iterable[Source] = (),
        raising: bool = False,
    ) -> None:
        """Record that a test decides durable operations, effects, or nothing that matters."""
        if self.silent or not test.tags:
            return
        if steps:
            text = f"{what} step `{steps[0].label()}` runs"
            if raising:
                # A setting that is missing ends the run at once: no step moves.
                setting = frozenset(tag for tag in test.tags if getattr(tag.source, "kind", "") == "env")
                self.use(test.having(tags=setting), "branch", place)
                test = test.having(tags=test.tags - setting)
            self.use(test, "control", place, step=steps[0], decides=text)
            return
        first = next(iter(effects), None)
        if first is not None and self.zone == "step":
            said = f"{what} `{first.trail[0].calls}` runs"
            self.use(test, "control", place, decides=said, api=first.api, verb="raise" if raising else "")
            return
        self.use(test, "branch", place, decides=f"{what} `{first.trail[0].calls}` runs" if first is not None else "")

    def steps_since(self, mark: int) -> list[StepEvent]:
        """Return the durable operations recorded since a point."""
        return [each for each in self.out.events[mark:] if isinstance(each, StepEvent)]

    def effects_since(self, mark: int) -> list[Source]:
        """Return the changes of the world recorded since a point."""
        return [
            each
            for each in self.out.events[mark:]
            if isinstance(each, Source)
            and (each.kind == "write" or (each.kind in _EFFECT_KINDS and each.mode == "write"))
        ]

    def current(self, block: int) -> tuple[Frame, ...]:
        """Return the frames around a block."""
        return self.frames.around(block)
