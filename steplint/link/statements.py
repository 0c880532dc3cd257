"""The statements of a function: their calls in order, their value, and what they do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link import arrangement, binding, calls, writes
from steplint.link.values import UNKNOWN, Abstract, Context, External, Function, Instance, Literal, Sequence, join
from steplint.model.summary import Call
from steplint.model.value import Name, Result

if TYPE_CHECKING:
    from steplint.link.walk import Walk
    from steplint.model.place import Span
    from steplint.model.summary import Statement


def run(walk: Walk, index: int) -> None:
    """Evaluate a statement: its calls in order, its value, then what it binds."""
    statement = walk.function.statements[index]
    run_loose(walk, statement.span)
    for call in walk.layout.calls.get(index, ()):
        walk.results[call] = calls.call(walk, call)
    value = walk.value(statement.value, statement.span)
    if index in walk.layout.clauses:
        walk.heads[index] = value
        walk.touch(value)
        for target in statement.targets:
            walk.hidden.setdefault(target, walk.scope.variables.get(target))
        binding.assign(walk, statement.targets, walk.element(value, statement.span), statement.span, None)
        return
    if statement.kind == "head" and index in walk.layout.conditions:
        # What a step leaves out by the clock is not in what it keeps.
        in_step = walk.zone == "step"
        walk.filters |= {
            each
            for each in arrangement.test(value).tags
            if not (in_step and getattr(each.source, "kind", "") == "time")
        }
    elif statement.kind != "head":
        walk.filters = frozenset()
        if walk.hidden:
            reveal(walk)
    perform(walk, index, statement, value)


def run_loose(walk: Walk, before: Span | None) -> None:
    """Evaluate the calls of decorators, defaults and base classes that stand before a span."""
    loose = walk.layout.loose
    while walk.loose < len(loose):
        call = loose[walk.loose]
        if before is not None and walk.function.calls[call].span >= before:
            break
        walk.loose += 1
        walk.results[call] = calls.call(walk, call)
    while walk.applied < len(walk.layout.applied):
        span, index, path = walk.layout.applied[walk.applied]
        if before is not None and span >= before:
            return
        walk.applied += 1
        apply(walk, span, index, path)


def apply(walk: Walk, at: Span, index: int, path: str) -> None:
    """Run a local function that a member of the context decorates without a call (`@ctx.run_step`)."""
    callee = walk.value_of(path, at)
    if walk.zone == "body" and isinstance(callee.thing, Context):
        value = Abstract(Function(walk.unit.path, index, walk.scope.snapshot()), text=path)
        written = Call(Name(path), (), "value", -1, walk.block_of(at), at)
        calls.applied(walk, index, written, callee, value)


def decorated_by(walk: Walk, call: int) -> Abstract | None:
    """Return the local function that the result of a call decorates."""
    for index, each in enumerate(walk.unit.summary.functions):
        if each.parent == walk.index:
            for decorator in each.decorators:
                if isinstance(decorator.value, Result) and decorator.value.call == call:
                    return Abstract(Function(walk.unit.path, index, walk.scope.snapshot()), text=each.name)
    return None


def reveal(walk: Walk) -> None:
    """Give back the variables that the clauses of a comprehension hid."""
    for name, old in walk.hidden.items():
        if old is None:
            walk.scope.variables.pop(name, None)
        else:
            walk.scope.variables[name] = old
    walk.hidden.clear()


def perform(walk: Walk, index: int, statement: Statement, value: Abstract) -> None:
    """Do what the kind of statement does with its value."""
    kind = statement.kind
    place = walk.unit.place(statement.span)
    if kind == "head":
        walk.heads[index] = value
        walk.touch(value)
        bind_head(walk, index, statement, value)
    elif kind == "assign":
        binding.assign(walk, statement.targets, value, statement.span, statement.annotation)
    elif kind == "augment":
        for target in statement.targets:
            old = walk.scope.variables.get(target) or walk.value_of(target, statement.span)
            writes.note_write(walk, target, "assign", statement.span)
            binding.bind(walk, target, augmented(walk, old, value), statement.span)
    elif kind == "delete":
        for target in statement.targets:
            walk.scope.variables.pop(target, None)
    elif kind == "return":
        walk.touch(value)
        known = walk.out.returns
        walk.out.returns = value if known is UNKNOWN else returned(walk, known, value)
    elif kind == "raise":
        walk.touch(value)
        walk.use(value, "returned", place)
    elif kind == "assert":
        walk.touch(value)
        walk.leave(["raise"], value, place)


def augmented(walk: Walk, old: Abstract, value: Abstract) -> Abstract:
    """Return ``old += value``: text grows, everything else keeps both histories."""
    if isinstance(old.thing, Sequence) and isinstance(value.thing, Sequence):
        grown = Sequence(old.thing.kind, (*old.thing.items, *value.thing.items)[:64])
        return old.having(
            thing=grown,
            tags=old.tags | value.tags,
            deps=old.deps | value.deps,
            pending=old.pending + tuple(each for each in value.pending if each not in old.pending),
        )
    counter = isinstance(old.thing, Literal) and isinstance(value.thing, Literal) and walk.depth > 0
    return Abstract(
        tags=old.tags | value.tags,
        deps=old.deps | value.deps,
        nature="index" if counter or old.nature == "index" else old.nature,
        text=old.text,
    )


def bind_head(walk: Walk, index: int, statement: Statement, value: Abstract) -> None:
    """Bind what a loop, `with`, handler or case binds."""
    if not statement.targets:
        return
    block = walk.layout.heads.get(index)
    kind = walk.function.blocks[block].kind if block is not None else ""
    if kind == "for":
        binding.assign(walk, statement.targets, walk.element(value, statement.span), statement.span, None)
    elif kind == "except":
        for target in statement.targets:
            binding.bind(walk, target, Abstract(text=target), statement.span)
    elif kind == "with":
        binding.assign(walk, statement.targets, value, statement.span, None)
    elif kind == "case":
        for target in statement.targets:
            binding.bind(walk, target, Abstract(tags=value.tags, deps=value.deps, nature=value.nature), statement.span)
    else:
        binding.assign(walk, statement.targets, value, statement.span, None)


def returned(walk: Walk, one: Abstract, other: Abstract) -> Abstract:
    """Return two results joined; of a decorator of an SDK and a stand-in for where there is none, the decorator."""
    marks = [each for each in (one, other) if getattr(each.thing, "name", "") in walk.linker.forms.marks]
    if len(marks) == 1 and all(isinstance(each.thing, Function | Instance | External) for each in (one, other)):
        return marks[0].having(tags=one.tags | other.tags, deps=one.deps | other.deps)
    return join([one, other])
