"""What a name means: variables, definitions, imports, re-exports, attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link.program import Unit
from steplint.link.values import (
    UNKNOWN,
    Abstract,
    Class,
    Context,
    External,
    Function,
    Instance,
    Literal,
    Mapped,
    Module,
    Object,
    Pattern,
    Scope,
    Sequence,
)
from steplint.model.place import Span
from steplint.model.summary import Import
from steplint.model.value import Const, Group, Name, Value

if TYPE_CHECKING:
    from steplint.link.linker import Linker
    from steplint.link.walk import Walk

_BUILTIN_TYPES = {"tuple": "tuple", "list": "list", "set": "set", "listcomp": "list", "setcomp": "set"}


def look_up(walk: Walk, path: str, at: Span) -> Abstract:
    """Return what a dotted path means at this point of a function; reading a source makes one."""
    pieces = path.split(".")
    variables = walk.scope.variables
    start = 1
    base: Abstract | None = None
    for count in range(len(pieces), 1, -1):
        stored = variables.get(".".join(pieces[:count]))
        if stored is not None:
            base, start = stored, count
            break
    if base is None:
        base = head(walk, pieces[0])
        base = walk.read(base, pieces[0], at)
        if walk.zone == "body" and pieces[0] in walk.unit.mutated and walk.is_module_variable(pieces[0]):
            base = walk.source_value("state", pieces[0], at, base, expression=path)
    for part in pieces[start:]:
        base = attribute(walk.linker, base, part, walk, at)
    if not base.text:
        base = base.having(text=path)
    return base


def head(walk: Walk, name: str) -> Abstract:
    """Return what a plain name means: the innermost scope that knows it decides."""
    linker = walk.linker
    scope: Scope | None = walk.scope
    while scope is not None:
        unit = linker.modules.units[scope.path]
        found = scope.variables.get(name)
        if found is not None:
            return found
        local = defined(linker, unit, scope.index, name, scope)
        if local is not None:
            return local
        if scope.parent is None:
            return enclosing(linker, unit, unit.function(scope.index).parent if scope.index else -1, name)
        scope = scope.parent
    return UNKNOWN


def enclosing(linker: Linker, unit: Unit, index: int, name: str) -> Abstract:
    """Return what a free name means, given the function that encloses its scope; -1 stands for nothing."""
    at = index
    while at > 0:
        if unit.function(at).kind != "class":
            scope = linker.outside(unit, at).scope
            found = scope.variables.get(name)
            if found is not None:
                return found
            local = defined(linker, unit, at, name, scope)
            if local is not None:
                return local
        at = unit.function(at).parent
    return in_module(linker, unit, name)


def defined(linker: Linker, unit: Unit, index: int, name: str, scope: Scope | None = None) -> Abstract | None:
    """Return a function, class or import that scope ``index`` binds under ``name``."""
    if not index and name in unit.omitted:
        linker.modules.lacks(unit, name)
    function = unit.members.get(index, {}).get(name)
    if function is not None:
        closure = scope.snapshot() if scope is not None and index and unit.function(index).kind != "class" else None
        return Abstract(
            Function(unit.path, function, closure, marks=linker.marks(unit, function), owner=unit.owner(function)),
            text=name,
        )
    found = unit.classes.get(index, {}).get(name)
    if found is not None:
        return Abstract(Class(unit.path, found), text=name)
    imported = unit.imports.get(index, {}).get(name)
    if imported is not None:
        return import_value(linker, unit, imported)
    return None


def in_module(linker: Linker, unit: Unit, name: str) -> Abstract:
    """Return what ``name`` means at module level, builtins last."""
    found = member(linker, unit, name)
    if found is not None:
        return found
    if name in linker.builtins:
        return Abstract(External(f"builtins.{name}"), text=name)
    return Abstract(text=name)


def member(linker: Linker, unit: Unit, name: str) -> Abstract | None:
    """Return what a module offers under ``name``: definitions, imports, variables, star imports, submodules."""
    known = linker.members.get((unit.path, name))
    if known is not None:
        return known
    if (unit.path, name) in linker.resolving:
        return UNKNOWN
    linker.resolving.add((unit.path, name))
    try:
        found = _member(linker, unit, name)
    finally:
        linker.resolving.discard((unit.path, name))
    if found is not None and not linker.partial(unit):
        linker.members[unit.path, name] = found
    return found


def _member(linker: Linker, unit: Unit, name: str) -> Abstract | None:
    found = defined(linker, unit, 0, name)
    if found is not None and found.thing is not None:
        return found
    if name in linker.assigned(unit):
        variable = linker.module(unit).scope.variables.get(name)
        if variable is not None:
            return variable
    for star in unit.stars:
        path = linker.modules.resolve(unit.path, star.module, star.level)
        if path is None:
            continue
        other = linker.modules.unit(path, name)
        offered = member(linker, other, name) if other is not None and other is not unit else None
        if offered is not None:
            return offered
    if found is not None:
        return found
    if unit.path.endswith("__init__.py"):
        path = linker.modules.resolve(unit.path, name, 1)
        if path is not None:
            return Abstract(Module(path, f"{unit.dotted}.{name}"), text=name)
    return None


def import_value(linker: Linker, unit: Unit, imported: Import) -> Abstract:
    """Return what an import binds."""
    modules = linker.modules
    if not imported.name:
        whole = imported.module
        dotted = whole if imported.local != whole.split(".")[0] else imported.local
        path = modules.resolve(unit.path, dotted, 0)
        if path is not None:
            return Abstract(Module(path, dotted, unit.path), text=imported.local)
        if dotted != whole and modules.resolve(unit.path, whole, 0) is not None:
            return Abstract(Module("", dotted, unit.path), text=imported.local)
        return Abstract(External(dotted), text=imported.local)
    path = modules.resolve(unit.path, imported.module, imported.level) if imported.module or imported.level else None
    inner = f"{imported.module}.{imported.name}" if imported.module else imported.name
    if path is not None:
        other = modules.unit(path, imported.name)
        if other is None:
            return Abstract(text=imported.local)
        found = member(linker, other, imported.name) if other is not unit else None
        if found is not None:
            return found.having(text=imported.local)
    below = modules.resolve(unit.path, inner, imported.level)
    if below is not None:
        return Abstract(Module(below, inner, unit.path), text=imported.local)
    if imported.level == 0 and (path is None or linker.forms.package(imported.module)):
        return Abstract(External(linker.forms.canonical(inner)), text=imported.local)
    return Abstract(text=imported.local)


def attribute(linker: Linker, base: Abstract, name: str, walk: Walk | None = None, at: Span | None = None) -> Abstract:
    """Return ``base.name``."""
    thing = base.thing
    text = f"{base.text}.{name}" if base.text else name
    if isinstance(thing, External):
        found = Abstract(
            External(linker.forms.canonical(f"{thing.name}.{name}"), thing.receiver),
            tags=base.tags, nature=base.nature, text=text, over=base.over, steady=base.steady, deps=base.deps,
        )  # fmt: skip
        return walk.read_external(found, at) if walk is not None and at is not None else found
    if isinstance(thing, Instance):
        if name == "__class__":
            return Abstract(External(thing.name), text=text)
        for given in thing.arguments:
            if given.keyword == name:
                return given.value.having(text=text)
        return Abstract(
            External(linker.forms.canonical(f"{thing.name}.{name}"), base),
            tags=base.tags, nature=base.nature, text=text, over=base.over, steady=base.steady, deps=base.deps,
        )  # fmt: skip
    if isinstance(thing, Module):
        return in_project_module(linker, thing, name, text)
    if isinstance(thing, Class):
        found_member = class_member(linker, thing, name)
        return found_member.having(text=text) if found_member is not None else Abstract(text=text)
    if isinstance(thing, Object):
        return of_object(linker, base, thing, name, text, walk, at)
    if isinstance(thing, Context):
        return of_context(linker, base, thing, name, text, walk, at)
    if isinstance(thing, Mapped):
        return Abstract(External(f"builtins.dict.{name}", base), tags=base.tags, text=text, deps=base.deps)
    if isinstance(thing, Sequence):
        kind = _BUILTIN_TYPES.get(thing.kind, "list")
        return Abstract(External(f"builtins.{kind}.{name}", base), tags=base.tags, text=text, deps=base.deps)
    if isinstance(thing, Literal) and name == "value":
        # No plain constant has it: this is a member of an enumeration, known by what it is made of.
        return base.having(text=text)
    if isinstance(thing, Literal | Pattern):
        text_type = isinstance(thing, Pattern) or isinstance(thing.value, str)
        if text_type:
            return Abstract(
                External(f"builtins.str.{name}", base), tags=base.tags, text=text, deps=base.deps, nature=base.nature
            )
    if isinstance(thing, Function):
        if name in linker.forms.verbs and thing.marks:
            return Abstract(
                Function(thing.path, thing.index, thing.env, thing.bound, thing.marks, thing.owner, name), text=text
            )
        return Abstract(text=text, tags=base.tags, deps=base.deps)
    return Abstract(tags=base.tags, nature=base.nature, text=text, over=base.over, steady=base.steady, deps=base.deps)


def in_project_module(linker: Linker, thing: Module, name: str, text: str) -> Abstract:
    """Return a member of a project module, a submodule, or the SDK's member that a package of the same name hides."""
    if thing.path:
        unit = linker.modules.unit(thing.path, name)
        if unit is None:
            return Abstract(text=text)
        found = member(linker, unit, name)
        if found is not None:
            return found.having(text=text)
    dotted = f"{thing.dotted}.{name}"
    below = linker.modules.resolve(thing.importer or thing.path, dotted, 0)
    if below is not None:
        return Abstract(Module(below, dotted, thing.importer), text=text)
    if linker.forms.package(thing.dotted):
        return Abstract(External(linker.forms.canonical(dotted)), text=text)
    if not thing.path:
        return Abstract(Module("", dotted, thing.importer), text=text)
    return Abstract(text=text)


