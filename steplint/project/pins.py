"""Whether the project pins the version of its runs: an argument or key that the dialect names, anywhere in the code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from steplint.config.settings import DialectSettings
from steplint.model.dialect import Dialect
from steplint.model.summary import ModuleSummary
from steplint.model.value import Const, Group, Value


def pins(
    summaries: Iterable[ModuleSummary], dialects: Iterable[Dialect], settings: Mapping[str, DialectSettings]
) -> dict[str, bool]:
    """Return by dialect whether runs keep their version when the source changes; the configuration decides first."""
    every = tuple(dialects)
    return settled(pinning(summaries, every), every, settings)


def pinning(summaries: Iterable[ModuleSummary], dialects: Iterable[Dialect]) -> frozenset[str]:
    """Return the dialects for which some file says something that pins a version."""
    asked = {each.name: frozenset(each.pinned_by) for each in dialects if each.pinned_by}
    if not asked:
        return frozenset()
    keys = frozenset(key for each in summaries for key in _keys(each))
    return frozenset(name for name, words in asked.items() if not words.isdisjoint(keys))


def settled(
    found: Collection[str], dialects: Iterable[Dialect], settings: Mapping[str, DialectSettings]
) -> dict[str, bool]:
    """Return by dialect whether it is pinned, given those of which the code says so."""
    said = {name: each.version_pinned for name, each in settings.items() if each.version_pinned is not None}
    return {each.name: each.name in found for each in dialects if each.pinned_by} | said


def _keys(summary: ModuleSummary) -> Iterator[str]:
    """Yield every keyword of a call and every text that is the key of a dict display."""
    for function in summary.functions:
        for call in function.calls:
            for argument in call.arguments:
                if argument.keyword:
                    yield argument.keyword
                yield from _dict_keys(argument.value)
        for statement in function.statements:
            yield from _dict_keys(statement.value)


def _dict_keys(value: Value) -> Iterator[str]:
    if not isinstance(value, Group):
        return
    for item in value.items:
        yield from _dict_keys(item)
    if value.kind == "pair" and isinstance(value.items[0], Const) and isinstance(value.items[0].value, str):
        yield value.items[0].value
