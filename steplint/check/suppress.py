"""Findings that a comment or a per-file ignore silences, and what is wrong with those comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from steplint.check.select import chosen, find
from steplint.config.settings import LintSettings
from steplint.model.finding import Finding
from steplint.model.place import Place, Span
from steplint.model.report import Reported, Suppression
from steplint.model.rule import Rule
from steplint.model.summary import Pragma

VERBS = ("ignore", "disable", "file-ignore")
"""Comments that silence findings; `enable` ends the region of a `disable`."""


class Waiver(NamedTuple):
    """One name in one comment: what SL001 judges."""

    path: str
    pragma: int
    rule: str


class Suppressed(NamedTuple):
    """What comments left over, what they silenced, and which of them were of use."""

    kept: list[Reported]
    suppressed: list[Reported]
    used: frozenset[Waiver]


def by_comments(
    findings: Iterable[Reported], pragmas: Mapping[str, tuple[Pragma, ...]], rules: Mapping[str, Rule]
) -> Suppressed:
    """Return ``findings`` without those that a comment covers at any of their places; never those of group `lock`."""
    kept, suppressed, used = list[Reported](), list[Reported](), set[Waiver]()
    waivers = {path: list(_waivers(path, found, rules)) for path, found in pragmas.items()}
    for each in findings:
        found = [] if each.rule.group == "lock" else list(_covering(each, waivers, pragmas))
        used.update(found)
        if not found:
            kept.append(each)
            continue
        pragma = pragmas[found[0].path][found[0].pragma]
        why = Suppression("comment", pragma.reason, Place(found[0].path, pragma.span))
        suppressed.append(replace(each, suppressed=why))
    return Suppressed(kept, suppressed, frozenset(used))


def by_files(
    findings: Iterable[Reported], rules: Mapping[str, Rule], settings: LintSettings
) -> tuple[list[Reported], list[Reported]]:
    """Return the findings that `per-file-ignores` leaves, and those that it silences; never those of group `lock`."""
    table = [
        (pattern, _matcher(pattern), chosen(selectors, rules, "lint.per-file-ignores"))
        for pattern, selectors in settings.per_file_ignores.items()
    ]
    kept, suppressed = list[Reported](), list[Reported]()
    for each in findings:
        pattern = next(
            (name for name, matches, names in table if each.rule.name in names and matches(each.finding.place.path)), ""
        )
        if pattern and each.rule.group != "lock":
            suppressed.append(replace(each, suppressed=Suppression("per-file-ignore", pattern)))
        else:
            kept.append(each)
    return kept, suppressed


def _waivers(path: str, pragmas: tuple[Pragma, ...], rules: Mapping[str, Rule]) -> Iterator[Waiver]:
    for number, pragma in enumerate(pragmas):
        if pragma.verb in VERBS:
            for name in pragma.names:
                if rule := find(name, rules):
                    yield Waiver(path, number, rule.name)


def _covering(
    reported: Reported, waivers: Mapping[str, list[Waiver]], pragmas: Mapping[str, tuple[Pragma, ...]]
) -> Iterator[Waiver]:
    for place in _places(reported.finding):
        for waiver in waivers.get(place.path, ()):
            pragma = pragmas[place.path][waiver.pragma]
            if waiver.rule == reported.rule.name and _meets(pragma, place.span):
                yield waiver


def _places(finding: Finding) -> Iterator[Place]:
    yield finding.place
    yield from (hop.place for hop in finding.trace)
    yield from (note.place for note in finding.notes)


def _meets(pragma: Pragma, span: Span) -> bool:
    # A comment inside the span counts too, so that a call over several lines needs no trial and error.
    if pragma.verb == "file-ignore":
        return True
    inside = span.line <= pragma.span.line <= span.end_line
    return inside or (pragma.covers.line <= span.end_line and span.line <= pragma.covers.end_line)


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Return what matches a path against a glob with `**`; a leading `!` turns the answer around."""
    plain = pattern.removeprefix("!")
    regex = re.compile(_regex(plain if "/" in plain.rstrip("/") else f"**/{plain}"))
    return lambda path: bool(regex.fullmatch(path)) != pattern.startswith("!")


def _regex(pattern: str) -> str:
    parts = list[str]()
    for token in re.findall(r"\*\*/?|\*|\?|[^*?]+", pattern.rstrip("/")):
        if token == "**/":
            parts.append("(?:.*/)?")
        elif token == "**":
            parts.append(".*")
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(token, re.escape(token)))
    return "".join(parts) + "(?:/.*)?"
