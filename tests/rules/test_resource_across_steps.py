from __future__ import annotations

import pytest

from tests.graphs import DBOS, INNGEST, frame, project, run_check, step, workflow


def check(resource, dialect=INNGEST, name="tempfile.TemporaryDirectory"):
    held = (frame("with", line=5, name=name, resource=resource),)
    flow = workflow(step("download", inside=held), step("extract", inside=held), step("mail"), dialect=dialect)
    return run_check("resource_across_steps", project(flow))


def test_a_temporary_directory_around_steps_is_one_finding_at_the_block():
    [found] = check("directory")
    assert found.place.span.line == 5
    assert found.level == ""
    assert len(found.notes) == 2
    assert found.message == "a temporary directory is held across step `download`: suspension leaves the block"


@pytest.mark.parametrize("resource", ["transaction", "session", "lock", "file", "client", "timeout"])
def test_every_kind_of_resource_is_held(resource):
    assert len(check(resource)) == 1


@pytest.mark.parametrize("resource", ["", "log"])
def test_unknown_managers_and_logging_contexts_are_fine(resource):
    assert check(resource) == []


def test_a_tracer_span_is_less():
    assert [each.level for each in check("span")] == ["span"]


def test_an_engine_that_keeps_the_coroutine_leaves_the_block_rarely():
    assert [each.level for each in check("lock", DBOS)] == ["in-memory"]
