"""A workflow with every construct that a picture shows."""

from __future__ import annotations

from msgspec.structs import replace

from steplint.model.graph import (
    Body,
    Effect,
    Frame,
    Handler,
    Hop,
    IdPart,
    Rejected,
    StepGraph,
    Unresolved,
    Use,
    Workflow,
)
from steplint.model.place import Place, Span
from tests.report import shop


def at(line: int, column: int = 4) -> Place:
    return Place("flows/orders.py", Span(line, column, line, column + 10))


def around(kind: str, line: int, **more: object) -> Frame:
    return Frame(kind, at(line, 0), **more)  # type: ignore[arg-type]


def rich() -> Workflow:
    """Branches, loops, a parallel group, a try, effects in body and step, an unreadable ID."""
    post = Effect("network", "requests.post", at(40), at(40), (Hop(at(40), "charge", "requests.post"),))
    clock = Effect(
        "time", "time.time", at(9), at(9), (), (Use("control", at(10), 7, decides="whether step `mail` runs"),)
    )
    charge = Body("flows.orders:charge", "charge", at(50), True, effects=(post,))
    loop = around("for", 20, name="cart.skus", binds=("sku",))
    one, two = (
        (around("combinator", 30, name="ctx.group.parallel", arm=arm), around("deferred", 30, name="<lambda>"))
        for arm in (1, 2)
    )
    paid, free = around("if", 12, name="total", group="a", arm=0), around("else", 15, group="a", arm=1)
    gift = around("if", 26, name="cart.gift", group="b")
    tried = around("try", 34, group="c", arm=0)
    handler = Handler(("PaymentError",), at(37), "return", False)
    caught = around("except", 37, group="c", arm=1, handlers=(handler,), leaves="return")
    sku = (IdPart("element", "sku"),)
    steps = (
        shop.step("validate-cart", 0, place=at(8)),
        shop.step("charge-card", 1, place=at(13), inside=(paid,), times="maybe", body=charge),
        shop.step("review", 2, place=at(14), inside=(paid,), times="maybe", kind="wait"),
        shop.step("free-of-charge", 3, place=at(16), inside=(free,), times="maybe"),
        shop.step("notify-{}", 4, place=at(21), inside=(loop,), times="many", id_parts=sku),
        shop.step("log-{}", 5, place=at(22), inside=(loop, around("if", 22, name="sku", group="d")), id_parts=sku),
        shop.step("wrap-gift", 6, place=at(27), inside=(gift,), times="maybe"),
        shop.step("mail", 7, place=at(31), inside=one),
        shop.step("text", 8, place=at(32), inside=two),
        shop.step("ship", 9, place=at(35), inside=(tried,)),
        shop.step("refund", 10, place=at(38), inside=(caught,), times="maybe"),
        shop.step("mail", 11, place=at(39), occurrence=1, gate="new-mail"),
        shop.step("wait-a-day", 12, place=at(41), kind="sleep"),
    )
    unread = Unresolved(at(44), "the ID is a parameter of `charge_all`", "step")
    return shop.workflow(*steps, effects=(clock,), unresolved=(unread,))


def graph() -> StepGraph:
    """The rich workflow and three small ones, and something that was not recognized."""
    small = replace(shop.after(), id="refunds")
    rejected = Rejected(
        at(60, 0), "helper", "calls `step.run` on a value of unknown type", "annotate it as `inngest.Step`"
    )
    flows = (rich(), small, shop.workflow(name="empty"), shop.workflow(shop.step("unused", 0), name="tiny"))
    return StepGraph(flows, (rejected,))
