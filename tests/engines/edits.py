"""The edits of the matrix: the calls of a body before and after each; the run has recorded those before its hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple


class Call(NamedTuple):
    """One durable call: `id` finds its result again, `call` is the function that makes it, `argument` what it gets."""

    id: str
    call: str
    kind: Literal["run", "sleep"] = "run"
    argument: int = 1


class Gate(NamedTuple):
    """A branch over a patch gate: what new runs do, and what runs do that are older than the gate."""

    new: tuple[Call, ...]
    old: tuple[Call, ...] = ()


class Hold(NamedTuple):
    """Where the run stands while the code changes; on some engines a call that waits."""


Body = tuple[Call | Gate | Hold, ...]


class Edit(NamedTuple):
    """Two bodies. ``rebodied`` names functions whose text changes too, ``gone`` IDs that the lock has as removed."""

    name: str
    before: Body
    after: Body
    rebodied: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def gated(self) -> bool:
        """Whether the edit stands under a patch gate."""
        return any(isinstance(each, Gate) for each in self.after)

    @property
    def recorded(self) -> list[Call]:
        """The calls that the run has recorded."""
        held = next(index for index, each in enumerate(self.before) if isinstance(each, Hold))
        return list(flat(self.before[:held]))


def flat(body: Body) -> Iterator[Call]:
    """Yield the calls of a body, in the order of its text."""
    for each in body:
        match each:
            case Call():
                yield each
            case Gate():
                yield from each.new
                yield from each.old


RESERVE, CHARGE, SHIP, AUDIT = (Call(each, each) for each in ("reserve", "charge", "ship", "audit"))
LEFT, RIGHT, EXTRA = (Call("load", each) for each in ("left", "right", "extra"))
BOOK = Call("book", "reserve")
BASE: Body = (RESERVE, CHARGE, Hold(), SHIP)
EQUAL: Body = (LEFT, RIGHT, CHARGE, Hold(), SHIP)

EDITS = (
    Edit("none", BASE, BASE),
    Edit("rename", BASE, (BOOK, CHARGE, Hold(), SHIP)),
    Edit("reorder", BASE, (CHARGE, RESERVE, Hold(), SHIP)),
    Edit("remove", BASE, (CHARGE, Hold(), SHIP)),
    Edit("insert before", BASE, (AUDIT, RESERVE, CHARGE, Hold(), SHIP)),
    Edit("insert after", BASE, (RESERVE, CHARGE, Hold(), SHIP, AUDIT)),
    Edit("reorder, one ID", EQUAL, (RIGHT, LEFT, CHARGE, Hold(), SHIP)),
    Edit("remove, one ID", EQUAL, (RIGHT, CHARGE, Hold(), SHIP)),
    Edit("insert, one ID", EQUAL, (EXTRA, LEFT, RIGHT, CHARGE, Hold(), SHIP)),
    Edit("exchange", BASE, (Call("reserve", "charge"), Call("charge", "reserve"), Hold(), SHIP)),
    Edit("change kind", (RESERVE, Call("charge", "pause", "sleep"), Hold(), SHIP), BASE),
    Edit("reuse", BASE, (CHARGE, Call("reserve", "audit"), Hold(), SHIP), gone=("reserve",)),
    Edit("change argument", BASE, (Call("reserve", "reserve", argument=2), CHARGE, Hold(), SHIP)),
    Edit("change function", BASE, BASE, rebodied=("reserve",)),
    Edit("rename, gated", BASE, (Gate((BOOK,), (RESERVE,)), CHARGE, Hold(), SHIP)),
    Edit("reorder, gated", BASE, (Gate((CHARGE, RESERVE), (RESERVE, CHARGE)), Hold(), SHIP)),
    Edit("remove, gated", BASE, (Gate((), (RESERVE,)), CHARGE, Hold(), SHIP)),
    Edit("insert, gated", BASE, (Gate((AUDIT,)), RESERVE, CHARGE, Hold(), SHIP)),
)
