"""What a call does: a durable operation, a source, an effect, pure work, or a function of the project to enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from steplint.link import bodies, builtin, durable, expressions, names
from steplint.link.arguments import argument_at, named_argument
from steplint.link.events import Source, Splice, StepEvent, TaskEvent
from steplint.link.forms import Registered
from steplint.link.program import last_name
from steplint.link.values import (
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
    Mark,
    Object,
    Parameter,
    Partial,
    Sequence,
    Tag,
    Tags,
    deps_of,
    tags_of,
)
from steplint.model.graph import Frame, Hop, Nested, Role, Unresolved
from steplint.model.place import Place, Span
from steplint.model.summary import Call
from steplint.model.value import Group, Member, Name, Result, Value

if TYPE_CHECKING:
    from steplint.knowledge.apis import Found
    from steplint.link.walk import Walk


_SETTINGS = frozenset({"import", "host", "time-zone"})


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
    if walk.is_dead(written_call.block):
        return UNKNOWN
    walk.calling = True
    callee = walk.value(written_call.callee, written_call.span)
    walk.calling = False
    given = tuple(Given(each.keyword, walk.value(each.value, each.span), each) for each in written_call.arguments)
    site = Site(walk, index, written_call, callee, given)
    value = dispatch(site, callee, given)
    if value.call is None:
        value = value.having(call=index) if value is not UNKNOWN else Abstract(call=index)
    return value


def dispatch(site: Site, callee: Abstract, given: tuple[Given, ...]) -> Abstract:
    """Return what calling ``callee`` gives."""
    thing = callee.thing
    if isinstance(thing, Context):
        return context_call(site, callee, thing, given)
    if isinstance(thing, External):
        return external_call(site, callee, thing, given)
    if isinstance(thing, Function):
        return function_call(site, callee, thing, given)
    if isinstance(thing, Class):
        return construct(site, thing, given)
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
            return function_call(site, method, method.thing, given)  # type: ignore[arg-type]
    return unknown_call(site, callee, given)


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
        return combine(site, thing.path, given)
    if forms.is_gate(thing.dialect, thing.path):
        return gate(site, given)
    spelled = {name: path for name, path in dialect.obtained.items() if name == f".{thing.path}"}
    if spelled:
        return Abstract(Context(thing.dialect, next(iter(spelled.values())), thing.confidence))
    values = [each.value for each in given]
    if callee.nature == "event" and walk.linker.apis.mutator(site.verb):
        walk.note_change(callee, site.path.split(".")[0], site.verb, site.span)
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
            return combine(site, name, given)
        if name in dialect.unordered or name.rpartition(".")[0] in dialect.unordered:
            return combine(site, name, given)
        if name in dialect.stable:
            return Abstract(Instance(name, given), nature="event")
    registered = registration(site, name, thing, given)
    if registered is not None:
        return registered
    known = builtin.call(site, name, given)
    if known is not None:
        return known
    return effects_of_external(site, callee, thing, given)


def registration(site: Site, name: str, thing: External, given: tuple[Given, ...]) -> Abstract | None:
    """Return the function a decorator or registering call was given, marked; None when it is no such call."""
    linker = site.walk.linker
    first = given[0].value if len(given) == 1 and given[0].keyword is None else None
    if name in linker.forms.marks and first is not None and isinstance(first.thing, Function):
        marked = first.thing
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
    made = unknown_call(site, callee, given)
    return made.having(thing=Instance(thing.name, given)) if made.thing is None else made


def effects_of_external(site: Site, callee: Abstract, thing: External, given: tuple[Given, ...]) -> Abstract:
    """Return what the tables say of an external call."""
    walk, name = site.walk, thing.name
    apis = walk.linker.apis
    written_arguments = site.call.arguments
    everything = site.tags()
    if thing.receiver is not None and walk.is_client(thing.receiver):
        everything = everything.having(tags=answered(callee, given))
    result = Abstract(
        Instance(name, given, callee if thing.receiver is None else thing.receiver),
        tags=everything.tags,
        deps=everything.deps,
        nature=callee.nature if thing.receiver is not None else "",
    )
    generator = thing.receiver.thing if thing.receiver is not None else None
    if isinstance(generator, Instance) and apis.seeded(generator.name):
        return result.having(thing=None)
    found = apis.call(name, written_arguments, walk.made)
    if found is not None and found.level != "off":
        return found_call(site, callee, thing, given, result, found)
    if found is not None or apis.deterministic(name):
        changes(site, given)
        return result
    part = setting_read(site, name)
    if part is not None:
        return result.having(tags=result.tags | {Tag(part)})
    if apis.log_sink(name, site.receiver, site.verb):
        return logged(site, given, name)
    if apis.delay(name, None):
        for each in given:
            walk.use(each.value, "delay", site.place, api=name)
        return result
    if apis.scratch(name):
        for each in given:
            walk.use(each.value, "scratch", site.place, api=name)
        return result
    if apis.pure(name):
        changes(site, given)
        return result.having(thing=pure_thing(name, given, result))
    if apis.effect(name, site.receiver, site.verb, written_arguments, walk.made):
        return effect(site, given, name, result, "high" if not _by_name(site) else "medium")
    if walk.linker.apis.mutator(site.verb) and thing.receiver is not None:
        changes(site, given)
        if name.startswith("builtins."):
            return result
    run_callables(site, given)
    if walk.zone == "step" and thing.receiver is not None and holds_context(thing.receiver, walk.dialect):
        hop = Hop(site.place, walk.title(), site.path)
        walk.out.nested.append(Nested(site.place, site.path, "other", (hop,), "medium"))
    if thing.receiver is not None and not given:
        return result
    return spent_unknown(site, given, result, name)


def holds_context(value: Abstract, dialect: str) -> bool:
    """Return whether an object of the project was given the workflow context: its methods may record steps."""
    thing = value.thing
    return isinstance(thing, Object) and any(
        isinstance(each.thing, Context) and each.thing.dialect == dialect for each in thing.fields.values()
    )


def answered(callee: Abstract, given: tuple[Given, ...]) -> Tags:
    """Return what the answer of a client depends on: not on the settings that it was made with."""
    kept = frozenset(tag for tag in callee.tags if getattr(tag.source, "kind", "") not in _SETTINGS)
    return tags_of([each.value for each in given]) | kept


def setting_read(site: Site, name: str) -> Source | None:
    """Return the source that a method of it reads (`sys.argv.pop`), if a prefix of the name is one."""
    walk = site.walk
    prefix = name.rpartition(".")[0]
    while "." in prefix:
        found = walk.linker.apis.attribute(prefix)
        if found is not None and found.level != "off":
            return walk.source(found.kind, found.name, site.span, block=site.call.block, level=found.level)
        prefix = prefix.rpartition(".")[0]
    return None


def _by_name(site: Site) -> bool:
    return not isinstance(site.callee.thing, External) or site.callee.thing.receiver is None


def pure_thing(name: str, given: tuple[Given, ...], result: Abstract) -> Instance | None:
    """Return the thing a pure call makes: an instance of what was called."""
    return result.thing if isinstance(result.thing, Instance) else None


def found_call(
    site: Site, callee: Abstract, thing: External, given: tuple[Given, ...], result: Abstract, found: Found
) -> Abstract:
    """Return the value of a call that the tables know as a source or an operation."""
    walk = site.walk
    receiver = site.receiver
    if found.kind == "log":
        return logged(site, given, thing.name)
    if found.kind == "sleep":
        for each in given:
            walk.use(each.value, "delay", site.place, api=found.name)
    made = walk.source(
        found.kind, found.name, site.span, block=site.call.block, level=found.level, mode=found.mode,
        receiver=receiver, argument=named_path(thing, given), expression=outer_path(given), consumed=site.call.consumed,
        keywords=tuple(each.keyword for each in given if each.keyword and each.keyword[0] != "*"),
        name=site.path or found.name,
    )  # fmt: skip
    if found.mode == "opens":
        return result
    if walk.linker.apis.scratch(found.name):
        for each in given:
            walk.use(each.value, "scratch", site.place, api=found.name)
        return result
    if found.kind in ("write", "network", "database", "fs", "process"):
        walk.operations.add(site.index)
        # What a client answers is data, not another client; an open file is a handle.
        thing_made = result.thing if found.kind == "fs" else None
        result = result.having(tags=NO_TAGS, thing=thing_made)
        # A statement that is not written out may read or write: nothing is said of its values.
        silent = found.kind == "database" and not found.mode
        spend_operation(site, given, "unknown" if silent else found.mode or "write", found.name, found.kind == "fs")
        run_callables(site, given)
        if found.kind == "fs" and not result.tags:
            return result.having(nature="read")
    else:
        for argument in given:
            walk.touch(argument.value)
    if found.name.endswith(".shuffle") and given and site.call.arguments:
        text = given[0].value.text
        if text in walk.scope.variables:
            walk.scope.variables[text] = given[0].value.having(tags=given[0].value.tags | {Tag(made)})
    value = result.having(tags=result.tags | {Tag(made)})
    return value.having(nature="read") if found.kind in ("network", "database", "fs", "fs-order") else value


def named_path(thing: External, given: tuple[Given, ...]) -> str:
    """Return the first argument if it is literal text, or the path that a path object was made of."""
    maker = thing.receiver.thing if thing.receiver is not None else None
    if isinstance(maker, Instance) and maker.name.startswith("pathlib.") and maker.arguments:
        return first_text(maker.arguments)
    return first_text(given)


def outer_path(given: tuple[Given, ...]) -> str:
    """Return the workflow's variable that the first argument is."""
    return given[0].value.outer if given else ""


