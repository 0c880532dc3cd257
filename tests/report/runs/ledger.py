"""Recorded runs as a ledger tells them."""

from __future__ import annotations

import msgspec

from steplint.contract.runs import (
    Fault,
    Metrics,
    RunSummary,
    RunView,
    Spread,
    StepMetrics,
    StepView,
    TryView,
    VisitView,
    WaitView,
    WorkflowMetrics,
)
from steplint.report.runs.view import RunsView

START = 1_700_000_000.0
VIEW = RunsView(now=START + 100)


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def summary(**more: object) -> RunSummary:
    known: dict[str, object] = {
        "id": "order-17",
        "workflow": "order-fulfilment",
        "status": "completed",
        "created": START,
        "started": START + 0.5,
        "ended": START + 10.5,
        "due": None,
        "steps": 4,
        "failures": 1,
    }
    return RunSummary(**{**known, **more})  # type: ignore[arg-type]


def step(label: str, position: int, start: float, end: float, kind: str = "run", **more: object) -> StepView:
    known: dict[str, object] = {
        "key": f"key-{label}-{position}",
        "id": label,
        "occurrence": 0,
        "position": position,
        "kind": kind,
        "data": raw("{}"),
        "error": None,
        "attempts": 1,
        "started": START + start,
        "ended": START + end,
    }
    return StepView(**{**known, **more})  # type: ignore[arg-type]


def completed() -> RunView:
    """A run with a retried step, a sleep and a repeated ID."""
    charge = step("charge-card", 1, 3.0, 4.0, attempts=2, data=raw('{"charged":true}'))
    failed = TryView(charge.key, "charge-card", 1, START + 1, START + 2, Fault("TimeoutError", "no answer"), START + 3)
    return RunView(
        summary(),
        event=raw('{"name":"order/placed","data":{"id":17}}'),
        result=raw('"done"'),
        steps=(
            step("load", 0, 0.5, 0.512, data=raw('{"total":3}')),
            charge,
            step("cool-down", 2, 4.0, 9.0, "sleep", data=raw("null")),
            step("load", 3, 9.0, 10.5, occurrence=1),
        ),
        tries=(failed,),
        visits=(
            VisitView("worker-1", START + 0.5, START + 4, 1, 3, 0, "waits"),
            VisitView("worker-2", START + 9, None, 1, 4, 3, ""),
        ),
        notes=("manifest drifted: `load` is new",),
    )


def waiting() -> RunView:
    """A run that waits for an event after a failed try of another step."""
    wait = WaitView("k9", "await-payment", "wait", START + 20, START + 3_700, "payment/received")
    failed = TryView("k8", "ship", 1, START + 30, START + 31, Fault("OSError", "down"), START + 160)
    return RunView(
        summary(id="order-18", status="waiting", ended=None, due=START + 160, steps=1),
        event=raw("{}"),
        result=raw("null"),
        steps=(step("load", 0, 0.5, 0.6),),
        tries=(failed,),
        waits=(wait,),
    )


def metrics() -> Metrics:
    spread = Spread(3, 3.0, 1.0, 1.0, 2.0, 2.5)
    return Metrics(
        (WorkflowMetrics("order-fulfilment", 3, 2, 0, 1, spread, Spread(3, 1.5, 0.5, 0.5, 0.5, 0.5), 8, 2, 0.25),),
        (
            StepMetrics("order-fulfilment", "charge-card", "run", spread, 4, 1, 0.25),
            StepMetrics("order-fulfilment", "never", "run", Spread(), 0, 0, 0.0),
        ),
    )
