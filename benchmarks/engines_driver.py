"""`engines_driver.py ENGINE ROUNDS STEPS`: seconds of one run of so many steps, directly and through the adapter."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steplint.runtime import AsyncContext, Context, workflow

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "engines_same_body" / "drivers"))


def work(number: int) -> dict[str, int]:
    return {"n": number}


@workflow("adapted")
async def adapted(ctx: AsyncContext) -> int:
    for number in range(ctx.event.data["steps"]):
        await ctx.step.run(f"step-{number}", work, number)
    return ctx.event.data["steps"]


async def work_async(number: int) -> dict[str, int]:
    return {"n": number}


@workflow("adapted-async")
async def adapted_async(ctx: AsyncContext) -> int:
    for number in range(ctx.event.data["steps"]):
        await ctx.step.run(f"step-{number}", work_async, number)
    return ctx.event.data["steps"]


@workflow("adapted-sync")
def adapted_sync(ctx: Context) -> int:
    for number in range(ctx.event.data["steps"]):
        ctx.step.run(f"step-{number}", work, number)
    return ctx.event.data["steps"]


def dbos_sync(rounds: int, steps: int) -> dict[str, list[float]]:
    """As `dbos`, with sync bodies: the adapter runs its own in a thread."""
    return dbos(rounds, steps, sync=True)


def dbos(rounds: int, steps: int, *, sync: bool = False) -> dict[str, list[float]]:
    """Both ways on one database and in one process: the workflow is enqueued and its result awaited."""
    from dbos import DBOS, SetWorkflowID

    from steplint.runtime.engines.dbos import DbosRuntime

    tries = {"retries_allowed": True, "max_attempts": 5}  # as the adapter has them

    @DBOS.workflow(name="direct")
    async def direct(number: int) -> int:
        for each in range(number):
            await DBOS.run_step_async(tries | {"name": f"step-{each}"}, work, each)
        return number

    @DBOS.workflow(name="direct-sync")
    def direct_sync(number: int) -> int:
        for each in range(number):
            DBOS.run_step(tries | {"name": f"step-{each}"}, work, each)
        return number

    logging.disable(logging.WARNING)
    with DbosRuntime(os.environ["STEPLINT_DATABASE"], [adapted, adapted_sync], poll=0.05) as runtime:
        event = {"name": "x", "data": {"steps": steps}, "id": "", "ts": 1}

        def one(name: str, function: Any, argument: Any) -> Callable[[int], None]:
            def run(number: int) -> None:
                with SetWorkflowID(f"{name}-{number}"):
                    assert DBOS.start_workflow(function, argument).get_result(polling_interval_sec=0.01) == steps

            return run

        theirs, name = (direct_sync, "adapted-sync") if sync else (direct, "adapted")
        return turns(one("direct", theirs, steps), one(name, runtime.functions[name], event), rounds)


def restate(rounds: int, steps: int) -> dict[str, list[float]]:
    """Both ways as workflows of one app, called through the ingress."""
    import restate as sdk
    from serving import served

    from steplint.runtime.engines.restate import RestateApp, RestateClient

    plain = sdk.Workflow("direct")

    @plain.main()
    async def run(ctx: Any, number: int) -> int:
        for each in range(number):
            await ctx.run_typed(f"step-{each}", work, sdk.RunOptions(max_attempts=5), each)
        return number

    ours = RestateApp([adapted])
    theirs = sdk.app([plain])
    client = RestateClient(*os.environ["STEPLINT_RESTATE"].split(" "))
    event = {"name": "x", "data": {"steps": steps}, "id": "", "ts": 1}

    def one(name: str, argument: Any) -> Callable[[int], None]:
        def call(number: int) -> None:
            url = f"{client._ingress}/{name}/{name}-{number}/run"
            assert client._ask("POST", url, argument) == steps

        return call

    with served(ours) as here, served(theirs) as there:
        client.register(here)
        client.register(there)
        return turns(one("direct", steps), one("adapted", event), rounds)


def inngest(rounds: int, steps: int) -> dict[str, list[float]]:
    """Both ways as functions of one app, called in process with one memo more each time.

    The steps are async: of a sync one the adapter makes a thread, where the SDK lets the event loop stand still.
    """
    import fastapi
    import httpx
    import inngest as sdk
    import inngest.fast_api

    from steplint.runtime.engines.inngest import functions

    logging.disable(logging.ERROR)
    client = sdk.Inngest(app_id="shop", is_production=False, logger=logging.getLogger("sdk"))

    @client.create_function(fn_id="direct", trigger=sdk.TriggerEvent(event="x"))
    async def direct(ctx: sdk.Context) -> int:
        for number in range(ctx.event.data["steps"]):
            await ctx.step.run(f"step-{number}", work_async, number)
        return ctx.event.data["steps"]

    app = fastapi.FastAPI()
    inngest.fast_api.serve(app, client, [direct, *functions(client, [adapted_async])])
    event = {"name": "x", "id": "e", "ts": 1, "data": {"steps": steps}, "user": {}}

    async def drive(function: str) -> None:
        memos: dict[str, Any] = {}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as asks:
            while True:
                about = {"run_id": "r", "attempt": 0, "max_attempts": 1, "disable_immediate_execution": False}
                about |= {"use_api": False, "stack": {"stack": [], "current": 0}}
                body = {"event": event, "events": [event], "steps": memos, "ctx": about, "use_api": False, "version": 2}
                answer = await asks.post(
                    "/api/inngest", params={"fnId": f"shop-{function}", "stepId": "step"}, json=body
                )
                if answer.status_code == 200:
                    assert answer.json() == steps
                    return
                for operation in answer.json():
                    memos[operation["id"]] = {"data": operation["data"]}

    return turns(
        lambda number: asyncio.run(drive("direct")), lambda number: asyncio.run(drive("adapted-async")), rounds
    )


def turns(direct: Callable[[int], None], ours: Callable[[int], None], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each round; who begins changes from round to round, the first one counts for nothing."""
    found: dict[str, list[float]] = {"direct": [], "adapter": []}
    for number in range(rounds + 1):
        pairs = [("direct", direct), ("adapter", ours)]
        for name, run in pairs if number % 2 else reversed(pairs):
            begin = time.perf_counter()
            run(number)
            if number:
                found[name].append(time.perf_counter() - begin)
    return found


ENGINES = {"dbos": dbos, "dbos-sync": dbos_sync, "restate": restate, "inngest": inngest}

if __name__ == "__main__":
    engine, rounds, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout.write("\n" + json.dumps(ENGINES[engine](rounds, steps)) + "\n")
    sys.stdout.flush()
    os._exit(0)