def first_text(given: tuple[Given, ...]) -> str:
    """Return the first argument if it is literal text or a number."""
    first = given[0].value.thing if given else None
    if isinstance(first, Literal) and isinstance(first.value, str | int | float) and not isinstance(first.value, bool):
        return str(first.value)
    return ""


def logged(site: Site, given: tuple[Given, ...], name: str) -> Abstract:
    """Return nothing of a log or metric call; what it was given is silent there."""
    walk = site.walk
    if walk.zone == "body":
        walk.source("log", name or site.path, site.span, block=site.call.block, receiver=site.receiver)
    for each in given:
        walk.use_parts(each.value, "logged", site.place, api=name or site.path)
    return Abstract(Instance(name)) if name else Abstract()


def effect(site: Site, given: tuple[Given, ...], name: str, result: Abstract, confidence: str) -> Abstract:
    """Return the result of a call that changes the world."""
    walk = site.walk
    made = walk.source(
        "write", name or site.path, site.span, block=site.call.block, mode="write", receiver=site.receiver,
        argument=first_text(given), consumed=site.call.consumed, confidence=confidence,
        keywords=tuple(each.keyword for each in given if each.keyword and each.keyword[0] != "*"),
        name=site.path or name,
    )  # fmt: skip
    walk.operations.add(site.index)
    spend_operation(site, given, "write", name)
    return result.having(tags=frozenset((Tag(made),)))


