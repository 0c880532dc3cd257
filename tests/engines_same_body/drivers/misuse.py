"""`misuse.py WHAT [ARGUMENT]...`: uses an adapter in a way that cannot work, and prints the error as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from steplint.runtime import AsyncContext, workflow
from steplint.runtime.engines.errors import EngineError


@workflow("order")
async def order(ctx: AsyncContext) -> None:
    await ctx.step.sleep("nap", 1)


@workflow("a b/c")
async def odd(ctx: AsyncContext) -> None:
    await ctx.step.sleep("nap", 1)


def dbos(database: str) -> Any:
    from steplint.runtime.engines.dbos import DbosRuntime

    return DbosRuntime(database, [order])


def restate_app() -> Any:
    from steplint.runtime.engines.restate import RestateApp

    return RestateApp([odd])


def register(ingress: str, admin: str, app: str) -> Any:
    from steplint.runtime.engines.restate import RestateClient

    return RestateClient(ingress, admin).register(app)


def start(ingress: str, admin: str) -> Any:
    from steplint.runtime.engines.restate import RestateClient

    return RestateClient(ingress, admin).start(order, {}, id="o-1")


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    try:
        print(json.dumps({"result": str(globals()[what](*arguments))}))
    except EngineError as error:
        print(json.dumps({"message": error.message, "hint": error.hint}))
