"""The core loop: enter the body with all memos until it returns, fails, or has something to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from steplint.contract.runs import Fault
from steplint.runtime import schedule
from steplint.runtime.context import AsyncContext, Context
from steplint.runtime.entry import Entry
from steplint.runtime.errors import (
    Interrupt,
    LeaseLost,
    LedgerTrouble,
    Refused,
    StepError,
    Stopping,
    UnserializableError,
    describe,
    refuse,
)
from steplint.runtime.values import encode
from steplint.runtime.visit import Visit
from steplint.runtime.workflow import Workflow

Loop = Callable[[], asyncio.AbstractEventLoop]


def drive(visit: Visit, workflow: Workflow, loop: Loop) -> None:
    """Take the run as far as it goes now, and let go of it."""
    while True:
        due = visit.wake()
        if due is None:
            if visit.suspend():
                return None
            continue
        entry = Entry(visit, due)
        started = visit.now()
        try:
            result = _checked(entry, enter(entry, workflow, loop))
        except Refused as refused:
            return fail(visit, workflow, refused.fault)
        except Stopping:
            return schedule.release(visit.store, visit.row("stopped"), visit.attempt)
        except (LeaseLost, LedgerTrouble):
            raise
        except Interrupt:
            _forget_unreached(entry)
        except StepError as error:
            return fail(visit, workflow, describe(error))
        except Exception as error:
            if entry.left:
                return fail(visit, workflow, Fault("SwallowedInterrupt", _SWALLOWED.format(entry.left)))
            if not visit.postpone(error, due, started):
                return fail(visit, workflow, describe(error))
        else:
            schedule.finish(visit.store, visit.row("completed"), result, None)
            return visit.tell("ended", detail="completed")


_SWALLOWED = "the body went on after it was left at step `{}`: it catches `BaseException`, or returns in `finally`"


def enter(entry: Entry, workflow: Workflow, loop: Loop) -> Any:
    """Return what the body returns in one entry."""
    if not workflow.is_async:
        return workflow.body(Context(entry))
    return loop().run_until_complete(_enter_async(entry, workflow))


async def _enter_async(entry: Entry, workflow: Workflow) -> Any:
    try:
        return await workflow.body(AsyncContext(entry))
    finally:
        # Handlers that the body started beside the one that left it: what they did is recorded, not done again.
        this = asyncio.current_task()
        if others := [task for task in entry.in_flight if task is not this]:
            await asyncio.wait(others)
        for task in (rest := [task for task in asyncio.all_tasks() if task is not this]):
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


def _checked(entry: Entry, result: Any) -> str:
    """Return the result of a body as JSON; refuses one that went on where it should have stopped."""
    if entry.left:
        refuse("SwallowedInterrupt", _SWALLOWED.format(entry.left))
    if forgotten := entry.close():
        refuse("StepNotAwaited", f"step `{forgotten[0]}` is called but never awaited")
    try:
        return encode(result)
    except UnserializableError as error:
        refuse("Unserializable", f"the result of the workflow, {error}")


def _forget_unreached(entry: Entry) -> None:
    """Give up the tries of steps that this entry should have reached: the code no longer has them."""
    if entry.due and not entry.met:
        entry.visit.forget(sorted(entry.due))


def fail(visit: Visit, workflow: Workflow, fault: Fault) -> None:
    """End the run with an error, and queue its failure handler."""
    handler = workflow.failure.id if workflow.failure else ""
    schedule.finish(visit.store, visit.row("failed"), None, fault, handler)
    visit.tell("ended", detail=f"failed: {fault.name}: {fault.message}")
