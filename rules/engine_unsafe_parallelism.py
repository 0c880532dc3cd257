"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from steplint.api import Dialect, Finding, Note, Place, Project, Step, Workflow

from ._branches import Combined, combined
from ._text import short

# The dialect's word for a combinator, as a level of the page.
_LEVELS = {"error": "refused", "warning": "not-established", "info": "discouraged"}


class _Join(NamedTuple):
    """A call that runs durable operations together, in a way that the engine does not record."""

    place: Place
    name: str
    steps: list[Step]


def check(project: Project) -> Iterator[Finding]:
    """Yield combinators over durable operations that the engine does not record."""
    for workflow in project.graph.workflows:
        dialect = project.dialect(workflow)
        for join in _joins(workflow, dialect):
            yield _finding(workflow, dialect, join)


def _joins(workflow: Workflow, dialect: Dialect) -> Iterator[_Join]:
    covered = set[int]()
    for each in combined(workflow):
        name = _refused(each.frame.name, dialect)
        if name:
            covered |= {step.position for step in each.steps}
            if not _told_elsewhere(workflow, dialect, name, each):
                yield _Join(each.frame.place, name, each.steps)
    steps = {step.position: step for step in workflow.steps}
    for task in workflow.tasks:
        name = _refused(task.api, dialect)
        inside = [steps[position] for position in task.steps if position in steps]
        # A task that is handed to a combinator is told there.
        if name and inside and not covered & set(task.steps):
            yield _Join(task.place, name, inside)


def _refused(name: str, dialect: Dialect) -> str:
    """Return the name under which the dialect knows the combinator: `asyncio.TaskGroup` for its `create_task`."""
    known = (each for each in (name, name.rpartition(".")[0]) if dialect.unordered.get(each, "off") != "off")
    return next(known, "")


def _told_elsewhere(workflow: Workflow, dialect: Dialect, name: str, each: Combined) -> bool:
    """Return whether `parallel-multi-step-branches` tells more: what is established for positions."""
    return workflow.family != "keyed" and dialect.unordered[name] != "error" and bool(each.long)


def _finding(workflow: Workflow, dialect: Dialect, join: _Join) -> Finding:
    first = join.steps[0]
    return Finding(
        f"`{join.name}` over step `{short(first.label)}` is not recorded by {dialect.name}",
        join.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=first.label,
        level=_LEVELS[dialect.unordered[join.name]],
        label=_consequence(dialect),
        notes=tuple(Note(step.place, f"`{step.label}` runs beside the others") for step in join.steps[:3]),
        hint=f"use `{dialect.standin.parallel}`" if dialect.standin.parallel else "run the steps one after another",
        confidence=first.confidence,
        subject=join.name,
    )


def _consequence(dialect: Dialect) -> str:
    if dialect.reenters == "every-step":
        return "each finished step interrupts the others: they are executed again"
    if dialect.family == "positional-unchecked":
        return "the order of records follows timing: a replay may swap their values"
    return "the order of records follows timing: a replay may not match it"
