"""Records that the published lock has and the present one has not: no edit by hand may drop one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from steplint.contract.change import Decision
from steplint.contract.manifest import Manifest
from steplint.lock.arrange import attached
from steplint.lock.file import LockFile, LockStep, LockWorkflow, find_workflow, same_workflow
from steplint.lock.view import workflow_decisions


def lost(published: LockFile | None, lock: LockFile | None) -> list[Decision]:
    """Return the records of ``published`` that are neither in ``lock`` nor replaced by a later one."""
    found = list[Decision]()
    for workflow in published.workflow if published else ():
        entry = successor(lock, workflow)
        if entry is None:
            found += workflow_decisions(workflow)
        elif entry.live or not workflow.live:
            found += [each for each in workflow_decisions(workflow) if not _kept(each, entry)]
    return found


def successor(lock: LockFile | None, workflow: LockWorkflow) -> LockWorkflow | None:
    """Return the entry of ``workflow`` in ``lock``, or of the one that it was renamed to."""
    found = find_workflow(lock, workflow.dialect, workflow.app, workflow.id)
    if found is not None:
        return found
    for each in lock.workflow if lock else ():
        if each.dialect == workflow.dialect and any(was.id == workflow.id for was in each.was):
            return each
    return None


def _kept(decision: Decision, entry: LockWorkflow) -> bool:
    now = list(workflow_decisions(entry))
    if decision.step is None:
        if decision.record == "gone":
            return not entry.live or any(was.id == entry.id for was in entry.was)
        return any(was.id == decision.old for was in entry.was) or decision.old == entry.id
    if decision.record == "gone":
        return decision.step in entry.tombstones or any(
            each.step == decision.step
            and (
                (each.record == "was" and each.old == each.step) or (each.record == "change" and each.kind == "reused")
            )
            for each in now
        )
    if decision.record == "was":
        again = any(each.record == "was" and each.step == decision.old and each.old == decision.step for each in now)
        return again or any(each.record == "was" and each.old == decision.old for each in now)
    return (
        any(each.record == "change" and each.kind == decision.kind and each.accept == decision.accept for each in now)
        or decision.step in entry.tombstones
    )


def recovered(lock: LockFile | None, published: LockFile | None, code: Manifest) -> LockFile:
    """Return ``lock`` with every lost record put back; ``code`` says which lost workflows are still there."""
    workflows = list((lock or LockFile()).workflow)
    for workflow in published.workflow if published else ():
        entry = successor(lock, workflow)
        if entry is None:
            there = any(same_workflow(workflow, each.dialect, each.app, each.id) for each in code.workflows)
            workflows += [workflow] if there or not workflow.live else []
        elif entry.live or not workflow.live:
            missing = [each for each in workflow_decisions(workflow) if not _kept(each, entry)]
            workflows[workflows.index(entry)] = _with(entry, workflow, missing)
    return LockFile(tuple(workflows))


def _with(entry: LockWorkflow, before: LockWorkflow, missing: Sequence[Decision]) -> LockWorkflow:
    for each in missing:
        if each.step is None:
            was = tuple(one for one in before.was if one.id == each.old)
            gone = before.gone if each.record == "gone" else entry.gone
            entry = replace(entry, was=entry.was + was, gone=gone)
        elif each.record == "gone":
            tombstone = next(step for step in before.step if not step.live and step.id == each.step)
            entry = replace(entry, step=attached(before.step, entry.step, tombstone))
        else:
            entry = replace(entry, step=tuple(_on_step(entry, before, each)))
    return entry


def _on_step(entry: LockWorkflow, before: LockWorkflow, record: Decision) -> Iterator[LockStep]:
    """Yield the steps, with ``record`` on the one that carried it, or on its successor."""
    holder = record.step
    if all(step.id != holder for step in entry.step):
        holder = next((step.id for step in entry.step if any(was.id == holder for was in step.was)), None)
    source = next(step for step in before.step if step.id == record.step)
    was = tuple(each for each in source.was if record.record == "was" and each.id == record.old)
    change = tuple(each for each in source.change if record.record == "change" and each.kind == record.kind)
    done = False
    for step in entry.step:
        if step.id == holder and not done:
            done = True
            yield replace(step, was=step.was + was, change=step.change + change)
        else:
            yield step
    if not done:
        yield replace(source, was=was, change=change)
