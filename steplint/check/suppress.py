"""Findings that a comment or a per-file ignore silences, and what is wrong with those comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from steplint.check.select import chosen, closest, find
from steplint.config.problems import nearest
from steplint.config.settings import LintSettings
from steplint.model.finding import Edit, Finding, Fix
from steplint.model.place import Place, Span
from steplint.model.report import Reported, Suppression
from steplint.model.rule import Rule
from steplint.model.summary import Pragma

VERBS = ("ignore", "disable", "file-ignore")
"""Comments that silence findings; `enable` ends the region of a `disable`."""

ANNOTATIONS = ("deterministic", "pure")
"""Comments on a `def` that state a fact."""


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


def unused(
    pragmas: Mapping[str, tuple[Pragma, ...]],
    used: Collection[Waiver],
    rules: Mapping[str, Rule],
    ran: Collection[str],
) -> Iterator[Finding]:
    """Yield SL001 for each name in a comment that silenced nothing, though its rule ran on the file.

    ``ran`` are the rules that ran to their end.
    """
    for path, found in sorted(pragmas.items()):
        for number, pragma in enumerate(found):
            idle = [
                name
                for name in pragma.names
                if (rule := find(name, rules)) is not None and _idle(path, number, rule, used, ran)
            ]
            for name in idle:
                yield _unused(path, pragma, name, idle, rules)


def unknown(pragmas: Mapping[str, tuple[Pragma, ...]], rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """Yield SL002 for each name in a comment that is no rule, and for each verb that is none."""
    verbs = (*VERBS, "enable", *ANNOTATIONS)
    for path, found in sorted(pragmas.items()):
        for pragma in found:
            place = Place(path, pragma.span)
            if pragma.verb not in verbs:
                near = nearest(pragma.verb, verbs)
                hint = f"did you mean `{near}`?" if near else f"known are {', '.join(f'`{each}`' for each in verbs)}"
                yield Finding(f"no comment `steplint: {pragma.verb}`; it has no effect", place, hint=hint)
                continue
            for name in pragma.names:
                if find(name, rules) is None:
                    near = closest(name, rules)
                    message = f"no rule `{name}`; this comment silences nothing"
                    yield Finding(message, place, hint=f"did you mean `{near}`?" if near else "", subject=name)
            if pragma.verb in VERBS and not pragma.names:
                message = f"`steplint: {pragma.verb}` names no rule; it has no effect"
                yield Finding(message, place, hint=f"write `# steplint: {pragma.verb}[rule-name] -- reason`")


def reasonless(pragmas: Mapping[str, tuple[Pragma, ...]], settings: LintSettings) -> Iterator[Finding]:
    """Yield SL003 for each comment that gives no reason, unless the configuration asks for none."""
    if not settings.require_suppression_reason:
        return
    for path, found in sorted(pragmas.items()):
        for pragma in found:
            if pragma.verb in (*VERBS, *ANNOTATIONS) and not pragma.reason:
                yield Finding(
                    f"`{_written(pragma.verb, pragma.names)}` gives no reason to the next reader",
                    Place(path, pragma.span),
                    hint="say after ` -- ` why this is right here, so that others can judge whether it still holds",
                    label="no reason",
                )


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


def _idle(
    path: str,
    number: int,
    rule: Rule,
    used: Collection[Waiver],
    ran: Collection[str],
) -> bool:
    if rule.group == "lock":
        return True
    if rule.group == "meta" or rule.name not in ran:
        return False
    return Waiver(path, number, rule.name) not in used


def _unused(path: str, pragma: Pragma, name: str, idle: list[str], rules: Mapping[str, Rule]) -> Finding:
    rule = find(name, rules)
    lock = rule is not None and rule.group == "lock"
    message = (
        f"`{name}` cannot be silenced by a comment, only by a record in the lock"
        if lock
        else f"`{name}` finds nothing here any more; the comment has nothing to silence"
    )
    left = tuple(each for each in pragma.names if each not in idle)
    text = _written(pragma.verb, left, pragma.reason) if left else ""
    fix = Fix("remove the unused suppression", (Edit(Place(path, pragma.span), text),), safe=True)
    hint = (
        "`steplint lock --help` lists the records" if lock else "remove it, so that it does not hide the next finding"
    )
    return Finding(message, Place(path, pragma.span), hint=hint, label="unused", fix=fix, subject=name)


def _written(verb: str, names: Iterable[str], reason: str = "") -> str:
    inner = ", ".join(names)
    return f"# steplint: {verb}" + (f"[{inner}]" if inner else "") + (f" -- {reason}" if reason else "")


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
