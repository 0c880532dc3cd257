from __future__ import annotations

from msgspec.structs import replace

from tests.graphs import DBOS, INNGEST, RESONATE, frame, project, run_check, step, workflow

GATHER = frame("combinator", line=5, name="asyncio.gather")
FIRST = frame("call", line=6, name="branch")
SECOND = frame("call", line=7, name="branch")


def branches(*frames, **fields):
    return [step(f"load-{n}", inside=each, **fields) for n, each in enumerate(frames)]


def check(*steps, dialect=RESONATE):
    return run_check(
        "parallel_multi_step_branches",
        project(workflow(*steps, dialect=dialect), dialects={dialect.name: dialect}),
    )


TWO_EACH = ((GATHER, FIRST), (GATHER, FIRST), (GATHER, SECOND), (GATHER, SECOND))


def test_the_second_call_of_a_branch_is_reported():
    [found] = check(*branches(*TWO_EACH))
    assert found.step == "load-1"
    assert found.notes[0].place.span.line == 5


def test_branches_of_one_call_each_take_their_numbers_in_order():
    assert check(*branches((GATHER, FIRST), (GATHER, SECOND))) == []


def test_one_branch_alone_races_with_nobody():
    assert check(*branches((GATHER, FIRST), (GATHER, FIRST))) == []


def test_a_branch_that_is_made_many_times_races_with_itself():
    assert len(check(*branches((GATHER, FIRST), (GATHER, FIRST), times="many"))) == 1


def test_keyed_engines_find_steps_by_id():
    assert check(*branches(*TWO_EACH), dialect=INNGEST) == []


def test_a_combinator_that_the_engine_refuses_is_reported_by_another_rule():
    assert check(*branches(*TWO_EACH), dialect=replace(DBOS, unordered={"asyncio.gather": "error"})) == []


def test_a_combinator_that_the_engine_records_is_fine():
    assert check(*branches(*TWO_EACH), dialect=replace(DBOS, parallel=("asyncio.gather",))) == []


def test_the_consequence_depends_on_what_is_checked():
    assert "another step's value" in check(*branches(*TWO_EACH))[0].label
    assert "fail" in check(*branches(*TWO_EACH), dialect=DBOS)[0].label


def test_arms_of_the_combinator_are_branches():
    one, two = (frame("combinator", line=5, name="asyncio.gather", arm=n) for n in (1, 2))
    assert [each.step for each in check(*branches((one,), (one,), (two,)))] == ["load-1"]
    assert check(*branches((one,), (two,))) == []
