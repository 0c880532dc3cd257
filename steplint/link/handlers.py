"""What a function does with the errors of its work, and loops that never end: of a function that was just walked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from steplint.link.bodies import DRAWN
from steplint.link.values import Instance, Object, Sequence
from steplint.model.graph import Loop, Swallow
from steplint.model.place import Place
from steplint.model.value import Const, Group, Name, Value

if TYPE_CHECKING:
    from steplint.knowledge.apis import Apis
    from steplint.link.walk import Walk

_WIDE = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException", ""})


def swallows(walk: Walk) -> list[Swallow]:
    """Return the handlers of a function that turn any error of its work into a result."""
    function, found = walk.function, list[Swallow]()
    for index, block in enumerate(function.blocks):
        if block.kind != "try":
            continue
        frame = walk.frames.frame(index)
        if not _risky(walk, index):
            continue
        for handler in frame.handlers:
            caught = set(handler.catches) or {""}
            if not caught & _WIDE or handler.reraises or handler.ends == "raise":
                continue
            if _quits(walk, handler.place) or _tries_again(walk, index, handler.place):
                continue
            scope = _scope(walk, index, handler.ends)
            if scope is None:
                continue
            found.append(Swallow(handler.place, handler, scope, _returns(walk, handler.place)))  # type: ignore[arg-type]
    return found


def alone(walk: Walk) -> list[Swallow]:
    """Return the handlers in a call whose result nobody looks at, where it does all the work of the function."""
    return [
        swallow
        for index, found in walk.aside
        if not any(_may_fail(walk, other) for other in range(len(walk.function.calls)) if other != index)
        for swallow in found
    ]


def _risky(walk: Walk, block: int) -> bool:
    """Return whether the work of a try can fail for reasons that a retry could mend: it is not pure."""
    for index, call in enumerate(walk.function.calls):
        if not walk.frames.below(call.block, block):
            continue
        if _may_fail(walk, index):
            return True
    return False


def _may_fail(walk: Walk, index: int) -> bool:
    if index in walk.entered:
        return not walk.entered[index]
    if index in walk.operations:
        return True
    value = walk.results.get(index)
    call = walk.function.calls[index]
    text = walk.frames.text(call.callee)
    apis = walk.linker.apis
    receiver, _, verb = text.rpartition(".")
    name = value.thing.name if value is not None and isinstance(value.thing, Instance) else ""
    if name and (apis.pure(name) or apis.deterministic(name)):
        return False
    if apis.log_sink(name, receiver, verb) or apis.exits(name):
        return False
    if value is not None and isinstance(value.thing, Object | Sequence) and not name:
        return False
    if (not name and verb in _HARMLESS) or _plain(apis, name):
        return False
    found = apis.call(name, call.arguments) if name else None
    return found is None or found.kind not in DRAWN


def _plain(apis: Apis, name: str) -> bool:
    """Return whether only the result of a pure call is looked into: `json.loads(text).get("title").strip()`."""
    base, _, verb = name.rpartition(".")
    while verb in _HARMLESS:
        if apis.pure(base):
            return True
        base, _, verb = base.rpartition(".")
    return False


_HARMLESS = frozenset(
    [
        "append",
        "get",
        "keys",
        "values",
        "items",
        "strip",
        "lstrip",
        "rstrip",
        "splitlines",
        "removeprefix",
        "removesuffix",
        "split",
        "join",
        "format",
        "lower",
        "upper",
        "startswith",
        "endswith",
        "encode",
        "decode",
        "replace",
        "isoformat",
        "len",
        "str",
        "int",
        "float",
        "dict",
        "list",
        "set",
        "tuple",
        "sorted",
        "print",
        "isinstance",
        "getattr",
        "model_dump",
        "model_validate",
    ]
)


def _quits(walk: Walk, place: Place) -> bool:
    for index, call in enumerate(walk.function.calls):
        block = walk.function.blocks[call.block]
        if block.kind == "except" and walk.frames.clause(block) == place.span:
            value = walk.results.get(index)
            name = value.thing.name if value is not None and isinstance(value.thing, Instance) else ""
            if walk.linker.apis.exits(name or walk.frames.text(call.callee)):
                return True
    return False


def _tries_again(walk: Walk, block: int, place: Place) -> bool:
    """Return whether a handler does all the work of its try once more: what fails then is raised."""
    work, again = set[str](), set[str]()
    for index, call in enumerate(walk.function.calls):
        if not _may_fail(walk, index):
            continue
        if walk.frames.below(call.block, block):
            work.add(walk.frames.text(call.callee))
        elif _handles(walk, call.block, place):
            again.add(walk.frames.text(call.callee))
    return bool(work) and "" not in work and work <= again


def _handles(walk: Walk, block: int, place: Place) -> bool:
    """Return whether a block is a handler or stands in it, and not in a try of its own."""
    while block > 0:
        each = walk.function.blocks[block]
        if each.kind == "except":
            return walk.frames.clause(each) == place.span
        if each.kind == "try":
            return False
        block = each.parent
    return False


def _scope(walk: Walk, block: int, ends: str) -> str | None:
    """Return what a try covers; None for a bounded retry that ends in an error."""
    function = walk.function
    loop = walk.frames.nearest_loop(function.blocks[block].parent)
    if loop > 0:
        if ends in ("", "continue"):
            after = function.blocks[loop].span
            raises = any(
                each.kind == "raise" and (each.span.line, each.span.column) >= (after.end_line, after.end_column)
                for each in function.statements
            )
            leaves = any(
                each.kind == "return" and walk.frames.below(each.block, block) for each in function.statements
            ) or any(
                each.leaves in ("return", "break") and walk.frames.below(position, block)
                for position, each in enumerate(function.blocks)
            )
            if leaves and raises:
                return None
            return "item"
        return "item" if ends == "break" else "main"
    at = function.blocks[block].span
    if ends == "" and (_in_final(walk, block) or _tidies(walk, block)):
        return "optional"
    written = any(
        (each.site.span.end_line, each.site.span.end_column) <= (at.line, at.column)
        for each in walk.effects_since(0)
        if each.site.path == walk.unit.path
    )
    earlier = written or any(
        not walk.frames.below(call.block, block)
        and (call.span.end_line, call.span.end_column) <= (at.line, at.column)
        and (call.consumed in ("await", "dropped") or index in walk.operations)
        and _may_fail(walk, index)
        for index, call in enumerate(function.calls)
    )
    later = any(
        (call.span.line, call.span.column) >= (at.end_line, at.end_column)
        and not _in_handlers(walk, call.block)
        and _may_fail(walk, index)
        for index, call in enumerate(function.calls)
    )
    return "optional" if (earlier or later) and ends == "" else "main"


def _in_final(walk: Walk, block: int) -> bool:
    """Return whether a block tidies up: it stands in a `finally`."""
    while block > 0:
        if walk.function.blocks[block].kind == "finally":
            return True
        block = walk.function.blocks[block].parent
    return False


_TIDIES = re.compile(
    r"a?(delete|remove|unlink|rmtree|rmdir|clean|close|release|terminate|kill|stop|disconnect)(_|up|$)"
)


def _tidies(walk: Walk, block: int) -> bool:
    """Return whether a try only removes what is not needed any more, after work of the same function."""
    at = walk.function.blocks[block].span
    removals, earlier = 0, False
    for index, call in enumerate(walk.function.calls):
        below = walk.frames.below(call.block, block)
        before = (call.span.end_line, call.span.end_column) <= (at.line, at.column)
        if not (below or before) or not _may_fail(walk, index):
            continue
        if before:
            earlier = True
        elif _in_handlers(walk, call.block):
            continue
        elif call.consumed in ("await", "dropped") and _TIDIES.match(walk.frames.text(call.callee).rpartition(".")[2]):
            removals += 1
        else:
            return False
    return earlier and bool(removals)


def _in_handlers(walk: Walk, block: int) -> bool:
    while block > 0:
        if walk.function.blocks[block].kind in ("except", "finally"):
            return True
        block = walk.function.blocks[block].parent
    return False


def _returns(walk: Walk, place: Place) -> str:
    """Return the handler's result as text."""
    for statement in walk.function.statements:
        block = walk.function.blocks[statement.block]
        if statement.kind == "return" and block.kind == "except" and walk.frames.clause(block) == place.span:
            return _literal(statement.value)
    return ""


def _literal(value: Value) -> str:
    if isinstance(value, Const):
        return repr(value.value)
    if isinstance(value, Group) and value.kind in ("dict", "list", "tuple"):
        return {"dict": "{...}", "list": "[...]", "tuple": "(...)"}[value.kind] if value.items else {
            "dict": "{}", "list": "[]", "tuple": "()",
        }[value.kind]  # fmt: skip
    if isinstance(value, Name):
        return value.path
    return ""


def endless(walk: Walk) -> list[Loop]:
    """Return the loops of a function that nothing leaves."""
    found = []
    for index, block in enumerate(walk.function.blocks):
        if block.kind not in ("for", "while") or walk.function.generator:
            continue
        frame = walk.frames.frame(index)
        if frame.endless:
            why = f"while {frame.name or '...'}" if block.kind == "while" else f"for ... in {frame.name}"
            found.append(Loop(frame.place, why))
    return found
