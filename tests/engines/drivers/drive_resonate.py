"""Resonate on its in-process server: a run waits for a timer, and a client with the new code takes over."""

from __future__ import annotations

import asyncio
import time
from types import ModuleType

from journal import begin
from protocol import Given, Seen, load, serve_forked
from resonate.connections import LocalConnection
from resonate.resonate import Resonate
from resonate.retry import Never

PATIENCE = 10.0


def client(server: LocalConnection, module: ModuleType) -> Resonate:
    """Return a client that answers for `order` with the code of a module."""
    answering = Resonate(network=server, env={}, retry_policy=Never())
    answering.register(module.order, name="order")
    return answering


async def made(server: LocalConnection, promise: str) -> None:
    """Wait until the run has made a promise: that of its timer."""
    deadline = time.monotonic() + PATIENCE
    while promise not in server.state.promises:
        if time.monotonic() > deadline:
            raise RuntimeError("the first steps were not recorded")
        await asyncio.sleep(0.02)


async def finished(edit: Given) -> Seen:
    """Record the first steps with one client, then go on with another."""
    server = LocalConnection(tick_interval=0.05)
    promise = f"run-1:{len(edit.recorded) + 1}"
    begin(edit.folder, "before")
    first = client(server, load(edit.before))
    first.run("run-1", "order")
    await made(server, promise)
    await first.stop()
    begin(edit.folder, "after")
    second = client(server, load(edit.after))
    second.start()
    handle = await second.get("run-1")
    try:
        return Seen("completed", await asyncio.wait_for(handle.result(), PATIENCE))
    except asyncio.TimeoutError:
        return Seen("stuck", [], "no end")
    except Exception as error:
        return Seen("failed", [], repr(error))
    finally:
        await second.stop()


def perform(edit: Given) -> Seen:
    """Answer for one edit."""
    return asyncio.run(finished(edit))


serve_forked(perform)
