"""Inngest: the SDK answers one request per step; the driver keeps the memos, as the server would."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import httpx

os.environ["INNGEST_DEV"] = "1"

import fastapi
import inngest.fast_api
from journal import begin
from protocol import Given, Seen, load, serve

EVENT = {"name": "order/placed", "id": "ev-1", "ts": 1767225600000, "data": {}, "user": {}}
LIMIT = 20


async def ask(module: Any, memos: dict[str, Any]) -> httpx.Response:
    """Return the answer of the app to one entry of the body."""
    app = fastapi.FastAPI()
    inngest.fast_api.serve(app, module.client, [module.order])
    context = {
        "run_id": "run-1",
        "attempt": 0,
        "max_attempts": 1,
        "disable_immediate_execution": False,
        "use_api": False,
        "stack": {"stack": list(memos), "current": len(memos)},
    }
    call = {"event": EVENT, "events": [EVENT], "steps": memos, "ctx": context, "use_api": False, "version": 2}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as client:
        return await client.post("/api/inngest", params={"fnId": "shop-order", "stepId": "step"}, json=call)


def advance(module: Any, memos: dict[str, Any], until: int) -> httpx.Response:
    """Enter the body again until ``until`` steps are recorded, or the run ends; return the last answer."""
    for _ in range(LIMIT):
        answer = asyncio.run(ask(module, memos))
        if answer.status_code != 206:
            return answer
        for operation in answer.json():
            key = operation["id"]
            if key in memos:
                raise RuntimeError(f"a second result for `{operation['displayName']}`")
            memos[key] = {"data": operation["data"]} if operation["op"] == "StepRun" else None
        if len(memos) == until:
            return answer
    raise RuntimeError(f"the run did not end after {LIMIT} requests")


def perform(edit: Given) -> Seen:
    """Record two steps of the old body, then finish the run with the new one."""
    memos: dict[str, Any] = {}
    begin(edit.folder, "before")
    advance(load(edit.before), memos, until=len(edit.recorded))
    begin(edit.folder, "after")
    answer = advance(load(edit.after), memos, until=-1)
    if answer.status_code != 200:
        return Seen("failed", [], json.dumps(answer.json())[:300])
    return Seen("completed", answer.json())


serve(perform)
