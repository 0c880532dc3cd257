from __future__ import annotations

from msgspec.structs import replace

from tests.graphs import INNGEST, body, effect, frame, project, run_check, step, use, workflow


def pure(identity, *, reads=(), **fields):
    known = {"pure": True, **fields.pop("body", {})}
    return step(identity, body=body(identity, **known), reads=reads, read_elsewhere=False, **fields)


def chain(*names, **fields):
    return [pure(name, reads=(n - 1,) if n else (), **fields) for n, name in enumerate(names)]


def test_three_pure_steps_in_a_row_are_one_warning_at_the_first():
    found = run_check("step_too_granular", project(workflow(*chain("trim", "sort", "group"))))
    assert [(each.step, each.level) for each in found] == [("trim", "chain")]
    assert found[0].place.span.line == 10
    assert [note.place.span.line for note in found[0].notes] == [20, 30]
    assert found[0].message == "step `trim` and 2 steps after it do pure work, each only feeding the next"


def test_two_pure_steps_in_a_row_are_less():
    found = run_check("step_too_granular", project(workflow(*chain("trim", "sort"))))
    assert [(each.step, each.level) for each in found] == [("trim", "short")]


def test_the_length_of_a_chain_is_an_option():
    found = run_check("step_too_granular", project(workflow(*chain("trim", "sort")), options={"min-steps": 2}))
    assert [each.level for each in found] == ["chain"]


def test_one_step_counts_only_if_it_is_one_expression():
    lone = pure("sum", body={"expression": True})
    assert [each.level for each in run_check("step_too_granular", project(workflow(lone)))] == ["single"]
    assert run_check("step_too_granular", project(workflow(pure("sum")))) == []


def test_an_unresolved_callee_is_never_pure():
    steps = chain("trim", "sort", "group", body={"resolved": False})
    assert run_check("step_too_granular", project(workflow(*steps))) == []


def test_a_step_that_draws_a_value_is_small_on_purpose():
    drawn = pure("draw", body={"pure": False, "draws": True, "expression": True})
    assert run_check("step_too_granular", project(workflow(drawn))) == []


def test_an_effect_between_two_pure_steps_ends_the_chain():
    steps = chain("trim", "sort", "group")
    steps[1] = replace(steps[1], body=body("sort", pure=False, effects=(effect("network", "httpx.get"),)))
    assert run_check("step_too_granular", project(workflow(*steps))) == []


def test_a_result_that_is_used_elsewhere_ends_the_chain():
    steps = chain("trim", "sort", "group")
    steps[0] = replace(steps[0], read_elsewhere=True)
    found = run_check("step_too_granular", project(workflow(*steps)))
    assert [(each.step, each.level) for each in found] == [("sort", "short")]


def test_steps_that_do_not_feed_each_other_are_no_chain():
    steps = [pure("trim"), pure("sort"), pure("group")]
    assert run_check("step_too_granular", project(workflow(*steps))) == []


def test_one_pure_step_per_item_is_how_work_is_divided():
    turn = (frame("for", binds=("row",)),)
    lone = pure("trim-row", body={"expression": True}, times="many", inside=turn)
    assert run_check("step_too_granular", project(workflow(lone))) == []


def test_a_whole_chain_per_item_is_still_too_granular():
    turn = (frame("for", binds=("row",)),)
    steps = chain("trim", "sort", "group", times="many", inside=turn)
    assert [each.level for each in run_check("step_too_granular", project(workflow(*steps)))] == ["chain"]


def test_a_branch_between_two_steps_ends_the_chain():
    steps = chain("trim", "sort", "group")
    steps[2] = replace(steps[2], inside=(frame("if", group="a"),), times="maybe")
    assert [each.level for each in run_check("step_too_granular", project(workflow(*steps)))] == ["short"]


def test_other_operations_are_no_links_of_a_chain():
    steps = chain("trim", "wait", "group")
    steps[1] = replace(steps[1], kind="sleep", body=None)
    assert run_check("step_too_granular", project(workflow(*steps))) == []


def test_an_engine_that_recommends_small_steps_is_left_alone():
    engine = replace(INNGEST, name="cloudflare", granular=True)
    flow = workflow(*chain("trim", "sort", "group"), dialect=engine)
    assert run_check("step_too_granular", project(flow, dialects={"cloudflare": engine})) == []


def test_a_published_chain_is_merged_later():
    given = project(workflow(*chain("trim", "sort", "group")), published={"flow": ["trim"]})
    [found] = run_check("step_too_granular", given)
    assert "published" in found.hint


def test_a_log_line_does_not_make_a_step_impure():
    steps = chain("trim", "sort", "group", body={"effects": (effect("log", "logging.info", uses=(use("logged"),)),)})
    assert [each.level for each in run_check("step_too_granular", project(workflow(*steps)))] == ["chain"]
