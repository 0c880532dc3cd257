"""Annotated sources: what their comments claim, against what was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from steplint.model.graph import Body, Effect, StepGraph
from steplint.model.report import Reported

_COMMENT = re.compile(r"#\s*(?P<verb>expect|step|workflow|effects|todo):\s*(?P<said>.*?)\s*(?=#\s*\w+:|$)")
_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|class)\s")
_EXPECTED = re.compile(r'(?P<rule>[\w-]+)(?:\s+"(?P<text>[^"]*)")?')
_TIMES = ("maybe", "many")


class Claim(NamedTuple):
    """One comment: what it says about its line, or about the definition below it."""

    path: str
    line: int
    verb: str
    said: str


class Mismatch(NamedTuple):
    """A line of which comment and result disagree."""

    path: str
    line: int
    message: str


def compare(sources: Mapping[str, str], graph: StepGraph, findings: Sequence[Reported]) -> list[Mismatch]:
    """Return every disagreement between the comments in ``sources`` and what was found, by place."""
    claims = [claim for path, text in sources.items() for claim in read(path, text)]
    below = {path: _definitions(text) for path, text in sources.items()}
    return sorted(
        [
            *_findings(claims, findings),
            *_steps(claims, graph),
            *_workflows(claims, graph, below),
            *_effects(claims, graph, below),
        ]
    )


def read(path: str, text: str) -> Iterator[Claim]:
    """Yield the claims in a source."""
    for number, line in enumerate(text.splitlines(), 1):
        if "#" in line:
            for found in _COMMENT.finditer(line):
                yield Claim(path, number, found["verb"], found["said"])


def explained(wrong: Iterable[Mismatch], text: Callable[[str], str | None], errors: Iterable[str] = ()) -> str:
    """Return the disagreements with the lines they are about."""
    parts = [f"error: {each}" for each in errors]
    for each in wrong:
        lines = (text(each.path) or "").splitlines()
        line = lines[each.line - 1] if 0 < each.line <= len(lines) else ""
        indent = len(line) - len(line.lstrip())
        width = len(line.partition("#")[0].rstrip()) - indent or 1
        gutter = " " * len(str(each.line))
        parts.append(
            f"{each.path}:{each.line}: {each.message}\n"
            f"{each.line} | {line}\n"
            f"{gutter} | {' ' * indent}{'^' * max(width, 1)}"
        )
    return "\n".join(parts)


def _findings(claims: Sequence[Claim], findings: Sequence[Reported]) -> Iterator[Mismatch]:
    left = list(findings)
    for claim in claims:
        if claim.verb not in ("expect", "todo"):
            continue
        for wanted in _EXPECTED.finditer(claim.said):
            found = next((each for each in left if _meets(each, claim, wanted["rule"], wanted["text"] or "")), None)
            if claim.verb == "todo":
                if found is not None:
                    yield Mismatch(claim.path, claim.line, f"`{wanted[0]}` is found now: make it an `expect`")
                    left.remove(found)
            elif found is None:
                yield Mismatch(claim.path, claim.line, f"expected {wanted[0]}, {_instead(claim, left)}")
            else:
                left.remove(found)
    for each in left:
        place = each.finding.place
        message = f"unmarked finding: {each.severity}[{each.rule.name} {each.rule.code}]: {each.finding.message}"
        yield Mismatch(place.path, place.span.line, message)


def _meets(found: Reported, claim: Claim, rule: str, text: str) -> bool:
    place = found.finding.place
    same = (place.path, place.span.line) == (claim.path, claim.line) and rule in (found.rule.name, found.rule.code)
    return same and text in found.finding.message


def _instead(claim: Claim, findings: Iterable[Reported]) -> str:
    here = [each for each in findings if (each.finding.place.path, each.finding.place.span.line) == claim[:2]]
    return f"found {here[0].rule.name}: {here[0].finding.message}" if here else "found nothing here"


def _steps(claims: Sequence[Claim], graph: StepGraph) -> Iterator[Mismatch]:
    # A helper gives its steps to every workflow that calls it; it is marked once.
    found = {
        (step.place.path, step.place.span.line, step.label, step.times)
        for workflow in graph.workflows
        for step in workflow.steps
    }
    claimed = {(each.path, each.line, *_step(each.said)) for each in claims if each.verb == "step"}
    for path, line, label, times in claimed - found:
        here = sorted(f"`{each[2]}` {each[3]}" for each in found if each[:2] == (path, line))
        yield Mismatch(path, line, f"expected step `{label}` {times}, found {', '.join(here) or 'none'}")
    for path, line, label, times in found - claimed:
        if not any(each[:2] == (path, line) for each in claimed):
            yield Mismatch(path, line, f"unmarked step `{label}` {times}")
        elif not any(each[:2] == (path, line) for each in claimed - found):
            yield Mismatch(path, line, f"unmarked step `{label}` {times} besides the marked one")


def _step(said: str) -> tuple[str, str]:
    label, _, last = said.rpartition(" ")
    return (label, last) if label and last in _TIMES else (said, "once")


def _workflows(claims: Sequence[Claim], graph: StepGraph, below: Mapping[str, list[int]]) -> Iterator[Mismatch]:
    claimed = Counter(
        (each.path, _below(below[each.path], each.line), each.said) for each in claims if each.verb == "workflow"
    )
    found = Counter(
        (path, _below(below.get(path, []), line), each.id)
        for each in graph.workflows
        for path, line in [_defined(each.source, each.place.path, each.place.span.line)]
    )
    for path, line, identity in claimed - found:
        yield Mismatch(path, line, f"expected workflow `{identity}`, found none")
    for path, line, identity in found - claimed:
        yield Mismatch(path, line, f"unmarked workflow `{identity}`")


def _defined(source: str, path: str, line: int) -> tuple[str, int]:
    return path or source.partition("::")[0], line


def _effects(claims: Sequence[Claim], graph: StepGraph, below: Mapping[str, list[int]]) -> Iterator[Mismatch]:
    found = dict[tuple[str, int], set[str]]()
    for workflow in graph.workflows:
        place = workflow.place
        _note(found, place.path, _below(below.get(place.path, []), place.span.line), workflow.effects)
        for step in workflow.steps:
            body = step.body
            if isinstance(body, Body) and body.resolved:
                at = body.place
                _note(found, at.path, _below(below.get(at.path, []), at.span.line), body.effects)
    for claim in claims:
        if claim.verb != "effects":
            continue
        line = _below(below[claim.path], claim.line)
        claimed, actual = set(claim.said.split()), found.get((claim.path, line), set())
        if claimed != actual:
            said = " ".join(sorted(actual)) or "none"
            yield Mismatch(claim.path, line, f"expected effects {' '.join(sorted(claimed))}, found {said}")


def _note(found: dict[tuple[str, int], set[str]], path: str, line: int, effects: Iterable[Effect]) -> None:
    found.setdefault((path, line), set()).update(each.kind for each in effects)


def _definitions(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if _DEFINITION.match(line)]


def _below(definitions: Sequence[int], line: int) -> int:
    """Return the first definition at or below ``line``; the line itself where there is none."""
    return next((each for each in definitions if each >= line), line)
