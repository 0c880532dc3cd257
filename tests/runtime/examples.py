"""The workflows of the document this project started from, as Python; tests run each in both modes."""

from __future__ import annotations

from typing import Any

from steplint.runtime import AsyncContext, Context, workflow


@workflow("import-contacts", trigger="contacts/csv.uploaded")
def import_contacts(ctx: Context) -> Any:
    rows = ctx.step.run("parse-csv", lambda: [line.split(";") for line in ctx.event.data["csv"].splitlines()])
    normalized = ctx.step.run("normalize-csv", lambda: [[cell.strip().lower() for cell in row] for row in rows])
    return {"results": ctx.step.run("import-contacts", lambda: len(normalized))}


@workflow("fetch-twice")
def fetch_twice(ctx: Context) -> Any:
    user = ctx.step.run("fetch-data", lambda: {"user": ctx.event.data["id"]})
    orders = ctx.step.run("fetch-data", lambda: {"orders": [ctx.event.data["id"], 2]})
    return [user, orders]


@workflow("parallel-process", trigger="process/parallel")
async def parallel_process(ctx: AsyncContext) -> Any:
    user = await ctx.step.run("fetch-user", lambda: {"id": ctx.event.data["userId"]})
    profile, orders, preferences = await ctx.group.parallel(
        (
            lambda: ctx.step.run("fetch-profile", lambda: {"of": user["id"]}),
            lambda: ctx.step.run("fetch-orders", lambda: [user["id"]]),
            lambda: ctx.step.run("fetch-preferences", dict),
        )
    )
    return {"profile": profile, "orders": orders, "preferences": preferences}


@workflow("conditional-steps", trigger="user/signup")
def conditional_steps(ctx: Context) -> Any:
    user = ctx.step.run("create-user", lambda: ctx.event.data)
    done = []
    if user.get("accountType") == "premium":
        done.append(ctx.step.run("setup-premium-features", lambda: "premium"))
    if user.get("company"):
        done.append(ctx.step.run("create-company-profile", lambda: user["company"]))
    done.append(ctx.step.run("send-welcome-email", lambda: user["email"]))
    return done


@workflow("dynamic-steps", trigger="batch/process")
def dynamic_steps(ctx: Context) -> Any:
    items = ctx.step.run("fetch-items", lambda: ctx.event.data["items"])
    results = [ctx.step.run(f"process-item-{n}", lambda item=item: item * 2) for n, item in enumerate(items)]
    return {"processedCount": len(results), "results": results}


@workflow("fixed-step")
def fixed_step(ctx: Context) -> Any:
    def bounded() -> int:
        for attempt in range(10):
            if attempt == ctx.event.data["succeeds"]:
                return attempt
        raise RuntimeError("max attempts reached")

    return ctx.step.run("fixed-step", bounded)


@workflow("good-patterns", trigger="process/user", retries=0)
def good_patterns(ctx: Context) -> Any:
    if not ctx.event.data.get("email"):
        raise ValueError("missing required fields")
    user = ctx.step.run("fetch-user-data", lambda: {"firstName": "Ada", "lastName": "L"})
    processed = {
        **user,
        "email": ctx.event.data["email"].lower(),
        "fullName": f"{user['firstName']} {user['lastName']}",
    }
    saved = ctx.step.run("save-user", lambda: {"id": 1, **processed})
    return {"userId": saved["id"], "name": saved["fullName"]}


@workflow("robust-process", trigger="process/data")
def robust_process(ctx: Context) -> Any:
    data = ctx.step.run("fetch-external-data", lambda: {"id": ctx.event.data["id"]})

    def heavy_processing() -> Any:
        if ctx.attempt == 0:
            raise ConnectionError("network timeout")
        return {**data, "processed": True}

    processed = ctx.step.run("process-data", heavy_processing)
    return ctx.step.run("save-results", lambda: [processed, ctx.attempt])


@workflow("too-granular", trigger="process/data")
def too_granular(ctx: Context) -> Any:
    a = ctx.step.run("step-1", lambda: 1)
    b = ctx.step.run("step-2", lambda: a + 1)
    return ctx.step.run("step-3", lambda: b + 1)


@workflow("better-grouping", trigger="process/data")
def better_grouping(ctx: Context) -> Any:
    processed = ctx.step.run("process-data-batch", lambda: 1 + 1 + 1)
    return ctx.step.run("save-to-database", lambda: processed)


@workflow("create-record")
def create_record(ctx: Context) -> Any:
    data = ctx.event.data
    return ctx.step.run("create-record", lambda: {"id": f"{data['userId']}-{data['timestamp']}", "data": data})


EXAMPLES = [
    (import_contacts, {"csv": "A; b\nC;D "}, {"results": 2}),
    (fetch_twice, {"id": 7}, [{"user": 7}, {"orders": [7, 2]}]),
    (parallel_process, {"userId": 3}, {"profile": {"of": 3}, "orders": [3], "preferences": {}}),
    (conditional_steps, {"accountType": "premium", "company": "C", "email": "e"}, ["premium", "C", "e"]),
    (conditional_steps, {"email": "e"}, ["e"]),
    (dynamic_steps, {"items": [1, 2, 3]}, {"processedCount": 3, "results": [2, 4, 6]}),
    (fixed_step, {"succeeds": 4}, 4),
    (robust_process, {"id": 5}, [{"id": 5, "processed": True}, 0]),
    (too_granular, {}, 3),
    (better_grouping, {}, 3),
    (create_record, {"userId": 1, "timestamp": 2}, {"id": "1-2", "data": {"userId": 1, "timestamp": 2}}),
    (good_patterns, {"email": "A@B.C"}, {"userId": 1, "name": "Ada L"}),
]
