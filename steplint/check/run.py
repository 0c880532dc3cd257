"""Runs rules, isolates failures, and turns findings into what is reported: severity, fingerprint, order."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from steplint.api import Project
from steplint.check.pack import Check, PackError
from steplint.check.text import snippet
from steplint.config.settings import LintSettings
from steplint.model.dialect import Dialect
from steplint.model.finding import Finding, Note
from steplint.model.place import Place
from steplint.model.report import Failure, Reported
from steplint.model.rule import Cell, Rule

FLOWS: Mapping[str, tuple[Cell, Cell]] = {
    "control": ("error", "error"),
    "identity": ("error", "warning"),
    "outside-effect": ("error", "error"),
    "step-argument": ("warning", "warning"),
    "capture": ("warning", "warning"),
    "state": ("warning", "warning"),
    "timer": ("warning", "warning"),
    "compared": ("error", "error"),
    "tail": ("warning", "warning"),
    "unknown": ("info", "info"),
}
"""Severity by flow, where replay compares names or finds memos by them, and where it does not.

A flow that is not listed is off. Level "compared": replay compares the value byte by byte; level "tail": the value goes
into an effect after the last step.
"""

_CELLS: Mapping[str, Cell] = {"error": "error", "warning": "warning", "info": "info", "off": "off"}
_RANK: Mapping[str, int] = {"error": 3, "warning": 2, "info": 1, "off": 0}
_CONFIDENCE: Mapping[str, int] = {"high": 2, "medium": 1, "low": 0}


class Run(Struct, frozen=True):
    """What the rules of one run found: not merged, not suppressed, in the order of the rules."""

    findings: tuple[Reported, ...]
    failures: tuple[Failure, ...]
    seconds: Mapping[str, float]
    ran: frozenset[str]
    """Names of the rules that ran to their end."""


def run(
    rules: Iterable[Rule],
    check: Callable[[str], Check],
    project_for: Callable[[Rule], Project],
    settings: LintSettings,
) -> Run:
    """Return what ``rules`` find; ``check`` gives the function of a rule by name, ``project_for`` its argument.

    A rule that raises costs its own findings and becomes a failure; raises PackError for one that cannot be imported.
    Findings whose severity is off are left out.
    """
    findings, failures = list[Reported](), list[Failure]()
    seconds, ran = dict[str, float](), set[str]()
    for rule in rules:
        start = time.perf_counter()
        try:
            project = project_for(rule)
            found = list(stamp(check(rule.name)(project), rule, project.dialects, settings))
        except PackError:
            raise
        except Exception as error:  # a broken rule must not cost the findings of the others
            failures.append(Failure(f"rule {rule.name}", f"{type(error).__name__}: {error}", traceback.format_exc()))
        else:
            findings.extend(found)
            ran.add(rule.name)
        seconds[rule.name] = time.perf_counter() - start
    return Run(tuple(findings), tuple(failures), seconds, frozenset(ran))


def stamp(
    findings: Iterable[Finding], rule: Rule, dialects: Mapping[str, Dialect], settings: LintSettings
) -> Iterator[Reported]:
    """Yield ``findings`` with rule and severity, without those that are off; the fingerprint is still empty."""
    for finding in findings:
        cell = severity(finding, rule, dialects.get(finding.dialect), settings)
        if cell != "off":
            yield Reported(finding, rule, cell, "")


def severity(finding: Finding, rule: Rule, dialect: Dialect | None, settings: LintSettings) -> Cell:
    """Return how severe ``finding`` is: what page and engine say about its level or flow, then the configuration.

    A configured severity replaces every one but "off"; ``strict`` lifts what the table of flows leaves out to info.
    """
    key = finding.level or finding.flow
    cell = _engine(rule, key, dialect)
    if cell is None:
        cell = _page(rule, key, finding.flow, dialect)
        if cell == "off" and settings.strict:
            return "info"
    if cell == "off":
        return cell
    return settings.severity.get(rule.name) or settings.severity.get(rule.code) or cell


def merged(findings: Iterable[Reported]) -> list[Reported]:
    """Return one finding per rule and source site: the worst, then the shortest trace; the others become notes.

    Different calls of one workflow stay apart: a rule that yields several findings there means them.
    """
    groups = defaultdict[tuple[str, Place, int], list[Reported]](list)
    turns = defaultdict[tuple[str, Place, str, str], int](int)
    distinct = {(each.rule.name, each.finding): each for each in findings}
    for (_, finding), each in distinct.items():
        origin = finding.trace[-1].place if finding.trace else finding.place
        owner = (each.rule.name, origin, finding.dialect, finding.workflow)
        groups[each.rule.name, origin, turns[owner]].append(each)
        turns[owner] += 1
    return [_join(group) for group in groups.values()]


def finish(findings: Iterable[Reported], text: Callable[[str], str]) -> tuple[Reported, ...]:
    """Return ``findings`` in order, each with its fingerprint; ``text`` gives the content of a file by path."""
    ordered = sorted(findings, key=_order)
    seen = defaultdict[tuple[str, ...], int](int)
    done = list[Reported]()
    for each in ordered:
        identity = (each.rule.code, each.finding.dialect, each.finding.workflow, each.finding.step, subject(each, text))
        done.append(replace(each, fingerprint=digest(*identity, str(seen[identity]))))
        seen[identity] += 1
    return tuple(done)


def confident(findings: Iterable[Reported], settings: LintSettings) -> list[Reported]:
    """Return the findings that are at least as certain as the configuration asks for."""
    least = _CONFIDENCE[settings.min_confidence]
    return [each for each in findings if _CONFIDENCE[each.finding.confidence] >= least]


def subject(reported: Reported, text: Callable[[str], str]) -> str:
    """Return what identifies the site apart from its position: the rule's subject, or the code itself."""
    return reported.finding.subject or snippet(text(reported.finding.place.path), reported.finding.place.span)


