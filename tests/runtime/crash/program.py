"""Generated workflows: a tree of operations, and the bodies that carry it out, sync and async."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from steplint.runtime import AsyncContext, Context, StepError, Workflow
from steplint.runtime.ops import EXECUTING

Node = dict[str, Any]


def mark(word: str) -> str:
    """Append a line to the log that counts executions outside of the ledger."""
    handle = os.open(os.environ["STEPLINT_TEST_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{word}\n".encode())
    os.close(handle)
    return word


def handler(ctx: Any, node: Node) -> Callable[[], Any]:
    """Return the handler of a step: it is logged, then fails as often as the node says."""

    def act() -> Any:
        step = EXECUTING.get()
        assert step is not None
        mark(f"{ctx.run_id}|{step.label}")
        if ctx.attempt < node.get("fails", 0):
            raise OSError(f"try {ctx.attempt} of {node['id']}")
        return node["value"]

    return act


def body(ctx: Context) -> Any:
    values = [_run(ctx, node) for node in ctx.event.data["nodes"]]
    if ctx.event.data.get("ends") == "fails":
        ctx.step.run("last", handler(ctx, {"id": "last", "fails": 99}))
    return values


async def async_body(ctx: AsyncContext) -> Any:
    values = [await _run_async(ctx, node) for node in ctx.event.data["nodes"]]
    if ctx.event.data.get("ends") == "fails":
        await ctx.step.run("last", handler(ctx, {"id": "last", "fails": 99}))
    return values


def _run(ctx: Context, node: Node) -> Any:
    match node["do"]:
        case "run":
            return ctx.step.run(node["id"], handler(ctx, node))
        case "caught":
            try:
                return ctx.step.run(node["id"], handler(ctx, node))
            except StepError as error:
                return error.message
        case "sleep":
            return ctx.step.sleep(node["id"], timedelta(milliseconds=node["value"]))
        case "timeout":
            return ctx.step.wait_for_event(node["id"], event="never", timeout=timedelta(milliseconds=1))
        case "send":
            return ctx.step.send_event(node["id"], {"name": "told", "data": {"n": node["value"]}})
        case "invoke":
            return ctx.step.invoke(node["id"], "sync" if node["value"] else "async", data={"nodes": node["nodes"]})
        case "if":
            chosen = ctx.step.run(node["id"], handler(ctx, node))
            return [_run(ctx, each) for each in node["nodes"]] if chosen % 2 else "skipped"
        case "each":
            count = ctx.step.run(node["id"], handler(ctx, node))
            return [_run(ctx, {"do": "run", "id": f"{node['id']}-{n}", "value": n}) for n in range(count)]
        case "stumble":
            if ctx.attempt < node["value"]:
                raise KeyError(node["id"])
            return None
        case _:
            branches = [lambda nodes=nodes: [_run(ctx, each) for each in nodes] for nodes in node["branches"]]
            return list(ctx.group.parallel(branches))


async def _run_async(ctx: AsyncContext, node: Node) -> Any:
    match node["do"]:
        case "run":
            return await ctx.step.run(node["id"], _slowly(handler(ctx, node)))
        case "caught":
            try:
                return await ctx.step.run(node["id"], _slowly(handler(ctx, node)))
            except StepError as error:
                return error.message
        case "sleep":
            return await ctx.step.sleep(node["id"], timedelta(milliseconds=node["value"]))
        case "timeout":
            return await ctx.step.wait_for_event(node["id"], event="never", timeout=timedelta(milliseconds=1))
        case "send":
            return await ctx.step.send_event(node["id"], {"name": "told", "data": {"n": node["value"]}})
        case "invoke":
            return await ctx.step.invoke(
                node["id"], "sync" if node["value"] else "async", data={"nodes": node["nodes"]}
            )
        case "if":
            chosen = await ctx.step.run(node["id"], handler(ctx, node))
            return [await _run_async(ctx, each) for each in node["nodes"]] if chosen % 2 else "skipped"
        case "each":
            count = await ctx.step.run(node["id"], handler(ctx, node))
            items = [{"do": "run", "id": f"{node['id']}-{n}", "value": n} for n in range(count)]
            return [await _run_async(ctx, item) for item in items]
        case "stumble":
            if ctx.attempt < node["value"]:
                raise KeyError(node["id"])
            return None
        case _:

            async def branch(nodes: list[Node]) -> list[Any]:
                return [await _run_async(ctx, each) for each in nodes]

            return list(await ctx.group.parallel([lambda nodes=nodes: branch(nodes) for nodes in node["branches"]]))


def _slowly(act: Callable[[], Any]) -> Callable[[], Any]:
    async def later() -> Any:
        await asyncio.sleep(0)
        return act()

    return later


def failed(ctx: Context) -> Any:
    """The failure handler of both workflows."""
    return ctx.step.run("report", handler(ctx, {"id": "report", "value": ctx.event.data["run_id"]}))


def told(ctx: Context) -> Any:
    """Started by each event that a program sends."""
    return ctx.step.run("hear", handler(ctx, {"id": "hear", "value": ctx.event.data["n"]}))


WORKFLOWS = {
    "sync": Workflow("sync", body, retries=2, on_failure=failed),
    "async": Workflow("async", async_body, retries=2, on_failure=failed),
    "told": Workflow("told", told, trigger="told"),
}
