"""What a call does: a durable operation, a source, an effect, pure work, or a function of the project to enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link import blocks, builtin, combining, durable, entering, judging, names, writes
from steplint.link.arguments import argument_at
from steplint.link.forms import Registered
from steplint.link.values import (
    UNKNOWN,
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
    Partial,
    Sequence,
    deps_of,
    tags_of,
)
from steplint.model.graph import Frame
from steplint.model.place import Place, Span
from steplint.model.summary import Call
from steplint.model.value import Member, Name, Result, Value

if TYPE_CHECKING:
    from steplint.link.walk import Walk


class Site:
    """One call as it is being interpreted."""

    __slots__ = ("call", "callee", "given", "index", "path", "walk")

    def __init__(self, walk: Walk, index: int, call: Call, callee: Abstract, given: tuple[Given, ...]) -> None:
        self.walk = walk
        self.index = index
        self.call = call
        self.callee = callee
        self.given = given
        self.path = written(walk, call.callee)

    @property
    def place(self) -> Place:
        """Where the call stands."""
        return self.walk.unit.place(self.call.span)

    @property
    def span(self) -> Span:
        """The span of the call."""
        return self.call.span

    @property
    def receiver(self) -> str:
        """The text before the last dot."""
        return self.path.rpartition(".")[0]

    @property
    def verb(self) -> str:
        """The text after the last dot."""
        return self.path.rpartition(".")[2]

    def tags(self) -> Abstract:
        """Everything that the call is given, its receiver included, as one value without a thing."""
        values = [each.value for each in self.given] + [self.callee]
        return Abstract(tags=tags_of(values), deps=deps_of(values))

    def frames(self) -> tuple[Frame, ...]:
        """Return the constructs around the call."""
        return self.walk.current(self.call.block)


def written(walk: Walk, value: Value) -> str:
    """Return a callee as written, as far as it is a path."""
    if isinstance(value, Name):
        return value.path
    if isinstance(value, Member):
        base = written(walk, value.base)
        return f"{base}.{value.path}" if base else value.path
    if isinstance(value, Result):
        return written(walk, walk.function.calls[value.call].callee)
    return ""


def call(walk: Walk, index: int) -> Abstract:
    """Return the value of call ``index``, recording what it does."""
    written_call = walk.function.calls[index]
    if blocks.is_dead(walk, written_call.block):
        return UNKNOWN
    walk.calling = True
    callee = walk.value(written_call.callee, written_call.span)
    walk.calling = False
    given = tuple(Given(each.keyword, walk.value(each.value, each.span), each) for each in written_call.arguments)
    site = Site(walk, index, written_call, callee, given)
    value = dispatch(site, callee, given)
    if site.verb == "sort":
        builtin.sort(site, given)
    if value.call is None:
        value = value.having(call=index) if value is not UNKNOWN else Abstract(call=index)
    return value


def applied(walk: Walk, index: int, written_call: Call, callee: Abstract, function: Abstract) -> None:
    """Record the step that a decorator without a call makes of a local function."""
    assert isinstance(callee.thing, Context)
    forms = walk.linker.forms
    form = forms.methods.get((callee.thing.dialect, callee.thing.path))
    if form is None or not form.applies:
        return
    site = Site(walk, -1 - index, written_call, callee, ())
    dialect = forms.dialects[callee.thing.dialect]
    durable.operation(site, dialect, form, callee.thing.path, (), callee.thing.confidence, function)


def dispatch(site: Site, callee: Abstract, given: tuple[Given, ...]) -> Abstract:
    """Return what calling ``callee`` gives."""
    thing = callee.thing
    if isinstance(thing, Context):
        return context_call(site, callee, thing, given)
    if isinstance(thing, External):
        return external_call(site, callee, thing, given)
    if isinstance(thing, Function):
        return entering.function_call(site, callee, thing, given)
    if isinstance(thing, Class):
        return entering.construct(site, thing, given)
    if isinstance(thing, Sequence) and thing.kind == "alternatives":
        return site.walk.joined([dispatch(site, each, given) for each in thing.items])
    if isinstance(thing, Partial):
        merged = given + thing.arguments if thing.late else thing.arguments + given
        return dispatch(site, thing.target, merged)
    if isinstance(thing, Instance):
        return instance_call(site, callee, thing, given)
    if isinstance(thing, Object):
        method = class_method(site, callee, "__call__")
        if method is not None:
            return entering.function_call(site, method, method.thing, given)  # type: ignore[arg-type]
    return judging.unknown_call(site, callee, given)


def class_method(site: Site, receiver: Abstract, name: str) -> Abstract | None:
    """Return a bound method of an instance, if its class has it."""
    found = names.attribute(site.walk.linker, receiver, name)
    return found if isinstance(found.thing, Function) else None


def context_call(site: Site, callee: Abstract, thing: Context, given: tuple[Given, ...]) -> Abstract:
    """Return what a member of a workflow context gives: a step, a combinator, recorded or changing data."""
    walk = site.walk
    forms = walk.linker.forms
    dialect = forms.dialects[thing.dialect]
    form = forms.methods.get((thing.dialect, thing.path))
    if form is not None:
        recorded = durable.operation(site, dialect, form, thing.path, given, thing.confidence)
        return gated(site, given, recorded) if forms.is_gate(thing.dialect, thing.path) else recorded
    if thing.path in dialect.parallel:
        return combining.combine(site, thing.path, given)
    if forms.is_gate(thing.dialect, thing.path):
        return gate(site, given)
    spelled = {name: path for name, path in dialect.obtained.items() if name == f".{thing.path}"}
    if spelled:
        return Abstract(Context(thing.dialect, next(iter(spelled.values())), thing.confidence))
    values = [each.value for each in given]
    if callee.nature == "event" and walk.linker.apis.mutator(site.verb):
        writes.note_change(walk, callee, site.path.split(".")[0], site.verb, site.span)
    return Abstract(tags=tags_of(values) | callee.tags, nature=callee.nature or "event", deps=deps_of(values))


def gate(site: Site, given: tuple[Given, ...]) -> Abstract:
    """Return the answer of a patch gate that records nothing itself."""
    return gated(site, given, Abstract(nature="memo"))


def gated(site: Site, given: tuple[Given, ...], answer: Abstract) -> Abstract:
    """Return the answer of a patch gate as one that a branch can name."""
    name = given[0].value.thing if given else None
    label = str(name.value) if isinstance(name, Literal) else site.path
    return answer.having(over=f"gate:{label}")


def external_call(site: Site, callee: Abstract, thing: External, given: tuple[Given, ...]) -> Abstract:
    """Return what a function or method outside the project gives."""
    walk = site.walk
    linker, name = walk.linker, thing.name
    forms = linker.forms
    match = forms.step_call(name, walk.dialect)
    if (
        match is not None
        and walk.zone != "outside"
        and match.dialect.name == walk.dialect
        and (
            walk.zone == "body" or name.partition(".")[0] in {each.partition(".")[0] for each in match.dialect.packages}
        )
    ):
        recorded = durable.operation(site, match.dialect, match.form, name, given, "high")
        return gated(site, given, recorded) if forms.is_gate(walk.dialect, name) else recorded
    if walk.dialect and forms.is_gate(walk.dialect, name):
        return gate(site, given)
    context = forms.obtained.get(name)
    if context is not None:
        return Abstract(context, text=site.path)
    dialect = forms.dialects.get(walk.dialect)
    if dialect is not None:
        if name.rpartition(".")[2][:1].isupper() and (name in dialect.parallel or name in dialect.unordered):
            return Abstract(Instance(name, given), text=site.path)
        if name in dialect.parallel or name.rpartition(".")[0] in dialect.parallel:
            return combining.combine(site, name, given)
        if name in dialect.unordered or name.rpartition(".")[0] in dialect.unordered:
            return combining.combine(site, name, given)
        if name in dialect.stable:
            return Abstract(Instance(name, given), nature="event")
    registered = registration(site, name, thing, given)
    if registered is not None:
        return registered
    known = builtin.call(site, name, given)
    if known is not None:
        return known
    return judging.effects_of_external(site, callee, thing, given)


def registration(site: Site, name: str, thing: External, given: tuple[Given, ...]) -> Abstract | None:
    """Return the function a decorator or registering call was given, marked; None when it is no such call."""
    linker = site.walk.linker
    first = given[0].value if len(given) == 1 and given[0].keyword is None else None
    if name in linker.forms.marks and first is not None and isinstance(first.thing, Function):
        marked = first.thing
        for match in linker.forms.workflow_decorators.get(name, ()):
            linker.registered[site.place] = Registered(match, marked, (), thing.receiver, site.place)
        return first.having(
            thing=Function(
                marked.path, marked.index, marked.env, marked.bound,
                (*marked.marks, Mark(name, (), thing.receiver, False)), marked.owner,
            )
        )  # fmt: skip
    for match in linker.forms.workflow_calls.get(name, ()):
        for position in match.form.body:
            found = argument_at(given, position)
            if found is not None and isinstance(found.value.thing, Function):
                linker.registered[site.place] = Registered(match, found.value.thing, given, thing.receiver, site.place)
    return None


def instance_call(site: Site, callee: Abstract, thing: Instance, given: tuple[Given, ...]) -> Abstract:
    """Return what calling the result of an external call gives: a decorated function, or something unknown."""
    linker = site.walk.linker
    first = given[0].value if len(given) == 1 and given[0].keyword is None else None
    if thing.name in linker.forms.marks and first is not None and isinstance(first.thing, Function):
        marked = first.thing
        for match in linker.forms.workflow_decorators.get(thing.name, ()):
            linker.registered[site.place] = Registered(match, marked, thing.arguments, thing.receiver, site.place)
        return first.having(
            thing=Function(
                marked.path, marked.index, marked.env, marked.bound,
                (*marked.marks, Mark(thing.name, thing.arguments, thing.receiver)), marked.owner,
            )
        )  # fmt: skip
    made = judging.unknown_call(site, callee, given)
    return made.having(thing=Instance(thing.name, given)) if made.thing is None else made