def digest(*parts: str) -> str:
    """Return ``parts`` as a fingerprint: `b2:` and 16 hexadecimal digits."""
    content = "\0".join(parts).encode("utf-8", "surrogatepass")
    return "b2:" + hashlib.blake2b(content, digest_size=8).hexdigest()


def _engine(rule: Rule, key: str, dialect: Dialect | None) -> Cell | None:
    return _CELLS.get(dialect.severity.get(rule.name, {}).get(key, "")) if dialect else None


def _page(rule: Rule, key: str, flow: str, dialect: Dialect | None) -> Cell:
    if key in rule.levels:
        return rule.levels[key]
    if key in ("info", "off"):
        # A table of knowledge says about some sources that they matter little, whatever the value does.
        return "info" if key == "info" else "off"
    if rule.severity != "flow":
        return rule.severity
    named, nameless = FLOWS.get(key) or FLOWS.get(flow) or ("off", "off")
    cell = nameless if dialect and dialect.family != "keyed" and "name" not in dialect.checks else named
    return min(cell, rule.most, key=lambda each: _RANK[each])


def _join(group: list[Reported]) -> Reported:
    ordered = sorted(group, key=lambda each: (-_RANK[each.severity], len(each.finding.trace), _order(each)))
    first, *others = ordered
    if not others:
        return first
    notes = (*first.finding.notes, *(_also(each, first) for each in others))
    return replace(first, finding=replace(first.finding, notes=tuple(dict.fromkeys(notes))))


def _also(other: Reported, first: Reported) -> Note:
    how = "part" if other.finding.place == first.finding.place else "reached"
    preposition = "of" if how == "part" else "from"
    return Note(other.finding.place, f"also {how} {preposition} workflow `{other.finding.workflow}`")


def _order(reported: Reported) -> tuple[str, int, int, str, str, str]:
    finding = reported.finding
    span = finding.place.span
    return finding.place.path, span.line, span.column, reported.rule.code, finding.workflow, finding.message
