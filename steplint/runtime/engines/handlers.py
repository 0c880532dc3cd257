"""One try of a step's handler on another engine: its value as JSON has it, its error in a form that can be stored."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from steplint.contract.runs import Fault
from steplint.runtime.engines.errors import StepFailedError, step_fault
from steplint.runtime.ops import Call
from steplint.runtime.perform import awaited, within
from steplint.runtime.values import decode, encode

# The step whose handler executes in the current context: no other one may begin inside it.
INSIDE: ContextVar[str] = ContextVar("inside", default="")


def tried(call: Call, timeout: float | None, loop: asyncio.AbstractEventLoop | None) -> Any:
    """Return what the handler returned; an awaitable is awaited on ``loop``. Raises `StepFailedError`."""
    handler, args = _handler(call)

    def perform() -> Any:
        value = handler(*args) if timeout is None else within(timeout, call.label, handler, args)
        if not inspect.isawaitable(value) or loop is None:
            return value
        return asyncio.run_coroutine_threadsafe(_coroutine(value, timeout, call.label), loop).result()

    token = INSIDE.set(call.label)
    try:
        return decode(encode(perform()))
    except Exception as error:
        raise step_fault(error, call.label, time.time()) from error
    finally:
        INSIDE.reset(token)


async def tried_async(call: Call, timeout: float | None) -> Any:
    """Give what an async handler returned. Raises `StepFailedError`."""
    handler, args = _handler(call)
    token = INSIDE.set(call.label)
    try:
        return decode(encode(await awaited(handler(*args), timeout, call.label)))
    except Exception as error:
        raise step_fault(error, call.label, time.time()) from error
    finally:
        INSIDE.reset(token)


def is_async(call: Call) -> bool:
    """Return whether the handler is a coroutine function."""
    return inspect.iscoroutinefunction(call.target)


def nested(step_id: str) -> StepFailedError:
    """Return why no step may be called inside a handler."""
    outer = INSIDE.get()
    return StepFailedError(
        Fault("NestedStep", f"step `{step_id}` is called inside the handler of step `{outer}`"), ends_run=True
    )


def _handler(call: Call) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    assert callable(call.target)
    return call.target, call.args


async def _coroutine(value: Awaitable[Any], timeout: float | None, label: str) -> Any:
    return await awaited(value, timeout, label)


Attempt = Callable[[Call], Coroutine[Any, Any, Any]]
