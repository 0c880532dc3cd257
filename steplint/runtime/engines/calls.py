"""Step calls of a body on another engine, and parallel groups: what each callable reaches next begins together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from steplint.runtime.ops import Call


class Outcome(Struct, frozen=True):
    """What a step call came to: its value, or the error that the body shall see."""

    value: Any = None
    error: BaseException | None = None

    def get(self) -> Any:
        """Return the value or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value


class Together:
    """Step calls that begin at the same time; awaited, it gives their outcomes in the same order.

    While a parallel group looks what its callables reach, it is handed to the group instead of being executed.
    """

    def __init__(self, calls: Sequence[Call], engine: Operations) -> None:
        self.calls = tuple(calls)
        self._engine = engine

    def __await__(self) -> Generator[Any, Any, list[Outcome]]:
        if self._engine.looking:
            outcomes: list[Outcome] = yield self
            return outcomes
        return (yield from self._engine.together(self.calls).__await__())


class Operations(Protocol):
    """What an engine does for one run."""

    looking: bool
    """Whether a parallel group looks what its callables reach."""

    async def together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Do what ``calls`` ask for, at the same time where there are several."""
        ...


class _Branch:
    """One callable of a group, between two steps."""

    def __init__(self, callable_: Callable[[], Awaitable[Any]]) -> None:
        self._callable = callable_
        self._steps: Generator[Any, Any, Any] | None = None
        self.waits: Together | None = None
        self.result: Any = None

    def advance(self, outcomes: list[Outcome] | None) -> Generator[Any, Any, None]:
        """Go on until the next step call or the end; what is awaited besides steps is awaited here."""
        if self._steps is None:
            self._steps = self._callable().__await__()
        self.waits, send, thrown = None, outcomes, None
        while True:
            try:
                found = self._steps.throw(thrown) if thrown is not None else self._steps.send(send)
            except StopIteration as end:
                self.result = end.value
                return
            if isinstance(found, Together):
                self.waits = found
                return
            send = thrown = None
            try:
                send = yield found
            except BaseException as error:
                thrown = error

    def close(self) -> None:
        """Leave the callable where it is."""
        if self._steps is not None:
            self._steps.close()


class _Advance:
    def __init__(self, branch: _Branch, outcomes: list[Outcome] | None) -> None:
        self._branch, self._outcomes = branch, outcomes

    def __await__(self) -> Generator[Any, Any, None]:
        return self._branch.advance(self._outcomes)


async def parallel(engine: Operations, callables: Iterable[Callable[[], Awaitable[Any]]]) -> tuple[Any, ...]:
    """Give the results of all callables, round by round.

    In a round each callable goes on to its next step, one after the other; then all these steps begin together. So
    the order of steps does not depend on which of them ends first.
    """
    branches = [_Branch(each) for each in callables]
    outcomes: dict[_Branch, list[Outcome] | None] = dict.fromkeys(branches)
    outer = engine.looking
    try:
        while outcomes:
            waiting = dict[_Branch, Together]()
            for branch, given in outcomes.items():
                engine.looking = True
                try:
                    await _Advance(branch, given)
                finally:
                    engine.looking = outer
                if branch.waits is not None:
                    waiting[branch] = branch.waits
            calls = [call for each in waiting.values() for call in each.calls]
            found = iter(await Together(calls, engine) if calls else ())
            outcomes = {branch: [next(found) for _ in each.calls] for branch, each in waiting.items()}
    finally:
        for branch in branches:
            branch.close()
    return tuple(branch.result for branch in branches)
