"""The state that linking shares: modules, dialects, tables, and what was already interpreted."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING

from steplint.link import identity, names, sharing
from steplint.link.events import EMPTY, Outcome, Slot
from steplint.link.forms import Forms, Registered
from steplint.link.program import Modules, Unit, is_none
from steplint.link.values import (
    NO_DEPS,
    NO_TAGS,
    UNKNOWN,
    Abstract,
    Class,
    Context,
    External,
    Function,
    Given,
    Instance,
    Literal,
    Mapped,
    Mark,
    Module,
    Object,
    Parameter,
    Partial,
    Scope,
    Sequence,
    Tag,
    Thing,
)
from steplint.link.walk import Walk
from steplint.model.place import Place
from steplint.model.value import Name, Result

if TYPE_CHECKING:
    from steplint.knowledge.apis import Apis

MAX_DEPTH = 24
MAX_OUTSIDE_DEPTH = 3
MAX_WALKS = 6_000
"""Functions interpreted for one workflow: beyond it, calls are taken for unknown."""


class Linker:
    """Interprets functions on demand and remembers the outcomes."""

    builtins = frozenset(dir(builtins))

    def __init__(self, modules: Modules, forms: Forms, apis: Apis) -> None:
        self.modules = modules
        self.forms = forms
        self.apis = apis
        self.members: dict[tuple[str, str], Abstract] = {}
        self.resolving: set[tuple[str, str]] = set()
        self.registered: dict[Place, Registered] = {}
        self.own: set[Place] = set()
        """Where a module registers something itself, whoever imports it."""
        self.walks = 0
        self._assigned: dict[str, frozenset[str]] = {}
        self._outside: dict[tuple[str, int], Walk] = {}
        self._running: set[tuple[str, int]] = set()
        self._marks: dict[tuple[str, int], tuple[Mark, ...]] = {}
        self._marking: set[tuple[str, int]] = set()
        self._bases: dict[Class, tuple[Abstract, ...]] = {}
        self._fields: dict[Class, dict[str, Abstract]] = {}
        self._memo: dict[object, Outcome] = {}
        self._plain: set[object] = set()
        self.around: dict[tuple[str, int], tuple[str, ...]] = {}
        self._references: dict[str, Abstract] | None = None
        self._looked_at = 0
        self.stack: list[tuple[str, int]] = []

    # -- scopes outside of runs ------------------------------------------------------------------------------------

    def assigned(self, unit: Unit) -> frozenset[str]:
        """Return the names that a module's own statements bind."""
        known = self._assigned.get(unit.path)
        if known is None:
            module = unit.function(0)
            found = {target for each in module.statements for target in each.targets}
            found.update(name for block in module.blocks for name in block.binds)
            known = self._assigned[unit.path] = frozenset(found)
        return known

    def module(self, unit: Unit) -> Walk:
        """Return the finished walk over a module's own statements."""
        return self.outside(unit, 0)

    def partial(self, unit: Unit) -> bool:
        """Return whether a module is being walked right now, so that its names are not all known yet."""
        return (unit.path, 0) in self._running

    def outside(self, unit: Unit, index: int) -> Walk:
        """Return the walk over a module, class body or factory as it runs outside of any run."""
        key = (unit.path, index)
        known = self._outside.get(key)
        if known is not None:
            return known
        walk = Walk(self, unit, index, "outside", "", self.parent_scope(unit, index))
        self._outside[key] = walk
        self._running.add(key)
        before = len(self.registered)
        try:
            walk.run(self.typed_parameters(unit, index))
        finally:
            self._running.discard(key)
        self.own.update(place for place in list(self.registered)[before:] if place.path == unit.path)
        return walk

    def parent_scope(self, unit: Unit, index: int) -> Scope | None:
        """Return the variables around a nested function, as the enclosing function leaves them."""
        parent = unit.function(index).parent if index else -1
        while parent > 0 and unit.function(parent).kind == "class":
            parent = unit.function(parent).parent
        return self.outside(unit, parent).scope if parent > 0 else None

    def typed_parameters(self, unit: Unit, index: int) -> dict[str, Abstract]:
        """Return what annotations say of a function's parameters; ``self`` is an instance of its class."""
        function = unit.function(index)
        found: dict[str, Abstract] = {}
        owner = unit.owner(index)
        for position, parameter in enumerate(function.parameters):
            value = names.type_value(self, unit, function.parent, parameter.annotation, None)
            if not position and owner >= 0 and not self.is_static(unit, index):
                value = self.instance(Class(unit.path, owner))
                if self.is_class_method(unit, index):
                    value = Abstract(Class(unit.path, owner))
            found[parameter.name] = value.having(text=parameter.name)
        return found

    def is_static(self, unit: Unit, index: int) -> bool:
        """Return whether a method takes no receiver."""
        return self._decorated(unit, index, "staticmethod")

    def is_class_method(self, unit: Unit, index: int) -> bool:
        """Return whether a method takes its class."""
        return self._decorated(unit, index, "classmethod")

    def is_property(self, function: Function) -> bool:
        """Return whether reading the attribute runs the function."""
        unit = self.modules.units[function.path]
        return any(
            self._decorated(unit, function.index, name)
            for name in ("property", "cached_property", "functools.cached_property")
        )

    def _decorated(self, unit: Unit, index: int, name: str) -> bool:
        return any(isinstance(each.value, Name) and each.value.path == name for each in unit.function(index).decorators)

    def call_property(self, function: Function, receiver: Abstract) -> Abstract:
        """Return the value of a property."""
        bound = Function(function.path, function.index, function.env, receiver, (), function.owner)
        outcome = self.interpret(bound, {}, "outside", "")
        return Abstract(outcome.returns.thing if not isinstance(outcome.returns.thing, Parameter) else None)

    # -- classes ---------------------------------------------------------------------------------------------------

    def bases(self, owner: Class) -> tuple[Abstract, ...]:
        """Return the base classes of a project class."""
        known = self._bases.get(owner)
        if known is not None:
            return known
        self._bases[owner] = ()
        unit = self.modules.unit(owner.path)
        if unit is None:
            return ()
        class_ = unit.class_(owner.index)
        parent = unit.function(class_.body).parent
        found = []
        for base in class_.bases:
            if isinstance(base, Name):
                found.append(names.dotted(self, unit, parent, base.path))
            elif hasattr(base, "kind") and getattr(base, "kind", "") == "subscript":
                inner = base.items[0]  # type: ignore[union-attr]
                if isinstance(inner, Name):
                    found.append(names.dotted(self, unit, parent, inner.path))
        self._bases[owner] = tuple(found)
        return self._bases[owner]

    def ancestors(self, owner: Class, depth: int = 8) -> list[Abstract]:
        """Return all base classes, nearest first."""
        found: list[Abstract] = []
        for base in self.bases(owner):
            found.append(base)
            if isinstance(base.thing, Class) and depth:
                found += self.ancestors(base.thing, depth - 1)
        return found

    def instance(self, owner: Class) -> Abstract:
        """Return an instance of a project class with the fields that its constructor sets."""
        for base in self.ancestors(owner):
            if isinstance(base.thing, External):
                context = self.forms.context(base.thing.name)
                if context is not None:
                    return Abstract(context)
        return Abstract(Object(owner.path, owner.index, dict(self.fields(owner))))

    def fields(self, owner: Class) -> dict[str, Abstract]:
        """Return what ``__init__`` and class annotations say of the attributes of an instance."""
        known = self._fields.get(owner)
        if known is not None:
            return known
        self._fields[owner] = {}
        unit = self.modules.unit(owner.path)
        if unit is None:
            return {}
        found: dict[str, Abstract] = {}
        body = unit.class_(owner.index).body
        for statement in unit.function(body).statements:
            if statement.annotation is not None and len(statement.targets) == 1:
                value = names.type_value(self, unit, body, statement.annotation, None)
                if value.thing is not None:
                    found[statement.targets[0]] = value
        for base in self.bases(owner):
            if isinstance(base.thing, Class):
                found = {**self.fields(base.thing), **found}
        init = unit.members.get(body, {}).get("__init__")
        if init is not None:
            walk = self.outside(unit, init)
            for name, value in walk.out.fields.items():
                if value.thing is not None and not isinstance(value.thing, Parameter):
                    found[name] = value.having(tags=frozenset(), text=f"self.{name}")
        self._fields[owner] = found
        return found

    def registering(self) -> frozenset[str]:
        """Return the last names of what registers workflows, of those SDKs that some module imports."""
        units = self.modules.units.values()
        spoken = {
            name
            for imported in {each.module for unit in units for each in unit.summary.imports if each.level == 0}
            for name in self.forms.dialects_of(imported)
        }
        return frozenset(
            name.rpartition(".")[2]
            for table in (self.forms.workflow_calls, self.forms.workflow_decorators)
            for name, matches in table.items()
            if any(each.dialect.name in spoken for each in matches)
        )

    # -- decorators ------------------------------------------------------------------------------------------------

    def marks(self, unit: Unit, index: int) -> tuple[Mark, ...]:
        """Return the SDK decorators of a function, also through decorators of the project."""
        function = unit.function(index)
        return self._all_marks(unit, index, function.parent, function.decorators, Function(unit.path, index))

    def class_marks(self, owner: Class) -> tuple[Mark, ...]:
        """Return the SDK decorators of a class."""
        unit = self.modules.units[owner.path]
        class_ = unit.class_(owner.index)
        parent = unit.function(class_.body).parent
        return self._all_marks(unit, -1 - owner.index, parent, class_.decorators, None)

    def _all_marks(
        self, unit: Unit, key: int, parent: int, decorators: tuple[object, ...], target: Function | None
    ) -> tuple[Mark, ...]:
        if not decorators:
            return ()
        known = self._marks.get((unit.path, key))
        if known is not None:
            return known
        if (unit.path, key) in self._marking:
            return ()
        self._marking.add((unit.path, key))
        try:
            found: list[Mark] = []
            for decorator in decorators:
                found += self._mark(unit, parent, decorator, target)
        finally:
            self._marking.discard((unit.path, key))
        # Results of the enclosing walk may still be missing while it runs: such marks are looked up again.
        if (unit.path, max(parent, 0)) not in self._running:
            self._marks[unit.path, key] = tuple(found)
        return tuple(found)

    def _mark(self, unit: Unit, parent: int, decorator: object, target: Function | None) -> list[Mark]:
        written = decorator.value  # type: ignore[attr-defined]
        if isinstance(written, Name):
            value = names.dotted(self, unit, parent, written.path)
        elif isinstance(written, Result):
            value = self.outside(unit, parent).results.get(written.call, UNKNOWN)
            named = self._named(unit, parent, written.call, value)
            if named is not None:
                return [named]
            if value.thing is None:
                return self._chosen(unit, parent, written.call)
        else:
            return []
        thing = value.thing
        if isinstance(thing, External):
            return [Mark(thing.name, (), thing.receiver, False)] if thing.name in self.forms.marks else []
        if isinstance(thing, Instance):
            return [Mark(thing.name, thing.arguments, thing.receiver)] if thing.name in self.forms.marks else []
        if isinstance(thing, Function | Partial) and target is not None:
            return list(self.through_project(value, target))
        return []

    def _chosen(self, unit: Unit, parent: int, call: int) -> list[Mark]:
        """Return the decorators of SDKs among what a call may mean: `create_function if client else nothing`."""
        written, walk = unit.function(parent).calls[call], self.outside(unit, parent)
        thing = walk.value(written.callee, written.span).thing
        among = thing.items if isinstance(thing, Sequence) and thing.kind == "alternatives" else ()
        given = tuple(Given(each.keyword, walk.value(each.value, each.span), each) for each in written.arguments)
        return [
            Mark(each.thing.name, given, each.thing.receiver)
            for each in among
            if isinstance(each.thing, External) and each.thing.name in self.forms.marks
        ]

    def _named(self, unit: Unit, parent: int, call: int, value: Abstract) -> Mark | None:
        """Return a decorator known by its method name and keywords on a receiver that did not resolve."""
        written = unit.function(parent).calls[call]
        path = written.callee.path if hasattr(written.callee, "path") else ""
        verb = path.rpartition(".")[2]
        for match in self.forms.workflow_named.get(verb, ()):
            keywords = {each.keyword for each in written.arguments}
            if not keywords.issuperset(match.form.needs) or "." not in path:
                continue
            if isinstance(value.thing, Instance) and value.thing.name in self.forms.marks:
                return None
            given = tuple(
                Given(each.keyword, self.outside(unit, parent).value(each.value, each.span), each)
                for each in written.arguments
            )
            return Mark(f"*.{verb}", given)
        return None

    def through_project(self, decorator: Abstract, target: Function) -> tuple[Mark, ...]:
        """Return the SDK decorators that a project decorator applies to ``target``."""
        thing = decorator.thing
        if isinstance(thing, Partial):
            return ()
        assert isinstance(thing, Function)
        unit = self.modules.units[thing.path]
        parameters = unit.function(thing.index).parameters
        skip = 1 if thing.bound is not None else 0
        if len(parameters) <= skip or (thing.path, thing.index) in self.stack:
            return ()
        around = sharing.around_key(self, thing.path, thing.index, thing.env) if thing.env is not None else None
        key = (thing.path, thing.index, around)
        if key in self._plain:
            return ()
        before = len(self.registered)
        outcome = self.interpret(
            thing, {parameters[skip].name: Abstract(Function(target.path, target.index))}, "outside", ""
        )
        returned = outcome.returns.thing
        marks = returned.marks if isinstance(returned, Function) else ()
        if not marks and not outcome.cut and len(self.registered) == before:
            # It says nothing of any SDK, whatever it decorates.
            self._plain.add(key)
        return marks

    def reference(self, name: str) -> Abstract | None:
        """Return the function that is published under ``name`` (an activity referred to by text)."""
        self.modules.published.add(name)
        return self.publishers().get(name)

    def publishers(self) -> Mapping[str, Abstract]:
        """Return every published function by its name."""
        units = list(self.modules.units.values())
        if self._references is None or self._looked_at < len(units):
            self._references, self._looked_at = {}, len(units)
            for unit in units:
                for index, function in enumerate(unit.summary.functions):
                    if not index or not function.decorators or function.kind not in ("function", "async"):
                        continue
                    for mark in self.marks(unit, index):
                        form = self.forms.references.get(mark.name)
                        if form is None:
                            continue
                        thing = Function(unit.path, index, marks=self.marks(unit, index), owner=unit.owner(index))
                        published = identity.reference_name(self, form.id, mark, thing).id
                        if published is not None:
                            self._references.setdefault(published, Abstract(thing, text=published))
        return self._references

    # -- runs ------------------------------------------------------------------------------------------------------

    def interpret(self, function: Function, arguments: dict[str, Abstract], zone: str, dialect: str) -> Outcome:
        """Return the outcome of a function under what is known of its arguments."""
        unit = self.modules.units[function.path]
        at = (function.path, function.index)
        limit = MAX_OUTSIDE_DEPTH if zone == "outside" else MAX_DEPTH
        if at in self.stack or len(self.stack) >= limit or self.walks >= MAX_WALKS:
            return Outcome(pure=False, cut=True) if self.walks < MAX_WALKS else EMPTY
        bound = self.bind(unit, function, arguments)
        key = sharing.outcome_key(self, function, bound, zone, dialect)
        known = self._memo.get(key)
        if known is not None:
            return known
        self.walks += 1
        self.stack.append(at)
        try:
            walk = Walk(
                self, unit, function.index, zone, dialect, function.env or self.parent_scope(unit, function.index)
            )
            outcome = walk.run(bound)
        finally:
            self.stack.pop()
        self._memo[key] = outcome
        return outcome

    def bind(self, unit: Unit, function: Function, arguments: dict[str, Abstract]) -> dict[str, Abstract]:
        """Return a value for each parameter: the argument's thing where it is worth following, a slot as its tag."""
        definition = unit.function(function.index)
        typed = self.typed_parameters(unit, function.index)
        bound: dict[str, Abstract] = {}
        durable = any(isinstance(each.thing, Context) for each in arguments.values())
        for position, parameter in enumerate(definition.parameters):
            given = arguments.get(parameter.name)
            if not position and function.bound is not None and not self.is_static(unit, function.index):
                given = function.bound
            value = typed.get(parameter.name, UNKNOWN)
            if given is not None and self.worth(given, durable):
                value = given.having(thing=self.plain(given.thing, durable), tags=NO_TAGS, deps=NO_DEPS, pending=())
            elif value.thing is None:
                value = Abstract(Parameter(position), nature=given.nature if given is not None else "")
            if given is None and parameter.default is not None and value.thing is None:
                value = Abstract(Parameter(position))
            bound[parameter.name] = value.having(
                text=parameter.name
                if not isinstance(value.thing, Context)
                else (given or value).text or parameter.name,
                tags=frozenset((Tag(Slot(position)),)),
                steady=given.steady if given is not None else True,
                present=given is not None
                and not given.optional
                and not (isinstance(given.thing, Literal) and not given.thing.value),
                optional=is_none(parameter.default) if given is None else given.optional,
            )
        return bound

    def plain(self, thing: Thing, durable: bool) -> Thing:
        """Return what a callee needs to know of an argument, without details that keep outcomes from being shared."""
        if isinstance(thing, Instance) and thing.arguments and not durable:
            kept = any(isinstance(each.value.thing, Context | Function | Partial) for each in thing.arguments)
            return thing if kept else Instance(thing.name, (), thing.receiver)
        if isinstance(thing, Object) and not durable and not self.is_special(thing):
            return Object(thing.path, thing.index, dict(self.fields(Class(thing.path, thing.index))))
        return thing

    def worth(self, value: Abstract, durable: bool) -> bool:
        """Return whether binding the argument itself, not just a parameter, tells the callee something."""
        thing = value.thing
        if isinstance(thing, Context | Function | Partial | Class | Object | External | Instance | Module):
            return True
        if isinstance(thing, Sequence):
            return any(isinstance(each.thing, Function | Partial | Context) or each.pending for each in thing.items)
        if isinstance(thing, Mapped) and any(each.tags for _, each in thing.entries):
            # What one entry depends on, another does not.
            return all(key is not None for key, _ in thing.entries)
        return durable and thing is not None and not isinstance(thing, Parameter)

    def is_special(self, thing: Object) -> bool:
        """Return whether an instance holds something to follow that its class alone does not tell of."""
        known = self.fields(Class(thing.path, thing.index))
        return any(
            isinstance(each.thing, Context | Function | Partial)
            and (name not in known or known[name].thing is not each.thing)
            for name, each in thing.fields.items()
        )