def spend_operation(site: Site, given: tuple[Given, ...], mode: str, name: str, local: bool = False) -> None:
    """Record where arguments of an operation go: into an effect, or into the filter of a read."""
    walk = site.walk
    if mode == "read" or walk.linker.apis.read(site.verb):
        for each in given:
            walk.use_parts(
                each.value, "predicate", site.place, each.keyword or "", api=name or site.path, verb=site.verb
            )
        return
    role: Role = "effect-argument" if walk.zone == "step" else "outside-effect"
    if mode == "unknown":
        role = "unknown"
    if local and given and given[0].keyword is None:
        # The name of a local file is not what the file says.
        walk.use(given[0].value, "scratch", site.place, api=name or site.path)
        given = given[1:]
    for each in given:
        if each.keyword is not None and walk.linker.apis.delay(name, each.keyword):
            walk.use(each.value, "delay", site.place, api=name)
            continue
        walk.use_parts(
            each.value,
            role,
            site.place,
            each.keyword or named_argument(each),
            api=name or site.path,
            verb=site.verb,
        )
    walk.use(site.callee, role, site.place, api=name or site.path, verb=site.verb)
    for each in given:
        walk.touch(each.value)


def changes(site: Site, given: tuple[Given, ...]) -> None:
    """Record that a mutator changes its receiver, and what it adds."""
    walk = site.walk
    if not walk.linker.apis.mutator(site.verb) or not site.receiver:
        return
    thing = site.callee.thing
    owner = thing.receiver if isinstance(thing, External) and thing.receiver is not None else None
    head = site.receiver.split(".")[0].split("[")[0]
    value = owner if owner is not None else walk.scope.variables.get(head) or UNKNOWN
    walk.note_change(value, head, site.verb, site.span)
    if site.receiver in walk.scope.variables or site.receiver.isidentifier():
        for each in given:
            if each.value.tags or each.value.deps or each.value.thing is not None:
                walk.fill(site.receiver, each.value, site.span)


