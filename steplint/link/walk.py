"""One pass over a function in code order: variables, branches, loops, and what each statement does with values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from steplint.link import arrangement, calls, expressions, handlers, names
from steplint.link.absence import filled_when_missing
from steplint.link.arguments import spelled
from steplint.link.events import Outcome, Slot, Source, Spent, Splice, StepEvent, distinct, in_order
from steplint.link.frames import Frames
from steplint.link.program import Unit
from steplint.link.values import (
    UNKNOWN,
    Abstract,
    Context,
    External,
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
from steplint.model.graph import Frame, Hop, Kind, Role, Swallow, Write
from steplint.model.place import Place, Span
from steplint.model.summary import Argument, Block, Call, Statement
from steplint.model.value import Const, Group, Name, Result, Value

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
        self.block(0)
        self.run_loose(None)
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

    def block(self, index: int) -> None:
        """Walk the statements and blocks directly inside a block."""
        items = self.layout.items.get(index, [])
        at = 0
        while at < len(items):
            kind, item = items[at]
            if kind == "statement":
                head = self.layout.heads.get(item)
                # The test of a `while` runs at each turn: the loop evaluates it.
                if head is None or self.function.blocks[head].kind != "while":
                    self.statement(item)
                at += 1
                continue
            block = self.function.blocks[item]
            if block.kind in ("if", "case"):
                at = self.branches(items, at, block.group)
            elif block.kind in ("for", "while"):
                self.loop(item)
                at += 1
            elif block.kind == "try":
                at = self.attempt(items, at, block.group)
            elif block.kind in ("with", "finally"):
                self.block(item)
                at += 1
            else:
                self.optional(item)
                at += 1

    def branches(self, items: list[tuple[str, int]], at: int, group: int) -> int:
        """Walk the arms of an if or match, each from the same state; return the position after them."""
        blocks = self.function.blocks
        last = max(
            position for position, (kind, item) in enumerate(items) if kind == "block" and blocks[item].group == group
        )
        since, before = len(self.out.events), self.scope.variables
        tests: list[Abstract] = []
        ends: list[dict[str, Abstract]] = []
        leaves: list[str] = []
        exhaustive = False
        first = blocks[items[at][1]]
        for kind, item in items[at : last + 1]:
            if kind == "statement":
                self.scope.variables = before
                self.statement(item)
                continue
            block = blocks[item]
            if self.is_closed(block) or self.lacks_sdk(block, first):
                continue
            head = self.heads.get(block.statement, UNKNOWN) if block.head is not None else UNKNOWN
            tests.append(arrangement.test(head) if block.kind == "if" else head)
            exhaustive = exhaustive or block.kind == "else" or self.catches_all(block.head)
            self.scope.variables = dict(before)
            self.block(item)
            if block.leaves:
                leaves.append(block.leaves)
            else:
                ends.append(self.scope.variables)
        if not exhaustive:
            ends.append(before)
        test = join(tests or [UNKNOWN])
        self.scope.variables = self.merged(ends or [before], test.tags)
        place = self.unit.place(self.head_span(first.statement, first.span))
        self.decide(test, place, self.steps_since(since), "whether", self.effects_since(since))
        self.leave(leaves, test, place)
        return last + 1

    def is_closed(self, block: Block) -> bool:
        """Return whether an arm is never taken: it waits for a None that the caller did not give."""
        head = block.head
        if not isinstance(head, Group) or not isinstance(head.items[0], Name):
            return False
        last = head.items[-1]
        absent = head.kind == "is" and isinstance(last, Const) and last.value is None
        value = self.scope.variables.get(head.items[0].path) if absent or head.kind == "not" else None
        return value is not None and value.present

    def lacks_sdk(self, block: Block, first: Block) -> bool:
        """Return whether an arm is for where the SDK is not installed: the workflow is there because it is."""
        head, otherwise = (first.head, True) if block.kind == "else" and block.head is None else (block.head, False)
        if isinstance(head, Group) and head.kind in ("is", "is-not", "not") and isinstance(head.items[0], Name):
            if head.kind != "not" and not (isinstance(head.items[-1], Const) and head.items[-1].value is None):
                return False
            name, absent = head.items[0].path, head.kind != "is-not"
        elif isinstance(head, Name):
            name, absent = head.path, False
        else:
            return False
        if absent == otherwise or name not in self.unit.imports.get(0, ()):
            return False
        thing = self.value_of(name, block.span).thing
        return isinstance(thing, External) and self.linker.forms.package(thing.name) is not None

    def is_dead(self, block: int) -> bool:
        """Return whether a call stands behind `or` after an argument that the caller gave."""
        while block in self.layout.nested:
            each = self.function.blocks[block]
            if each.kind == "else" and isinstance(each.head, Name):
                value = self.scope.variables.get(each.head.path)
                if value is not None and value.present:
                    return True
            block = each.parent
        return False

    def catches_all(self, head: Value | None) -> bool:
        """Return whether a case matches everything (`case _`)."""
        return isinstance(head, Group) and head.kind == "case" and getattr(head.items[0], "path", "") == "_"

    def attempt(self, items: list[tuple[str, int]], at: int, group: int) -> int:
        """Walk a try, its handlers, its else and its finally; return the position after them."""
        blocks = self.function.blocks
        before = dict(self.scope.variables)
        self.trying += 1
        self.block(items[at][1])
        self.trying -= 1
        ends = [] if blocks[items[at][1]].leaves else [self.scope.variables]
        start = self.merged([before, self.scope.variables], frozenset())
        at += 1
        while at < len(items):
            kind, item = items[at]
            block = blocks[item] if kind == "block" else None
            if kind == "statement":
                following = items[at + 1] if at + 1 < len(items) else None
                if following is None or following[0] != "block" or blocks[following[1]].statement != item:
                    break
                if blocks[following[1]].group != group:
                    break
                self.scope.variables = dict(start)
                self.statement(item)
                at += 1
                continue
            assert block is not None
            if block.kind == "except" and block.group == group:
                self.scope.variables = dict(start)
                for name in block.binds:
                    self.scope.variables[name] = Abstract(text=name)
                self.block(item)
                if not block.leaves:
                    ends.append(self.scope.variables)
            elif block.kind == "else" and block.group != group and ends:
                self.scope.variables = ends[0]
                self.block(item)
                ends[0] = self.scope.variables
            else:
                break
            at += 1
        self.scope.variables = self.merged(ends or [start], frozenset())
        return at

    def optional(self, item: int) -> None:
        """Walk a block that may be skipped."""
        before = self.scope.variables
        self.scope.variables = dict(before)
        self.block(item)
        ends = [before] if self.function.blocks[item].leaves else [before, self.scope.variables]
        self.scope.variables = self.merged(ends, frozenset())

    def loop(self, item: int) -> None:
        """Walk a loop twice: once for what a turn carries into the next, once for good."""
        block = self.function.blocks[item]
        before = dict(self.scope.variables)
        carried: Tags = frozenset()
        if self.depth < 3:
            self.depth += 1
            self.silent += 1
            mark, tasks = len(self.out.events), len(self.out.tasks)
            self.leaving.append([])
            self.block(item)
            self.leaving.pop()
            self.forget(mark)
            del self.out.tasks[tasks:]
            self.silent -= 1
            self.scope.variables = self.merged([before, self.scope.variables], carried)
        since = len(self.out.events)
        self.depth += 1
        self.leaving.append([])
        if block.kind == "while" and block.statement >= 0:
            self.statement(block.statement)
        self.block(item)
        self.depth -= 1
        left = self.leaving.pop()
        found = self.steps_since(since)
        test = self.heads.get(block.statement, UNKNOWN)
        place = self.unit.place(self.head_span(block.statement, block.span))
        self.decide(test, place, found, "how often", self.effects_since(since))
        for each in left:
            self.decide(each.value, each.place, found, "how often")
        self.scope.variables = self.merged([before, self.scope.variables], test.tags)

    def head_span(self, statement: int, otherwise: Span) -> Span:
        """Return the span of a block's head."""
        if 0 <= statement < len(self.function.statements):
            return self.function.statements[statement].span
        return otherwise

    def merged(self, ends: list[dict[str, Abstract]], control: Tags) -> dict[str, Abstract]:
        """Return the variables after several paths; what differs between them also depends on what chose the path."""
        if len(ends) == 1:
            return ends[0]
        merged: dict[str, Abstract] = {}
        for name in dict.fromkeys(key for each in ends for key in each):
            values = [each[name] for each in ends if name in each]
            if all(value is values[0] for value in values) and len(values) == len(ends):
                merged[name] = values[0]
                continue
            joined = join(values)
            if control and (len(values) > 1 or len(ends) > len(values)):
                joined = joined.having(tags=joined.tags | control)
            merged[name] = joined
        return merged

    def leave(self, leaves: list[str], test: Abstract, place: Place) -> None:
        """Remember a branch that may leave early, until it shows what it skips."""
        if not leaves or not test.tags or self.silent:
            return
        waiting = _Waiting(test, place, len(self.out.events), "whether", set(leaves) == {"raise"})
        if any(each in ("break", "continue") for each in leaves) and self.leaving:
            self.leaving[-1].append(waiting)
        if any(each in ("return", "raise") for each in leaves):
            self.waiting.append(waiting)

    # -- statements ------------------------------------------------------------------------------------------------

    def statement(self, index: int) -> None:
        """Evaluate a statement: its calls in order, its value, then what it binds."""
        statement = self.function.statements[index]
        self.run_loose(statement.span)
        for call in self.layout.calls.get(index, ()):
            self.results[call] = calls.call(self, call)
        value = self.value(statement.value, statement.span)
        if index in self.layout.clauses:
            self.heads[index] = value
            self.touch(value)
            for target in statement.targets:
                self.hidden.setdefault(target, self.scope.variables.get(target))
            self.assign(statement.targets, self.element(value, statement.span), statement.span, None)
            return
        if statement.kind == "head" and index in self.layout.conditions:
            # What a step leaves out by the clock is not in what it keeps.
            in_step = self.zone == "step"
            self.filters |= {
                each
                for each in arrangement.test(value).tags
                if not (in_step and getattr(each.source, "kind", "") == "time")
            }
        elif statement.kind != "head":
            self.filters = frozenset()
            if self.hidden:
                self.reveal()
        self.perform(index, statement, value)

    def run_loose(self, before: Span | None) -> None:
        """Evaluate the calls of decorators, defaults and base classes that stand before a span."""
        loose = self.layout.loose
        while self.loose < len(loose):
            call = loose[self.loose]
            if before is not None and self.function.calls[call].span >= before:
                break
            self.loose += 1
            self.results[call] = calls.call(self, call)
        while self.applied < len(self.layout.applied):
            span, index, path = self.layout.applied[self.applied]
            if before is not None and span >= before:
                return
            self.applied += 1
            self.apply(span, index, path)

    def apply(self, at: Span, index: int, path: str) -> None:
        """Run a local function that a member of the context decorates without a call (`@ctx.run_step`)."""
        callee = self.value_of(path, at)
        if self.zone == "body" and isinstance(callee.thing, Context):
            value = Abstract(Function(self.unit.path, index, self.scope.snapshot()), text=path)
            written = Call(Name(path), (), "value", -1, self.block_of(at), at)
            calls.applied(self, index, written, callee, value)

    def decorated_by(self, call: int) -> Abstract | None:
        """Return the local function that the result of a call decorates."""
        for index, each in enumerate(self.unit.summary.functions):
            if each.parent == self.index:
                for decorator in each.decorators:
                    if isinstance(decorator.value, Result) and decorator.value.call == call:
                        return Abstract(Function(self.unit.path, index, self.scope.snapshot()), text=each.name)
        return None

    def reveal(self) -> None:
        """Give back the variables that the clauses of a comprehension hid."""
        for name, old in self.hidden.items():
            if old is None:
                self.scope.variables.pop(name, None)
            else:
                self.scope.variables[name] = old
        self.hidden.clear()

    def perform(self, index: int, statement: Statement, value: Abstract) -> None:
        """Do what the kind of statement does with its value."""
        kind = statement.kind
        place = self.unit.place(statement.span)
        if kind == "head":
            self.heads[index] = value
            self.touch(value)
            self.bind_head(index, statement, value)
        elif kind == "assign":
            self.assign(statement.targets, value, statement.span, statement.annotation)
        elif kind == "augment":
            for target in statement.targets:
                old = self.scope.variables.get(target) or self.value_of(target, statement.span)
                self.note_write(target, "assign", statement.span)
                self.bind(target, self.augmented(old, value), statement.span)
        elif kind == "delete":
            for target in statement.targets:
                self.scope.variables.pop(target, None)
        elif kind == "return":
            self.touch(value)
            known = self.out.returns
            self.out.returns = value if known is UNKNOWN else self.either(known, value)
        elif kind == "raise":
            self.touch(value)
            self.use(value, "returned", place)
        elif kind == "assert":
            self.touch(value)
            self.leave(["raise"], value, place)

    def either(self, one: Abstract, other: Abstract) -> Abstract:
        """Return one of two results: of a decorator of an SDK and a stand-in for where there is no SDK, the former."""
        marks = [each for each in (one, other) if getattr(each.thing, "name", "") in self.linker.forms.marks]
        if len(marks) == 1 and all(isinstance(each.thing, Function | Instance | External) for each in (one, other)):
            return marks[0].having(tags=one.tags | other.tags, deps=one.deps | other.deps)
        return join([one, other])

    def augmented(self, old: Abstract, value: Abstract) -> Abstract:
        """Return ``old += value``: text grows, everything else keeps both histories."""
        if isinstance(old.thing, Sequence) and isinstance(value.thing, Sequence):
            grown = Sequence(old.thing.kind, (*old.thing.items, *value.thing.items)[:64])
            return old.having(
                thing=grown,
                tags=old.tags | value.tags,
                deps=old.deps | value.deps,
                pending=old.pending + tuple(each for each in value.pending if each not in old.pending),
            )
        counter = isinstance(old.thing, Literal) and isinstance(value.thing, Literal) and self.depth > 0
        return Abstract(
            tags=old.tags | value.tags,
            deps=old.deps | value.deps,
            nature="index" if counter or old.nature == "index" else old.nature,
            text=old.text,
        )

    def bind_head(self, index: int, statement: Statement, value: Abstract) -> None:
        """Bind what a loop, `with`, handler or case binds."""
        if not statement.targets:
            return
        block = self.layout.heads.get(index)
        kind = self.function.blocks[block].kind if block is not None else ""
        if kind == "for":
            self.assign(statement.targets, self.element(value, statement.span), statement.span, None)
        elif kind == "except":
            for target in statement.targets:
                self.bind(target, Abstract(text=target), statement.span)
        elif kind == "with":
            self.assign(statement.targets, value, statement.span, None)
        elif kind == "case":
            for target in statement.targets:
                self.bind(target, Abstract(tags=value.tags, deps=value.deps, nature=value.nature), statement.span)
        else:
            self.assign(statement.targets, value, statement.span, None)

    def assign(self, targets: tuple[str, ...], value: Abstract, at: Span, annotation: Value | None) -> None:
        """Bind targets; a display of the same length is unpacked."""
        if annotation is not None and value.thing is None and len(targets) == 1:
            typed = names.type_value(self.linker, self.unit, self.index, annotation, self.scope)
            if typed.thing is not None:
                value = value.having(thing=typed.thing)
        if len(targets) > 1:
            thing = value.thing
            unpacked = (
                isinstance(thing, Sequence) and thing.kind in ("tuple", "list") and len(thing.items) == len(targets)
            )
            for position, target in enumerate(targets):
                each = thing.items[position] if unpacked and isinstance(thing, Sequence) else self.piece(value)
                self.note_write(target, "assign", at)
                self.bind(target, each, at)
            return
        for target in targets:
            self.note_write(target, "assign", at)
            self.bind(target, value, at)

    def piece(self, value: Abstract) -> Abstract:
        """Return one part of an unpacked value."""
        thing = value.thing
        if isinstance(thing, Sequence) and len(thing.items) == 1 and thing.kind in ("listcomp", "generator"):
            return thing.items[0].having(tags=value.tags, deps=value.deps)
        if isinstance(thing, Sequence | Mapped | Instance):
            return value.having(thing=None)
        return value

    def bind(self, target: str, value: Abstract, at: Span) -> None:
        """Bind one target: a name strongly, an attribute apart from its object, an item weakly."""
        name = target.lstrip("*")
        variables = self.scope.variables
        if name.endswith("[]"):
            self.fill(name[:-2], value, at)
            return
        if "." in name:
            head, _, rest = name.partition(".")
            self.parted.add(head)
            variables[name] = value
            owner = variables.get(head)
            if head == self.receiver and "." not in rest:
                known = self.out.fields.get(rest)
                self.out.fields[rest] = value if known is None or self.zone == "outside" else join([known, value])
                if (
                    owner is not None
                    and isinstance(owner.thing, Object)
                    and self.zone == "body"
                    and value.thing is not None
                ):
                    owner.thing.fields.setdefault(rest, value.having(tags=frozenset(), deps=frozenset()))
            return
        if name in self.parted:
            for key in [key for key in variables if key.startswith(f"{name}.")]:
                del variables[key]
        # A plain name takes over the value; what it was called before no longer matters.
        variables[name] = value.having(text=name) if value.text != name else value

    def fill(self, name: str, value: Abstract, at: Span) -> None:
        """Add ``value`` to a container."""
        old = self.scope.variables.get(name)
        if old is None and "." not in name:
            old = self.value_of(name, at)
        if old is None:
            return
        thing = old.thing
        if isinstance(thing, Mapped):
            thing = Mapped((*thing.entries, (None, arrangement.kept(self, value, at)))[:64])
        elif isinstance(thing, Sequence):
            thing = Sequence(thing.kind, (*thing.items, value)[:64])
        self.scope.variables[name] = old.having(
            thing=thing,
            tags=old.tags | value.tags,
            deps=old.deps | value.deps,
            pending=old.pending + tuple(each for each in value.pending if each not in old.pending),
        )

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

    def note_write(self, target: str, how: str, at: Span) -> None:
        """Record a change of something that belongs to the workflow: from a step, or of event data from the body."""
        name = target.lstrip("*")
        head = name.split(".")[0].split("[")[0]
        if self.zone == "outside" or self.silent:
            return
        plain = head == name
        if plain:
            if self.zone == "step" and head in self.function.rebinds:
                self.add_write(head, "assign", self.outer_of(head, at), at)
            return
        if head == "self" and name in filled_when_missing(self.function):
            return
        how = "subscript" if name.endswith("[]") else "attribute"
        owner = name[:-2] if name.endswith("[]") else name.rpartition(".")[0]
        self.note_change(self.value_of(owner, at), head, how, at)

    def note_change(self, value: Abstract, head: str, how: str, at: Span) -> None:
        """Record that an object is changed, if it is the workflow's (in a step) or the run's input (in the body)."""
        if self.silent:
            return
        if value.own:
            return
        given = value.nature == "event" and isinstance(value.thing, Context)
        if self.zone == "step":
            if value.outer or given:
                self.add_write(value.outer or head, how, value, at)
        elif self.zone == "body" and value.nature in ("event", "memo") and not isinstance(value.thing, Object):
            self.add_write(head, how, value, at)

    def outer_of(self, name: str, at: Span) -> Abstract:
        """Return the enclosing variable that a `nonlocal` or `global` name rebinds."""
        scope = self.scope.parent
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.parent
        return Abstract(text=name, nature="global")

    def add_write(self, name: str, how: str, value: Abstract, at: Span) -> None:
        """Record a write."""
        target = value.nature if value.nature in ("memo", "event", "global") else "local"
        if isinstance(value.thing, Object) and name == "self":
            target = "instance"
        self.out.writes.append(Write(name, how, target, self.unit.place(at)))  # type: ignore[arg-type]

    def current(self, block: int) -> tuple[Frame, ...]:
        """Return the frames around a block."""
        return self.frames.around(block)
