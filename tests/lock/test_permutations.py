"""Steps in another order: no finding where memos are found by ID, an error where they are found by position."""

from __future__ import annotations

from itertools import permutations

import pytest

from steplint.lock.emit import emit
from steplint.lock.update import assemble
from steplint.project.lockfile import evidence
from steplint.testing import check_source

INNGEST = """\
import inngest

client = inngest.Inngest(app_id="shop")


{functions}

@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
{calls}
"""
DBOS = """\
from dbos import DBOS


{functions}

@DBOS.workflow()
def order():
{calls}
"""
NAMES = ("load", "charge", "send")


def module(engine: str, order: tuple[str, ...]) -> str:
    """Return a workflow that runs these steps, each with its own body."""
    plain = "import httpx\n\n\n" + "\n\n".join(
        f"{'@DBOS.step()' + chr(10) if engine == DBOS else ''}def {name}():\n    httpx.post('https://{name}.example')\n"
        for name in NAMES
    )
    call = "    {0}()" if engine == DBOS else "    await ctx.step.run('{0}-it', {0})"
    return engine.format(functions=plain, calls="\n".join(call.format(name) for name in order))


def codes(engine: str, order: tuple[str, ...]) -> set[str]:
    """Return what the lock rules say of an order, with the first order published."""
    first = check_source({"flows.py": module(engine, NAMES)})
    lock = emit(assemble(None, None, evidence(first.analysis, None)))
    found = check_source({"flows.py": module(engine, order), "steplint.lock": lock}).findings
    return {each.rule.code for each in found if each.rule.group == "lock"}


@pytest.mark.parametrize("order", list(permutations(NAMES)), ids="-".join)
def test_in_a_keyed_engine_any_order_is_fine(order: tuple[str, ...]) -> None:
    assert codes(INNGEST, order) == set()


@pytest.mark.parametrize("order", list(permutations(NAMES)), ids="-".join)
def test_in_a_positional_engine_another_order_is_an_error(order: tuple[str, ...]) -> None:
    assert ("SL303" in codes(DBOS, order)) == (order != NAMES)
