"""Where a value goes: what rebinding ends, what an attribute keeps to itself, what a branch lets out."""

from __future__ import annotations

import pytest

from .given import effects, flow, sources

CLOCK = "import time\n"
SEND = "await ctx.step.run('send-mail', print)"


def clock(body: str, before: str = "") -> set[str]:
    """Return the roles of the clock that a body reads."""
    return sources(flow(body, CLOCK + before)).get("time.time", set())


@pytest.mark.parametrize(
    ("body", "roles"),
    [
        (f"if time.time() > 5:\n    {SEND}", {"control"}),
        ("await ctx.step.run(f'send-{time.time()}', print)", {"identity"}),
        ("await ctx.step.run('send-mail', print, time.time())", {"step-argument"}),
        ("now = time.time()\nawait ctx.step.run('send-mail', lambda: print(now))", {"capture"}),
        (f"print(time.time())\n{SEND}", {"logged"}),
        (f"time.time()\n{SEND}", set()),
        (f"{SEND}\nreturn time.time()", {"returned"}),
        (f"while time.time() < 5:\n    {SEND}", {"control"}),
        (f"for _ in range(int(time.time())):\n    {SEND}", {"control"}),
        (f"if time.time() > 5:\n    return\n{SEND}", {"branch", "control"}),
        (f"assert time.time() > 5\n{SEND}", {"control"}),
    ],
)
def test_a_use_has_a_role(body: str, roles: set[str]) -> None:
    assert clock(body) == roles


def test_another_value_ends_what_a_name_carried() -> None:
    assert clock(f"now = time.time()\nnow = ctx.event.ts\nif now > 5:\n    {SEND}") == set()


def test_a_value_of_one_arm_only_is_still_carried() -> None:
    assert clock(f"now = 1\nif ctx.event.data['x']:\n    now = time.time()\nif now > 5:\n    {SEND}") == {"control"}


def test_a_value_set_in_a_loop_is_carried_to_its_next_turn() -> None:
    body = f"last = 0\nfor _ in range(3):\n    if last > 5:\n        {SEND}\n    last = time.time()"
    assert clock(body) == {"control"}


def test_an_attribute_keeps_its_value_to_itself() -> None:
    before = "class Row:\n    pass\n"
    assert clock(f"row = Row()\nrow.ended = time.time()\nif row.name:\n    {SEND}", before) == set()
    assert clock(f"row = Row()\nrow.ended = time.time()\nif row.ended:\n    {SEND}", before) == {"control"}


def test_a_recorded_result_ends_what_its_arguments_carried() -> None:
    assert "control" not in clock(f"x = await ctx.step.run('load-it', print, time.time())\nif x:\n    {SEND}")


def test_a_difference_of_two_clocks_is_a_duration() -> None:
    found = flow(f"start = time.time()\n{SEND}\nprint(time.time() - start)", CLOCK)
    assert {use.duration for each in found.effects for use in each.uses} == {True}


def test_the_filter_of_a_comprehension_decides_how_many_there_are() -> None:
    rows = "rows = [x for x in ctx.event.data['x'] if x > time.time()]"
    body = f"{rows}\nfor row in rows:\n    await ctx.step.run(f's-{{row}}', print)"
    assert "control" in clock(body)


def test_a_branch_lets_out_what_it_was_decided_by() -> None:
    assert clock(f"late = False\nif time.time() > 5:\n    late = True\nif late:\n    {SEND}") == {"branch", "control"}
    assert clock(f"late = 'a' if time.time() > 5 else 'b'\nif late == 'a':\n    {SEND}") == {"control"}


def test_a_function_hands_its_argument_to_its_result() -> None:
    before = "def same(x):\n    return [x]\ndef other(x):\n    return 4\n"
    assert clock(f"if same(time.time()):\n    {SEND}", before) == {"control"}
    assert clock(f"if other(time.time()):\n    {SEND}", before) == set()


@pytest.mark.parametrize(
    "written",
    ["f'{X}'", "'%s' % X", "str(X)", "round(X)", "{'a': X}['a']", "[X][0]", "(X, 1)[0]", "-X", "X if X else X"],
)
def test_pure_operations_pass_a_value_on(written: str) -> None:
    assert clock(f"value = {written.replace('X', 'time.time()')}\nif value:\n    {SEND}") == {"control"}


def test_in_a_step_an_effect_takes_the_value_and_a_result_keeps_it() -> None:
    before = """
        import time
        import httpx

        def post():
            httpx.post("https://x.example", json={"at": time.time()})

        def draw():
            return time.time()
    """
    found = flow("await ctx.step.run('post-it', post)\nawait ctx.step.run('draw-it', draw)", before)
    assert effects(found, "post-it")["time.time"] == {"effect-argument"}
    assert effects(found, "draw-it")["time.time"] == {"returned"}


def test_sorting_ends_the_order_of_a_set_and_a_key_does_not() -> None:
    body = "for x in {}:\n    await ctx.step.run(f's-{{x}}', print)"
    names = "set(ctx.event.data['names'])"
    kinds = [
        {each.kind for each in flow(body.format(written)).effects}
        for written in (names, f"sorted({names})", f"sorted({names}, key=len)")
    ]
    assert kinds == [{"order"}, set(), {"order"}]
