from __future__ import annotations

from tests.graphs import body, effect, project, run_check, step, workflow

CHARGE = "stripe.Charge.create"


def check(*effects, **options):
    flow = workflow(step("charge", body=body(effects=effects)))
    return run_check("missing_idempotency_key", project(flow, options=options))


def test_nothing_is_listed_by_default():
    assert check(effect("write", CHARGE)) == []


def test_a_listed_call_without_a_key_is_reported():
    [found] = check(effect("write", CHARGE, keywords=("amount",)), calls=[CHARGE])
    assert found.message == "`stripe.Charge.create` in step `charge` has no idempotency key"


def test_a_key_is_enough():
    assert check(effect("write", CHARGE, keywords=("amount", "idempotency_key")), calls=[CHARGE]) == []


def test_a_pattern_may_stand_for_several_calls():
    assert len(check(effect("write", CHARGE), calls=["stripe.*"])) == 1


def test_a_key_may_have_another_name():
    given = effect("write", "pay.charge", keywords=("request_id",))
    assert check(given, calls=["pay.charge"], keys=["request_id"]) == []


def test_another_call_is_not_concerned():
    assert check(effect("write", "stripe.Customer.create"), calls=[CHARGE]) == []
