"""Which functions and classes are workflows, by decorator, registering call, base class, or method of a client."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from steplint.link import names
from steplint.link.arguments import argument_at
from steplint.link.forms import WorkflowMatch
from steplint.link.identity import mark_argument, named_after, simple_name
from steplint.link.linker import Linker
from steplint.link.program import Unit, is_none, last_name
from steplint.link.values import (
    Abstract,
    Class,
    Context,
    External,
    Function,
    Given,
    Instance,
    Literal,
    Mark,
    Object,
)
from steplint.model.dialect import Dialect, WorkflowForm
from steplint.model.graph import Rejected
from steplint.model.place import Place
from steplint.model.value import Name, Value


class Found(NamedTuple):
    """A workflow as it was declared: its bodies are interpreted one after the other as one run."""

    id: str
    app: str
    dialect: Dialect
    form: str
    bodies: tuple[Body, ...]
    name: str
    path: str
    place: Place
    id_place: Place | None
    confidence: str = "high"
    replayed: bool = True
    """False for a handler that the engine calls once, after the run (`on_failure`)."""


class Body(NamedTuple):
    """A function that is replayed, and what its leading parameters are."""

    function: Function
    receives: tuple[str, ...]
    receiver: Abstract | None = None


def workflows(linker: Linker, elsewhere: Collection[str]) -> Iterator[Found]:
    """Yield every workflow declared in the modules that were read, also in those that are read on the way.

    What modules ``elsewhere`` declare by themselves is somebody else's: only what others register in them counts.
    """
    seen: set[str] = set()
    told: set[Place] = set()
    verbs = frozenset[str]()
    while fresh := [path for path in linker.modules.units if path not in seen]:
        known, verbs = verbs, linker.registering()
        # Which SDKs are in use is known only now: what seemed to register nothing is looked into again.
        for path in [*(() if verbs == known else sorted(seen)), *fresh]:
            unit = linker.modules.units[path]
            if path in elsewhere or unit.summary.problem is not None:
                continue
            if path not in seen:
                yield from _decorated_functions(linker, unit)
                yield from _classes(linker, unit)
            _run_registrations(linker, unit, verbs)
        seen.update(fresh)
        yield from _registered(linker, elsewhere, told)


# -- functions ---------------------------------------------------------------------------------------------------------


def _decorated_functions(linker: Linker, unit: Unit) -> Iterator[Found]:
    for index, function in enumerate(unit.summary.functions):
        if not index or function.kind not in ("function", "async") or not function.decorators:
            continue
        marks = linker.marks(unit, index)
        if not marks:
            continue
        owner = unit.owner(index)
        closure = linker.parent_scope(unit, index) if owner < 0 else None
        thing = Function(unit.path, index, closure, marks=marks, owner=owner)
        for mark in marks:
            yield from _by_mark(linker, unit, thing, mark, marks)


def _by_mark(linker: Linker, unit: Unit, thing: Function, mark: Mark, marks: tuple[Mark, ...]) -> Iterator[Found]:
    forms = linker.forms
    matches = list(forms.workflow_decorators.get(mark.name, ()))
    confidence = "high"
    if mark.name.startswith("*."):
        matches, confidence = list(forms.workflow_named.get(mark.name[2:], ())), "medium"
    for match in matches:
        if match.form.entry:
            continue
        if match.form.generator and not unit.function(thing.index).generator:
            continue
        yield from declare(linker, match, thing, mark, marks, confidence)
        return


def declare(
    linker: Linker, match: WorkflowMatch, thing: Function, mark: Mark, marks: tuple[Mark, ...], confidence: str = "high"
) -> Iterator[Found]:
    """Yield the workflow of a decorated or registered function, and the further bodies its declaration names."""
    unit = linker.modules.units[thing.path]
    function = unit.function(thing.index)
    form = match.form
    name, place = identified(linker, form, mark, thing)
    app = _app(form, mark.receiver)
    receiver = _own_instance(linker, unit, thing)
    yield Found(
        id=name,
        app=app,
        dialect=match.dialect,
        form=mark.name,
        bodies=(Body(thing, form.receives, receiver),),
        name=function.name.partition("#")[0],
        path=unit.path,
        place=unit.place(function.name_span),
        id_place=place,
        confidence=confidence,
    )
    for keyword in form.also:
        given = argument_at(mark.arguments, keyword)
        if given is not None and isinstance(given.value.thing, Function):
            inner = given.value.thing
            other = linker.modules.units.get(inner.path)
            if other is None:
                continue
            body = other.function(inner.index)
            yield Found(
                id=f"{name}-failure",
                app=app,
                dialect=match.dialect,
                form=f"{mark.name}({keyword})",
                bodies=(Body(inner, form.receives),),
                name=body.name.partition("#")[0],
                path=other.path,
                place=other.place(body.name_span),
                id_place=None,
                confidence=confidence,
                replayed=False,
            )


def identified(linker: Linker, form: WorkflowForm, mark: Mark, thing: Function) -> tuple[str, Place | None]:
    """Return the ID of a workflow and where it is written."""
    unit = linker.modules.units[thing.path]
    for position in form.id:
        if position == "@name":
            return simple_name(linker, thing), None
        if position in ("@reference", "@qualname", "@path", "@module"):
            return named_after(linker, str(position), Abstract(thing)) or "", None
        given = argument_at(mark.arguments, position)
        if given is None:
            continue
        text = mark_argument(mark, position)
        if text is not None:
            span = getattr(given.written, "span", None)
            return text, unit.place(span) if span is not None else None
        pattern = getattr(given.value.thing, "text", None)
        if isinstance(pattern, str):
            return pattern, None
    return simple_name(linker, thing), None


def _app(form: WorkflowForm, receiver: Abstract | None) -> str:
    if not form.app or receiver is None or not isinstance(receiver.thing, Instance):
        return ""
    position = int(form.app) if form.app.isdigit() else form.app
    given = argument_at(receiver.thing.arguments, position)
    if given is not None and isinstance(given.value.thing, Literal) and isinstance(given.value.thing.value, str):
        return given.value.thing.value
    return ""


def _own_instance(linker: Linker, unit: Unit, thing: Function) -> Abstract | None:
    if thing.owner < 0 or linker.is_static(unit, thing.index):
        return None
    return linker.instance(Class(unit.path, thing.owner)).having(text="self")


def _registered(linker: Linker, elsewhere: Collection[str], told: set[Place]) -> Iterator[Found]:
    for at, each in list(linker.registered.items()):
        if at in told or (at.path in elsewhere and at in linker.own):
            continue
        told.add(at)
        mark = Mark(each.match.form.call or each.match.form.decorator, each.arguments, each.receiver)
        unit = linker.modules.units.get(each.function.path)
        if unit is None:
            continue
        if each.match.form.generator and not unit.function(each.function.index).generator:
            continue
        yield from declare(linker, each.match, each.function, mark, each.function.marks)


def _run_registrations(linker: Linker, unit: Unit, wanted: frozenset[str]) -> None:
    """Walk the scopes that hold registering calls, so that they are met."""
    for index, function in enumerate(unit.summary.functions):
        if function.kind == "lambda":
            continue
        if any(_called(each.callee) in wanted for each in function.calls) and (index == 0 or function.kind != "class"):
            linker.outside(unit, index)


def _called(callee: Value) -> str:
    return callee.path.rpartition(".")[2] if hasattr(callee, "path") else ""


# -- classes -----------------------------------------------------------------------------------------------------------


def _classes(linker: Linker, unit: Unit) -> Iterator[Found]:
    for index, class_ in enumerate(unit.summary.classes):
        owner = Class(unit.path, index)
        for mark in linker.class_marks(owner):
            for match in linker.forms.workflow_decorators.get(mark.name, ()):
                if match.form.entry:
                    yield from _class(linker, unit, owner, match, mark)
                break
        if not class_.bases:
            continue
        for base in linker.bases(owner):
            if isinstance(base.thing, External):
                for match in linker.forms.workflow_bases.get(base.thing.name, ()):
                    yield from _class(linker, unit, owner, match, Mark(base.thing.name, ()))


def _class(linker: Linker, unit: Unit, owner: Class, match: WorkflowMatch, mark: Mark) -> Iterator[Found]:
    class_ = unit.class_(owner.index)
    form = match.form
    methods = {name: _method(linker, owner, name) for name in _method_names(linker, owner)}
    entries = [each for name, each in methods.items() if each is not None and _is_entry(linker, form.entry, name, each)]
    handlers = [
        each for name, each in methods.items() if each is not None and _is_entry(linker, form.handlers, name, each)
    ]
    if not entries:
        return
    receiver = linker.instance(owner).having(text="self")
    own = last_name(class_.name)
    name = next((text for position in form.id if (text := mark_argument(mark, position)) is not None), own)
    entry = linker.modules.units[entries[0].path].function(entries[0].index)
    yield Found(
        id=name,
        app="",
        dialect=match.dialect,
        form=mark.name,
        bodies=tuple(Body(each, form.receives, receiver) for each in (*entries, *handlers)),
        name=f"{class_.name.partition('#')[0]}.{last_name(entry.name)}",
        path=unit.path,
        place=linker.modules.units[entries[0].path].place(entry.name_span),
        id_place=None,
    )


def _method_names(linker: Linker, owner: Class, depth: int = 8) -> list[str]:
    unit = linker.modules.unit(owner.path)
    if unit is None or not depth:
        return []
    found = dict.fromkeys(unit.members.get(unit.class_(owner.index).body, {}))
    for base in linker.bases(owner):
        if isinstance(base.thing, Class):
            found.update(dict.fromkeys(_method_names(linker, base.thing, depth - 1)))
    return list(found)


def _method(linker: Linker, owner: Class, name: str) -> Function | None:
    found = names.class_member(linker, owner, name)
    return found.thing if found is not None and isinstance(found.thing, Function) else None


def _is_entry(linker: Linker, wanted: tuple[str, ...], name: str, method: Function) -> bool:
    return f".{name}" in wanted or any(mark.name in wanted for mark in method.marks)


# -- what runs ---------------------------------------------------------------------------------------------------------


def parameters(linker: Linker, body: Body, dialect: Dialect) -> dict[str, Abstract]:
    """Return what the parameters of a workflow body are: contexts by position, the rest the input of the run."""
    unit = linker.modules.units[body.function.path]
    function = unit.function(body.function.index)
    typed = linker.typed_parameters(unit, body.function.index)
    found: dict[str, Abstract] = {}
    listed = list(function.parameters)
    if body.receiver is not None and listed:
        found[listed[0].name] = body.receiver
        listed = listed[1:]
    for position, parameter in enumerate(listed):
        value = typed.get(parameter.name)
        if value is not None and isinstance(value.thing, Context):
            found[parameter.name] = value.having(text=parameter.name)
            continue
        path = body.receives[position] if position < len(body.receives) else "-"
        if path != "-":
            found[parameter.name] = Abstract(Context(dialect.name, path), text=parameter.name)
        else:
            thing = value.thing if value is not None and isinstance(value.thing, Instance | Object) else None
            optional = is_none(parameter.default)
            found[parameter.name] = Abstract(thing, nature="event", text=parameter.name, optional=optional)
    return found


def rejected(linker: Linker) -> Iterator[Rejected]:
    """Yield what looks like a workflow and was not taken for one: step calls in a function that nothing registers."""
    for unit in linker.modules.units.values():
        for index, function in enumerate(unit.summary.functions):
            if not index or function.kind not in ("function", "async"):
                continue
            spelled = _looks_durable(linker, unit, index)
            if spelled is None:
                continue
            dialect, method = spelled
            yield Rejected(
                unit.place(function.name_span),
                function.name,
                f"calls `{method}` as {dialect} steps are written, but nothing registers it",
                _setting(linker, unit, index),
            )


def _looks_durable(linker: Linker, unit: Unit, index: int) -> tuple[str, str] | None:
    function = unit.function(index)
    names = {each.name for each in function.parameters}
    for call in function.calls:
        if not isinstance(call.callee, Name):
            continue
        head, _, rest = call.callee.path.partition(".")
        if head not in names or not rest:
            continue
        for dialect in linker.forms.dialects.values():
            if head not in dialect.parameters:
                continue
            base = dialect.parameters[head]
            path = f"{base}.{rest}" if base else rest
            if (dialect.name, path) in linker.forms.methods and call.arguments:
                return dialect.name, call.callee.path
    return None


def _setting(linker: Linker, unit: Unit, index: int) -> str:
    """Return the configuration line that would make the function a workflow, if it has a decorator of its own."""
    for decorator in unit.function(index).decorators:
        value = decorator.value
        if isinstance(value, Name):
            written = value.path
        else:
            call = getattr(value, "call", None)
            callee = unit.function(unit.function(index).parent).calls[call].callee if call is not None else None
            written = callee.path if isinstance(callee, Name) else ""
        if written:
            head, _, rest = written.partition(".")
            imported = unit.imports.get(0, {}).get(head)
            origin = (
                f"{imported.module}.{imported.name}".strip(".") if imported is not None else f"{unit.dotted}.{head}"
            )
            own = ".".join(part for part in (origin, rest) if part)
            return f'decorators = {{ "{own}" = "<the SDK decorator it stands for>" }}'
    return ""


__all__ = ["Body", "Found", "Given", "parameters", "rejected", "workflows"]
