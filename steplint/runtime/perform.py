"""Executes handlers: one in place, or those of a parallel group at the same time; each try within its time."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from typing import Any

from steplint.runtime.entry import Entry
from steplint.runtime.errors import Interrupt, StepTimeoutError
from steplint.runtime.ops import EXECUTING, Op, Outcome, Plan, Planned
from steplint.runtime.visit import Visit

_MAX_THREADS = 32


def execute(visit: Visit, op: Op, handler: Callable[..., Any], args: tuple[Any, ...]) -> Outcome:
    """Return what became of one try."""
    visit.begins(op)
    started = visit.now()
    token = EXECUTING.set(op)
    try:
        value = handler(*args) if visit.step_timeout is None else within(visit.step_timeout, op.label, handler, args)
        return Outcome(value, None, started, visit.now())
    except Exception as error:
        return Outcome(None, error, started, visit.now())
    finally:
        EXECUTING.reset(token)


async def execute_async(entry: Entry, op: Op, handler: Callable[..., Any], args: tuple[Any, ...]) -> Outcome:
    """Give what became of one try; an awaitable result is awaited."""
    visit = entry.visit
    visit.begins(op)
    started = visit.now()
    token = EXECUTING.set(op)
    task = asyncio.current_task()
    assert task is not None
    entry.in_flight.add(task)
    try:
        value = handler(*args)
        if inspect.isawaitable(value):
            value = await awaited(value, visit.step_timeout, op.label)
        return Outcome(value, None, started, visit.now())
    except Exception as error:
        return Outcome(None, error, started, visit.now())
    finally:
        entry.in_flight.discard(task)
        EXECUTING.reset(token)


def execute_plan(entry: Entry, plan: Plan) -> None:
    """Execute what a group planned and record each result as it comes; leaves the body unless all is recorded."""
    visit = entry.visit
    handlers = _begin(entry, plan)
    if len(handlers) == 1:
        visit.settle(handlers[0].op, execute(visit, handlers[0].op, handlers[0].handler, handlers[0].args))
    elif handlers:
        with ThreadPoolExecutor(min(len(handlers), _MAX_THREADS), "steplint-group") as pool:
            waiting = {
                pool.submit(copy_context().run, execute, visit, each.op, each.handler, each.args): each
                for each in handlers
            }
            interrupts = [_settled(visit, waiting[future].op, future) for future in as_completed(waiting)]
        for interrupt in filter(None, interrupts):
            raise interrupt
    _end(entry, plan)


async def execute_plan_async(entry: Entry, plan: Plan) -> None:
    """Execute what a group planned and record each result as it comes; leaves the body unless all is recorded."""

    async def one(each: Planned) -> None:
        entry.visit.settle(each.op, await execute_async(entry, each.op, each.handler, each.args))

    results = await asyncio.gather(*map(one, _begin(entry, plan)), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    _end(entry, plan)


def _settled(visit: Visit, op: Op, outcome: Future[Outcome]) -> Interrupt | None:
    """Record ``outcome``; returns an interrupt instead of raising it: the other results must be recorded first."""
    try:
        visit.settle(op, outcome.result())
    except Interrupt as interrupt:
        return interrupt
    return None


def _begin(entry: Entry, plan: Plan) -> list[Planned]:
    if plan.waits:
        entry.visit.register(plan.waits)
    for each in plan.handlers:
        if each.op.kind == "send":
            each.handler(*each.args)
    return [each for each in plan.handlers if each.op.kind != "send"]


def _end(entry: Entry, plan: Plan) -> None:
    if entry.visit.timers or not entry.visit.settings.in_place:
        raise entry.leave("")


def within(timeout: float, label: str, handler: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Return ``handler(*args)``. A thread cannot be ended: one that takes too long is left behind, unused."""
    results: list[tuple[Any, BaseException | None]] = []

    def target() -> None:
        try:
            results.append((handler(*args), None))
        except BaseException as error:
            results.append((None, error))

    thread = threading.Thread(target=copy_context().run, args=(target,), name=f"steplint-{label}", daemon=True)
    thread.start()
    thread.join(timeout)
    if not results:
        raise StepTimeoutError(f"step `{label}` took longer than {timeout:g} s")
    value, error = results[0]
    if error is not None:
        raise error
    return value


async def awaited(value: Any, timeout: float | None, label: str) -> Any:
    """Give the result of an awaitable; one that takes too long is cancelled."""
    if timeout is None:
        return await value
    task = asyncio.ensure_future(value)
    done, _ = await asyncio.wait([task], timeout=timeout)
    if not done:
        task.cancel()
        await asyncio.wait([task])
        raise StepTimeoutError(f"step `{label}` took longer than {timeout:g} s")
    return task.result()
