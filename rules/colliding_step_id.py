"""See the page beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from steplint.api import Dialect, Finding, Note, Project, Step, Workflow, exclusive, follows

from ._text import sentence, short


class _Numbered(NamedTuple):
    """An ID that reads like a repeat: of ``base``, which then is used ``uses`` times; None: any number."""

    base: str
    uses: int | None


def check(project: Project) -> Iterator[Finding]:
    """Yield IDs that a repeat of another ID turns into, so that both have one key."""
    for workflow in project.graph.workflows:
        dialect = project.dialect(workflow)
        if workflow.family != "keyed":
            continue
        for step in workflow.steps:
            if numbered := _numbered(dialect, step):
                yield from _collisions(workflow, dialect, step, numbered)


def _numbered(dialect: Dialect, step: Step) -> _Numbered | None:
    before, _, after = dialect.repeat.suffix.partition("{n}")
    number = r"(?P<n>\d+|\{\})"
    match = re.fullmatch(rf"(?P<base>.+){re.escape(before)}{number}{re.escape(after)}", step.label, re.DOTALL)
    if match is None or "{}" in match["base"]:
        return None
    if match["n"] == "{}":
        return _Numbered(match["base"], None)
    uses = int(match["n"]) - dialect.repeat.first + 2
    return _Numbered(match["base"], uses) if uses >= 2 else None


def _collisions(workflow: Workflow, dialect: Dialect, step: Step, numbered: _Numbered) -> Iterator[Finding]:
    base = [each for each in workflow.steps if each.id == numbered.base]
    uses = _most_uses(workflow, base)
    if not base or (numbered.uses is None and uses < 2):
        return
    certain = numbered.uses is not None and uses >= numbered.uses
    level: Literal["error", "warning"] = "error" if certain else "warning"
    label = short(step.label, 24)
    yield Finding(
        message=sentence(
            f"step ID `{label}` has the key of a repeat of `{short(numbered.base, 24)}`:",
            "the run hangs or mixes up results" if certain else "the next use of it collides",
        ),
        place=step.id_place or step.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        level="certain" if level == "error" else "possible",
        label=f"repeats of `{short(numbered.base, 24)}` are counted as `{numbered.base}{dialect.repeat.suffix}`",
        notes=tuple(Note(each.id_place or each.place, _use(each)) for each in base),
        hint="give each call an ID of its own",
        confidence="medium" if numbered.uses is None else "high",
        subject=step.label,
    )


def _use(step: Step) -> str:
    return f"`{short(step.label)}` is used here" + (", in a loop" if step.times == "many" else "")


def _most_uses(workflow: Workflow, steps: list[Step]) -> float:
    """Return how often one path can use the ID that ``steps`` share."""
    if any(step.times == "many" for step in steps):
        return float("inf")
    longest = list[int]()
    for number, step in enumerate(steps):
        before = [longest[n] for n in range(number) if _together(workflow, steps[n], step)]
        longest.append(1 + max(before, default=0))
    return max(longest, default=0)


def _together(workflow: Workflow, one: Step, other: Step) -> bool:
    return not exclusive(one, other) and (follows(workflow, one, other) or _combined(one, other))


def _combined(one: Step, other: Step) -> bool:
    places = {frame.place for frame in one.inside if frame.kind == "combinator"}
    return any(frame.kind == "combinator" and frame.place in places for frame in other.inside)
