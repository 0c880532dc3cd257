"""Two workflows: one with mistakes that a replay would find, one that is written well."""

import datetime

import inngest

from orders.client import client
from orders.references import new_reference
from orders.store import charge, create_shipment, load_cart, notify, total


@client.create_function(fn_id="fulfil-order", trigger=inngest.TriggerEvent(event="order/placed"))
async def fulfil_order(ctx: inngest.Context) -> str:
    cart = await ctx.step.run("load-cart", load_cart, ctx.event.data["order_id"])

    reference = new_reference("order")
    payment = await ctx.step.run("charge-card", charge, cart, reference)

    if datetime.datetime.now().hour < 16:
        await ctx.step.run("ship-today", create_shipment, cart)
    else:
        await ctx.step.sleep("wait-for-morning", datetime.timedelta(hours=12))
        await ctx.step.run("ship-tomorrow", create_shipment, cart)

    await ctx.step.run("step1", notify, ctx.event.data["email"], "your order is on its way")
    return payment


@client.create_function(fn_id="remind-about-cart", trigger=inngest.TriggerEvent(event="cart/abandoned"))
async def remind_about_cart(ctx: inngest.Context) -> None:
    cart = await ctx.step.run("load-cart", load_cart, ctx.event.data["order_id"])

    # Drawn in a step of its own, the value is the same at every replay.
    coupon = await ctx.step.run("draw-coupon", new_reference, "coupon")

    await ctx.step.sleep("let-them-think", datetime.timedelta(hours=24))
    order = await ctx.step.wait_for_event(
        "wait-for-order",
        event="order/placed",
        if_exp="async.data.cart_id == event.data.cart_id",
        timeout=datetime.timedelta(days=3),
    )
    if order is None:
        text = f"{total(cart)} are waiting for you: {coupon}"
        await ctx.step.run("send-reminder", notify, ctx.event.data["email"], text)