def unknown_call(site: Site, callee: Abstract, given: tuple[Given, ...]) -> Abstract:
    """Return the value of a call whose callee is not known: judged by its name where the tables do."""
    walk = site.walk
    apis = walk.linker.apis
    everything = site.tags()
    result = Abstract(tags=everything.tags, deps=everything.deps, nature=callee.nature)
    if isinstance(callee.thing, Parameter):
        walk.out.pure = False
    if apis.log_sink("", site.receiver, site.verb):
        return logged(site, given, "")
    if site.receiver and apis.effect("", site.receiver, site.verb, site.call.arguments, walk.made):
        return effect(site, given, "", result, "medium")
    if apis.mutator(site.verb):
        changes(site, given)
    run_callables(site, given)
    if apis.delay("", None) and not site.path:
        return result
    walk.uncertain.add(site.index)
    if walk.zone != "outside" and not walk.silent and site.path and site.receiver in ("", "self"):
        walk.out.unresolved.append(Unresolved(site.place, f"`{site.path}` could not be followed"))
    if site.receiver and not given:
        return result
    return spent_unknown(site, given, result, site.path)


def spent_unknown(site: Site, given: tuple[Given, ...], result: Abstract, name: str) -> Abstract:
    """Return the result of a call nothing is known about; its arguments may go anywhere."""
    walk = site.walk
    walk.out.pure = False
    if not walk.linker.apis.known(name):
        walk.uncertain.add(site.index)
    reads = walk.linker.apis.read(site.verb) and bool(site.receiver)
    for each in given:
        if each.keyword is not None and walk.linker.apis.delay(name, each.keyword):
            walk.use(each.value, "delay", site.place, api=name)
        elif reads:
            name_of = each.keyword or named_argument(each)
            walk.use_parts(each.value, "predicate", site.place, name_of, api=name, verb=site.verb)
        else:
            walk.use_parts(
                each.value,
                "unknown",
                site.place,
                each.keyword or named_argument(each),
                api=name,
                verb=site.verb,
            )
    return result


def construct(site: Site, thing: Class, given: tuple[Given, ...]) -> Abstract:
    """Return an instance of a project class, its constructor entered."""
    walk = site.walk
    made = walk.linker.instance(thing)
    values = [each.value for each in given]
    if not isinstance(made.thing, Object):
        return made.having(tags=tags_of(values), deps=deps_of(values))
    unit = walk.linker.modules.units[thing.path]
    fields = made.thing.fields
    names_in_order = [
        statement.targets[0]
        for statement in unit.function(unit.class_(thing.index).body).statements
        if statement.annotation is not None and len(statement.targets) == 1
    ]
    at = 0
    for each in given:
        if each.keyword is None and at < len(names_in_order):
            fields[names_in_order[at]] = each.value
            at += 1
        elif each.keyword and each.keyword[0] != "*":
            fields[each.keyword] = each.value
    init = class_method(site, made, "__init__")
    if init is not None:
        function_call(site, init, init.thing, given)  # type: ignore[arg-type]
    return made.having(tags=tags_of(values), deps=deps_of(values), text=site.path, nature="fresh")


