"""A workflow whose steps write down when they begin, in the file that `STEPLINT_TEST_LOG` names."""

from __future__ import annotations

import os
import time
from typing import Any

from steplint.runtime import AsyncContext, workflow

STEPS = ("reserve", "charge", "ship", "thank")


def work(run: str, step: str) -> str:
    """Write a line, then take a moment; one write to a file opened for appending is never torn."""
    handle = os.open(os.environ["STEPLINT_TEST_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{run} {step} {os.getpid()} {time.time():.4f}\n".encode())
    os.close(handle)
    time.sleep(0.1)
    return f"{run}/{step}"


@workflow("order", retries=0)
async def order(ctx: AsyncContext) -> Any:
    return [await ctx.step.run(step, work, ctx.run_id, step) for step in STEPS]
