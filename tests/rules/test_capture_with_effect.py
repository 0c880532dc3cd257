from __future__ import annotations

import pytest

from tests.graphs import body, effect, project, run_check, step, use, workflow


def check(*effects):
    return run_check("capture_with_effect", project(workflow(step("create-order", body=body(effects=effects)))))


SENT = use("effect-argument", name="number", api="db.orders.insert_one")
RETURNED = use("returned")


def test_a_number_that_is_reserved_sent_and_returned_is_reported():
    [found] = check(effect("write", "db.counters.find_one_and_update", 5, [SENT, RETURNED]))
    assert found.place.span.line == 5
    assert "sends it and returns it" in found.message


def test_a_value_that_is_only_sent_is_not():
    assert check(effect("write", "db.counters.find_one_and_update", 5, [SENT])) == []


def test_a_value_that_is_only_returned_is_the_recommended_pattern():
    assert check(effect("write", "db.counters.find_one_and_update", 5, [RETURNED])) == []


@pytest.mark.parametrize("kind", ["random", "uuid", "time", "shared-rng"])
def test_random_values_and_clocks_belong_to_other_rules(kind):
    assert check(effect(kind, "source", 5, [SENT, RETURNED])) == []


@pytest.mark.parametrize(("kind", "mode"), [("network", "read"), ("database", "read"), ("fs", "read")])
def test_what_is_read_elsewhere_is_no_generated_value(kind, mode):
    assert check(effect(kind, "httpx.get", 5, [SENT, RETURNED], mode=mode)) == []


def test_the_name_of_the_host_is_one():
    assert len(check(effect("host", "socket.gethostname", 5, [SENT, RETURNED]))) == 1