def function_call(site: Site, callee: Abstract, thing: Function, given: tuple[Given, ...]) -> Abstract:
    """Return what a function of the project gives: a step if it is decorated as one, else its outcome spliced in."""
    walk = site.walk
    linker = walk.linker
    if walk.zone != "outside":
        match = durable.decorated(linker, thing, walk.dialect)
        if match is not None and walk.zone == "body":
            return durable.decorated_call(site, match, thing, given)
        if durable.is_factory(linker, thing, walk.dialect):
            values = [each.value for each in given]
            made = callee.having(thing=Function(thing.path, thing.index, thing.env, thing.bound, (), thing.owner))
            return Abstract(Partial(made, given, late=True), tags=tags_of(values), deps=deps_of(values), text=site.path)
    unit = linker.modules.units.get(thing.path)
    if thing.verb:
        return spent_unknown(site, given, site.tags(), site.path)
    if unit is None:
        return spent_unknown(site, given, site.tags(), site.path)
    definition = unit.function(thing.index)
    arguments = arguments_of(site, thing, given)
    pragma = durable.promises(unit, thing.index)
    if "deterministic" in pragma:
        return Abstract(tags=frozenset(), deps=deps_of([each.value for each in given]), nature="event")
    if definition.generator and walk.zone == "outside":
        return UNKNOWN
    outcome = linker.interpret(thing, arguments, walk.zone, walk.dialect)
    if outcome.cut:
        walk.uncertain.add(site.index)
        walk.out.pure = False
        return Abstract(tags=tags_of([each.value for each in given]), deps=deps_of([each.value for each in given]))
    walk.out.pure = walk.out.pure and outcome.pure
    walk.entered[site.index] = outcome.pure and not outcome.events
    if outcome.raises:
        walk.uncertain.add(site.index)
    hop = Hop(site.place, walk.title(), site.path or last_name(definition.name))
    splice = Splice(outcome, hop, site.frames(), arguments, walk.sources)
    events = splice.run()
    value = splice.value(outcome.returns)
    if thing.bound is not None and "self" in outcome.slots:
        value = value.having(tags=value.tags)
    if not walk.silent:
        for each in events:
            walk.record(each)
        walk.out.unresolved.extend(outcome.unresolved)
        for task in outcome.tasks:
            moved = tuple(step for step in (splice.step(each) for each in task.steps) if step is not None)
            walk.out.tasks.append(TaskEvent(task.place, task.api, moved, task.awaited))
        walk.out.nested.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.nested)
        walk.out.loops.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.loops)
        if is_tail(site):
            walk.out.swallows.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.swallows)
        for write in outcome.writes:
            walk.out.writes.append(replace(write, trail=(hop, *write.trail)))
    steps = tuple(each for each in events if isinstance(each, StepEvent))
    # The coroutine of an async function happens when it is awaited: its steps wait with it.
    if definition.kind == "async" and site.call.consumed != "await":
        value = value.having(pending=steps)
    if definition.generator:
        value = value.having(thing=None)
    return value.having(call=None)


def is_tail(site: Site) -> bool:
    """Return whether the function returns just this call."""
    statement = site.walk.function.statements[site.call.statement] if site.call.statement >= 0 else None
    if statement is None or statement.kind != "return":
        return False
    value = statement.value
    while isinstance(value, Group) and value.kind == "await":
        value = value.items[0]
    return isinstance(value, Result) and value.call == site.index


def arguments_of(site: Site, thing: Function, given: tuple[Given, ...]) -> dict[str, Abstract]:
    """Return the arguments of a call by the names of the parameters."""
    unit = site.walk.linker.modules.units[thing.path]
    definition = unit.function(thing.index)
    parameters = list(definition.parameters)
    found: dict[str, Abstract] = {}
    if thing.bound is not None and parameters and not site.walk.linker.is_static(unit, thing.index):
        found[parameters[0].name] = thing.bound
        parameters = parameters[1:]
    positional = [each for each in parameters if each.kind in ("positional", "normal")]
    rest = next((each.name for each in parameters if each.kind == "variadic"), "")
    names = {each.name for each in parameters}
    at = 0
    surplus: list[Abstract] = []
    for each in given:
        if each.keyword is None:
            if at < len(positional):
                found[positional[at].name] = each.value
                at += 1
            else:
                surplus.append(each.value)
        elif each.keyword == "*":
            items = each.value.thing.items if isinstance(each.value.thing, Sequence) else (each.value,)
            surplus.extend(items)
        elif each.keyword in names:
            found[each.keyword] = each.value
    if rest and surplus:
        found[rest] = expressions.display("tuple", surplus)
    return found


