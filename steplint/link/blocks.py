"""The blocks of a function: branches, loops, `try`, and what the variables are after several paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link import arrangement, statements
from steplint.link.values import UNKNOWN, Abstract, External, Tags, join
from steplint.model.value import Const, Group, Name, Value

if TYPE_CHECKING:
    from steplint.link.walk import Walk
    from steplint.model.summary import Block


def run(walk: Walk, index: int) -> None:
    """Walk the statements and blocks directly inside a block."""
    items = walk.layout.items.get(index, [])
    at = 0
    while at < len(items):
        kind, item = items[at]
        if kind == "statement":
            head = walk.layout.heads.get(item)
            # The test of a `while` runs at each turn: the loop evaluates it.
            if head is None or walk.function.blocks[head].kind != "while":
                statements.run(walk, item)
            at += 1
            continue
        block = walk.function.blocks[item]
        if block.kind in ("if", "case"):
            at = branches(walk, items, at, block.group)
        elif block.kind in ("for", "while"):
            loop(walk, item)
            at += 1
        elif block.kind == "try":
            at = attempt(walk, items, at, block.group)
        elif block.kind in ("with", "finally"):
            run(walk, item)
            at += 1
        else:
            optional(walk, item)
            at += 1


def branches(walk: Walk, items: list[tuple[str, int]], at: int, group: int) -> int:
    """Walk the arms of an if or match, each from the same state; return the position after them."""
    blocks = walk.function.blocks
    last = max(
        position for position, (kind, item) in enumerate(items) if kind == "block" and blocks[item].group == group
    )
    since, before = len(walk.out.events), walk.scope.variables
    tests: list[Abstract] = []
    ends: list[dict[str, Abstract]] = []
    leaves: list[str] = []
    exhaustive = False
    first = blocks[items[at][1]]
    for kind, item in items[at : last + 1]:
        if kind == "statement":
            walk.scope.variables = before
            statements.run(walk, item)
            continue
        block = blocks[item]
        if is_closed(walk, block) or lacks_sdk(walk, block, first):
            continue
        head = walk.heads.get(block.statement, UNKNOWN) if block.head is not None else UNKNOWN
        tests.append(arrangement.test(head) if block.kind == "if" else head)
        exhaustive = exhaustive or block.kind == "else" or catches_all(block.head)
        walk.scope.variables = dict(before)
        run(walk, item)
        if block.leaves:
            leaves.append(block.leaves)
        else:
            ends.append(walk.scope.variables)
    if not exhaustive:
        ends.append(before)
    test = join(tests or [UNKNOWN])
    walk.scope.variables = merged(ends or [before], test.tags)
    place = walk.unit.place(walk.head_span(first.statement, first.span))
    walk.decide(test, place, walk.steps_since(since), "whether", walk.effects_since(since))
    walk.leave(leaves, test, place)
    return last + 1


def is_closed(walk: Walk, block: Block) -> bool:
    """Return whether an arm is never taken: it waits for a None that the caller did not give."""
    head = block.head
    if not isinstance(head, Group) or not isinstance(head.items[0], Name):
        return False
    last = head.items[-1]
    absent = head.kind == "is" and isinstance(last, Const) and last.value is None
    value = walk.scope.variables.get(head.items[0].path) if absent or head.kind == "not" else None
    return value is not None and value.present


def is_dead(walk: Walk, block: int) -> bool:
    """Return whether a call stands behind `or` after an argument that the caller gave."""
    while block in walk.layout.nested:
        each = walk.function.blocks[block]
        if each.kind == "else" and isinstance(each.head, Name):
            value = walk.scope.variables.get(each.head.path)
            if value is not None and value.present:
                return True
        block = each.parent
    return False


def catches_all(head: Value | None) -> bool:
    """Return whether a case matches everything (`case _`)."""
    return isinstance(head, Group) and head.kind == "case" and getattr(head.items[0], "path", "") == "_"


def attempt(walk: Walk, items: list[tuple[str, int]], at: int, group: int) -> int:
    """Walk a try, its handlers, its else and its finally; return the position after them."""
    blocks = walk.function.blocks
    before = dict(walk.scope.variables)
    walk.trying += 1
    run(walk, items[at][1])
    walk.trying -= 1
    ends = [] if blocks[items[at][1]].leaves else [walk.scope.variables]
    start = merged([before, walk.scope.variables], frozenset())
    at += 1
    while at < len(items):
        kind, item = items[at]
        block = blocks[item] if kind == "block" else None
        if kind == "statement":
            following = items[at + 1] if at + 1 < len(items) else None
            if following is None or following[0] != "block" or blocks[following[1]].statement != item:
                break
            if blocks[following[1]].group != group:
                break
            walk.scope.variables = dict(start)
            statements.run(walk, item)
            at += 1
            continue
        assert block is not None
        if block.kind == "except" and block.group == group:
            walk.scope.variables = dict(start)
            for name in block.binds:
                walk.scope.variables[name] = Abstract(text=name)
            run(walk, item)
            if not block.leaves:
                ends.append(walk.scope.variables)
        elif block.kind == "else" and block.group != group and ends:
            walk.scope.variables = ends[0]
            run(walk, item)
            ends[0] = walk.scope.variables
        else:
            break
        at += 1
    walk.scope.variables = merged(ends or [start], frozenset())
    return at


def optional(walk: Walk, item: int) -> None:
    """Walk a block that may be skipped."""
    before = walk.scope.variables
    walk.scope.variables = dict(before)
    run(walk, item)
    ends = [before] if walk.function.blocks[item].leaves else [before, walk.scope.variables]
    walk.scope.variables = merged(ends, frozenset())


def loop(walk: Walk, item: int) -> None:
    """Walk a loop twice: once for what a turn carries into the next, once for good."""
    block = walk.function.blocks[item]
    before = dict(walk.scope.variables)
    carried: Tags = frozenset()
    if walk.depth < 3:
        walk.depth += 1
        walk.silent += 1
        mark, tasks = len(walk.out.events), len(walk.out.tasks)
        walk.leaving.append([])
        run(walk, item)
        walk.leaving.pop()
        walk.forget(mark)
        del walk.out.tasks[tasks:]
        walk.silent -= 1
        walk.scope.variables = merged([before, walk.scope.variables], carried)
    since = len(walk.out.events)
    walk.depth += 1
    walk.leaving.append([])
    if block.kind == "while" and block.statement >= 0:
        statements.run(walk, block.statement)
    run(walk, item)
    walk.depth -= 1
    left = walk.leaving.pop()
    found = walk.steps_since(since)
    test = walk.heads.get(block.statement, UNKNOWN)
    place = walk.unit.place(walk.head_span(block.statement, block.span))
    walk.decide(test, place, found, "how often", walk.effects_since(since))
    for each in left:
        walk.decide(each.value, each.place, found, "how often")
    walk.scope.variables = merged([before, walk.scope.variables], test.tags)


def merged(ends: list[dict[str, Abstract]], control: Tags) -> dict[str, Abstract]:
    """Return the variables after several paths; what differs between them also depends on what chose the path."""
    if len(ends) == 1:
        return ends[0]
    merged: dict[str, Abstract] = {}
    for name in dict.fromkeys(key for each in ends for key in each):
        values = [each[name] for each in ends if name in each]
        if all(value is values[0] for value in values) and len(values) == len(ends):
            merged[name] = values[0]
            continue
        joined = join(values)
        if control and (len(values) > 1 or len(ends) > len(values)):
            joined = joined.having(tags=joined.tags | control)
        merged[name] = joined
    return merged


def lacks_sdk(walk: Walk, block: Block, first: Block) -> bool:
    """Return whether an arm is for where the SDK is not installed: the workflow is there because it is."""
    head, otherwise = (first.head, True) if block.kind == "else" and block.head is None else (block.head, False)
    if isinstance(head, Group) and head.kind in ("is", "is-not", "not") and isinstance(head.items[0], Name):
        if head.kind != "not" and not (isinstance(head.items[-1], Const) and head.items[-1].value is None):
            return False
        name, absent = head.items[0].path, head.kind != "is-not"
    elif isinstance(head, Name):
        name, absent = head.path, False
    else:
        return False
    if absent == otherwise or name not in walk.unit.imports.get(0, ()):
        return False
    thing = walk.value_of(name, block.span).thing
    return isinstance(thing, External) and walk.linker.forms.package(thing.name) is not None
