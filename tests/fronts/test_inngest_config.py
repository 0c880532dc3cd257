"""Registrations of Inngest apps: what is read, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from steplint.runtime.engines.errors import EngineError
from steplint.runtime.fronts.expressions import UnknownExpressionError, awaited, parse
from steplint.runtime.fronts.inngest_config import functions
from steplint.runtime.fronts.signing import canonical, signature
from steplint.runtime.fronts.times import when
from tests.fronts.sdk import config


def read(*configs: dict[str, Any], without: frozenset[str] = frozenset()) -> Any:
    return functions({"appName": "shop", "functions": list(configs)}, without)


def test_triggers_and_retries_are_read() -> None:
    (found,) = read(config("order", retries=2))
    assert (found.id, found.full_id, found.max_attempts) == ("order", "shop-order", 3)
    assert [each.event for each in found.triggers] == ["shop/order"]


def test_without_a_number_there_are_four_retries() -> None:
    (found,) = read({**config("order"), "steps": {"step": {"id": "step"}}})
    assert found.max_attempts == 5


def test_a_failure_handler_belongs_to_its_function() -> None:
    handler = {**config("order-failure"), "triggers": [{"event": "inngest/function.failed", "expression": "x > 1"}]}
    order, failure = read(config("order"), {**handler, "triggers": [{"event": "inngest/function.failed"}]})
    assert order.handler is failure
    assert failure.triggers == ()


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ({"concurrency": [{"limit": 1}]}, "`concurrency`"),
        ({"throttle": {"limit": 1}}, "`throttle`"),
        ({"batchEvents": {"maxSize": 2}}, "`batch_events`"),
        ({"rateLimit": {"limit": 1}}, "`rate_limit`"),
        ({"debounce": {"period": "1s"}}, "`debounce`"),
        ({"priority": {"run": "1"}}, "`priority`"),
        ({"idempotency": "event.data.id"}, "`idempotency`"),
        ({"cancel": [{"event": "x"}]}, "`cancel`"),
        ({"singleton": {"mode": "skip"}}, "`singleton`"),
        ({"timeouts": {"start": "1s"}}, "`timeouts`"),
        ({"triggers": [{"cron": "* * * * *"}]}, "`cron` trigger `* * * * *`"),
        ({"triggers": [{"event": "x", "expression": "event.data.n > 3"}]}, "`event.data.n > 3` is not understood"),
    ],
)
def test_what_is_not_honored_is_refused_by_name(option: dict[str, Any], name: str) -> None:
    with pytest.raises(EngineError) as caught:
        read(config("fine"), config("order", **option))
    assert caught.value.message.startswith("not supported here: function `shop-order`: ")
    assert name in caught.value.message


def test_all_that_is_not_honored_is_named_at_once() -> None:
    with pytest.raises(EngineError) as caught:
        read(config("a", concurrency=[{"limit": 1}]), config("b", throttle={"limit": 1}))
    assert "`shop-a`: `concurrency`; function `shop-b`: `throttle`" in caught.value.message


def test_what_shall_have_no_effect_is_let_pass() -> None:
    (found,) = read(config("order", concurrency=[{"limit": 1}]), without=frozenset({"concurrency"}))
    assert found.id == "order"


def test_what_is_no_registration_is_said() -> None:
    with pytest.raises(EngineError, match="without a name or without functions"):
        functions({"message": "hello"})


@pytest.mark.parametrize("sdk", ["py:v0.3.12", "js:v2.7.2", "js:v3.21.1"])
def test_an_sdk_that_reads_memos_in_another_way_is_refused(sdk: str) -> None:
    with pytest.raises(EngineError, match=r"the app's SDK is .*; steplint speaks with .* and newer"):
        functions({"appName": "shop", "sdk": sdk, "functions": [config("order")]})


@pytest.mark.parametrize("sdk", ["py:v0.4.0", "py:v1.0.0", "js:v3.22.0", "js:v4.1.0-beta.2", "go:v0.1.0", "odd", ""])
def test_newer_sdks_and_those_of_other_languages_are_taken(sdk: str) -> None:
    assert functions({"appName": "shop", "sdk": sdk, "functions": [config("order")]})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("250ms", 1000.25),
        ("1.5s", 1001.5),
        ("1w2d3h4m5s", 1000 + 788_645),
        ("1970-01-01T01:00:00Z", 3600),
        ("1970-01-01T01:00:00.5Z", 3600.5),
        ("1970-01-01T01:00:00.123456789+01:00", 0.123456),
        ("1970-01-01T01:00:00", 3600),
    ],
)
def test_times_and_durations_of_all_sdks_are_read(text: str, moment: float) -> None:
    assert when(text, 1000) == pytest.approx(moment)


@pytest.mark.parametrize("text", ["", "5", "5 parsecs", "1s 2"])
def test_what_is_no_time_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        when(text, 0)


@pytest.mark.parametrize(
    "text", ["event.data.a > 1", "a == b", "event.data.a == 1 || true", "size(event.data.a) == 1", "event.data.a"]
)
def test_an_expression_that_is_not_in_the_subset_is_refused(text: str) -> None:
    with pytest.raises(UnknownExpressionError, match="is not understood here"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("async.data.id == event.data.id", (["data.id"], [7])),
        ("event.data['id'] == async.data['id']", (["data.id"], [7])),
        ('async.data.text == "a && b"', (["data.text"], ["a && b"])),
        ("async.data.items[0] == 1.5 && async.data.ok == true", (["data.items.0", "data.ok"], [1.5, True])),
        ("event.data.id == 7", ([], [])),
        ("event.data.id == 8", None),
        ("async.data.id == event.data.none", None),
    ],
)
def test_an_expression_becomes_paths_and_values(text: str, found: Any) -> None:
    assert awaited(parse(text), {"data": {"id": 7}}) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "é"]}, '{"a":[true,null,"é"],"b":1}'),
        ([1.0, 0.5, 1e21, 1e-7, 1.5e-6, 123456789012345680000.0], "[1,0.5,1e+21,1e-7,0.0000015,123456789012345680000]"),
    ],
)
def test_canonical_json_is_that_of_rfc_8785(value: Any, text: str) -> None:
    assert canonical(value) == text


def test_a_signature_has_time_and_code() -> None:
    head, _, code = signature("signkey-test-12345678", {"a": 1}, 5).partition("&")
    assert head == "t=5"
    assert len(code.removeprefix("s=")) == 64
    assert code == signature("12345678", {"a": 1}, 5).partition("&")[2]
