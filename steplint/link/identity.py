"""What a durable operation is called: literal, template, or the name of what it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from steplint.link.arguments import argument_at
from steplint.link.program import Unit, last_name
from steplint.link.values import (
    Abstract,
    Class,
    External,
    Function,
    Given,
    Literal,
    Mark,
    Partial,
    Pattern,
)
from steplint.model.dialect import Dialect, Position, StepForm
from steplint.model.graph import IdPart
from steplint.model.place import Place
from steplint.model.value import Const, Group, Member, Name, Result, Template, Value

if TYPE_CHECKING:
    from steplint.link.calls import Site
    from steplint.link.linker import Linker
    from steplint.link.walk import Walk


class Named(NamedTuple):
    """An identity with where it was read; ``positions`` are the arguments that take part in it."""

    id: str | None
    template: str | None
    source: str
    place: Place | None = None
    parts: tuple[IdPart, ...] = ()
    positions: tuple[Position, ...] = ()


def identity(site: Site, dialect: Dialect, form: StepForm, given: tuple[Given, ...], body: Abstract | None) -> Named:
    """Return the identity of an operation: the first position of its form that says one."""
    for position in form.id:
        if isinstance(position, str) and position.startswith("="):
            return Named(position[1:], None, "fixed")
        if isinstance(position, str) and position.startswith("@"):
            name = named_after(site.walk.linker, position, body)
            if name is not None:
                return Named(name, None, "name" if not _is_text(body) else "literal", _body_place(site, form, given))
            continue
        found = argument_at(given, position)
        if found is None or (isinstance(found.value.thing, Literal) and found.value.thing.value is None):
            continue
        return read(site, found, position)
    return Named(None, None, "missing" if not _unpacked(given) else "unknown")


def _is_text(body: Abstract | None) -> bool:
    return body is not None and isinstance(body.thing, Literal)


def _unpacked(given: tuple[Given, ...]) -> bool:
    return any(each.keyword in ("*", "**") for each in given)


def _body_place(site: Site, form: StepForm, given: tuple[Given, ...]) -> Place | None:
    for position in form.body:
        found = argument_at(given, position)
        if found is not None and found.written is not None:
            return site.walk.unit.place(found.written.span)
    return None


def read(site: Site, found: Given, position: Position) -> Named:
    """Return the identity that an argument says."""
    place = site.walk.unit.place(found.written.span) if found.written is not None else site.place
    thing = found.value.thing
    positions = (position,)
    if isinstance(thing, Literal) and isinstance(thing.value, str | int):
        written = found.written.value if found.written is not None else None
        source = "literal" if isinstance(written, Const) else "constant"
        return Named(str(thing.value), None, source, place, (), positions)
    if isinstance(thing, Pattern) and thing.text.replace("{}", ""):
        return Named(None, thing.text, "template", place, id_parts(site.walk, found, thing), positions)
    if isinstance(thing, Function | Class) or thing is None:
        name = named_after(site.walk.linker, "@reference", found.value)
        if name is not None:
            return Named(name, None, "name", place, (), positions)
    parts = id_parts(site.walk, found, thing) if isinstance(thing, Pattern) else (part(found.value, None, site.walk),)
    return Named(None, None, "unknown", place, parts, positions)


def id_parts(walk: Walk, found: Given, pattern: Pattern) -> tuple[IdPart, ...]:
    """Return what fills each hole of a template."""
    written = found.written.value if found.written is not None else None
    raw: tuple[Value | None, ...] = ()
    if isinstance(written, Template):
        raw = written.parts
    elif isinstance(written, Group) and written.kind in ("add", "mod"):
        raw = tuple(each for each in written.items if not isinstance(each, Const))
    aligned = raw if len(raw) == len(pattern.parts) else (None,) * len(pattern.parts)
    return tuple(part(value, source, walk) for value, source in zip(pattern.parts, aligned, strict=True))


def part(value: Abstract, written: Value | None, walk: Walk) -> IdPart:
    """Return one interpolation of an identity."""
    sliced = _sliced(written, walk)
    kind = "other"
    if sliced:
        kind = "slice"
    elif value.nature == "index":
        kind = "index"
    elif value.over and value.nature in ("memo", "event", "read", "element", "constant", ""):
        kind = "element"
    elif value.nature in ("memo", "event", "constant"):
        kind = value.nature
    stable = value.steady and value.nature != "read"
    return IdPart(kind, value.text, value.over, stable)  # type: ignore[arg-type]


def _sliced(written: Value | None, walk: Walk) -> bool:
    if isinstance(written, Result):
        call = walk.function.calls[written.call]
        inner = call.callee.base if isinstance(call.callee, Member) else None
        return _sliced(inner, walk) or any(_sliced(each.value, walk) for each in call.arguments)
    if isinstance(written, Group) and written.kind == "subscript":
        return any(isinstance(each, Group) and each.kind == "slice" for each in written.items[1:])
    return False


def named_after(linker: Linker, position: str, body: Abstract | None) -> str | None:
    """Return the name that an engine derives from a callable."""
    if body is None:
        return None
    thing = body.thing
    if position == "@module":
        return linker.modules.units[thing.path].dotted.rpartition(".")[2] if isinstance(thing, Function) else None
    if position == "@path":
        if not isinstance(thing, Function):
            return None
        return f"{linker.modules.units[thing.path].dotted}.{qualified_name(linker, thing)}"
    if position in ("@reference", "@published"):
        if isinstance(thing, Literal) and isinstance(thing.value, str):
            return thing.value
        if isinstance(thing, Partial):
            return named_after(linker, position, thing.target)
        if isinstance(thing, Function):
            named = published(linker, thing)
            if named is not None:
                return named.id
            if position == "@published":
                return None
            return _workflow_name(linker, thing) or simple_name(linker, thing)
        if isinstance(thing, Class):
            return _class_name(linker, thing)
        if isinstance(thing, External):
            return thing.name.rpartition(".")[2] if position == "@reference" else None
        return None
    if isinstance(thing, Partial):
        return named_after(linker, position, thing.target) if position == "@name" else None
    if isinstance(thing, Function):
        return qualified_name(linker, thing) if position == "@qualname" else simple_name(linker, thing)
    if isinstance(thing, External):
        return thing.name.rpartition(".")[2]
    return None


def published(linker: Linker, thing: Function) -> Named | None:
    """Return the name under which decorators publish a function; one that spells it out wins."""
    unit = linker.modules.units[thing.path]
    found: Named | None = None
    for mark in thing.marks or linker.marks(unit, thing.index):
        form = linker.forms.references.get(mark.name)
        if form is not None:
            named = reference_name(linker, form.id, mark, thing)
            if found is None or named.source == "literal":
                found = named
    return found


def _workflow_name(linker: Linker, thing: Function) -> str | None:
    """Return the type name of a workflow class whose run method is referenced."""
    return _class_name(linker, Class(thing.path, thing.owner)) if thing.owner >= 0 else None


def _class_name(linker: Linker, owner: Class) -> str | None:
    for mark in linker.class_marks(owner):
        for match in linker.forms.workflow_decorators.get(mark.name, ()):
            for position in match.form.id:
                name = mark_argument(mark, position)
                if name is not None:
                    return name
            return last_name(linker.modules.units[owner.path].class_(owner.index).name)
    return None


def reference_name(linker: Linker, positions: tuple[Position, ...], mark: Mark, thing: Function) -> Named:
    """Return the name under which a decorator publishes a function."""
    for position in positions:
        if position == "@name":
            return Named(simple_name(linker, thing), None, "name")
        if position in ("@qualname", "@path", "@module"):
            return Named(named_after(linker, position, Abstract(thing)), None, "name")
        found = mark_argument(mark, position)
        if found is not None:
            return Named(found, None, "literal")
    return Named(simple_name(linker, thing), None, "name")


def mark_argument(mark: Mark, position: Position) -> str | None:
    """Return a literal argument of a decorator."""
    if isinstance(position, str) and position.startswith(("@", "=")):
        return None
    found = argument_at(mark.arguments, position)
    if found is not None and isinstance(found.value.thing, Literal) and isinstance(found.value.thing.value, str):
        return found.value.thing.value
    return None


def simple_name(linker: Linker, thing: Function) -> str:
    """Return ``__name__``."""
    return last_name(linker.modules.units[thing.path].function(thing.index).name)


def qualified_name(linker: Linker, thing: Function) -> str:
    """Return ``__qualname__``, without the ordinal of a repeated definition."""
    unit = linker.modules.units[thing.path]
    definition = unit.function(thing.index)
    name = definition.name.partition("#")[0]
    if definition.kind == "lambda" and unit.function(definition.parent).kind in ("function", "async"):
        return f"{name.removesuffix('.<lambda>')}.<locals>.<lambda>"
    return name


def callable_name(linker: Linker, value: Abstract) -> tuple[str, str]:
    """Return (`module:qualname`, last name) of a callable as manifest and lock record it."""
    thing = value.thing
    if isinstance(thing, Function):
        unit = linker.modules.units[thing.path]
        definition = unit.function(thing.index)
        name = definition.name
        last = called_by(unit, thing.index) if definition.kind == "lambda" else ""
        return f"{unit.dotted}:{name}", last or name.rpartition(".")[2]
    if isinstance(thing, Partial):
        return callable_name(linker, thing.target)
    if isinstance(thing, External):
        module, _, last = thing.name.rpartition(".")
        return f"{module}:{last}", last
    if isinstance(thing, Class):
        unit = linker.modules.units[thing.path]
        name = unit.class_(thing.index).name
        return f"{unit.dotted}:{name}", name.rpartition(".")[2]
    if isinstance(thing, Literal):
        return str(thing.value), str(thing.value)
    return value.text, value.text.rpartition(".")[2]


def called_by(unit: Unit, index: int) -> str:
    """Return the last name of what a lambda calls, if it is one call; an alias of an import does not count."""
    definition = unit.function(index)
    value = definition.statements[0].value if len(definition.statements) == 1 else None
    while isinstance(value, Group) and value.kind == "await":
        value = value.items[0]
    if not isinstance(value, Result):
        return ""
    callee = definition.calls[value.call].callee
    if isinstance(callee, Name) and "." not in callee.path:
        return _imported_as(unit, index, callee.path)
    return callee.path.rpartition(".")[2] if isinstance(callee, Name | Member) else ""


def _imported_as(unit: Unit, index: int, name: str) -> str:
    """Return the name that a local name was imported by; itself if it was not imported."""
    while index >= 0:
        if found := unit.imports.get(index, {}).get(name):
            return found.name or name
        if index == 0:
            break
        index = unit.function(index).parent
    return name


__all__ = ["Named", "callable_name", "identity", "mark_argument", "named_after", "reference_name"]
