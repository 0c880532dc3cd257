from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.graphs import DBOS, INNGEST, at, body, project, run_check, step, workflow

PICKLE = replace(DBOS, output="pickle")


def check(result, dialect=INNGEST):
    flow = workflow(step("load-ids", body=body(result=result, result_place=at(7))), dialect=dialect)
    return run_check("unserializable_step_result", project(flow, dialects={dialect.name: dialect}))


@pytest.mark.parametrize("result", ["set", "generator", "lambda", "file", "bytes", "self", "coroutine"])
def test_json_carries_none_of_these(result):
    [found] = check(result)
    assert found.place.span.line == 7
    assert found.message.startswith("step `load-ids` returns ")
    assert found.message.endswith(", and the engine stores JSON")


@pytest.mark.parametrize(("result", "count"), [("set", 0), ("bytes", 0), ("self", 0), ("generator", 1), ("file", 1)])
def test_an_engine_that_stores_python_values_takes_more(result, count):
    assert len(check(result, PICKLE)) == count


def test_a_result_without_evidence_is_fine():
    assert check("") == []
