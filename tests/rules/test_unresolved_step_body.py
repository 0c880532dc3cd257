from __future__ import annotations

from tests.graphs import body, project, run_check, step, workflow


def check(given):
    return run_check("unresolved_step_body", project(workflow(given)))


def test_a_callable_that_was_not_found_is_listed_with_the_reason():
    [found] = check(step("book", body=body("handlers", resolved=False, reason="computed"), needs_body=True))
    assert found.message == "`handlers` of step `book` was not analyzed: computed"


def test_a_missing_callable_is_listed():
    [found] = check(step("book", needs_body=True))
    assert found.message == "the callable of step `book` was not analyzed"


def test_a_callable_that_was_found_is_fine():
    assert check(step("book", body=body(), needs_body=True)) == []


def test_an_operation_without_a_callable_is_fine():
    assert check(step("wait", "sleep")) == []
