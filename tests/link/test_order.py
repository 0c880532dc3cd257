"""Which step can follow which, and which exclude each other: branches, early ends, try, loops."""

from __future__ import annotations

from .given import exclusive, flow, follows, labels


def test_steps_of_one_line_follow_each_other() -> None:
    found = flow("await ctx.step.run('a-x', print)\nawait ctx.step.run('b-x', print)")
    assert follows(found) == {("a-x", "b-x")}
    assert not exclusive(found, "a-x", "b-x")


def test_arms_of_one_branch_exclude_each_other() -> None:
    found = flow("""
        if ctx.event.data["x"]:
            await ctx.step.run("a-x", print)
        elif ctx.event.data["y"]:
            await ctx.step.run("b-x", print)
        else:
            await ctx.step.run("c-x", print)
        await ctx.step.run("d-x", print)
    """)
    assert follows(found) == {("a-x", "d-x"), ("b-x", "d-x"), ("c-x", "d-x")}
    assert all(exclusive(found, a, b) for a, b in [("a-x", "b-x"), ("b-x", "c-x"), ("a-x", "c-x")])
    assert not exclusive(found, "a-x", "d-x")
    assert [each.times for each in found.steps] == ["maybe", "maybe", "maybe", "once"]


def test_behind_an_early_return_stands_what_it_excludes() -> None:
    found = flow("""
        if ctx.event.data["x"]:
            await ctx.step.run("a-x", print)
            return
        await ctx.step.run("b-x", print)
    """)
    assert follows(found) == set()
    assert exclusive(found, "a-x", "b-x")


def test_a_case_of_a_match_excludes_the_others() -> None:
    found = flow("""
        match ctx.event.data["x"]:
            case "a":
                await ctx.step.run("a-x", print)
            case _:
                await ctx.step.run("b-x", print)
    """)
    assert follows(found) == set()
    assert exclusive(found, "a-x", "b-x")


def test_a_handler_follows_any_step_of_its_try() -> None:
    found = flow("""
        try:
            await ctx.step.run("a-x", print)
            await ctx.step.run("b-x", print)
        except ValueError:
            await ctx.step.run("c-x", print)
        await ctx.step.run("d-x", print)
    """)
    assert {("a-x", "b-x"), ("a-x", "c-x"), ("b-x", "c-x"), ("b-x", "d-x"), ("c-x", "d-x")} <= follows(found)
    assert ("a-x", "d-x") not in follows(found)


def test_a_loop_leads_back_to_its_first_step() -> None:
    found = flow("""
        for each in ctx.event.data["rows"]:
            await ctx.step.run(f"a-{each}", print)
            await ctx.step.run(f"b-{each}", print)
        await ctx.step.run("c-x", print)
    """)
    assert {("a-{}", "b-{}"), ("b-{}", "a-{}"), ("b-{}", "c-x")} <= follows(found)
    assert ("c-x", "a-{}") not in follows(found)
    assert [each.times for each in found.steps] == ["many", "many", "once"]


def test_parallel_steps_have_no_order_among_themselves() -> None:
    found = flow("""
        await ctx.group.parallel((
            lambda: ctx.step.run("a-x", print),
            lambda: ctx.step.run("b-x", print),
        ))
    """)
    assert labels(found) == ["a-x", "b-x"]
    assert [[frame.arm for frame in each.inside if frame.kind == "combinator"] for each in found.steps] == [[1], [2]]
