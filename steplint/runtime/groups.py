"""Parallel groups: callables are discovered one after the other, what they reached is then executed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import Token
from types import TracebackType
from typing import Generic, TypeVar

from steplint.runtime.entry import Entry
from steplint.runtime.errors import BranchStop, refuse
from steplint.runtime.ops import PLAN, Plan

T = TypeVar("T")


class Group(Generic[T]):
    """The callables of one group, and the plan of the pass over them that is being made."""

    def __init__(self, entry: Entry, callables: Iterable[Callable[[], T]]) -> None:
        self.callables = tuple(callables)
        self._entry = entry
        self._outer = PLAN.get()
        self._mark = entry.keys.mark()
        self._plan = Plan()

    def branch(self, number: int) -> Branch:
        """Return the context in which callable ``number`` runs until it stops."""
        self._plan.path = f"{self._outer.path}.{number}" if self._outer else str(number)
        return Branch(self._plan)

    def end_pass(self) -> Plan | None:
        """Return what to execute before the next pass; None if every callable returned."""
        plan, self._plan = self._plan, Plan()
        if not plan.stopped:
            return None
        if self._outer is not None:
            self._outer.handlers += plan.handlers
            self._outer.waits += plan.waits
            raise self._outer.stop()
        self._entry.keys.rewind(self._mark)
        return plan


class Branch:
    """Ends where the callable reaches a step without a memo."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __enter__(self) -> None:
        self._token: Token[Plan | None] = PLAN.set(self._plan)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        PLAN.reset(self._token)
        stopping, self._plan.stopping = self._plan.stopping, False
        if isinstance(error, BranchStop):
            return True
        if stopping and not isinstance(error, BaseException):
            refuse("SwallowedInterrupt", "a callable of a parallel group catches `BaseException` around a step")
        return False
