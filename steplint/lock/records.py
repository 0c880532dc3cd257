"""Decisions as pure functions: a rename, a removal, a step that is back."""

from __future__ import annotations

from msgspec.structs import replace

from steplint.contract.change import Decision
from steplint.lock.adopt import reshaped
from steplint.lock.arrange import carried
from steplint.lock.file import LockFile, LockStep, LockWorkflow, Was, find_workflow, same_workflow
from steplint.lock.named import (
    RecordError,
    State,
    both,
    code_of,
    entry_of,
    in_code,
    in_order,
    live_at,
    named,
    near,
    permit,
    was_buried,
    was_deployed,
    was_published,
    with_entry,
)
from steplint.lock.policy import alias_problem, needs_accept
from steplint.lock.view import entries, head


def rename(state: State, workflow: str, old: str, new: str, accept: str, why: str) -> LockFile:
    """Return the lock in which the entry of step ``old`` is ``new`` and says which ID it had."""
    entry, code = both(state, workflow)
    live_at(entry, old)
    fresh = in_code(code, new)
    if any(each.label == old for each in code.steps):
        raise RecordError(f"step `{old}` is still in the code of `{entry.id}`", "a rename needs an ID that is gone")
    if new in entry.tombstones:
        raise RecordError(f"ID `{new}` was removed before and is reserved", "give the step an ID that was never used")
    if was_published(state, entry, new):
        hint = f"`steplint lock remove {entry.id} {old}` if `{old}` is gone"
        raise RecordError(f"`{new}` is published itself, so it is no successor of `{old}`", hint)
    if accept == "alias" and alias_problem(old, new):
        raise RecordError(alias_problem(old, new), "choose another policy, or keep the template")
    permit(state, entry, Decision("was", *entry.key, step=new, old=old, accept=accept, why=why))
    published = was_published(state, entry, old)
    record = Was(old, accept, why) if published else None
    # Where IDs are unique, two steps that became one are one entry with both records.
    met = [each for each in entry.step if each.live and each.id == new]
    if code.family != "keyed":
        # Elsewhere each call has its own: one that was taken for an addition is the successor after all.
        met = met[:1] if len(met) >= sum(each.label == new for each in code.steps) else []
    steps = [each for each in entry.step if not any(each is one for one in met)]
    renamed = [_successor(each, fresh, record) if each.live and each.id == old else each for each in steps]
    if met:
        renamed = [
            replace(each, was=met[0].was + each.was) if each.live and each.id == new else each for each in renamed
        ]
    return with_entry(state.lock, entry, replace(entry, step=tuple(renamed)))


def _successor(old: LockStep, fresh: LockStep, record: Was | None) -> LockStep:
    """Return the entry that goes on for ``old``; an ID that comes back is no earlier one of its own."""
    was = tuple(each for each in old.was if each.id != fresh.id)
    return replace(carried(fresh, old), was=(*was, record) if record is not None else was)


def rename_workflow(state: State, old: str, new: str, accept: str, why: str) -> LockFile:
    """Return the lock in which workflow ``old`` goes on as ``new``."""
    entry = entry_of(state, old)
    code = next((each for each in state.code.workflows if each.id == new and each.dialect == entry.dialect), None)
    if code is None:
        names = [each.id for each in state.code.workflows if each.dialect == entry.dialect]
        raise RecordError(f"workflow `{new}` is not in the code", near(new, names))
    if any(same_workflow(entry, each.dialect, each.app, each.id) for each in state.code.workflows):
        raise RecordError(f"workflow `{entry.id}` is still in the code", "a rename needs a workflow that is gone")
    there = find_workflow(state.lock, code.dialect, code.app, code.id)
    if there is not None and was_deployed(state, there):
        raise RecordError(f"workflow `{new}` is published itself", f"steplint lock remove --workflow {old}")
    decision = Decision("was", code.dialect, code.app, code.id, old=entry.id, accept=accept, why=why)
    permit(state, entry, decision)
    was = tuple(each for each in entry.was if each.id != code.id)
    if was_deployed(state, entry):
        was = (*was, Was(entry.id, accept, why))
    renamed = replace(head(code), app=code.app or entry.app, was=was, step=entry.step, comments=entry.comments)
    others = tuple(each for each in state.lock.workflow if each is not entry and each is not there)
    return in_order((*others, renamed))


def remove(state: State, workflow: str, step: str, why: str, accept: str = "") -> LockFile:
    """Return the lock in which ``step`` is a tombstone; an ID that was never published goes without one."""
    entry = entry_of(state, workflow)
    live_at(entry, step)
    code = code_of(state, entry)
    if code is not None and any(each.label == step for each in code.steps):
        raise RecordError(f"step `{step}` is still in the code of `{entry.id}`", "remove the call first")
    return _without(state, entry, step, why, accept)


