"""One run of `where` from flags to exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from steplint.cli.session import Session
from steplint.cli.stop import say

if TYPE_CHECKING:
    from steplint.lock.where import Found

_HOW = {
    "id": "",
    "hash": "the hash of it",
    "repeat": "a repeat of it",
    "template": "a template that can yield it",
    "was": "an old ID of it",
    "gone": "removed; the lock still has it",
    "part": "",
    "workflow": "a workflow",
}


def run(session: Session, text: str) -> int:
    """Print every step that answers to a text, and return 1 if none does."""
    from steplint.lock.where import find
    from steplint.project.locking import code

    with session.analysis() as analysis:
        found = find(code(analysis), text)
    for each in found:
        click.echo(_line(session, each))
    if not found and not session.quiet:
        say(
            f"no step answers to `{text}`",
            "`steplint graph` lists the steps; a hash is that of an ID and its occurrence",
        )
    return 0 if found else 1


def _line(session: Session, found: Found) -> str:
    from msgspec import UNSET

    workflow, step = found.workflow, found.step
    place = (step.place if step is not None else UNSET) or workflow.place
    where = (
        workflow.source if place is UNSET or not place else f"{session.shown(place.path)}:{place.line}:{place.column}"
    )
    parts = [where, f"{workflow.id} ({workflow.dialect})"]
    if step is not None:
        repeat = f" #{found.occurrence + 1}" if found.occurrence else ""
        parts.append(f"{step.label}{repeat} [{step.kind}]")
    parts += [each for each in (found.key, _HOW[found.how]) if each]
    return "   ".join(parts)
