"""Workflows for worker processes: each execution of a step is a line in the file that `STEPLINT_TEST_LOG` names."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

from steplint.runtime import AsyncContext, Context, workflow


def mark(word: str) -> str:
    """Append a line; one write to a file opened for appending is never torn."""
    handle = os.open(os.environ["STEPLINT_TEST_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{word} {os.getpid()}\n".encode())
    os.close(handle)
    return word


def slowly(word: str, seconds: float) -> str:
    mark(f"{word}-begin")
    time.sleep(seconds)
    return mark(f"{word}-end")


@workflow("three-steps", trigger="three/wanted")
def three_steps(ctx: Context) -> list[str]:
    return [ctx.step.run(name, slowly, f"{ctx.run_id}/{name}", 0.002) for name in ("a", "b", "c")]


@workflow("long-step")
def long_step(ctx: Context) -> list[str]:
    first = ctx.step.run("first", mark, "first")
    second = ctx.step.run("second", slowly, "second", ctx.event.data["seconds"])
    return [first, second, ctx.step.run("third", mark, "third")]


@workflow("waits")
async def waits(ctx: AsyncContext) -> Any:
    await ctx.step.sleep("nap", timedelta(milliseconds=300))
    event = await ctx.step.wait_for_event("go", event="go", match="data.n", timeout=timedelta(seconds=30))
    return event.data if event else None
