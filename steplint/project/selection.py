"""Which rules run, judged where the configuration says it: a name that means nothing is an error with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from steplint.check.select import chosen, options, select
from steplint.config import ConfigError, Loaded
from steplint.model.rule import Rule

_LISTS = ("select", "extend-select", "ignore", "fixable", "unfixable", "extend-safe-fixes", "extend-unsafe-fixes")


def selected(loaded: Loaded, rules: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """Return the rules that the settings select, by code; raises ConfigError with file and line."""
    for key, words in _named(loaded):
        for word in words:
            _verify(loaded, rules, key, word)
    for rule in rules.values():
        _verify_options(loaded, rule)
    return select(rules, loaded.settings.lint)


def _verify(loaded: Loaded, rules: Mapping[str, Rule], key: tuple[str, ...], word: str) -> None:
    try:
        chosen([word], rules)
    except ConfigError as error:
        raise loaded.error(key, error.message, error.hint, word) from None


def _verify_options(loaded: Loaded, rule: Rule) -> None:
    try:
        options(rule, loaded.settings.lint)
    except ConfigError as error:
        configured = loaded.settings.lint.rules.get(rule.name, {})
        wrong = next((key for key in configured if f".{key}`" in error.message), "")
        raise loaded.error(("lint", "rules", rule.name, wrong), error.message, error.hint) from None


def _named(loaded: Loaded) -> Iterator[tuple[tuple[str, ...], Iterable[str]]]:
    """Yield each setting that names rules, with the names."""
    lint = loaded.settings.lint
    for key in _LISTS:
        yield ("lint", key), getattr(lint, key.replace("-", "_"))
    for pattern, words in lint.per_file_ignores.items():
        yield ("lint", "per-file-ignores", pattern), words
    for word in lint.severity:
        yield ("lint", "severity", word), (word,)
    for word in lint.rules:
        yield ("lint", "rules", word), (word,)
