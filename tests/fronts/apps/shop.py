"""An app as the documentation of Inngest's SDK writes them: contacts are imported, orders wait, payments fail."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta, timezone

import fastapi
import inngest
import inngest.fast_api

client = inngest.Inngest(app_id="shop")
charges: list[str] = []


async def parse(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


async def normalize(rows: list[list[str]]) -> list[dict[str, str]]:
    return [{"name": name.strip().title(), "email": email.strip().lower()} for name, email in rows]


async def save(contacts: list[dict[str, str]]) -> int:
    return len(contacts)


@client.create_function(fn_id="import-contacts", trigger=inngest.TriggerEvent(event="contacts/csv.uploaded"))
async def import_contacts(ctx: inngest.Context) -> dict[str, int]:
    rows = await ctx.step.run("parse-csv", parse, str(ctx.event.data["text"]))
    normalized = await ctx.step.run("normalize-csv", normalize, rows)
    return {"results": await ctx.step.run("import-contacts", save, normalized)}


async def fetch(what: str, user: str) -> str:
    return f"{what} of {user}"


@client.create_function(fn_id="user-page", trigger=inngest.TriggerEvent(event="user/page.opened"))
async def user_page(ctx: inngest.Context) -> list[str]:
    user = await ctx.step.run("fetch-data", fetch, "name", str(ctx.event.data["user"]))
    again = await ctx.step.run("fetch-data", fetch, "orders", user)  # the second use of one ID
    parts = ("profile", "preferences", "orders")
    calls = tuple(functools.partial(ctx.step.run, f"fetch-{part}", fetch, part, user) for part in parts)
    return [again, *await ctx.group.parallel(calls)]


async def look_up(product: str) -> int:
    return {"tea": 12, "rice": 3}[product]


@client.create_function(fn_id="price", trigger=inngest.TriggerEvent(event="price/asked"))
async def price(ctx: inngest.Context) -> int:
    return await ctx.step.run("look-up", look_up, str(ctx.event.data["product"]))


@client.create_function(fn_id="warehouse", trigger=inngest.TriggerEvent(event="warehouse/reserve"))
async def warehouse(ctx: inngest.Context) -> None:
    await ctx.step.sleep("walk-to-the-shelf", timedelta(milliseconds=300))
    reserved = inngest.Event(name="warehouse/reserved", data={"order": ctx.event.data["order"], "shelf": 4})
    await ctx.step.send_event("tell-the-shop", reserved)


@client.create_function(
    fn_id="order", trigger=inngest.TriggerEvent(event="shop/order", expression="event.data.go == 1")
)
async def order(ctx: inngest.Context) -> dict[str, object]:
    await ctx.step.sleep("cool-off", timedelta(milliseconds=200))
    await ctx.step.sleep_until("a-moment", datetime.now(timezone.utc) + timedelta(milliseconds=100))
    wanted = inngest.Event(name="warehouse/reserve", data={"order": ctx.event.data["id"]})
    await ctx.step.send_event("ask-the-warehouse", wanted)
    reserved = await ctx.step.wait_for_event(
        "wait-for-the-shelf",
        event="warehouse/reserved",
        if_exp="event.data.id == async.data.order",
        timeout=timedelta(seconds=30),
    )
    paid = await ctx.step.wait_for_event("wait-for-payment", event="shop/paid", timeout=timedelta(seconds=1))
    cost = await ctx.step.invoke("price", function=price, data={"product": "tea"})
    return {"shelf": reserved and reserved.data["shelf"], "paid": paid, "cost": cost}


async def charge_once_more(card: str) -> str:
    charges.append(card)
    if len(charges) < 2:
        raise inngest.RetryAfterError("the bank is away", timedelta(seconds=1))
    return f"charged at try {len(charges)}"


@client.create_function(fn_id="charge", trigger=inngest.TriggerEvent(event="shop/charge"), retries=2)
async def charge(ctx: inngest.Context) -> str:
    return await ctx.step.run("charge-card", charge_once_more, "4242")


async def no_van() -> None:
    raise ValueError("no van")


async def note(text: str) -> str:
    return text


async def refund(ctx: inngest.Context) -> str:
    failed = ctx.event.data["error"]
    assert isinstance(failed, dict)
    return await ctx.step.run("tell-the-customer", note, str(failed["message"]))


@client.create_function(fn_id="ship", trigger=inngest.TriggerEvent(event="shop/ship"), retries=0, on_failure=refund)
async def ship(ctx: inngest.Context) -> None:
    try:
        await ctx.step.run("load-the-van", no_van)
    except inngest.StepError as error:
        await ctx.step.run("note", note, f"{error.name}: {error.message}")
        raise inngest.NonRetriableError("nothing can be shipped") from error


@client.create_function(fn_id="collides", trigger=inngest.TriggerEvent(event="shop/collides"), retries=0)
async def collides(ctx: inngest.Context) -> list[str]:
    first = await ctx.step.run("pack", note, "1")
    other = await ctx.step.run("pack:1", note, "2")
    return [first, other, await ctx.step.run("pack", note, "3")]


@client.create_function(fn_id="compares", trigger=inngest.TriggerEvent(event="shop/compares"), retries=0)
async def compares(ctx: inngest.Context) -> None:
    await ctx.step.wait_for_event("big", event="x", if_exp="async.data.n > 3", timeout=timedelta(seconds=1))


@client.create_function(fn_id="thinks", trigger=inngest.TriggerEvent(event="shop/thinks"), retries=0)
async def thinks(ctx: inngest.Context) -> None:
    from inngest.experimental.ai.openai import Adapter

    adapter = Adapter(auth_key="none", model="none")
    await ctx.step.ai.infer("think", adapter=adapter, body={"messages": []})


@client.create_function(fn_id="naps", trigger=inngest.TriggerEvent(event="shop/naps"))
async def naps(ctx: inngest.Context) -> None:
    await ctx.step.send_event("go", inngest.Event(name="shop/order", data={"id": "later", "go": 1}))


app = fastapi.FastAPI()
inngest.fast_api.serve(
    app,
    client,
    [import_contacts, user_page, price, warehouse, order, charge, ship, collides, compares, thinks, naps],
)
