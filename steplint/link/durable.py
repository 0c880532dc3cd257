"""Durable operations: their identity, what they run, and where their arguments come from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from steplint.link import bodies, entering, statements
from steplint.link.arguments import argument_at, named_argument, passed
from steplint.link.events import StepEvent
from steplint.link.forms import StepMatch
from steplint.link.identity import identity, reference_name
from steplint.link.program import Unit, last_name
from steplint.link.values import (
    Abstract,
    Context,
    Function,
    Given,
    Instance,
    Mapped,
    Partial,
)
from steplint.model.dialect import Dialect, Position, StepForm
from steplint.model.graph import Frame, Hop, Role
from steplint.model.place import Place
from steplint.model.summary import Argument
from steplint.model.value import Const, Group, Member, Name, Result, Template

if TYPE_CHECKING:
    from steplint.link.calls import Site
    from steplint.link.linker import Linker
    from steplint.link.walk import Walk

_STATE_KINDS = frozenset({"state", "send"})


def operation(
    site: Site,
    dialect: Dialect,
    form: StepForm,
    spelled: str,
    given: tuple[Given, ...],
    confidence: str,
    function: Abstract | None = None,
) -> Abstract:
    """Record a durable operation and return its recorded result."""
    walk = site.walk
    body = function or body_of(form, given) or statements.decorated_by(site.walk, site.index)
    elsewhere = form.kind in ("invoke", "send") or (form.kind == "child" and not form.child)
    event = walk.steps.get((site.index, spelled)) or StepEvent(
        dialect=dialect, form=form, spelled=spelled, place=site.place, id_place=None, id=None, template=None,
        id_source="unknown", function=walk.title(), frames=site.frames(), consumed=site.call.consumed, must="none",
        trail=(Hop(site.place, walk.title(), site.path or spelled),),
    )  # fmt: skip
    walk.steps[site.index, spelled] = event
    event.frames = site.frames()
    named = identity(site, dialect, form, given, body)
    event.id, event.template, event.id_source = named.id, named.template, named.source
    event.id_place, event.id_parts = named.place, named.parts
    event.confidence = confidence  # type: ignore[assignment]
    event.must = needed(site, dialect, form)
    event.arguments = identity_of_arguments(walk, passed(form, given))
    event.needs_body = (bool(form.body) or form.applies) and not elsewhere
    if not walk.silent:
        walk.out.events.append(event)
        spend(site, form, given, event, named.positions, body)
    if form.child:
        return child(site, dialect, form, given, body, event)
    if body is not None and walk.zone == "body" and not elsewhere and not walk.silent:
        event.body = bodies.describe(site, form, body, given, event)
    return result(site, event)


def result(site: Site, event: StepEvent) -> Abstract:
    """Return the recorded result of an operation, pending until it is awaited where that is needed."""
    consumed = site.call.consumed
    waiting = event.must != "none" and consumed not in ("await", "yield")
    if waiting and consumed == "value":
        event.stored = True
    handle = Instance(event.spelled) if event.spelled in site.walk.linker.forms.handles else None
    return Abstract(
        handle,
        nature="memo",
        deps=frozenset((event,)),
        pending=(event,) if waiting else (),
        text=f"step {event.label()}",
    )


def needed(site: Site, dialect: Dialect, form: StepForm) -> str:
    """Return what the call needs for it to happen: nothing in a plain function, else what the dialect says."""
    must = form.must or dialect.must
    kind = site.walk.function.kind
    if must == "await" and kind not in ("async", "lambda"):
        return "none"
    if kind == "lambda":
        return "none"
    return must


def body_of(form: StepForm, given: tuple[Given, ...]) -> Abstract | None:
    """Return the callable that an operation is given."""
    for position in form.body:
        found = argument_at(given, position)
        if found is not None:
            return found.value
    return None


def identity_of_arguments(walk: Walk, given: tuple[Given, ...]) -> str:
    """Return a digest of arguments as they are written, or nothing for none."""
    if not given:
        return ""
    text = ",".join(f"{each.keyword or ''}={spelled(walk, each.written)}" for each in given)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def spelled(walk: Walk, value: object) -> str:
    """Return an expression as one canonical text."""
    if isinstance(value, Argument):
        return spelled(walk, value.value)
    if isinstance(value, Const):
        return repr(value.value)
    if isinstance(value, Name):
        return value.path
    if isinstance(value, Template):
        return f"{value.text}({','.join(spelled(walk, each) for each in value.parts)})"
    if isinstance(value, Group):
        return f"{value.kind}({','.join(spelled(walk, each) for each in value.items)})"
    if isinstance(value, Member):
        return f"{spelled(walk, value.base)}.{value.path}"
    if isinstance(value, Result) and value.call < len(walk.function.calls):
        call = walk.function.calls[value.call]
        return f"{spelled(walk, call.callee)}({','.join(spelled(walk, each) for each in call.arguments)})"
    return type(value).__name__


def spend(
    site: Site,
    form: StepForm,
    given: tuple[Given, ...],
    event: StepEvent,
    identity_positions: tuple[Position, ...],
    body: Abstract | None,
) -> None:
    """Record what the arguments of an operation are used for: identity, timer, state or plain argument."""
    walk = site.walk
    if walk.zone == "step":
        for each in given:
            walk.use_parts(each.value, "effect-argument", site.place, each.keyword or "", api=site.path, verb=site.verb)
        return
    positions = (*identity_positions, *form.keys)
    identities = {id(found.value) for position in positions if (found := argument_at(given, position))}
    timer = argument_at(given, form.duration) if form.duration is not None else None
    role: Role
    for each in given:
        place = walk.unit.place(each.written.span) if each.written is not None else site.place
        event.deps |= each.value.deps
        if id(each.value) in identities:
            walk.use(each.value, "identity", place, step=event, api=site.path)
            walk.touch(each.value)
        elif isinstance(each.value.thing, Mapped) and any(
            id(value) in identities for _, value in each.value.thing.entries
        ):
            for _, value in each.value.thing.entries:
                role = "identity" if id(value) in identities else "step-argument"
                walk.use(value, role, place, step=event, api=site.path)
        elif timer is not None and each.value is timer.value:
            walk.use(each.value, "timer", place, step=event, api=site.path)
            walk.touch(each.value)
        elif body is not None and each.value is body:
            capture(site, each.value, event, place)
        else:
            role = "state" if form.kind in _STATE_KINDS else "step-argument"
            walk.use_parts(
                each.value, role, place, each.keyword or named_argument(each), step=event, api=site.path, verb=site.verb
            )
            if isinstance(each.value.thing, Function | Partial):
                capture(site, each.value, event, place)


def capture(site: Site, body: Abstract, event: StepEvent, place: Place) -> None:
    """Record what a step's callable reads from the body around it."""
    walk = site.walk
    thing = body.thing
    if isinstance(thing, Partial):
        for each in thing.arguments:
            walk.use_parts(each.value, "step-argument", place, each.keyword or "", step=event, api=site.path)
            event.deps |= each.value.deps
        capture(site, thing.target, event, place)
        return
    if not isinstance(thing, Function):
        walk.use(body, "step-argument", place, step=event, api=site.path)
        event.deps |= body.deps
        return
    if thing.env is None:
        return
    unit = walk.linker.modules.units[thing.path]
    for name in unit.function(thing.index).free:
        value = walk.scope.variables.get(name) or thing.env.variables.get(name)
        if value is None:
            continue
        event.deps |= value.deps
        walk.use_parts(value, "capture", place, name, step=event, api=site.path)


