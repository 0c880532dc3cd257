"""What the lock rules share: which change asks for a finding, where it stands, and what it does to runs in flight."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Change, Finding, ManifestPlace, Note, Place, Project, Span, Step, Workflow

from ._text import sentence, short

_NOWHERE = Span(1, 0, 1, 0)
_LOCK = "steplint.lock"

_EFFECTS = {
    "safe": "no run in flight notices",
    "ignored": "its memo is ignored, its effect has happened",
    "late": "runs past this point execute it late, once",
    "stale": "runs in flight receive a memo of another meaning",
    "swaps": "runs in flight receive the memo of another call",
    "reruns": "runs in flight execute it again",
    "wedges": "runs in flight fail at replay",
}
"""Verdict to what a reader is told; engines that do not fail but hang are said so below."""

_WEDGES = {
    "dbos": "runs in flight end in an error",
    "restate": "runs in flight are retried for ever",
    "temporal": "runs in flight are stuck",
}


def reported(project: Project, *kinds: str) -> Iterator[Change]:
    """Yield the changes of ``kinds`` that a rule reports: not the listed ones, not those with a record."""
    for change in project.changes:
        if change.kind in kinds and change.code and change.recorded is None:
            yield change


def consequence(change: Change) -> str:
    """Return what the change does to runs in flight on the engine that takes it worst."""
    if change.gate:
        return f"no run in flight notices; gated by `{short(change.gate)}`"
    if change.kind in {"workflow-renamed", "workflow-removed"} and change.verdict == "wedges":
        return "runs in flight find no workflow of this ID"
    if change.verdict == "wedges" and change.engine in _WEDGES:
        return _WEDGES[change.engine]
    return _EFFECTS[change.verdict]


def level(change: Change) -> str:
    """Return the level by which the page says how severe the change is."""
    if change.gate:
        return "gated"
    if change.family == "positional-unchecked" and change.verdict == "swaps":
        return "unchecked"
    return change.verdict


def old(change: Change) -> str:
    """Return the published ID in backticks."""
    return named(change.old.label if change.old is not None else "")


def new(change: Change) -> str:
    """Return the present ID in backticks."""
    return named(change.new.label if change.new is not None else "")


def named(label: str) -> str:
    """Return an ID in backticks; an engine that has only the position has a step without a name."""
    return f"`{short(label, 32)}`" if label else "a step without a name"


def finding(project: Project, change: Change, subject: str, *predicates: str, hint: str = "", at: str = "") -> Finding:
    """Return the finding of ``change``; ``subject`` is what happened, ``predicates`` what it does, longest first.

    ``at`` is the level, where it is not that of `level`.
    """
    step = change.new or change.old
    return Finding(
        message=sentence(subject, *(predicates or (consequence(change),))),
        place=place(project, change),
        workflow=change.workflow,
        dialect=change.dialect,
        step=step.label if step is not None else "",
        level=at or level(change),
        label=consequence(change),
        notes=notes(change),
        hint=hint,
        confidence=change.confidence,
        subject=step.label if step is not None else change.workflow,
    )


def place(project: Project, change: Change) -> Place:
    """Return where the new step stands; else its workflow; else the line of the lock that knew it."""
    workflow = _workflow(project, change)
    if workflow is None:
        return _published(change) or Place(_LOCK, _NOWHERE)
    step = _step(workflow, change)
    if step is not None:
        return step.id_place or step.place
    return workflow.id_place or workflow.place


def notes(change: Change) -> tuple[Note, ...]:
    """Return the line of the lock that published the step, and why a record does not count."""
    published = _published(change)
    found = [Note(published, "published")] if published is not None else []
    if change.note and published is not None:
        found.append(Note(published, change.note))
    return tuple(found)


def ways(change: Change) -> str:
    """Return the first command that records a decision, as a hint."""
    return f"or record it: `{change.commands[0]}`" if change.commands else ""


def _workflow(project: Project, change: Change) -> Workflow | None:
    for each in project.graph.workflows:
        names = (change.workflow, change.successor)
        if each.dialect == change.dialect and each.id in names and each.app in ("", change.app or each.app):
            return each
    return None


def _step(workflow: Workflow, change: Change) -> Step | None:
    if change.new is None:
        return None
    same = [each for each in workflow.steps if change.new.label in (each.label, "" if each.id is None else each.id)]
    return next((each for each in same if each.position == change.new.position), same[0] if same else None)


def _published(change: Change) -> Place | None:
    at = change.old.place if change.old is not None else change.place
    if not isinstance(at, ManifestPlace):
        return None
    width = len(change.old.label if change.old is not None else change.workflow) + 2
    return Place(at.path, Span(at.line, at.column - 1, at.line, at.column - 1 + width))
