"""What a decision is about: workflows and steps by the names that people type, and whether it is permitted."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from msgspec import Struct

from steplint.contract.change import Decision
from steplint.contract.manifest import Manifest, ManifestWorkflow
from steplint.lock.file import LockFile, LockStep, LockWorkflow, before_rename, same_workflow
from steplint.lock.policy import Policy, problem
from steplint.lock.view import entries


class RecordError(Exception):
    """A decision that cannot be recorded: why, and what to do instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class State(Struct, frozen=True):
    """What a decision is judged by: the lock, the published lock (the same without git), the code, the policy."""

    lock: LockFile
    base: LockFile | None
    code: Manifest
    policy: Policy


def both(state: State, workflow: str) -> tuple[LockWorkflow, ManifestWorkflow]:
    """Return the entry called ``workflow`` and the workflow of the code."""
    entry = entry_of(state, workflow)
    code = code_of(state, entry)
    if code is None:
        hint = f"`steplint lock rename --workflow` or `steplint lock remove --workflow {entry.id}` come first"
        raise RecordError(f"workflow `{entry.id}` is not in the code", hint)
    return entry, code


def entry_of(state: State, workflow: str) -> LockWorkflow:
    """Return the live entry called ``workflow``: its ID, `dialect:id` or `app/id`."""
    live = [each for each in state.lock.workflow if each.live]
    found = [each for each in live if named(each, workflow)]
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(f"`{each.app}/{each.id}`" if each.app else f"`{each.dialect}:{each.id}`" for each in found)
        raise RecordError(f"there are several workflows `{workflow}`", f"write {choices}")
    if any(named(each, workflow) for each in state.lock.workflow):
        raise RecordError(f"workflow `{workflow}` was removed", f"steplint lock restore --workflow {workflow}")
    raise RecordError(f"no workflow `{workflow}` in the lock", near(workflow, [each.id for each in live]))


def named(entry: LockWorkflow, text: str) -> bool:
    """Return whether ``text`` names this workflow."""
    return text in {entry.id, f"{entry.dialect}:{entry.id}", f"{entry.app}/{entry.id}"}


def code_of(state: State, entry: LockWorkflow) -> ManifestWorkflow | None:
    """Return the workflow of the code, None where it is gone."""
    found = (each for each in state.code.workflows if same_workflow(entry, each.dialect, each.app, each.id))
    return next(found, None)


def live_at(entry: LockWorkflow, step: str) -> int:
    """Return the index of the live entry of ``step``."""
    found = [n for n, each in enumerate(entry.step) if each.live and each.id == step]
    if found:
        return found[-1]
    if step in entry.tombstones:
        raise RecordError(f"step `{step}` of `{entry.id}` was removed", f"steplint lock restore {entry.id} {step}")
    known = [each.id for each in entry.step if each.live]
    raise RecordError(f"no step `{step}` in `{entry.id}`", near(step, known))


def in_code(code: ManifestWorkflow, step: str) -> LockStep:
    """Return the entry that the code asks for under ``step``."""
    found = next((each for each in entries(code) if each.id == step), None)
    if found is None:
        names = [each.label for each in code.steps]
        raise RecordError(f"step `{step}` is not in the code of `{code.id}`", near(step, names))
    return found


def near(word: str, known: Sequence[str] | frozenset[str]) -> str:
    """Return the hint for a name that is not known."""
    found = get_close_matches(word, sorted(set(known)), 1)
    if found:
        return f"did you mean `{found[0]}`?"
    listed = sorted(set(known))[:8]
    return "known: " + ", ".join(f"`{each}`" for each in listed) if listed else ""


def permit(state: State, entry: LockWorkflow, decision: Decision) -> None:
    """Refuse a record that the family, the dialect or the project does not allow."""
    wrong = problem(decision, entry.family, state.policy)
    if not wrong:
        return
    if "why" in wrong:
        raise RecordError("a record needs a reason", 'add `--why "…"`')
    raise RecordError(wrong, f"engine `{entry.dialect}` is {entry.family}")


def was_published(state: State, entry: LockWorkflow, step: str) -> bool:
    """Return whether runs in flight may know ``step``."""
    before = before_rename(state.base, entry)
    return before is not None and before.has(step)


def was_buried(state: State, entry: LockWorkflow, step: str) -> bool:
    """Return whether the removal of ``step`` is published: one within this branch leaves no record."""
    before = before_rename(state.base, entry)
    return before is not None and step in before.tombstones


def was_deployed(state: State, entry: LockWorkflow) -> bool:
    """Return whether runs in flight may know the workflow."""
    return before_rename(state.base, entry) is not None


def with_entry(lock: LockFile, entry: LockWorkflow, new: LockWorkflow) -> LockFile:
    """Return ``lock`` with ``new`` in the place of ``entry``."""
    return in_order(tuple(new if each is entry else each for each in lock.workflow))


def in_order(workflows: tuple[LockWorkflow, ...]) -> LockFile:
    """Return a lock of ``workflows``, sorted."""
    return LockFile(tuple(sorted(workflows, key=lambda each: each.key)))
