"""A small shop as the reporters see it: sources, findings and a diff."""

from __future__ import annotations

import re
from itertools import pairwise

from steplint.contract.change import Change, Suggestion
from steplint.contract.manifest import ManifestStep
from steplint.model.finding import Edit, Finding, Fix, Note
from steplint.model.graph import Hop, Step, StepGraph, Workflow
from steplint.model.place import Place, Span
from steplint.model.report import Base, Compared, Report, Reported, Summary
from steplint.model.rule import Rule
from steplint.report.view import View

ORDERS = """\
import inngest

from lib.ids import new_reference


@client.create_function(fn_id="order-fulfilment", trigger=inngest.TriggerEvent(event="order/placed"))
async def order_fulfilment(ctx: inngest.Context) -> None:
    cart = await ctx.step.run("validate-cart", validate_cart, ctx.event.data)

    reference = new_reference(cart)
    await ctx.step.run("charge-card", charge, cart, reference)
    await ctx.step.run("reserve-stock", reserve, cart)
    await ctx.step.run("ship-order", ship, cart)
    for sku in cart.skus:
        await ctx.step.run(f"notify-{sku}", notify, sku)
"""

IDS = """\
import random


def new_reference(cart):
    return f"{cart.id}-{random_tail()}"


def random_tail():
    return random.randint(0, 9999)
"""

LOCK = """\
version = 1

[[workflow]]
id = "order-fulfilment"

[[workflow.step]]
id = "charge-customer"
kind = "run"
"""

FILES = {"flows/orders.py": ORDERS, "lib/ids.py": IDS}
BASE_FILES = {"steplint.lock": LOCK}


def place(path: str, text: str, nth: int = 0, files: dict[str, str] | None = None) -> Place:
    """Return where ``text`` stands for the n-th time in a file of the shop."""
    source = {**FILES, **BASE_FILES, **(files or {})}[path]
    start = -1
    for _ in range(nth + 1):
        start = source.index(text, start + 1)

    def position(offset: int) -> tuple[int, int]:
        return source.count("\n", 0, offset) + 1, offset - (source.rfind("\n", 0, offset) + 1)

    return Place(path, Span(*position(start), *position(start + len(text))))


def rule(name: str, code: str, severity: str = "error", text: str = "") -> Rule:
    return Rule(code, severity, "0.1.0", name, summary=f"Finds {name}.", text=text)  # type: ignore[arg-type]


def reported(
    finding: Finding, name: str = "body-random", code: str = "SL102", severity: str = "error", **more: object
) -> Reported:
    fingerprint = str(more.pop("fingerprint", "b2:91c07a5be2d3f410"))
    return Reported(finding, rule(name, code), severity, fingerprint, **more)  # type: ignore[arg-type]


def step(label: str, position: int, **more: object) -> Step:
    template = label if "{}" in label else None
    known: dict[str, object] = {
        "id": None if template else label,
        "template": template,
        "kind": "run",
        "form": "step.run",
        "place": Place("flows/orders.py", Span(position + 8, 10, position + 8, 20)),
        "id_place": None,
        "id_source": "template" if template else "literal",
        "position": position,
        "occurrence": 0,
        "times": "once",
        "function": "orders.order_fulfilment",
    }
    return Step(**{**known, **more})  # type: ignore[arg-type]


def manifest_step(label: str, position: int, call: str = "") -> ManifestStep:
    template = label if "{}" in label else None
    return ManifestStep(None if template else label, template, "run", None, 0, position, "once", callable=call)


def workflow(*steps: Step, name: str = "order-fulfilment", **more: object) -> Workflow:
    known: dict[str, object] = {
        "id": name,
        "name": "orders.order_fulfilment",
        "app": "shop",
        "dialect": "inngest",
        "family": "keyed",
        "place": place("flows/orders.py", "async def order_fulfilment"),
        "source": "flows/orders.py::order_fulfilment",
        "asynchronous": True,
        "steps": steps,
        "order": tuple((one.position, other.position) for one, other in pairwise(steps)),
    }
    return Workflow(**{**known, **more})  # type: ignore[arg-type]


def shop_view(**more: object) -> View:
    return View(**{"read": FILES.get, "read_base": BASE_FILES.get, **more})  # type: ignore[arg-type]


def random_finding() -> Finding:
    """The finding of the example that everybody knows from the documentation."""
    before = "    reference = new_reference(cart)"
    after = '    reference = await ctx.step.run("new-reference", new_reference, cart)'
    call = place("flows/orders.py", "new_reference(cart)")
    return Finding(
        "`random.randint` runs in the body of workflow `order-fulfilment`",
        call,
        workflow="order-fulfilment",
        dialect="inngest",
        label="runs again on every replay, outside any step",
        trace=(
            Hop(call, "order_fulfilment", "new_reference(cart)"),
            Hop(place("lib/ids.py", "random_tail()"), "new_reference", "random_tail()"),
            Hop(place("lib/ids.py", "random.randint(0, 9999)"), "random_tail", "random.randint(0, 9999)"),
        ),
        notes=(Note(place("flows/orders.py", "reference", nth=3), "a new value is used here each time"),),
        hint="make it a step, so that the value is memoized under `new-reference`",
        fix=Fix(
            "make it a step",
            (Edit(place("flows/orders.py", before), after),),
            effect="runs in flight execute the new step once",
            changes_steps=True,
        ),
    )


def check() -> Report:
    return Report(
        "check",
        (reported(random_finding()),),
        summary=Summary(files=41, cached=39, workflows=2, steps=9, suppressed=2, unresolved_calls=3, seconds=0.18),
        exit_code=1,
    )


