"""Fixes of rules about steps, applied to source text: the finding is gone, and the result is what a reader expects."""

from __future__ import annotations

import pytest

from steplint import testing
from steplint.check.fix import edited

HEAD = """\
import functools
import inngest
from shop import load

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="flow", trigger=inngest.TriggerEvent(event="order/placed"))
async def flow(ctx: inngest.Context) -> None:
"""

CASES = [
    pytest.param(
        "unawaited-step",
        '    ctx.step.run("load-order", load)\n',
        '    await ctx.step.run("load-order", load)\n',
        id="a dropped step is awaited",
    ),
    pytest.param(
        "swallowed-interrupt",
        '    try:\n        await ctx.step.run("load", load)\n    except BaseException as e:\n        print(e)\n',
        '    try:\n        await ctx.step.run("load", load)\n    except Exception as e:\n        print(e)\n',
        id="a wide handler with a name becomes narrower",
    ),
    pytest.param(
        "swallowed-interrupt",
        '    try:\n        await ctx.step.run("load", load)\n    except:\n        pass\n',
        '    try:\n        await ctx.step.run("load", load)\n    except Exception:\n        pass\n',
        id="a bare handler becomes narrower",
    ),
    pytest.param(
        "late-binding-capture",
        '    calls = [functools.partial(ctx.step.run, f"load-{n}", lambda: load(n)) for n in range(3)]\n'
        "    await ctx.group.parallel(tuple(calls))\n",
        '    calls = [functools.partial(ctx.step.run, f"load-{n}", lambda n=n: load(n)) for n in range(3)]\n'
        "    await ctx.group.parallel(tuple(calls))\n",
        id="the callable of a step binds the loop variable",
    ),
    pytest.param(
        "late-binding-capture",
        '    await ctx.group.parallel(tuple(lambda: ctx.step.run(f"load-{n}", load, n) for n in range(3)))\n',
        '    await ctx.group.parallel(tuple(lambda n=n: ctx.step.run(f"load-{n}", load, n) for n in range(3)))\n',
        id="the lambda around a step binds the loop variable",
    ),
]


@pytest.mark.parametrize(("rule", "before", "after"), CASES)
def test_the_fix_gives_what_a_reader_would_write_and_ends_the_finding(rule: str, before: str, after: str) -> None:
    (found,) = testing.check_source({"flow.py": HEAD + before}, rules=(rule,)).findings
    assert found.finding.fix is not None
    assert not found.finding.fix.safe
    fixed = edited(HEAD + before, found.finding.fix.edits)
    assert fixed == HEAD + after
    assert testing.check_source({"flow.py": fixed}, rules=(rule,)).findings == ()
