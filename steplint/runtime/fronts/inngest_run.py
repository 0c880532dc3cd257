"""Drives one run of an Inngest function: a request for each entry, and what its answer asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from steplint.contract.runs import Fault, StepKind
from steplint.runtime import schedule
from steplint.runtime.errors import NonRetriableError, RetryAfterError, StepError
from steplint.runtime.fronts.expressions import UnknownExpressionError, awaited, parse
from steplint.runtime.fronts.inngest_app import Answer, App
from steplint.runtime.fronts.inngest_config import Function
from steplint.runtime.fronts.times import when
from steplint.runtime.ops import Op, Outcome, Wait
from steplint.runtime.retry import pause
from steplint.runtime.schedule import Event, event_text
from steplint.runtime.store import Run, Step, Timer
from steplint.runtime.values import decode, encode
from steplint.runtime.visit import Visit

# Marks of timers of the kind `run`: a step that was planned, and whether its group is a race.
PLANNED, RACE = "planned", "planned race"
MAX_STEPS = 1000
MAX_OUTPUT, MAX_STATE = 4 << 20, 32 << 20
_MAX_THREADS = 32
_LONGEST_WAIT = 366 * 86400.0


class RemoteError(StepError):
    """What an app answered instead of a result."""


class RemoteFinalError(RemoteError, NonRetriableError):
    """An answer that asks for no further try."""


class RemoteLaterError(RemoteError, RetryAfterError):
    """An answer that says when to try again."""

    def __init__(self, fault: Fault, seconds: float) -> None:
        RetryAfterError.__init__(self, f"{fault.name}: {fault.message}", timedelta(seconds=seconds))
        self.name, self.message, self.stack, self.step = fault.name, fault.message, fault.stack, ""


class _RunEnds(Exception):  # noqa: N818 - it ends the run, whatever it was
    def __init__(self, fault: Fault | None, result: Any = None) -> None:
        super().__init__()
        self.fault, self.result = fault, result


class Found(NamedTuple):
    """An operation of an answer."""

    op: str
    key: str
    id: str
    occurrence: int
    name: str
    opts: Mapping[str, Any]
    data: Any
    error: Fault | None

    @property
    def label(self) -> str:
        """The ID, with ``:n`` after n earlier uses."""
        return self.id if self.occurrence == 0 else f"{self.id}:{self.occurrence}"


KINDS: Mapping[str, StepKind] = {
    "StepRun": "run", "Step": "run", "StepPlanned": "run", "StepError": "run", "StepFailed": "run",
    "Sleep": "sleep", "WaitForEvent": "wait", "InvokeFunction": "invoke",
}  # fmt: skip


class InngestRun:
    """One run between claim and release; ``ended`` is told how it ended, inside the transaction that records that."""

    def __init__(
        self,
        visit: Visit,
        function: Function,
        app: App,
        functions: Mapping[str, Function],
        ended: Callable[[Run, Any, Fault | None], None],
    ) -> None:
        self._visit, self._function, self._app, self._functions, self._ended = visit, function, app, functions, ended
        self._event: dict[str, Any] = decode(visit.run.event)
        self._looked = -1  # how many memos the last discovery knew

    def drive(self) -> None:
        """Take the run as far as it goes now, and let go of it."""
        visit = self._visit
        try:
            while True:
                if visit.settings.stopping():
                    return schedule.release(visit.store, visit.row("stopped"), visit.attempt)
                self._expire()
                due = visit.wake()
                planned = [visit.timers[key] for key in sorted(due or ()) if visit.timers[key].expected]
                if planned:
                    self._target(planned)
                elif due is not None or self._race():
                    self._discover(due or frozenset())
                elif visit.suspend():
                    return None
        except _RunEnds as end:
            self._finish(end)

    def fail(self, fault: Fault) -> None:
        """End the run without asking the app."""
        self._finish(_RunEnds(fault))

    def _discover(self, due: frozenset[str]) -> None:
        """Enter the body to learn what it asks for next."""
        visit = self._visit
        attempt = max((visit.timers[key].attempt for key in due), default=visit.attempt)
        self._looked = len(visit.memos)
        started = visit.now()
        answer = self._ask("step", attempt, bool(visit.timers.keys() - due))
        if answer.status == 200:
            raise _RunEnds(None, answer.body)
        if answer.status == 206:
            self._perform(operations(answer), attempt, answer, started)
            passed = [key for key in sorted(due) if key in visit.timers and (visit.timers[key].at or 0) <= started]
            if passed:
                visit.forget(passed)  # the code no longer reaches them
        elif not visit.postpone(_error(answer), due, started):
            raise _RunEnds(answer.fault)

    def _perform(self, found: Sequence[Found], attempt: int, answer: Answer, started: float) -> None:
        visit, waits = self._visit, list[Wait]()
        if not found and not visit.postpone(_error(answer), frozenset(), started):
            raise _RunEnds(Fault("EmptyAnswer", "the app answered without an operation, several times"))
        for each in sorted(found, key=lambda each: each.op != "WaitForEvent"):
            if each.op in ("StepPlanned", "Sleep", "WaitForEvent", "InvokeFunction") and each.key not in visit.timers:
                self._refuse_collision(each)
                wait = self._wait(each)
                if wait is not None:
                    waits.append(wait)
        if waits:
            visit.register(waits)
        for each in found:
            if each.op in ("StepRun", "Step", "StepError", "StepFailed"):
                self._settle(each, self._op(each, attempt), answer, started, "")
            elif each.op in ("RunComplete", "SyncRunComplete"):
                raise _RunEnds(None, each.data)
            elif each.op not in KINDS:
                raise _RunEnds(_unknown(each))

    def _target(self, planned: Sequence[Timer]) -> None:
        """Execute planned steps side by side, each by a request that names it."""
        visit = self._visit
        others = len(visit.timers) > 1
        started = visit.now()
        for timer in planned:
            visit.begins(timer)
        with ThreadPoolExecutor(min(len(planned), _MAX_THREADS), "steplint-inngest") as pool:
            asked = {pool.submit(self._send, timer.key, timer.attempt, others): timer for timer in planned}
            visit.entries += len(planned)
            ends = [self._reached(asked[each], each.result(), started) for each in as_completed(asked)]
        for end in filter(None, ends):
            raise end
        if self._race():
            self._discover(frozenset())

    def _reached(self, timer: Timer, answer: Answer, started: float) -> _RunEnds | None:
        """Record what a targeted step came to; returns what ends the run: the others must be recorded first."""
        op = _op_of(timer)
        try:
            if answer.status == 200:
                return _RunEnds(None, answer.body)
            if answer.status != 206:
                return self._unreached(op, answer, timer.expected, started)
            found = operations(answer)
            mine = next((each for each in found if each.key == timer.key), None)
            if mine is None:
                asked = ", ".join(f"`{each.label}`" for each in found) or "nothing"
                return _RunEnds(Fault("Drift", f"step `{timer.label}` was planned; the code asks for {asked} instead"))
            self._settle(mine, op, answer, started, timer.expected)
        except _RunEnds as end:
            return end
        return None

    def _unreached(self, op: Op, answer: Answer, mark: str, started: float) -> _RunEnds | None:
        if answer.code == "step_unexpected":
            return _RunEnds(Fault("Drift", f"step `{op.label}` was planned; the code no longer reaches it"))
        visit = self._visit
        last = answer.no_retry or op.attempt + 1 >= visit.max_attempts
        at = None if last else visit.now() + self._pause(answer, op.attempt, op.key)
        visit.failed(op, Outcome(None, None, started, visit.now()), answer.fault, at, mark)
        return _RunEnds(answer.fault) if last else None

    def _settle(self, found: Found, op: Op, answer: Answer, started: float, mark: str) -> None:
        """Record the value of a step, or its final error, or when it is tried again."""
        visit = self._visit
        self._refuse_collision(found)
        now = visit.now()
        outcome = Outcome(None, None, started, now)
        if found.op in ("StepRun", "Step"):
            text = encode(found.data)
            self._refuse_size(op, text)
            visit.record(op, text, None, outcome)
            return
        fault = found.error or Fault("Error", "")
        last = found.op == "StepFailed" or answer.no_retry or op.attempt + 1 >= visit.max_attempts
        at = None if last else now + self._pause(answer, op.attempt, op.key)
        visit.failed(op, outcome, fault, at, mark)
        if last:
            visit.record(op, None, encode(msgspec.to_builtins(fault)), outcome)

    def _wait(self, found: Found) -> Wait | None:
        """Return what an operation waits for; None if it has its result already."""
        visit, now = self._visit, self._visit.now()
        op = self._op(found, 0)
        timer = Timer(visit.run.id, op.key, op.id, op.occurrence, op.position, op.kind, now, None)
        replace = msgspec.structs.replace
        if found.op == "StepPlanned":
            mark = RACE if found.opts.get("parallelMode") == "race" else PLANNED
            return Wait(replace(timer, at=now, expected=mark))
        if found.op == "Sleep":
            return Wait(replace(timer, at=_when(found, str(found.opts.get("duration") or found.name), now)))
        if found.op == "WaitForEvent":
            return Wait(self._event_timer(found, timer, now))
        return self._invocation(found, op, timer, now)

    def _event_timer(self, found: Found, timer: Timer, now: float) -> Timer:
        until = min(_when(found, str(found.opts.get("timeout") or "366d"), now), now + _LONGEST_WAIT)
        name = str(found.opts.get("event") or found.name)
        replace = msgspec.structs.replace
        try:
            met = awaited(parse(found.opts.get("if")), self._event)
        except UnknownExpressionError as error:
            raise _RunEnds(Fault("UnsupportedExpression", f"step `{found.label}`: {error}")) from None
        if met is None:
            return replace(timer, at=until)  # no event can meet it
        paths, wanted = met
        expected = encode(wanted if len(wanted) > 1 else wanted[0]) if wanted else ""
        return replace(timer, at=until, event=name, match=" && ".join(paths), expected=expected)

    def _invocation(self, found: Found, op: Op, timer: Timer, now: float) -> Wait | None:
        full_id = str(found.opts.get("function_id") or "")
        child = self._functions.get(full_id)
        if child is None:
            fault = Fault("FunctionNotFound", f"the app has no function `{full_id}`")
            self._visit.record(op, None, encode(msgspec.to_builtins(fault)), Outcome(None, None, now, now))
            return None
        payload = found.opts.get("payload") or {}
        run, step_key = self._visit.run, f"{self._visit.run.id}.{found.key}"
        about = {"correlation_id": step_key, "source_fn_id": self._function.full_id, "fn_id": full_id}
        about |= {"name": "inngest/function.invoked", "source_app_id": self._function.app}
        child_id = f"{run.id}/{found.label}"
        data = {**(payload.get("data") or {}), "_inngest": about}
        text = event_text(Event("inngest/function.invoked", data, child_id, int(now * 1000)))
        limit = found.opts.get("timeout")
        at = _when(found, str(limit), now) if limit else None
        row = Run(child_id, child.id, text, now, run.root, now, parent=run.id, parent_key=found.key)
        return Wait(msgspec.structs.replace(timer, at=at), row)

    def _expire(self) -> None:
        """Record the invocations that took too long; their runs go on, their results are not waited for."""
        visit, now = self._visit, self._visit.now()
        late = [t for t in visit.timers.values() if t.kind == "invoke" and t.at is not None and t.at <= now]
        for timer in late:
            fault = Fault("InvokeTimeout", f"the function that step `{timer.label}` invoked did not end in time")
            with schedule.holding(visit.store, visit.row("")):
                schedule.resolve(visit.store, timer, None, encode(msgspec.to_builtins(fault)), now)
        if late:
            visit.load()

    def _op(self, found: Found, attempt: int) -> Op:
        visit = self._visit
        known = visit.timers.get(found.key)
        if known is not None:
            return _op_of(known)
        return Op(
            visit.run.id, KINDS[found.op], found.id, found.occurrence, found.key, visit.reserve(), attempt,
        )  # fmt: skip

    def _refuse_collision(self, found: Found) -> None:
        memo = self._visit.memos.get(found.key)
        if memo is None:
            return
        if (memo.id, memo.occurrence) != (found.id, found.occurrence):
            here, there = self._use(found.id, found.occurrence), self._use(memo.id, memo.occurrence)
            raise _RunEnds(Fault("CollidingKeys", f"{here} and {there} have one key; rename one of the two steps"))
        if memo.kind != KINDS[found.op]:
            text = f"step `{memo.label}` is recorded as `{memo.kind}`; the code asks for `{KINDS[found.op]}`"
            raise _RunEnds(Fault("Drift", text))
        raise _RunEnds(Fault("Drift", f"step `{memo.label}` is recorded, and the app asks for it again"))

    def _use(self, step_id: str, occurrence: int) -> str:
        """Name a call of a step, with its place if a manifest tells that."""
        place = self._visit.bound.place(step_id, occurrence)
        named = f"step `{step_id}`" if occurrence == 0 else f"use {occurrence + 1} of step `{step_id}`"
        return f"{named} ({place})" if place else named

    def _refuse_size(self, op: Op, text: str) -> None:
        if len(text) > MAX_OUTPUT:
            raise _RunEnds(
                Fault("OutputTooLarge", f"step `{op.label}` returned {len(text)} bytes; Inngest allows 4 MiB")
            )
        memos = self._visit.memos
        if len(memos) >= MAX_STEPS:
            raise _RunEnds(Fault("TooManySteps", f"the run has {MAX_STEPS} steps, as many as Inngest allows"))
        if sum(len(each.data or "") for each in memos.values()) + len(text) > MAX_STATE:
            raise _RunEnds(
                Fault("StateTooLarge", "the results of the run's steps exceed the 32 MiB that Inngest allows")
            )

    def _race(self) -> bool:
        visit = self._visit
        return len(visit.memos) != self._looked and any(each.expected == RACE for each in visit.timers.values())

    def _ask(self, step: str, attempt: int, pending: bool) -> Answer:
        self._visit.entries += 1
        return self._send(step, attempt, pending)

    def _send(self, step: str, attempt: int, pending: bool) -> Answer:
        visit = self._visit
        answer = self._app.call(
            self._function.full_id, step, request(visit.run.id, self._event, visit.memos.values(), attempt,
            visit.max_attempts, pending=pending, function=self._function.full_id)
        )  # fmt: skip
        visit.recalls += len(visit.memos)
        visit.calls += len(visit.memos) + (len(answer.body) if answer.status == 206 and step == "step" else 0)
        return answer

    def _pause(self, answer: Answer, attempt: int, key: str) -> float:
        if answer.retry_after is not None:
            return min(max(answer.retry_after - time.time(), 1.0), 86400.0)
        return pause(self._visit.settings.backoff, attempt, self._visit.run.id, key)

    def _finish(self, end: _RunEnds) -> None:
        visit = self._visit
        result = None if end.fault else encode(end.result)
        outcome = "failed" if end.fault else "completed"
        with visit.store.transaction():
            schedule.finish(visit.store, visit.row(outcome), result, end.fault)
            self._ended(visit.run, end.result, end.fault)
        visit.tell("ended", detail=f"failed: {end.fault.name}: {end.fault.message}" if end.fault else "completed")


def request(
    run_id: str,
    event: Mapping[str, Any],
    memos: Any,
    attempt: int,
    max_attempts: int,
    *,
    pending: bool,
    function: str,
) -> dict[str, Any]:
    """Return the body of a call."""
    known: list[Step] = sorted(memos, key=lambda step: (step.ended, step.position))
    sent = {"user": {}, **event}
    context = {
        "run_id": run_id, "fn_id": function, "step_id": "step", "env": "local", "attempt": attempt,
        "max_attempts": max_attempts, "disable_immediate_execution": pending, "use_api": False,
        "stack": {"stack": [step.key for step in known], "current": len(known)},
    }  # fmt: skip
    steps = {step.key: memo(step) for step in known}
    return {
        "event": sent, "events": [sent], "steps": steps, "ctx": context, "use_api": False,
    }  # fmt: skip


def memo(step: Step) -> Any:
    """Return what is sent of a recorded step."""
    if step.error is not None:
        fault = decode(step.error)
        return {"error": {"name": fault["name"], "message": fault["message"], "stack": fault["stack"]}}
    data = decode(step.data or "null")
    return data if step.kind in ("sleep", "wait") else {"data": data}


def operations(answer: Answer) -> list[Found]:
    """Return the operations of an answer."""
    given = answer.body if isinstance(answer.body, list) else [answer.body]
    return [_found(each) for each in given if isinstance(each, dict)]


def _found(given: Mapping[str, Any]) -> Found:
    user = given.get("userland") or {}
    shown = str(user.get("id") or given.get("displayName") or given.get("name") or "")
    error = given.get("error")
    fault = None
    if isinstance(error, dict):
        fault = Fault(*(str(error.get(key) or "") for key in ("name", "message", "stack")))
    opts = given.get("opts") or {}
    data = given.get("data")
    return Found(
        str(given.get("op")), str(given.get("id")), shown, int(user.get("index") or 0), str(given.get("name") or ""),
        opts, data, fault,
    )  # fmt: skip


def _op_of(timer: Timer) -> Op:
    return Op(
        timer.run, timer.kind, timer.id, timer.occurrence, timer.key, timer.position, timer.attempt, True
    )  # fmt: skip


def _error(answer: Answer) -> RemoteError:
    if answer.no_retry:
        return RemoteFinalError(answer.fault, "")
    if answer.retry_after is not None:
        return RemoteLaterError(answer.fault, answer.retry_after - time.time())
    return RemoteError(answer.fault, "")


def _unknown(found: Found) -> Fault:
    if found.op in ("AIGateway", "Gateway"):
        return Fault(
            "Unsupported", f"step `{found.label}`: `ai.infer` is done by Inngest's server; call the model in a step"
        )
    if found.op == "StepNotFound":
        return Fault("Drift", f"step `{found.label}` was planned; the code no longer reaches it")
    return Fault("Unsupported", f"step `{found.label}` asks for `{found.op}`, which is not supported here")


def _when(found: Found, text: str, now: float) -> float:
    try:
        return when(text, now)
    except ValueError:
        raise _RunEnds(Fault("BadTime", f"step `{found.label}`: `{text}` is neither a time nor a duration")) from None