def renamed(**more: object) -> Change:
    known: dict[str, object] = {
        "kind": "renamed",
        "code": "SL301",
        "workflow": "order-fulfilment",
        "app": "shop",
        "dialect": "inngest",
        "family": "keyed",
        "engine": "inngest",
        "verdict": "reruns",
        "old": manifest_step("charge-customer", 1, "flows.orders:charge"),
        "new": manifest_step("charge-card", 1, "flows.orders:charge"),
        "suggestion": Suggestion("charge-card", 0.93, ("same-callable", "same-arguments", "same-neighbors")),
        "commands": (
            'steplint lock rename order-fulfilment charge-customer charge-card --accept reexecute --why "…"',
            'steplint lock rename order-fulfilment charge-customer charge-card --accept drained --why "…"',
            'steplint lock remove order-fulfilment charge-customer --why "…"',
        ),
    }
    return Change(**{**known, **more})  # type: ignore[arg-type]


def removed(**more: object) -> Change:
    known: dict[str, object] = {
        "kind": "removed",
        "code": "SL302",
        "verdict": "ignored",
        "old": manifest_step("send-receipt", 3, "flows.mail:send"),
        "new": None,
        "suggestion": None,
        "commands": ('steplint lock remove order-fulfilment send-receipt --why "…"',),
    }
    return renamed(**{**known, **more})


def added(**more: object) -> Change:
    known: dict[str, object] = {
        "kind": "added",
        "code": "",
        "verdict": "late",
        "old": None,
        "new": manifest_step("reserve-stock", 2, "flows.orders:reserve"),
        "suggestion": None,
        "commands": (),
    }
    return renamed(**{**known, **more})


def after() -> Workflow:
    return workflow(
        step("validate-cart", 0),
        step("charge-card", 1),
        step("reserve-stock", 2),
        step("ship-order", 3),
        step("notify-{}", 4, times="many"),
    )


def diff() -> Report:
    """A renamed, an added and a removed step of one workflow."""
    renaming = Finding(
        "published step ID `charge-customer` is gone; `charge-card` looks like its successor",
        place("flows/orders.py", '"charge-card"'),
        workflow="order-fulfilment",
        dialect="inngest",
        step="charge-card",
        label="key b2ae8f27…; runs in flight have memoized ed1c8e60…",
        notes=(Note(place("steplint.lock", '"charge-customer"'), "published"),),
    )
    removing = Finding(
        "published step ID `send-receipt` is gone",
        place("flows/orders.py", "async def order_fulfilment(ctx: inngest.Context) -> None"),
        workflow="order-fulfilment",
        dialect="inngest",
        step="send-receipt",
        label="`send-receipt` stood in this workflow",
    )
    return Report(
        "diff",
        (
            reported(renaming, "renamed-step", "SL301", fingerprint="b2:4be1f7a90c55d2e8", change=0),
            reported(removing, "removed-step", "SL302", "warning", fingerprint="b2:4be1f7a90c55d2e9", change=1),
        ),
        changes=(renamed(), removed(), added()),
        compared=(
            Compared("order-fulfilment", "inngest", "keyed", "flows/orders.py", (0, 1, 2), 3),
            Compared("refunds", "inngest", "keyed", "flows/refund.py", (), 4),
        ),
        base=Base("origin/main", "4f1c9d2a77", ""),
        summary=Summary(files=41, cached=39, workflows=2, steps=9),
        graph=StepGraph((after(),)),
        exit_code=1,
    )


def uncolored(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


SEARCH = """\
@DBOS.workflow()
def reindex():
    rows = load_batch()
    dedupe_batch(rows)
    publish(rows)
"""
FILES["flows/search.py"] = SEARCH


def inserted() -> Report:
    """A step before a published one of an engine that checks positions."""
    command = 'steplint lock change reindex dedupe_batch --accept {} --why "…"'
    change = renamed(
        kind="inserted",
        code="SL311",
        workflow="reindex",
        app="",
        dialect="dbos",
        family="positional-checked",
        engine="dbos",
        verdict="wedges",
        old=None,
        new=manifest_step("dedupe_batch", 1, "flows.search:dedupe_batch"),
        suggestion=None,
        commands=tuple(command.format(each) for each in ("patched", "versioned", "drained")),
    )
    finding = Finding(
        "step `dedupe_batch` is new before published step `publish`",
        place("flows/search.py", "dedupe_batch(rows)"),
        workflow="reindex",
        dialect="dbos",
        step="dedupe_batch",
        label="takes position 2; runs in flight have recorded `publish` there",
    )
    steps = tuple(step(name, index) for index, name in enumerate(("load_batch", "dedupe_batch", "publish")))
    search = workflow(
        *steps, name="reindex", dialect="dbos", family="positional-checked", source="flows/search.py::reindex"
    )
    return Report(
        "diff",
        (reported(finding, "inserted-step", "SL311", change=0),),
        changes=(change,),
        compared=(Compared("reindex", "dbos", "positional-checked", "flows/search.py", (0,), 2),),
        base=Base("origin/main", "4f1c9d2a77"),
        summary=Summary(files=1, workflows=1, steps=3),
        graph=StepGraph((search,)),
        exit_code=1,
    )


def unlocked() -> Report:
    """A step that only the lock does not know yet."""
    change = added(kind="unlocked", code="SL310", verdict="safe", required=True, commands=("steplint lock",))
    finding = Finding(
        "step `reserve-stock` is not in the lock",
        place("flows/orders.py", '"reserve-stock"'),
        "order-fulfilment",
        "inngest",
        "reserve-stock",
    )
    return Report(
        "diff",
        (reported(finding, "unlocked-step", "SL310", change=0),),
        changes=(change,),
        compared=(Compared("order-fulfilment", "inngest", "keyed", "flows/orders.py", (0,), 4),),
        graph=StepGraph((after(),)),
        exit_code=1,
    )