def child(
    site: Site, dialect: Dialect, form: StepForm, given: tuple[Given, ...], body: Abstract | None, event: StepEvent
) -> Abstract:
    """Run workflow code that an operation hosts: a child context, a parallel branch, a mapped function."""
    if body is not None:
        for inner in entering.callables(body):
            path = "" if form.child == "." else form.child
            context = Given(None, Abstract(Context(dialect.name, path)), None)
            arguments = () if form.child == "-" else (context,)
            frames = [Frame(kind="combinator", place=site.place, name=event.spelled)]
            frames.append(Frame(kind="deferred", place=site.place, name=event.spelled))
            entering.enter(site, inner, (*arguments, *passed(form, given)), *frames)
    return result(site, event)


def promises(unit: Unit, index: int) -> dict[str, str]:
    """Return the verbs that comments on a function promise (`deterministic`, `pure`) with their reasons."""
    if not unit.summary.pragmas:
        return {}
    function = unit.function(index)
    return {
        each.verb: each.reason
        for each in unit.summary.pragmas
        if (each.verb in ("deterministic", "pure") and each.covers.contains(function.name_span)
        and function.span.contains(each.covers))
        or (each.verb in ("deterministic", "pure") and each.covers == function.span)
    }  # fmt: skip


def decorated(linker: Linker, thing: Function, dialect: str) -> StepMatch | None:
    """Return the step that calling a decorated function is."""
    for mark in thing.marks:
        for match in linker.forms.step_decorators.get(mark.name, ()):
            if match.dialect.name == dialect and match.form.verb == thing.verb:
                return match
    return None


def is_factory(linker: Linker, thing: Function, dialect: str) -> bool:
    """Return whether calling a function only makes the callable of a step (`durable_step`)."""
    return any((dialect, mark.name) in linker.forms.factories for mark in thing.marks)


def decorated_call(site: Site, match: StepMatch, thing: Function, given: tuple[Given, ...]) -> Abstract:
    """Record the call of a function that is decorated as a step."""
    walk = site.walk
    dialect, form = match.dialect, match.form
    mark = next(each for each in thing.marks if each.name == form.decorator)
    event = walk.steps.get((site.index, mark.name)) or StepEvent(
        dialect=dialect, form=form, spelled=mark.name, place=site.place, id_place=None, id=None, template=None,
        id_source="name", function=walk.title(), frames=site.frames(), consumed=site.call.consumed, must="none",
        trail=(Hop(site.place, walk.title(), site.path or mark.name),),
    )  # fmt: skip
    walk.steps[site.index, mark.name] = event
    event.frames = site.frames()
    said = reference_name(walk.linker, form.id, mark, thing)
    # However often it is called, the ID is its decorator's: calls share it as they share the function.
    event.id, event.id_source = said.id, "name"
    unit = walk.linker.modules.units[thing.path]
    definition = unit.function(thing.index)
    event.must = "none" if definition.kind != "async" or walk.function.kind != "async" else (form.must or dialect.must)
    event.arguments = identity_of_arguments(walk, given)
    event.needs_body = form.kind not in ("child", "invoke", "send")
    if not walk.silent:
        walk.out.events.append(event)
        for each in given:
            place = walk.unit.place(each.written.span) if each.written is not None else site.place
            name = each.keyword or named_argument(each)
            walk.use_parts(each.value, "step-argument", place, name, step=event, api=site.path)
            event.deps |= each.value.deps
        if event.needs_body:
            named = Abstract(thing, text=last_name(definition.name))
            event.body = bodies.describe_function(site, named, given, event)
    return result(site, event)
