"""One entry of a body: each step call is answered from the memos, or becomes an operation to execute."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from steplint.contract.identity import step_key
from steplint.contract.runs import StepKind
from steplint.runtime.errors import BranchStop, Interrupt, Stopping, refuse
from steplint.runtime.keys import Keys
from steplint.runtime.ops import EXECUTING, PLAN, Op, callable_name
from steplint.runtime.store import Step
from steplint.runtime.visit import Visit


class Entry:
    """The state of one entry; ``due`` are the keys whose next try has come."""

    def __init__(self, visit: Visit, due: frozenset[str]) -> None:
        self.visit = visit
        self.due = due
        self.met: set[str] = set()
        self.keys = Keys()
        self.left = ""
        self.unseen = len(visit.memos)
        self.in_flight: set[asyncio.Task[Any]] = set()
        self.open_calls: dict[str, tuple[str, Coroutine[Any, Any, Any]]] = {}
        visit.entries += 1

    def call(self, kind: StepKind, step_id: str, target: object) -> Step | Op:
        """Return the memo of the next use of ``step_id``, or the operation to execute; may leave the body.

        ``target`` is what is called: a function, a workflow, the name of an event.
        """
        return self.look(kind, step_id, *self.take(step_id), target)

    def take(self, step_id: str) -> tuple[int, str]:
        """Return the occurrence and key of the next use of ``step_id``."""
        if not isinstance(step_id, str) or not step_id:
            refuse("BadStepId", f"a step ID is a text that is not empty, not {step_id!r}")
        outer = EXECUTING.get()
        if outer is not None:
            refuse("NestedStep", f"step `{step_id}` is called inside the handler of step `{outer.label}`")
        return self.keys.take(step_id)

    def look(self, kind: StepKind, step_id: str, occurrence: int, key: str, target: object) -> Step | Op:
        """Return the memo of ``key``, or the operation to execute; may leave the body."""
        visit = self.visit
        visit.calls += 1
        memo = visit.memos.get(key) or (self._alias(key, step_id, occurrence) if visit.bound.aliased else None)
        if memo is None:
            return self._missing(kind, step_id, occurrence, key, target)
        if memo.kind != kind or memo.id != step_id:
            self._mismatch(memo, kind, step_id)
        if visit.branches and (plan := PLAN.get()) is not None:
            self._pin(key, step_id, plan.path)
        visit.recalls += 1
        self.unseen -= 1
        return memo

    def _missing(self, kind: StepKind, step_id: str, occurrence: int, key: str, target: object) -> Op:
        visit = self.visit
        self.unseen = 0
        plan = PLAN.get()
        # A `finally` block, or a handler that swallowed the interrupt, calls a step while the body is being left.
        if self.left:
            raise Interrupt
        if plan is not None:
            if plan.stopping:
                raise BranchStop
            self._pin(key, step_id, plan.path)
        timer = visit.timers.get(key)
        if timer is not None and key in self.due:
            self.met.add(key)
            return Op(kind, step_id, occurrence, key, timer.position, timer.attempt, True, callable_name(target))
        # While something is pending, nothing new begins: a parallel group goes on when all of it is done.
        if visit.timers:
            raise self.stop(step_id)
        if visit.settings.stopping():
            self.left = step_id
            raise Stopping
        return Op(kind, step_id, occurrence, key, visit.reserve(), callable=callable_name(target))

    def _alias(self, key: str, step_id: str, occurrence: int) -> Step | None:
        """Return the memo that a recorded rename left under an earlier ID; from now on it has the new one."""
        visit = self.visit
        for earlier in visit.bound.aliases(step_id):
            memo = visit.memos.pop(step_key(earlier, occurrence), None)
            if memo is not None:
                visit.memos[key] = replace(memo, id=step_id)
                return visit.memos[key]
        return None

    def _mismatch(self, memo: Step, kind: str, step_id: str) -> None:
        """Refuse a memo that another call left under this key, unless the guard lets another kind pass."""
        if memo.id != step_id:
            refuse("CollidingKeys", f"the key of step `{step_id}` is recorded for step `{memo.label}`")
        if self.visit.bound.acts("stale") == "refuse":
            refuse("Drift", f"step `{memo.label}` is recorded as `{memo.kind}`; the code calls `{kind}`")

    def _pin(self, key: str, step_id: str, path: str) -> None:
        """Refuse a key that moves from one callable of a group to another: its number depends on what is done."""
        if self.visit.branches.setdefault(key, path) != path:
            refuse(
                "MovingKey",
                f"step `{step_id}` is used in two callables of a parallel group, which it swaps; use two IDs",
            )

    def stop(self, step_id: str) -> Interrupt:
        """Return what to raise at a step that cannot go on in this entry."""
        plan = PLAN.get()
        return plan.stop() if plan is not None else self.leave(step_id)

    def leave(self, step_id: str) -> Interrupt:
        """Return what to raise to leave the body at this step."""
        self.left = step_id
        return Interrupt()

    def proceed(self, op: Op, memo: Step | None) -> Any:
        """Return the value of a step that was just executed, or leave the body: to enter it again, or to wait."""
        if memo is None or self.left or not self.visit.settings.in_place:
            raise self.leave(op.id)
        return memo.value()

    def close(self) -> list[str]:
        """Close the calls that nobody awaited; returns their IDs."""
        for _, call in self.open_calls.values():
            call.close()
        return [step_id for step_id, _ in self.open_calls.values()]
