"""Bodies that differ from entry to entry, for the determinism check, and one that does not."""

from __future__ import annotations

import datetime
import random
import uuid
from typing import Any

from steplint.runtime import AsyncContext, Context, workflow

WORDS = ["pear", "fig", "plum", "kiwi", "lime", "date"]


@workflow("steady")
def steady(ctx: Context) -> Any:
    first = ctx.step.run("draw", random.random)
    ctx.step.sleep("nap", 60_000)
    return [first, [ctx.step.run(f"word-{word}", lambda word=word: word.upper()) for word in sorted(set(WORDS))]]


@workflow("random-id")
def random_id(ctx: Context) -> None:
    ctx.step.run(f"load-{uuid.uuid4()}", lambda: 1)


@workflow("branches-on-time")
async def branches_on_time(ctx: AsyncContext) -> str:
    if datetime.datetime.now(tz=datetime.timezone.utc).year == 2023:
        return await ctx.step.run("this-year", lambda: "this")
    return await ctx.step.run("another-year", lambda: "another")


@workflow("set-order")
def set_order(ctx: Context) -> None:
    for word in set(WORDS):
        ctx.step.run(f"word-{word}", lambda word=word: word)


@workflow("random-argument")
def random_argument(ctx: Context) -> None:
    ctx.step.run("send", lambda amount: amount, random.random())


@workflow("random-result")
def random_result(ctx: Context) -> float:
    ctx.step.run("a", lambda: 1)
    return random.random()


@workflow("endless")
def endless(ctx: Context) -> None:
    while True:
        pass


local = [workflow("local")(lambda ctx: None)]
