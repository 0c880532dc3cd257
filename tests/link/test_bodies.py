"""What a step's callable does besides its work: failures it hides, loops it cannot leave, things it changes."""

from __future__ import annotations

import pytest

from steplint.model.graph import Body

from .given import body, flow

HTTP = "import httpx\n\ndef post():\n    httpx.post('https://x.example')\n\n"


def work(text: str, before: str = "") -> Body:
    """Return the body of a step whose callable has these statements."""
    lines = "\n".join(f"    {line}" for line in text.strip("\n").split("\n"))
    return body(flow("await ctx.step.run('work-it', work)", f"{HTTP}{before}\ndef work():\n{lines}\n"), "work-it")


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("try:\n    post()\nexcept Exception:\n    pass", ["main"]),
        ("try:\n    post()\nexcept Exception:\n    return None", ["main"]),
        ("try:\n    post()\nexcept Exception:\n    raise", []),
        ("try:\n    post()\nexcept ValueError:\n    pass", []),
        ("for _ in range(3):\n    try:\n        post()\n    except Exception:\n        pass", ["item"]),
        ("post()\ntry:\n    post()\nexcept Exception:\n    pass", ["optional"]),
        ("try:\n    x = 1 + 1\nexcept Exception:\n    pass", []),
    ],
)
def test_a_handler_that_hides_a_failure_has_a_scope(text: str, scopes: list[str]) -> None:
    assert [each.scope for each in work(text).handlers] == scopes


@pytest.mark.parametrize(
    ("text", "endless"),
    [
        ("while True:\n    pass", True),
        ("while 1:\n    x = 1", True),
        ("while True:\n    if post():\n        break", False),
        ("while True:\n    return 1", False),
        ("while True:\n    raise ValueError", False),
        ("n = 0\nwhile n < 3:\n    n += 1", False),
        ("import itertools\nfor _ in itertools.count():\n    pass", True),
        ("while True:\n    for _ in range(3):\n        break", True),
    ],
)
def test_a_loop_without_a_way_out_is_found(text: str, endless: bool) -> None:
    assert bool(work(text).loops) is endless


@pytest.mark.parametrize(
    ("inside", "how", "target"),
    [
        ("rows.append(1)", "append", "local"),
        ("rows[0] = 1", "subscript", "local"),
        ("nonlocal count; count += 1", "assign", "local"),
        ("ctx.event.data['x'] = 1", "subscript", "event"),
        ("cart['x'] = 1", "subscript", "memo"),
        ("cart.update(x=1)", "update", "memo"),
    ],
)
def test_a_change_of_what_belongs_to_the_workflow_is_a_write(inside: str, how: str, target: str) -> None:
    found = flow(f"""
        rows = [0]
        count = 0
        cart = await ctx.step.run("load-cart", print)

        def work():
            {inside}

        await ctx.step.run("work-it", work)
        print(rows, count, cart)
    """)
    assert [(each.how, each.target) for each in body(found, "work-it").writes] == [(how, target)]


@pytest.mark.parametrize(
    "inside", ["own = []; own.append(1)", "own = dict(cart); own['x'] = 1", "own = [*rows]; own.sort()"]
)
def test_a_change_of_its_own_objects_is_none(inside: str) -> None:
    found = flow(f"""
        rows = [0]
        cart = await ctx.step.run("load-cart", print)

        def work():
            {inside}

        await ctx.step.run("work-it", work)
    """)
    assert body(found, "work-it").writes == ()


def test_a_durable_operation_inside_a_step_is_nested() -> None:
    found = flow("""
        async def work():
            await ctx.step.run("inner-x", print)

        await ctx.step.run("work-it", work)
    """)
    assert [each.label for each in body(found, "work-it").nested] == ["inner-x"]


def test_a_late_loop_variable_is_captured_late_and_a_bound_one_is_not() -> None:
    found = flow("""
        for i in range(3):
            await ctx.step.run(f"now-{i}", lambda: print(i))
            await ctx.step.run(f"bound-{i}", lambda i=i: print(i))
    """)
    late = {each.label: [one.name for one in each.body.captures if one.late] for each in found.steps if each.body}
    assert late["bound-{}"] == []


@pytest.mark.parametrize(
    ("text", "pure"),
    [
        ("return 1 + 1", True),
        ("return sorted([3, 1])", True),
        ("post()", False),
        ("unknown()", False),
        ("open('x')", False),
    ],
)
def test_a_callable_is_pure_if_everything_it_calls_is(text: str, pure: bool) -> None:
    assert work(text).pure is pure