def class_member(linker: Linker, owner: Class, name: str, depth: int = 8) -> Abstract | None:
    """Return an attribute or method of a project class, looked up through its bases."""
    unit = linker.modules.unit(owner.path)
    if unit is None or not depth:
        return None
    body = unit.class_(owner.index).body
    function = unit.members.get(body, {}).get(name)
    if function is not None:
        return Abstract(Function(unit.path, function, marks=linker.marks(unit, function), owner=owner.index), text=name)
    nested = unit.classes.get(body, {}).get(name)
    if nested is not None:
        return Abstract(Class(unit.path, nested), text=name)
    variable = linker.outside(unit, body).scope.variables.get(name)
    if variable is not None:
        return variable
    for base in linker.bases(owner):
        if isinstance(base.thing, Class):
            found = class_member(linker, base.thing, name, depth - 1)
            if found is not None:
                return found
        if isinstance(base.thing, External):
            return Abstract(External(f"{base.thing.name}.{name}"), text=name)
    return None


def of_object(
    linker: Linker, base: Abstract, thing: Object, name: str, text: str, walk: Walk | None, at: Span | None
) -> Abstract:
    """Return a field or a bound method of an instance."""
    stored = thing.fields.get(name)
    if stored is not None:
        return stored.having(text=text)
    found = class_member(linker, Class(thing.path, thing.index), name)
    if found is None:
        return Abstract(text=text, tags=base.tags if not thing.fields else frozenset(), deps=base.deps)
    if isinstance(found.thing, Function):
        method = found.thing
        if linker.is_property(method):
            if walk is not None and at is not None and walk.zone != "outside":
                return walk.property_value(method, base, text, at).having(text=text)
            return linker.call_property(method, base).having(text=text)
        return Abstract(
            Function(method.path, method.index, method.env, base, method.marks, method.owner),
            text=text,
            tags=base.tags,
        )
    if isinstance(found.thing, External):
        return Abstract(External(found.thing.name, base), text=text, tags=base.tags)
    return found.having(text=text)


