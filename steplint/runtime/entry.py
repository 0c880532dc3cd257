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
from steplint.runtime.ops import EXECUTING, PLAN, Call, Op, callable_name
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

    def call(self, kind: StepKind, step_id: str, target: object = "", *args: object) -> Step | Op:
        """Return the memo of the next use of ``step_id``, or the operation to execute; may leave the body."""
        return self.look(self.name(kind, step_id, target, *args))

    def name(self, kind: StepKind, step_id: str, target: object = "", *args: object) -> Call:
        """Return the call with the key of the next use of ``step_id``."""
        if not isinstance(step_id, str) or not step_id:
            refuse("BadStepId", f"a step ID is a text that is not empty, not {step_id!r}")
        outer = EXECUTING.get()
        if outer is not None and outer.run == self.visit.run.id:
            refuse("NestedStep", f"step `{step_id}` is called inside the handler of step `{outer.label}`")
        return Call(kind, step_id, *self.keys.take(step_id), target, args)

    def look(self, call: Call) -> Step | Op:
        """Return the memo of ``call``, or the operation to execute; may leave the body."""
        visit = self.visit
        visit.calls += 1
        memo = visit.memos.get(call.key) or (self._alias(call) if visit.bound.aliased else None)
        if memo is None:
            return self._missing(call)
        if memo.kind != call.kind or memo.id != call.id:
            self._mismatch(memo, call)
        if visit.branches and (plan := PLAN.get()) is not None:
            self._pin(call, plan.path)
        visit.recalls += 1
        self.unseen -= 1
        return memo

    def _missing(self, call: Call) -> Step | Op:
        visit = self.visit
        self.unseen = 0
        plan = PLAN.get()
        # A `finally` block, or a handler that swallowed the interrupt, calls a step while the body is being left.
        if self.left:
            raise Interrupt
        if plan is not None:
            if plan.stopping:
                raise BranchStop
            self._pin(call, plan.path)
        timer = visit.timers.get(call.key)
        if timer is not None and call.key in self.due:
            self.met.add(call.key)
            return Op(visit.run.id, *_identity(call), timer.position, timer.attempt, True, callable_name(call.target))
        # While something is pending, nothing new begins: a parallel group goes on when all of it is done.
        if visit.timers:
            raise self.stop(call.id)
        if visit.settings.stopping():
            self.left = call.id
            raise Stopping
        return Op(visit.run.id, *_identity(call), visit.reserve(), callable=callable_name(call.target))

    def _alias(self, call: Call) -> Step | None:
        """Return the memo that a recorded rename left under an earlier ID; from now on it has the new one."""
        memos = self.visit.memos
        for earlier in self.visit.bound.aliases(call.id):
            memo = memos.pop(step_key(earlier, call.occurrence), None)
            if memo is not None:
                memos[call.key] = replace(memo, id=call.id)
                return memos[call.key]
        return None

    def _mismatch(self, memo: Step, call: Call) -> None:
        """Refuse a memo that another call left under this key, unless the guard lets another kind pass."""
        if memo.id != call.id:
            refuse("CollidingKeys", f"the key of step `{call.label}` is recorded for step `{memo.label}`")
        if self.visit.bound.acts("stale") == "refuse":
            refuse("Drift", f"step `{memo.label}` is recorded as `{memo.kind}`; the code calls `{call.kind}`")

    def _pin(self, call: Call, path: str) -> None:
        """Refuse a key that moves from one callable of a group to another: its number depends on what is done."""
        if self.visit.branches.setdefault(call.key, path) != path:
            refuse("MovingKey", f"step `{call.id}` is used in two callables of a parallel group; use two IDs")

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


def _identity(call: Call) -> tuple[StepKind, str, int, str]:
    return call.kind, call.id, call.occurrence, call.key