def run_callables(site: Site, given: tuple[Given, ...]) -> None:
    """Enter functions handed to a call that may run them: lambdas and local functions that hold durable operations."""
    walk = site.walk
    if walk.zone == "outside" or site.verb[:1].isupper():
        # A constructor keeps a callable, it does not run it.
        return
    for each in given:
        for inner in callables(each.value):
            thing = inner.thing
            if isinstance(thing, Function) and thing.env is not None:
                enter(site, inner, (), Frame(kind="deferred", place=site.place, name=site.path))


def callables(value: Abstract, depth: int = 3) -> list[Abstract]:
    """Return the callables in a value: itself, or the items of a display."""
    thing = value.thing
    if isinstance(thing, Function | Partial):
        return [value]
    if isinstance(thing, Context):
        return [value]
    if depth and isinstance(thing, Instance):
        # A named branch: `ParallelBranch(func=..., name=...)`.
        return [each.value for each in thing.arguments if isinstance(each.value.thing, Function | Partial)]
    if depth and isinstance(thing, Sequence):
        return [inner for each in thing.items for inner in callables(each, depth - 1)]
    return []


def enter(site: Site, callee: Abstract, given: tuple[Given, ...], *frames: Frame) -> Abstract:
    """Run a callable here, inside further frames; return its value."""
    walk = site.walk
    mark = len(walk.out.events)
    value = dispatch(site, callee, given)
    for event in walk.out.events[mark:]:
        base = site.frames()
        event.frames = (*base, *frames, *event.frames[len(base) :])
    return value


def combine(site: Site, name: str, given: tuple[Given, ...]) -> Abstract:
    """Return the results of operations that run together; their frames name the combinator."""
    walk = site.walk
    results: list[Abstract] = []
    arm = 0
    for each in given:
        repeated = repeats(site, each.value)
        for inner in flattened(each.value):
            arm += 1
            frame = Frame(kind="combinator", place=site.place, name=name, arm=arm)
            if isinstance(inner.thing, Function | Partial):
                deferred = Frame(kind="deferred", place=site.place, name=deferred_name(site, inner, name))
                mark = len(walk.out.events)
                results.append(enter(site, inner, (), frame, *repeated, deferred))
                bodies.note_late(site, inner, walk.steps_since(mark))
            else:
                for step in inner.pending:
                    if frame not in step.frames:
                        step.frames = (*step.frames, frame)
                    step.stored = True
                results.append(inner)
    steps = tuple(step for each in results for step in each.pending)
    if walk.linker.apis.spawns(name) and steps and not walk.silent:
        awaited = site.call.consumed == "await"
        walk.out.tasks.append(TaskEvent(site.place, name, steps, awaited))
    values = [each.having(pending=()) for each in results]
    made = expressions.display("listcomp" if len(values) == 1 else "tuple", values)
    durable_results = bool(steps) or any(each.nature == "memo" for each in values)
    single = walk.linker.apis.spawns(name) or name.rpartition(".")[2] in ("shield", "wait_for")
    if single and values:
        return values[0].having(pending=steps if site.call.consumed != "await" else (), nature="memo" if steps else "")
    return made.having(
        nature="memo" if durable_results else made.nature,
        pending=steps if site.call.consumed != "await" else (),
    )


def deferred_name(site: Site, value: Abstract, otherwise: str) -> str:
    """Return what a deferred callable is: "<lambda>", or the name of what runs it."""
    thing = value.thing
    if isinstance(thing, Function):
        unit = site.walk.linker.modules.units[thing.path]
        return "<lambda>" if unit.function(thing.index).kind == "lambda" else otherwise
    return otherwise


def repeats(site: Site, value: Abstract) -> tuple[Frame, ...]:
    """Return the frame of a comprehension whose elements are callables that run once for each turn."""
    thing = value.thing
    if not isinstance(thing, Sequence):
        return ()
    if thing.kind in ("listcomp", "generator", "setcomp"):
        return (Frame(kind="comprehension", place=site.place),)
    return tuple(frame for each in thing.items for frame in repeats(site, each))[:1]


def flattened(value: Abstract, depth: int = 3) -> list[Abstract]:
    """Return the items of nested displays."""
    if depth and isinstance(value.thing, Sequence):
        return [inner for each in value.thing.items for inner in flattened(each, depth - 1)]
    return [value]
