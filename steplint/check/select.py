"""Which rules a run has: names, codes, prefixes, groups, `default` and `ALL`; the more specific selector wins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from steplint.config.problems import ConfigError, nearest
from steplint.config.settings import LintSettings
from steplint.model.rule import GROUPS, Option, Rule

_PREFIX = re.compile(r"SL\d{0,2}")
_WORDS = ("ALL", "default", *GROUPS)

_EXACT = 10
"""Specificity of a name or code; a prefix has its length, a group that of the prefix it stands for."""


def select(rules: Mapping[str, Rule], settings: LintSettings) -> tuple[Rule, ...]:
    """Return the rules that ``settings`` selects, by code; raises `ConfigError` for a selector that means nothing."""
    wanted = _specific((*settings.select, *settings.extend_select), rules)
    unwanted = _specific(settings.ignore, rules)
    found = (
        rule
        for name, rule in rules.items()
        if wanted.get(name, -1) > unwanted.get(name, -1)
        and (not rule.preview or settings.preview or wanted[name] == _EXACT)
    )
    return tuple(sorted(found, key=lambda rule: rule.code))


def chosen(selectors: Iterable[str], rules: Mapping[str, Rule], setting: str = "") -> frozenset[str]:
    """Return the names of the rules that any of ``selectors`` means; ``setting`` is named in the error."""
    return frozenset(name for each in selectors for name in _meant(each, rules, setting))


def find(word: str, rules: Mapping[str, Rule]) -> Rule | None:
    """Return the rule with this name, code or former name."""
    if word in rules:
        return rules[word]
    return next((rule for rule in rules.values() if word == rule.code or word in rule.aliases), None)


def closest(word: str, rules: Mapping[str, Rule]) -> str:
    """Return the rule name that ``word`` was probably meant to be, or an empty text."""
    former = {alias: rule.name for rule in rules.values() for alias in (rule.code, *rule.aliases)}
    near = nearest(word, (*rules, *former))
    return former.get(near, near)


def options(rule: Rule, settings: LintSettings) -> dict[str, Any]:
    """Return the options of ``rule``: its defaults and what is configured; raises `ConfigError` for a wrong one."""
    values: dict[str, Any] = {name: option.default for name, option in rule.options.items()}
    for key, value in settings.rules.get(rule.name, {}).items():
        where = f"lint.rules.{rule.name}.{key}"
        if key not in rule.options:
            near = nearest(key, rule.options)
            raise ConfigError(f"unknown key `{where}`", f"did you mean `{near}`?" if near else _available(rule))
        if not _fits(value, rule.options[key]):
            raise ConfigError(f"`{where}` must be {_shape(rule.options[key])}, not `{value!r}`", rule.options[key].help)
        values[key] = value
    return values


def verify(rules: Mapping[str, Rule], settings: LintSettings) -> None:
    """Raise `ConfigError` for the first rule name in ``settings`` that means nothing."""
    select(rules, settings)
    for setting in ("fixable", "unfixable", "extend_safe_fixes", "extend_unsafe_fixes"):
        chosen(getattr(settings, setting), rules, f"lint.{setting.replace('_', '-')}")
    for pattern, selectors in settings.per_file_ignores.items():
        chosen(selectors, rules, f'lint.per-file-ignores."{pattern}"')
    for word in (*settings.severity, *settings.rules):
        if find(word, rules) is None:
            raise _unknown(word, rules, "lint.severity" if word in settings.severity else "lint.rules")
    for rule in rules.values():
        options(rule, settings)


def _specific(selectors: Iterable[str], rules: Mapping[str, Rule]) -> dict[str, int]:
    found = dict[str, int]()
    for selector in selectors:
        for name in _meant(selector, rules):
            found[name] = max(found.get(name, -1), _weight(selector))
    return found


def _weight(selector: str) -> int:
    if selector in GROUPS:
        return len("SL1")
    if selector in ("ALL", "default"):
        return 0 if selector == "ALL" else 1
    return len(selector) if _PREFIX.fullmatch(selector) else _EXACT


def _meant(selector: str, rules: Mapping[str, Rule], setting: str = "") -> Iterator[str]:
    if rule := find(selector, rules):
        yield rule.name
        return
    if not (_PREFIX.fullmatch(selector) or selector in _WORDS):
        raise _unknown(selector, rules, setting)
    matched = [name for name, rule in rules.items() if _covers(selector, rule)]
    if not matched and selector not in _WORDS:
        raise _unknown(selector, rules, setting)
    yield from matched


def _covers(selector: str, rule: Rule) -> bool:
    if selector in ("ALL", rule.group):
        return True
    if selector == "default":
        return rule.default
    return rule.code.startswith(selector) and bool(_PREFIX.fullmatch(selector))


def _unknown(word: str, rules: Mapping[str, Rule], setting: str) -> ConfigError:
    where = f"{setting}: " if setting else ""
    near = closest(word, rules) or nearest(word, _WORDS)
    hint = f"did you mean `{near}`?" if near else "`steplint rule` lists all rules"
    return ConfigError(f"{where}no rule or group `{word}`", hint)


def _available(rule: Rule) -> str:
    names = ", ".join(f"`{name}`" for name in rule.options)
    return f"`{rule.name}` has {names}" if names else f"`{rule.name}` has no options"


def _fits(value: Any, option: Option) -> bool:
    if isinstance(option.default, list):
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    return type(value) is type(option.default)


def _shape(option: Option) -> str:
    names = {bool: "true or false", int: "a whole number", str: "text", list: "a list of text"}
    return names[type(option.default)]
