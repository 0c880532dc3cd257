from __future__ import annotations

from steplint.api import Capture
from steplint.model.place import Span
from tests.graphs import at, body, frame, project, run_check, step, workflow

LOOP = frame("for", line=4, binds=("i",))
LATER = frame("deferred", line=5)
TOGETHER = frame("combinator", line=3, name="group.parallel")


def check(given):
    return run_check("late_binding_capture", project(workflow(given)))


def late(name="i", *, in_id=False):
    return Capture(name, at(6), late=True, in_id=in_id)


def loads(inside, *captures):
    found = captures or (late(),)
    return step(template="load-{}", inside=inside, body=body("flow.<lambda>", 7, captures=found))


def test_a_lambda_that_runs_after_the_loop_sees_the_last_value():
    [found] = check(loads((LOOP, LATER)))
    assert found.level == ""
    assert found.message == "every deferred call of step `load-{}` sees the last value of `i`"


def test_an_id_that_is_read_late_is_an_error():
    [found] = check(step(template="load-{}", inside=(LOOP, LATER), captures=(late(in_id=True),)))
    assert found.level == "id"
    assert found.message == "the ID `load-{}` reads `i` late: every call gets the last ID"


def test_one_variable_is_one_finding_and_the_id_counts():
    given = step(template="load-{}", inside=(LOOP, LATER), captures=(late(), late(in_id=True)))
    assert [each.level for each in check(given)] == ["id"]


def test_a_step_that_is_awaited_in_the_turn_runs_at_once():
    assert check(loads((LOOP,))) == []


def test_a_combinator_within_the_turn_runs_its_branches_at_once():
    assert check(loads((LOOP, TOGETHER, LATER))) == []


def test_a_comprehension_inside_a_combinator_is_late():
    assert len(check(loads((TOGETHER, frame("comprehension", binds=("i",)), LATER)))) == 1


def test_a_bound_variable_is_fine():
    assert check(loads((LOOP, LATER), Capture("i", at(6)))) == []


def test_a_name_that_is_rebound_later_counts_without_a_loop():
    assert len(check(loads((LATER,), late("row")))) == 1


def test_the_fix_binds_the_name_in_the_lambda():
    [found] = check(loads((LOOP, LATER)))
    assert found.fix is not None
    assert not found.fix.safe
    [edit] = found.fix.edits
    assert (edit.place.span, edit.text) == (Span(7, 10, 7, 10), " i=i")


def test_a_named_function_gets_advice_only():
    given = step(template="load-{}", inside=(LOOP, LATER), body=body("flow.<locals>.load", captures=(late(),)))
    [found] = check(given)
    assert found.fix is None
    assert "lambda i=i" in found.hint


def test_the_fix_binds_the_name_in_the_lambda_around_the_call_and_changes_its_ids():
    around = frame("deferred", line=5, name="<lambda>")
    [found] = check(step(template="load-{}", inside=(LOOP, around), captures=(late(in_id=True),)))
    assert found.fix is not None
    assert found.fix.changes_steps
    [edit] = found.fix.edits
    assert (edit.place.span, edit.text) == (Span(6, 10, 6, 10), " i=i")


def test_a_local_function_around_the_call_has_no_fix():
    [found] = check(step(template="load-{}", inside=(LOOP, LATER), captures=(late(in_id=True),)))
    assert found.fix is None


def test_what_the_callable_of_a_step_reads_late_does_not_decide_the_id():
    assert [each.level for each in check(loads((LOOP, LATER), late(in_id=True)))] == [""]
