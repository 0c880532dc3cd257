from __future__ import annotations

from typing import Any

import pytest

from steplint.check.select import chosen, closest, options, select, verify
from steplint.config.problems import ConfigError
from steplint.config.settings import LintSettings
from steplint.model.rule import Option, Rule

RULES = {
    rule.name: rule
    for rule in (
        Rule(code="SL101", name="body-time", severity="flow", since="1", default=True),
        Rule(code="SL102", name="body-random", severity="flow", since="1", default=True, aliases=("body-dice",)),
        Rule(code="SL112", name="import-time", severity="info", since="1"),
        Rule(code="SL201", name="generic-step-id", severity="warning", since="1", default=True),
        Rule(
            code="SL401",
            name="step-too-granular",
            severity="warning",
            since="1",
            preview=True,
            options={"min-steps": Option(3, "steps in a row"), "names": Option(["a"], "which names")},
        ),
    )
}


def codes(**settings: Any) -> list[str]:
    return [rule.code for rule in select(RULES, LintSettings(**settings))]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, ["SL101", "SL102", "SL201"], id="the default group"),
        pytest.param({"select": ("ALL",)}, ["SL101", "SL102", "SL112", "SL201"], id="every stable rule"),
        pytest.param({"select": ("SL1",)}, ["SL101", "SL102", "SL112"], id="a prefix"),
        pytest.param({"select": ("determinism",)}, ["SL101", "SL102", "SL112"], id="a group"),
        pytest.param({"select": ("SL11",)}, ["SL112"], id="a longer prefix"),
        pytest.param({"select": ("body-dice",)}, ["SL102"], id="a former name"),
        pytest.param({"extend_select": ("import-time",)}, ["SL101", "SL102", "SL112", "SL201"], id="one more"),
        pytest.param({"ignore": ("SL1",)}, ["SL201"], id="a prefix is more specific than the default group"),
        pytest.param({"select": ("SL101",), "ignore": ("SL1",)}, ["SL101"], id="a code beats a prefix"),
        pytest.param({"select": ("SL1",), "ignore": ("determinism",)}, [], id="ignore wins a tie"),
        pytest.param({"select": ("SL4",)}, [], id="preview rules need more than a prefix"),
        pytest.param({"select": ("SL4",), "preview": True}, ["SL401"], id="preview rules on request"),
        pytest.param({"select": ("step-too-granular",)}, ["SL401"], id="a preview rule by its name"),
    ],
)
def test_the_more_specific_selector_wins(settings: dict[str, Any], expected: list[str]) -> None:
    assert codes(**settings) == expected


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("body-tim", "did you mean `body-time`?"),
        ("determinsm", "did you mean `determinism`?"),
        ("SL77", "`steplint rule` lists all rules"),
        ("qqqqqq", "`steplint rule` lists all rules"),
    ],
)
def test_a_selector_that_means_nothing_is_an_error_with_the_nearest_name(word: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=f"no rule or group `{word}`") as caught:
        select(RULES, LintSettings(select=(word,)))
    assert caught.value.hint == hint


def test_every_setting_with_rule_names_is_verified() -> None:
    verify(RULES, LintSettings(severity={"SL101": "info"}, per_file_ignores={"tests/**": ("ALL",)}))
    with pytest.raises(ConfigError, match=r"lint\.unfixable: no rule or group `body-tine`"):
        verify(RULES, LintSettings(unfixable=("body-tine",)))
    with pytest.raises(ConfigError, match=r'lint\.per-file-ignores\."a"'):
        verify(RULES, LintSettings(per_file_ignores={"a": ("body-tine",)}))
    with pytest.raises(ConfigError, match="no rule or group `body-tine`"):
        verify(RULES, LintSettings(severity={"body-tine": "info"}))


def test_chosen_joins_selectors() -> None:
    assert chosen(("SL2", "body-time"), RULES) == {"generic-step-id", "body-time"}


def test_closest_knows_codes_and_former_names() -> None:
    assert closest("body-dise", RULES) == "body-random"
    assert closest("SL10l", RULES) in {"body-time", "body-random"}


def test_options_are_defaults_and_what_is_configured() -> None:
    rule = RULES["step-too-granular"]
    assert options(rule, LintSettings()) == {"min-steps": 3, "names": ["a"]}
    assert options(rule, LintSettings(rules={"step-too-granular": {"min-steps": 5}}))["min-steps"] == 5


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"min-step": 5}, "unknown key `lint.rules.step-too-granular.min-step`"),
        ({"min-steps": "5"}, "must be a whole number"),
        ({"min-steps": True}, "must be a whole number"),
        ({"names": "a"}, "must be a list of text"),
    ],
)
def test_a_wrong_option_is_an_error(value: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        options(RULES["step-too-granular"], LintSettings(rules={"step-too-granular": value}))
