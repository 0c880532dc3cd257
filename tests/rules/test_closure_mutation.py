from __future__ import annotations

import pytest

from steplint.api import Write
from tests.graphs import at, body, project, run_check, step, workflow


def check(*writes):
    return run_check("closure_mutation", project(workflow(step("collect", body=body(writes=writes)))))


READ = at(20)


def write(how="append", target="local", read=READ, name="rows", line=5):
    return Write(name, how, target, at(line), read)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("append", "calls `rows.append` of the workflow"),
        ("assign", "assigns `rows` of the workflow"),
        ("subscript", "assigns into `rows` of the workflow"),
        ("attribute", "assigns into `rows` of the workflow"),
    ],
)
def test_a_variable_of_the_workflow_that_is_read_afterwards_is_an_error(how, says):
    [found] = check(write(how))
    assert found.level == ""
    assert says in found.message
    assert found.notes[0].place.span.line == 20


def test_a_change_that_nobody_reads_is_fine():
    assert check(write(read=None)) == []


def test_a_memoized_result_is_less():
    assert [each.level for each in check(write("sort", "memo"))] == ["memo"]
    assert [each.level for each in check(write("pop", "memo", read=None))] == ["unread"]


def test_a_module_variable_is_a_cache_or_a_counter():
    assert check(write("assign", "global")) == []


def test_event_data_belongs_to_another_rule():
    assert check(write("subscript", "event")) == []


def test_one_variable_is_one_finding():
    assert len(check(write(), write("extend"), write(name="others", line=6))) == 2
