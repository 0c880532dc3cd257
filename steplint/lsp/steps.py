"""The step under the cursor."""

from __future__ import annotations

from lsprotocol.types import Position
from msgspec import Struct

from steplint.lsp.edits import Editor
from steplint.lsp.session import Found
from steplint.lsp.units import Text
from steplint.model.graph import Step, Workflow
from steplint.model.place import Place


class Here(Struct, frozen=True):
    """A step at a position, with every workflow that reaches it, and where its ID is written."""

    uses: tuple[tuple[Workflow, Step], ...]
    place: Place

    @property
    def step(self) -> Step:
        """The step as its first workflow sees it."""
        return self.uses[0][1]

    @property
    def workflow(self) -> Workflow:
        """The first workflow."""
        return self.uses[0][0]


def here(found: Found, editor: Editor, position: Position) -> Here | None:
    """Return the step whose ID is written at a position; of a step that is named after a callable, its whole call."""
    snapshot = found.snapshot
    shown = Text(snapshot.text(found.path) or "", editor.encoding)
    line, column = shown.at(position)
    shift = snapshot.shifts.get(found.path)
    before = line if shift is None else shift.back(line)
    if before is None:
        return None
    uses = [
        (workflow, step)
        for workflow in snapshot.workflows
        for step in workflow.steps
        if _covers(_written(step), found.path, before, column)
    ]
    if not uses:
        return None
    place = min((_written(step) for _, step in uses), key=_size)
    return Here(tuple((workflow, step) for workflow, step in uses if _written(step) == place), place)


def _written(step: Step) -> Place:
    return step.id_place or step.place


def _covers(place: Place, path: str, line: int, column: int) -> bool:
    span = place.span
    return place.path == path and (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def _size(place: Place) -> tuple[int, int]:
    span = place.span
    return span.end_line - span.line, span.end_column - span.column if span.end_line == span.line else 0
