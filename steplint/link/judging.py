"""What a call does by the tables: a source, an operation, a log, pure work, or nothing that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link import binding, entering, writes
from steplint.link.absence import reads_rows
from steplint.link.arguments import named_argument, spelled, statement
from steplint.link.events import Source
from steplint.link.values import (
    NO_TAGS,
    Abstract,
    Context,
    External,
    Given,
    Instance,
    Literal,
    Object,
    Parameter,
    Tag,
    Tags,
    tags_of,
)
from steplint.model.graph import Hop, Nested, Role, Unresolved

if TYPE_CHECKING:
    from steplint.knowledge.apis import Found
    from steplint.link.calls import Site

_SETTINGS = frozenset({"import", "host", "time-zone"})


def effects_of_external(site: Site, callee: Abstract, thing: External, given: tuple[Given, ...]) -> Abstract:
    """Return what the tables say of an external call."""
    walk, name = site.walk, thing.name
    apis = walk.linker.apis
    written_arguments = spelled(site.call.arguments, given)
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
    if walk.zone == "step" and apis.credential(name):
        return _timeless(result)
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
    if not _changes_data(site, callee) and apis.effect(name, site.receiver, site.verb, written_arguments, walk.made):
        return effect(site, given, name, result, "high" if not _by_name(site) else "medium")
    if walk.linker.apis.mutator(site.verb) and thing.receiver is not None:
        changes(site, given)
        if name.startswith("builtins."):
            return result
    entering.run_callables(site, given)
    if walk.zone == "step" and thing.receiver is not None and holds_context(thing.receiver, walk.dialect):
        hop = Hop(site.place, walk.title(), site.path)
        walk.out.nested.append(Nested(site.place, site.path, "other", (hop,), "medium"))
    if thing.receiver is not None and not given:
        return result
    return spent_unknown(site, given, result, name)


def _timeless(value: Abstract) -> Abstract:
    return value.having(tags=frozenset(tag for tag in value.tags if getattr(tag.source, "kind", "") != "time"))


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
    if found.kind == "fs" and (buffer := _buffer(site, thing, given)) is not None:
        return _buffered(site, buffer, result)
    if found.kind == "log":
        return logged(site, given, thing.name)
    if found.kind == "sleep":
        for each in given:
            walk.use(each.value, "delay", site.place, api=found.name)
    said = asked(given) if found.kind == "database" else named_path(thing, given)
    made = walk.source(
        found.kind, found.name, site.span, block=site.call.block, level=found.level, mode=found.mode,
        receiver=receiver, argument=said, expression=outer_path(given), consumed=site.call.consumed,
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
        entering.run_callables(site, given)
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


def _buffer(site: Site, thing: External, given: tuple[Given, ...]) -> Abstract | None:
    """Return the file in memory that a call reads or writes: no other process and no other attempt sees it."""
    candidates = (*(each.value for each in given), thing.receiver)
    return next((each for each in candidates if each is not None and _in_memory(site, each)), None)


def _in_memory(site: Site, value: Abstract) -> bool:
    """Return whether a value is such a file, or was made over one: `ZipFile(buffer)`."""
    thing = value.thing
    if not isinstance(thing, Instance):
        return False
    if site.walk.linker.apis.memory(thing.name):
        return True
    return bool(thing.arguments) and _in_memory(site, thing.arguments[0].value)


def _buffered(site: Site, buffer: Abstract, result: Abstract) -> Abstract:
    """Return the value of a call on a file in memory, which then holds what the call was given."""
    if buffer.text in site.walk.scope.variables:
        binding.fill(site.walk, buffer.text, result.having(thing=None), site.span)
    return result


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


def asked(given: tuple[Given, ...]) -> str:
    """Return the first argument as text, or the statement that it is made of: `text(query)`."""
    first = given[0].value if given else None
    if first is None:
        return ""
    made = first.thing
    if isinstance(made, Instance) and made.arguments:
        return statement(made.arguments[0].value)
    return first_text(given) or statement(first)


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
        argument=asked(given), consumed=site.call.consumed, confidence=confidence,
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
            # A row that a query gave is in the session already: adding it again changes it.
            verb="merge" if site.verb == "add" and each.value.thing is None and reads_rows(each.value) else site.verb,
        )
    walk.use(site.callee, role, site.place, api=name or site.path, verb=site.verb)
    if site.verb == "commit":
        spend_rows(site, role, name)
    for each in given:
        walk.touch(each.value)


def spend_rows(site: Site, role: Role, name: str) -> None:
    """Record what was set on rows that a query gave: a commit carries it out."""
    walk = site.walk
    for path, value in list(walk.scope.variables.items()):
        head, _, attribute = path.partition(".")
        owner = walk.scope.variables.get(head) if attribute else None
        if owner is not None and value.tags and reads_rows(owner):
            walk.use_parts(value, role, site.place, attribute, api=name or site.path, verb=site.verb)


def changes(site: Site, given: tuple[Given, ...]) -> None:
    """Record that a mutator changes its receiver, and what it adds."""
    walk = site.walk
    if not walk.linker.apis.mutator(site.verb) or not site.receiver:
        return
    thing = site.callee.thing
    owner = thing.receiver if isinstance(thing, External) and thing.receiver is not None else None
    head = site.receiver.split(".")[0].split("[")[0]
    value = owner if owner is not None else walk.value_of(head, site.span)
    writes.note_change(walk, value, head, site.verb, site.span)
    if site.receiver in walk.scope.variables or site.receiver.isidentifier():
        for each in given:
            if each.value.tags or each.value.deps or each.value.thing is not None:
                binding.fill(walk, site.receiver, each.value, site.span)


def _changes_data(site: Site, callee: Abstract) -> bool:
    """Return whether a recorded result is changed: it is data, so `cart.update(...)` is no write to a database."""
    return callee.nature == "memo" and site.walk.linker.apis.mutator(site.verb)


def unknown_call(site: Site, callee: Abstract, given: tuple[Given, ...]) -> Abstract:
    """Return the value of a call whose callee is not known: judged by its name where the tables do."""
    walk = site.walk
    apis = walk.linker.apis
    everything = site.tags()
    result = Abstract(tags=everything.tags, deps=everything.deps, nature=callee.nature)
    if callee.nature == "read" and site.verb in _NARROWS:
        return narrowed(site, callee, given, result)
    if walk.zone == "step" and apis.credential(f".{site.verb}"):
        return _timeless(result)
    if isinstance(callee.thing, Parameter):
        walk.out.pure = False
    if apis.log_sink("", site.receiver, site.verb):
        return logged(site, given, "")
    if (
        site.receiver
        and not _changes_data(site, callee)
        and apis.effect("", site.receiver, site.verb, spelled(site.call.arguments, given), walk.made)
    ):
        return effect(site, given, "", result, "medium")
    if apis.mutator(site.verb):
        changes(site, given)
    entering.run_callables(site, given)
    if apis.delay("", None) and not site.path:
        return result
    walk.uncertain.add(site.index)
    if walk.zone != "outside" and not walk.silent and site.path and site.receiver in ("", "self"):
        walk.out.unresolved.append(Unresolved(site.place, f"`{site.path}` could not be followed"))
    if site.receiver and not given:
        return result
    return spent_unknown(site, given, result, site.path)


_NARROWS = frozenset([
    "eq", "neq", "lt", "lte", "gt", "gte", "in_", "is_", "like", "ilike", "between", "contains", "contained_by",
    "overlaps", "range_", "match", "or_", "not_", "filter", "filter_by", "where", "having", "limit", "offset", "range",
    "order", "order_by",
])  # fmt: skip
"""Methods by which a query says what it asks for after it has said that it asks: `select(...).lt("due", now)`."""


def narrowed(site: Site, callee: Abstract, given: tuple[Given, ...], result: Abstract) -> Abstract:
    """Return a query that asks for less: what it is compared with decides which rows come, and is not in them."""
    for each in given:
        name = each.keyword or named_argument(each)
        site.walk.use_parts(each.value, "predicate", site.place, name, api=site.path, verb=site.verb)
    return result.having(tags=callee.tags)


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


def holds_context(value: Abstract, dialect: str) -> bool:
    """Return whether an object of the project was given the workflow context: its methods may record steps."""
    thing = value.thing
    return isinstance(thing, Object) and any(
        isinstance(each.thing, Context) and each.thing.dialect == dialect for each in thing.fields.values()
    )
