"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Dialect, Effect, Finding, Note, Place, Project, Use

from ._attempts import Attempt, attempts, built
from ._sources import step_text
from ._text import least, sentence, shown
from ._traces import call_of, once_at_end, way
from ._wrap import free_name


def check(project: Project) -> Iterator[Finding]:
    """Yield random values and generated IDs that are drawn in a step and sent by it."""
    yield from once_at_end(_findings(project), ("key", "value"))


def _findings(project: Project) -> Iterator[tuple[Finding, tuple[Place, ...]]]:
    for attempt in attempts(project):
        dialect = project.dialect(attempt.workflow)
        for source in attempt.sources("random", "uuid", "shared-rng"):
            sends = [use for use in source.uses if attempt.sends(use) and not _harmless(attempt, source, use)]
            if sends:
                use = min(sends, key=lambda use: use.slot != "key")
                yield _finding(attempt, source, use, dialect), attempt.way(source, use)
            elif project.strict and attempt.step and any(use.role == "returned" for use in source.uses):
                yield _capture(attempt, source), (source.place,)


def _harmless(attempt: Attempt, source: Effect, use: Use) -> bool:
    # Only the filter of a statement: no row has a key that was just drawn.
    parts = built(source, use)
    if parts and all(each.role == "predicate" for each in parts):
        return True
    # A salt in an update by key: the retry overwrites it, and nobody has seen the first.
    return use.slot != "key" and attempt.revises(source, use)


def _finding(attempt: Attempt, source: Effect, use: Use, dialect: Dialect) -> Finding:
    what = f"`{use.name}`" if use.name else "value"
    level = "value" if use.slot != "key" or attempt.revises(source, use) else "key"
    if attempt.finds(source, use):
        level = "found"
    taker = f"`{attempt.taker(use)}`" if use.api else "an effect"
    return Finding(
        sentence(attempt.name, f"sends another {what} at each attempt, drawn by `{shown(source.api)}`"),
        source.place,
        workflow=attempt.workflow.id,
        dialect=attempt.workflow.dialect,
        step=attempt.label,
        level=level,
        label="if the response is lost, the retry makes a second record" if level == "key" else "drawn at each attempt",
        trace=way(source.trail),
        notes=(
            Note(use.place, f"{taker} takes it" + (f" as {what}" if use.name else "")),
            *call_of(attempt.step, source.place),
        ),
        hint=_hint(attempt, source, use, dialect),
        confidence=least(source.confidence, use.confidence),
        subject=source.api,
    )


def _hint(attempt: Attempt, source: Effect, use: Use, dialect: Dialect) -> str:
    name = free_name(attempt.workflow, f"generate-{use.name or 'value'}")
    drawn = f"str({shown(source.api)}())" if source.kind == "uuid" else f"{shown(source.api)}(...)"
    text = step_text(dialect, attempt.workflow, name, drawn)
    return "draw it in a step of its own, or derive it from the input" + (f": `{text}`" if text else "")


def _capture(attempt: Attempt, source: Effect) -> Finding:
    return Finding(
        f"{attempt.name} records a value drawn by `{shown(source.api)}`",
        source.place,
        workflow=attempt.workflow.id,
        dialect=attempt.workflow.dialect,
        step=attempt.label,
        level="capture",
        label="memoized with the step's result",
        trace=way(source.trail),
        confidence=source.confidence,
        subject=source.api,
    )
