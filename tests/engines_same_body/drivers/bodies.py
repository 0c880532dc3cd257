"""The workflows that every engine executes; imported unchanged by all drivers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from steplint.runtime import AsyncContext, Context, StepError, workflow

_TRIES: dict[str, int] = {}


def forget() -> None:
    """Let the next run of `retry` fail as the first one did."""
    _TRIES.clear()


def price(item: str, count: int = 1) -> dict[str, Any]:
    return {"item": item, "cents": len(item) * 100 * count, "pair": (1, 2)}


async def stock(item: str) -> dict[str, Any]:
    return {"item": item, "left": 3}


def fails_twice(name: str) -> int:
    _TRIES[name] = _TRIES.get(name, 0) + 1
    if _TRIES[name] < 3:
        raise ConnectionError(f"try {_TRIES[name]}")
    return _TRIES[name]


def out_of_stock(item: str) -> None:
    raise LookupError(f"no {item}")


def note(text: str) -> str:
    return f"noted {text}"


@workflow("sequential")
async def sequential(ctx: AsyncContext) -> Any:
    first = await ctx.step.run("price", price, "tea")
    left = await ctx.step.run("stock", stock, "tea")
    return {"first": first, "left": left, "total": await ctx.step.run("total", lambda: first["cents"] * left["left"])}


@workflow("conditional")
async def conditional(ctx: AsyncContext) -> Any:
    found = await ctx.step.run("price", price, ctx.event.data["item"])
    if found["cents"] > 500:
        return await ctx.step.run("ask", note, "expensive")
    return await ctx.step.run("buy", note, "cheap")


@workflow("dynamic")
async def dynamic(ctx: AsyncContext) -> Any:
    found = [await ctx.step.run("load", price, item) for item in ctx.event.data["items"]]
    for number, each in enumerate(found):
        await ctx.step.run(f"pack-{number}", note, each["item"])
    return len(found)


@workflow("parallel")
async def parallel(ctx: AsyncContext) -> Any:
    async def chain(item: str) -> Any:
        found = await ctx.step.run(f"price-{item}", price, item)
        return await ctx.step.run(f"pack-{item}", note, found["item"])

    done = await ctx.group.parallel(
        (lambda: chain("tea"), lambda: chain("rice"), lambda: ctx.step.run("stock", stock, "salt"))
    )
    return [*done, await ctx.step.run("after", note, "all")]


@workflow("sleep")
async def sleep(ctx: AsyncContext) -> Any:
    await ctx.step.run("before", note, "sleep")
    await ctx.step.sleep("nap", timedelta(seconds=1))
    return await ctx.step.run("after", note, "sleep")


@workflow("event")
async def event(ctx: AsyncContext) -> Any:
    await ctx.step.run("ask", note, "someone")
    paid = await ctx.step.wait_for_event("paid", event="shop/paid", match="data.order", timeout=timedelta(minutes=5))
    late = await ctx.step.wait_for_event("late", event="shop/never", timeout=timedelta(seconds=1))
    return [paid.data if paid is not None else None, late, await ctx.step.run("thank", note, "them")]


@workflow("retry", retries=3)
async def retry(ctx: AsyncContext) -> Any:
    tries = await ctx.step.run("flaky", fails_twice, ctx.run_id)
    try:
        await ctx.step.run("hopeless", out_of_stock, "tea")
    except StepError as error:
        return [tries, error.name, error.message, await ctx.step.run("instead", note, "rice")]
    return tries


async def give_back(ctx: AsyncContext) -> Any:
    said = ctx.event.data["error"]
    return await ctx.step.run("give-back", note, f"{ctx.event.data['workflow']}: {said['name']}: {said['message']}")


@workflow("failure", retries=1, on_failure=give_back)
async def failure(ctx: AsyncContext) -> Any:
    await ctx.step.run("reserve", note, "tea")
    return await ctx.step.run("charge", out_of_stock, "money")


@workflow("part")
async def part(ctx: AsyncContext) -> Any:
    return await ctx.step.run("price", price, ctx.event.data["item"])


@workflow("invoke")
async def invoke(ctx: AsyncContext) -> Any:
    return [
        await ctx.step.invoke("tea", part, {"item": "tea"}),
        await ctx.step.invoke("rice", part, {"item": "rice"}),
        await ctx.step.run("after", note, "both"),
    ]


@workflow("sync")
def sync(ctx: Context) -> Any:
    def chain(item: str) -> Any:
        found = ctx.step.run(f"price-{item}", price, item)
        return ctx.step.run(f"pack-{item}", note, found["item"])

    ctx.step.run("first", note, "first")
    done = ctx.group.parallel((lambda: chain("tea"), lambda: chain("rice")))
    ctx.step.sleep("nap", timedelta(milliseconds=200))
    try:
        ctx.step.run("hopeless", out_of_stock, "tea")
    except StepError as error:
        return [*done, error.name]
    return None


WORKFLOWS = (sequential, conditional, dynamic, parallel, sleep, event, retry, failure, invoke, part, sync)
DATA: dict[str, Any] = {
    "sequential": {},
    "conditional": {"item": "saffron"},
    "dynamic": {"items": ["tea", "rice", "salt"]},
    "parallel": {},
    "sleep": {},
    "event": {"order": 7},
    "retry": {},
    "failure": {},
    "invoke": {},
    "sync": {},
}
# Sent while `event` waits: the first does not match.
EVENTS = [{"name": "shop/paid", "data": {"order": 8}}, {"name": "shop/paid", "data": {"order": 7, "cents": 300}}]
