from __future__ import annotations

import pytest

from tests.graphs import body, effect, project, run_check, step, use, workflow


def check(*effects):
    return run_check("retry_divergent_branch", project(workflow(step("notify", body=body(effects=effects)))))


def test_a_clock_that_decides_an_effect_is_reported():
    decides = use("control", decides="whether `api.post` runs")
    [found] = check(effect("time", "datetime.datetime.now", 5, [decides]))
    assert found.message == "`datetime.now` decides in step `notify` whether `api.post` runs"


def test_a_branch_without_an_effect_is_silent():
    assert check(effect("random", "random.random", 5, [use("branch")])) == []


@pytest.mark.parametrize("api", ["time.monotonic", "time.perf_counter_ns"])
def test_a_deadline_by_a_stopwatch_is_silent(api):
    assert check(effect("time", api, 5, [use("control")])) == []


def test_a_duration_in_a_condition_is_silent():
    assert check(effect("time", "time.time", 5, [use("control", duration=True)])) == []


def test_what_is_decided_has_a_name_even_where_the_graph_gives_none():
    [found] = check(effect("random", "random.random", 5, [use("control", api="api.post")]))
    assert found.message == "`random.random` decides in step `notify` whether `api.post` runs"
