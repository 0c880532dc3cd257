from __future__ import annotations

from steplint.model.place import Span
from tests.graphs import project, run_check, step, workflow


def check(given):
    return run_check("unawaited_step", project(workflow(given)))


def test_a_step_that_is_called_and_dropped_never_runs():
    [found] = check(step("send-mail", consumed="dropped"))
    assert found.level == ""
    assert found.message == "step `send-mail` is not awaited: it never runs"


def test_the_fix_inserts_await_and_adds_a_step():
    [found] = check(step("send-mail", consumed="dropped"))
    assert found.fix is not None
    assert found.fix.changes_steps
    assert not found.fix.safe
    [edit] = found.fix.edits
    assert (edit.place.span, edit.text) == (Span(10, 4, 10, 4), "await ")


def test_an_awaited_step_is_fine():
    assert check(step("send-mail")) == []


def test_a_call_that_is_kept_is_fine():
    assert check(step("send-mail", consumed="value", stored=True)) == []
    assert check(step("send-mail", consumed="dropped", stored=True)) == []


def test_a_synchronous_workflow_needs_no_await():
    assert check(step("send-mail", consumed="dropped", must="none")) == []


def test_a_generator_engine_misses_yield():
    [found] = check(step("send-mail", consumed="dropped", must="yield"))
    assert found.level == "yield"
    assert found.message == "step `send-mail` is not yielded: nothing waits for it"
    assert found.fix is not None
    assert found.fix.edits[0].text == "yield "
