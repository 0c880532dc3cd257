"""Changes at the steps that they concern, for pictures with a base."""

from __future__ import annotations

from collections.abc import Sequence

from steplint.contract.change import Change
from steplint.model.graph import Workflow

Look = str
"""Style of a step in a picture: same, added, removed, renamed or dyn."""


def of_workflow(workflow: Workflow, changes: Sequence[Change]) -> tuple[dict[int, Change], list[Change]]:
    """Return the changes of ``workflow`` by position of the step they made, and those whose step is gone."""
    mine = [each for each in changes if each.workflow == workflow.id and each.dialect == workflow.dialect]
    positions = {step.position for step in workflow.steps}
    present = {each.new.position: each for each in mine if each.new is not None and each.new.position in positions}
    gone = [each for each in mine if each.new is None and each.old is not None]
    return present, gone


def look(change: Change | None, *, dynamic: bool) -> Look:
    """Return the style of a step."""
    if change is None or change.kind in ("expression", "rebodied"):
        return "dyn" if dynamic else "same"
    if change.kind in ("added", "inserted", "unlocked", "reused"):
        return "added"
    return "removed" if change.new is None else "renamed"
