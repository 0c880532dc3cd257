"""See the page beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steplint.api import Dialect, Edit, Effect, Finding, Fix, Project, Workflow

from ._operations import position
from ._sources import elsewhere, sources, trace
from ._text import sentence, shown
from ._wrap import free_name, on_runs, plain_place, writable

_SECONDS = re.compile(r"\d+(\.\d+)?")


def check(project: Project) -> Iterator[Finding]:
    """Yield waits of a replayed body that the engine knows nothing about."""
    for workflow, effect in sources(project, "sleep"):
        dialect = project.dialect(workflow)
        yield Finding(
            message=sentence(f"`{shown(effect.api)}`", "waits without the engine: repeated at replay, lost on restart"),
            place=effect.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            level=effect.level or position(effect),
            label="not durable: holds the worker while it waits",
            trace=trace(effect),
            notes=tuple(elsewhere(effect)),
            hint=_hint(dialect, workflow, effect),
            fix=_fix(dialect, workflow, effect),
            confidence=effect.confidence,
            subject=effect.api,
        )


def _hint(dialect: Dialect, workflow: Workflow, effect: Effect) -> str:
    text = _durable(dialect, workflow, effect.argument or "seconds")
    return f"let the engine wait: `{text}`" if text else "let the engine wait"


def _fix(dialect: Dialect, workflow: Workflow, effect: Effect) -> Fix | None:
    """Replace the call where the number of seconds is known and the dialect's timer is awaited as this call is."""
    if not _SECONDS.fullmatch(effect.argument) or len(effect.trail) > 1 or not plain_place(effect):
        return None
    text = _durable(dialect, workflow, effect.argument)
    if not text or not writable(dialect, workflow, dialect.standin.sleep):
        return None
    awaits = "await " if workflow.asynchronous and effect.consumed != "await" else ""
    return Fix(
        "wait with the engine",
        (Edit(effect.place, f"{awaits}{text}"),),
        effect=on_runs(dialect),
        changes_steps=True,
    )


def _durable(dialect: Dialect, workflow: Workflow, seconds: str) -> str:
    text = dialect.standin.sleep
    if "{source}" not in text:
        return text
    identity = free_name(workflow, f"wait-{seconds}-seconds" if seconds[0].isdigit() else "wait")
    context = workflow.context or "ctx"
    return text.replace("{id}", identity).replace("ctx.", f"{context}.").replace("{source}", seconds)