def _without(state: State, entry: LockWorkflow, label: str, why: str, accept: str) -> LockFile:
    live = [each for each in entry.step if each.live and each.id == label]
    was = tuple(dict.fromkeys(record for each in live for record in each.was))
    change = tuple(dict.fromkeys(record for each in live for record in each.change))
    if not was_published(state, entry, label) and not was:
        steps = tuple(each for each in entry.step if not each.live or each.id != label)
        return with_entry(state.lock, entry, replace(entry, step=steps))
    permit(state, entry, Decision("gone", *entry.key, step=label, accept=accept, why=why))
    gone = LockStep(label, live[0].kind, gone=why, accept=accept, was=was, change=change, comments=live[0].comments)
    there = [n for n, each in enumerate(entry.step) if each.live and each.id == label]
    steps = tuple(gone if n == there[0] else each for n, each in enumerate(entry.step) if n not in there[1:])
    return with_entry(state.lock, entry, replace(entry, step=steps))


def remove_workflow(state: State, workflow: str, why: str, accept: str = "") -> LockFile:
    """Return the lock in which ``workflow`` keeps its identity and the reason why it is gone."""
    entry = entry_of(state, workflow)
    if code_of(state, entry) is not None:
        raise RecordError(f"workflow `{entry.id}` is still in the code", "remove its registration first")
    if not was_deployed(state, entry):
        return LockFile(tuple(each for each in state.lock.workflow if each is not entry))
    permit(state, entry, Decision("gone", *entry.key, accept=accept, why=why))
    gone = replace(entry, gone=why, accept=accept, source="", targets=(), unknown=0, step=())
    return with_entry(state.lock, entry, gone)


def remove_missing(state: State, why: str, accept: str = "") -> LockFile:
    """Return the lock in which every published step and workflow that the code has lost is a tombstone."""
    for each in state.lock.workflow:
        entry = find_workflow(state.lock, *each.key)
        if entry is None or not entry.live:
            continue
        code = code_of(state, entry)
        if code is None:
            name = f"{entry.dialect}:{entry.id}"
            state = replace(state, lock=remove_workflow(state, name, why, accept))
            continue
        labels = {step.label for step in code.steps}
        for step in entry.step:
            if step.live and step.id not in labels:
                now = find_workflow(state.lock, *each.key)
                if now is not None and now.has(step.id):
                    word = accept if needs_accept("removed", entry.family) else ""
                    state = replace(state, lock=_without(state, now, step.id, why, word))
    return state.lock


def restore(state: State, workflow: str, step: str, why: str) -> LockFile:
    """Return the lock in which ``step`` is back with its old meaning, so that its old memo is valid."""
    entry, code = both(state, workflow)
    fresh = in_code(code, step)
    at = next((n for n, each in enumerate(entry.step) if not each.live and each.id == step), None)
    if at is None and step not in entry.former:
        raise RecordError(f"step `{step}` of `{entry.id}` was not removed", near(step, entry.tombstones))
    was = Was(step, "restored", why)
    permit(state, entry, Decision("was", *entry.key, step=step, old=step, accept="restored", why=why))
    if at is None:
        steps = tuple(
            replace(each, was=(was,)) if each.id == step else each for each in reshaped(entry.step, code, step)
        )
        return with_entry(state.lock, entry, replace(entry, step=steps))
    tombstone = entry.step[at]
    known = (*tombstone.was, was) if was_buried(state, entry, step) else tombstone.was
    back = replace(fresh, was=known, change=tombstone.change, comments=tombstone.comments)
    return with_entry(state.lock, entry, replace(entry, step=(*entry.step[:at], back, *entry.step[at + 1 :])))


def restore_workflow(state: State, workflow: str, why: str) -> LockFile:
    """Return the lock in which ``workflow`` is back with its old meaning."""
    gone = [each for each in state.lock.workflow if not each.live]
    entry = next((each for each in gone if named(each, workflow)), None)
    if entry is None:
        raise RecordError(f"workflow `{workflow}` was not removed", near(workflow, [each.id for each in gone]))
    code = code_of(state, entry)
    if code is None:
        raise RecordError(f"workflow `{entry.id}` is not in the code", "register it first")
    permit(state, entry, Decision("was", *entry.key, old=entry.id, accept="restored", why=why))
    was = (*entry.was, Was(entry.id, "restored", why))
    back = replace(head(code), app=code.app or entry.app, was=was, step=tuple(entries(code)), comments=entry.comments)
    return with_entry(state.lock, entry, back)
