from __future__ import annotations

import pytest

from steplint.contract.identity import step_key
from steplint.lock.where import find

from .given import DBOS, code, flow, step

KEYED = code(
    flow(
        step("charge-card", key=step_key("charge-card"), was=("charge",)),
        step("load", key=step_key("load")),
        step("notify-{}", times="many"),
        id="orders",
        gone=("send-receipt",),
    ),
    flow("charge-card", dialect=DBOS, id="billing"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("load", [("orders", "load", "id", 0)]),
        ("charge-card", [("orders", "charge-card", "id", 0), ("billing", "charge-card", "id", 0)]),
        (step_key("load"), [("orders", "load", "hash", 0)]),
        (step_key("load")[:6].upper(), [("orders", "load", "hash", 0)]),
        (step_key("load", 7), [("orders", "load", "hash", 7)]),
        (step_key("load", 49)[:12], [("orders", "load", "hash", 49)]),
        ("load:3", [("orders", "load", "repeat", 3)]),
        ("charge", [("orders", "charge-card", "was", 0), ("billing", "charge-card", "part", 0)]),
        ("oad", [("orders", "load", "part", 0)]),
        ("notify-42", [("orders", "notify-{}", "template", 0)]),
        ("send-receipt", [("orders", None, "gone", 0)]),
        (step_key("send-receipt")[:8], [("orders", None, "gone", 0)]),
        ("orders", [("orders", None, "workflow", 0)]),
        (step_key("load", 50), []),
        (step_key("load")[:5], []),
        ("  ", []),
        ("nothing", []),
    ],
)
def test_a_step_is_found_by_id_part_or_hash(text: str, expected: list[tuple[str, str | None, str, int]]) -> None:
    found = [(each.workflow.id, each.step and each.step.label, each.how, each.occurrence) for each in find(KEYED, text)]
    assert found == expected
