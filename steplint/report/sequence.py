"""The steps of a compared workflow in order, before and after in one list: what a diff and its picture show."""

from __future__ import annotations

from msgspec import Struct

from steplint.contract.change import Change
from steplint.model.graph import Step, StepGraph, Workflow
from steplint.model.report import Compared, Report


class Entry(Struct, frozen=True):
    """One line of a compared workflow: a step, its change (an index), or ``count`` unchanged steps without names."""

    step: Step | None = None
    change: int | None = None
    count: int = 0


def entries(compared: Compared, report: Report) -> list[Entry]:
    """Return what stands in ``compared``: the steps of the new code, removed ones where they stood before."""
    workflow = find(report.graph, compared)
    if workflow is None:
        listed = [Entry(change=index) for index in compared.changes]
        return [*listed, Entry(count=compared.unchanged)] if compared.unchanged else listed
    attached = dict[int, int]()
    loose = list[int]()
    for index in compared.changes:
        new = report.changes[index].new
        if new is not None and new.position not in attached:
            attached[new.position] = index
        else:
            loose.append(index)
    present = [Entry(step=step, change=attached.pop(step.position, None)) for step in workflow.steps]
    return _placed(present, [*loose, *attached.values()], report.changes)


def find(graph: StepGraph | None, compared: Compared) -> Workflow | None:
    """Return the workflow of ``graph`` that was compared, or None."""
    if graph is None:
        return None
    same = [each for each in graph.workflows if each.id == compared.id and each.dialect == compared.dialect]
    return next((each for each in same if each.source == compared.source), same[0] if same else None)


def _placed(present: list[Entry], loose: list[int], changes: tuple[Change, ...]) -> list[Entry]:
    """Return ``present`` with each removed step after as many unchanged steps as stood before it in the old code."""
    moved = {change.old.position for change in _of(present, loose, changes) if change.old is not None}
    placed = list(present)
    for index in sorted(loose, key=lambda index: _position(changes[index])):
        position = _position(changes[index])
        before = position - sum(1 for each in moved if each < position)
        placed.insert(_after(placed, before, position, changes), Entry(change=index))
    return placed


def _of(present: list[Entry], loose: list[int], changes: tuple[Change, ...]) -> list[Change]:
    return [changes[each.change] for each in present if each.change is not None] + [changes[index] for index in loose]


def _position(change: Change) -> int:
    return change.old.position if change.old is not None else -1


def _after(placed: list[Entry], unchanged: int, position: int, changes: tuple[Change, ...]) -> int:
    """Return the index behind ``unchanged`` unchanged entries and behind changed ones that stood earlier."""
    if position < 0:
        return 0
    at = seen = 0
    for index, entry in enumerate(placed):
        if entry.change is None:
            if seen == unchanged:
                break
            seen, at = seen + 1, index + 1
        elif 0 <= _position(changes[entry.change]) <= position:
            at = index + 1
    return at
