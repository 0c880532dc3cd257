from __future__ import annotations

from msgspec.structs import replace

from tests.graphs import INNGEST, frame, project, run_check, step, workflow

LIMITED = replace(INNGEST, limits={"steps": 1000})


def check(*steps):
    return run_check("step_in_tight_loop", project(workflow(*steps), dialects={"inngest": LIMITED}))


def test_an_endless_loop_over_a_step_is_reported_at_the_loop():
    [found] = check(step("poll", inside=(frame("while", line=8, endless=True),), times="many"))
    assert found.place.span.line == 8
    assert found.message == "nothing ends this loop over step `poll`: the run ends at 1,000 recorded steps"


def test_a_loop_over_several_steps_is_one_finding():
    loop = (frame("while", line=8, endless=True),)
    assert len(check(step("poll", inside=loop), step("wait", "sleep", inside=loop))) == 1


def test_a_loop_with_a_way_out_is_fine():
    assert check(step("poll", inside=(frame("while"),), times="many")) == []


def test_a_loop_that_continues_in_a_new_run_is_fine():
    loop = (frame("while", endless=True),)
    again = step("again", "other", form="temporalio.workflow.continue_as_new", inside=loop)
    assert check(step("poll", inside=loop), again) == []


def test_a_counted_loop_within_the_limit_is_fine():
    assert check(step("poll", inside=(frame("for", bound=20),), times="many")) == []


def test_counted_loops_multiply():
    loops = (frame("for", line=8, bound=50), frame("for", line=9, bound=30))
    [found] = check(step("load", inside=loops, times="many"))
    assert found.place.span.line == 8
    assert found.message == "this loop records 1,500 steps; the run ends at 1,000"


def test_all_steps_of_a_counted_loop_are_summed():
    loop = (frame("for", line=8, bound=600),)
    [found] = check(step("load", inside=loop), step("store", inside=loop))
    assert "1,200" in found.message


def test_an_engine_without_a_limit_is_not_counted():
    flow = workflow(step("load", inside=(frame("for", bound=5000),)))
    assert run_check("step_in_tight_loop", project(flow)) == []