def of_context(
    linker: Linker, base: Abstract, thing: Context, name: str, text: str, walk: Walk | None, at: Span | None
) -> Abstract:
    """Return something reached from a workflow context: a step method, stable data, or data that changes."""
    path = f"{thing.path}.{name}" if thing.path else name
    dialect = linker.forms.dialects[thing.dialect]
    found = Abstract(Context(thing.dialect, path, thing.confidence), text=text, nature=base.nature)
    first = path.split(".")[0]
    if first in dialect.stable_context or name in dialect.stable_context:
        return found.having(nature="event")
    if path in dialect.unstable_context and walk is not None and at is not None:
        return walk.source_value("state", f"{base.text}.{name}", at, found.having(thing=None), expression=text)
    return found


def type_value(linker: Linker, unit: Unit, index: int, annotation: Value | None, scope: Scope | None) -> Abstract:
    """Return a value of the annotated type: an instance, a context, or something unknown."""
    named = _annotated(linker, unit, index, annotation, scope)
    if named is None:
        return UNKNOWN
    return instance_of(linker, named)


def instance_of(linker: Linker, named: Abstract) -> Abstract:
    """Return an instance of a class."""
    thing = named.thing
    if isinstance(thing, External):
        context = linker.forms.context(thing.name)
        if context is not None:
            return Abstract(context, text=named.text)
        return Abstract(Instance(thing.name))
    if isinstance(thing, Class):
        return linker.instance(thing)
    return UNKNOWN


def _annotated(
    linker: Linker, unit: Unit, index: int, annotation: Value | None, scope: Scope | None
) -> Abstract | None:
    if isinstance(annotation, Name):
        return dotted(linker, unit, index, annotation.path)
    if isinstance(annotation, Const) and isinstance(annotation.value, str):
        text = annotation.value.strip()
        return dotted(linker, unit, index, text) if text.replace(".", "").replace("_", "").isalnum() else None
    if isinstance(annotation, Group) and annotation.kind == "binary":
        for item in annotation.items:
            found = _annotated(linker, unit, index, item, scope)
            if found is not None and found.thing is not None and found.text != "None":
                return found
    if isinstance(annotation, Group) and annotation.kind == "subscript" and annotation.items:
        outer = _annotated(linker, unit, index, annotation.items[0], scope)
        if outer is None or not isinstance(outer.thing, External):
            return outer
        if outer.thing.name in ("typing.Optional", "typing.Annotated", "typing_extensions.Annotated", "typing.Union"):
            for item in annotation.items[1:]:
                found = _annotated(linker, unit, index, item, scope)
                if found is not None:
                    return found
        return outer
    return None


def dotted(linker: Linker, unit: Unit, index: int, path: str) -> Abstract:
    """Return what a dotted path means in scope ``index``, whatever statement it stands in."""
    first, *rest = path.split(".")
    local = defined(linker, unit, index, first)
    base = local if local is not None else enclosing(linker, unit, index, first)
    for part in rest:
        base = attribute(linker, base, part)
    return base
