"""What `steplint lock` and `steplint diff` do: from files and git to plain results; nothing here prints or writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from steplint.config.settings import LockSettings
from steplint.contract.change import Change
from steplint.contract.diff import diff
from steplint.contract.manifest import Manifest
from steplint.contract.workflows import same_workflow
from steplint.lock import adopt, base, records
from steplint.lock.emit import emit
from steplint.lock.file import LockError, LockFile
from steplint.lock.merge import Conflict, merge, sides
from steplint.lock.named import RecordError, State
from steplint.lock.policy import Policy, undecided
from steplint.lock.read import Text, decoded, parse, read
from steplint.lock.review import enriched, review
from steplint.lock.scan import Comment
from steplint.lock.update import Checked, Entry, Updated, check, update
from steplint.lock.view import published
from steplint.model.report import Compared

Lines = Mapping[tuple[int, ...], int]
"""Where the entries of a lock stand in its text: see `read.Text`."""


class Given(Struct, frozen=True):
    """What every verb starts from: the project, its analyzed code, and the bytes of its lock (None: there is none).

    ``code`` is built with places and fingerprints. ``published`` is what deployed runs know, as `publish` found it.
    """

    root: Path
    code: Manifest
    policy: Policy
    data: bytes | None
    published: Published


class Published(Struct, frozen=True):
    """The published lock: None where the base has none; without git the lock of the work tree itself."""

    lock: LockFile | None
    lines: Lines = MappingProxyType({})
    base: base.Base | None = None
    note: str = ""


class Written(Struct, frozen=True):
    """A text for the lock, None where it stays as it is; ``waiting`` are changes that still need a decision."""

    text: str | None
    waiting: tuple[Change, ...] = ()
    added: tuple[Entry, ...] = ()
    dropped: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()
    comments: tuple[Comment, ...] = ()
    """Comments that belong to no table: the new text has them no longer."""
    notes: tuple[str, ...] = ()


class Verified(Struct, frozen=True):
    """What `lock --check` says; ``text`` is what `steplint lock` would write."""

    changes: tuple[Change, ...]
    failing: bool
    current: bool
    text: str
    notes: tuple[str, ...] = ()


class Resolved(Struct, frozen=True):
    """A merged lock, and the choices that are left: the text holds both sides of each."""

    text: str
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...] = ()


class Diffed(Struct, frozen=True):
    """What a head changes against a base, by workflow; ``failing``: something waits for a decision."""

    changes: tuple[Change, ...]
    compared: tuple[Compared, ...]
    failing: bool
    notes: tuple[str, ...] = ()


class BaseState(Struct, frozen=True):
    """The other side of a diff: its lock, the policy of its settings, and its analyzed tree where there is one."""

    lock: LockFile | None
    policy: Policy
    tree: Manifest | None = None
    lines: Lines = MappingProxyType({})


def publish(root: Path, settings: LockSettings, data: bytes | None) -> Published:
    """Return what deployed runs know: the lock of the base, of HEAD where no base resolves, or the file without git."""
    found = base.published(root, settings.published)
    if found is None and base.has_git(root):
        found = base.head(root, settings.published)
    if found is None:
        own = read(data, settings.path) if data is not None else None
        return Published(own.lock, own.lines) if own is not None else Published(None)
    text = lock_at(root, found, settings)
    return Published(text.lock if text else None, text.lines if text else MappingProxyType({}), found, found.note)


def lock_at(root: Path, found: base.Base, settings: LockSettings) -> Text | None:
    """Return the lock of a commit, or None; raises `LockError` and `BaseError`."""
    data = base.file_at(root, found.commit, settings.path)
    return read(data, f"{found.commit[:7]}:{settings.path}") if data is not None else None


def lock_update(given: Given) -> Written:
    """Return the text that brings the lock up to date, or what has to be decided first."""
    lock, comments = _lock(given)
    found = update(lock, given.published.lock, given.code, given.policy, old=_old(given))
    text = None if found.refused or _unneeded(found, given.data) else found.text
    return Written(
        text=text if text != _text(given.data) else None,
        waiting=found.refused,
        added=found.added,
        dropped=found.dropped,
        changes=found.changes,
        comments=comments,
        notes=_notes(given, found),
    )


def lock_check(given: Given, untracked: Collection[str] = ()) -> Verified:
    """Return whether the lock is what `steplint lock` would write; ``untracked`` are files that git does not know."""
    lock, _ = _lock(given)
    found = check(
        _text(given.data),
        lock,
        given.published.lock,
        given.code,
        given.policy,
        old=_old(given),
        untracked=untracked,
    )
    return Verified(
        tuple(_complete(found)), found.failing, found.current, found.updated.text, _notes(given, found.updated)
    )


def check_changes(data: bytes, code: Manifest, policy: Policy) -> tuple[Change, ...]:
    """Return what the rules of `steplint check` are told: the code against the lock in the work tree.

    Steps that the lock has not are among them, for information.
    """
    text = read(data, policy.settings.path)
    old = published(text.lock, path=policy.settings.path, lines=text.lines)
    found = check(decoded(data, policy.settings.path), text.lock, text.lock, code, policy, old=old, required=False)
    return found.changes


def lock_rename_workflow(given: Given, old: str, new: str, *, accept: str, why: str) -> Written:
    """Return the lock with the rename of a workflow."""
    return _recorded(given, lambda state: records.rename_workflow(state, old, new, accept, why))


def lock_rename(given: Given, workflow: str, old: str, new: str, *, accept: str, why: str) -> Written:
    """Return the lock with the rename of a step."""
    return _recorded(given, lambda state: records.rename(state, workflow, old, new, accept, why))


def lock_remove(given: Given, workflow: str, step: str | None, *, why: str, accept: str = "") -> Written:
    """Return the lock with the removal of a step; of the workflow if ``step`` is None."""
    if step is None:
        return _recorded(given, lambda state: records.remove_workflow(state, workflow, why, accept))
    return _recorded(given, lambda state: records.remove(state, workflow, step, why, accept))


def lock_remove_missing(given: Given, *, why: str, accept: str = "") -> Written:
    """Return the lock with the removal of every step and workflow that the code has lost."""
    return _recorded(given, lambda state: records.remove_missing(state, why, accept))


def lock_change(given: Given, workflow: str, step: str, *, accept: str, why: str) -> Written:
    """Return the lock with the acceptance of what the code changed at ``step``."""
    return _recorded(given, lambda state: adopt.change(state, workflow, step, accept, why))


def lock_restore(given: Given, workflow: str, step: str | None, *, why: str) -> Written:
    """Return the lock with a removed step back under its old meaning; the workflow if ``step`` is None."""
    if step is None:
        return _recorded(given, lambda state: records.restore_workflow(state, workflow, why))
    return _recorded(given, lambda state: records.restore(state, workflow, step, why))


def lock_resolve(root: Path, path: str, code: Manifest | None = None) -> Resolved:
    """Return the conflicted lock at ``path`` merged: from the index stages, else from its markers.

    Raises `LockError` where neither is there. ``code`` is the merged source, None where that has conflicts itself.
    """
    stages = base.stages(root, path) if base.has_git(root) else None
    if stages is not None and stages.ours is not None and stages.theirs is not None:
        before = parse(stages.base, f"{path} (base)") if stages.base is not None else LockFile()
        ours, theirs = parse(stages.ours, f"{path} (ours)"), parse(stages.theirs, f"{path} (theirs)")
        found = merge(before, ours, theirs, code)
        return Resolved(emit(found.lock), found.conflicts)
    try:
        data = (root / path).read_bytes()
    except FileNotFoundError:
        raise LockError(f"{path} is not there", "steplint lock") from None
    texts = sides(decoded(data, path))
    if texts is None:
        parse(data, path)
        raise LockError(f"{path} has no conflict to resolve", "steplint lock --check")
    common, mine, yours = texts
    before_text = parse(common.encode(), f"{path} (base)") if common is not None else None
    found = merge(before_text, parse(mine.encode(), f"{path} (ours)"), parse(yours.encode(), f"{path} (theirs)"), code)
    note = "" if common is not None else "the markers show no base: what one side lacks counts as added by the other"
    return Resolved(emit(found.lock), found.conflicts, (note,) if note else ())


def diff_against(given: Given, other: BaseState, *, untracked: Collection[str] = (), suggest: bool = True) -> Diffed:
    """Return what the work tree changes against a base, judged with the lock and policy of the base."""
    lock, _ = _lock(given)
    note = ""
    if other.lock is None:
        old = other.tree or published(None)
        note = "no lock at the base: compared with the steps of its analyzed code" if other.tree is not None else ""
    else:
        old = published(other.lock, path=other.policy.settings.path, lines=other.lines)
        old = enriched(old, other.tree) if other.tree is not None else old
    if lock is None and other.lock is None:
        changes = review(None, given.code, None, other.policy, old=old, suggest=suggest)
        return _diffed(changes, old, given.code, (note,))
    found = check(
        _text(given.data),
        lock,
        other.lock,
        given.code,
        other.policy,
        old=old,
        untracked=untracked,
        suggest=suggest,
    )
    return _diffed(_complete(found), old, given.code, (note,))


def diff_manifests(old: Manifest, new: Manifest, policy: Policy, *, suggest: bool = True) -> Diffed:
    """Return what one manifest changes against another, with the records that the new one carries."""
    return _diffed(diff(old, new, engines=policy.engines, suggest=suggest), old, new, ())


def _diffed(changes: Sequence[Change], old: Manifest, new: Manifest, notes: Sequence[str]) -> Diffed:
    said = [each for each in notes if each]
    for workflow in new.workflows:
        before = next((each for each in old.workflows if same_workflow(each, workflow)), None)
        more = len(workflow.unknown) - len(before.unknown) if before is not None else 0
        if more > 0 and before is not None and before.steps:
            said.append(f"`{workflow.id}` has {more} more step calls whose ID cannot be read: {workflow.unknown[-1]}")
    failing = any(undecided(each) and (each.kind != "unlocked" or each.required) for each in changes)
    return Diffed(tuple(changes), compared(changes, new, old), failing, tuple(said))


def compared(changes: Sequence[Change], new: Manifest, old: Manifest) -> tuple[Compared, ...]:
    """Return the workflows of both sides in order, each with the indices of its changes."""
    there = {(each.dialect, each.app, each.id): each for each in (*old.workflows, *new.workflows)}
    mine = dict[tuple[str, str, str], list[int]]()
    for n, change in enumerate(changes):
        mine.setdefault((change.dialect, change.app, change.workflow), []).append(n)
    found = list[Compared]()
    for key in sorted({*there, *mine}):
        workflow, indices = there.get(key), mine.get(key, [])
        if workflow is None:
            continue
        touched = {each.label for n in indices for each in (changes[n].old, changes[n].new) if each is not None}
        unchanged = sum(step.label not in touched for step in workflow.steps)
        found.append(Compared(workflow.id, key[0], workflow.family, workflow.source, tuple(indices), unchanged))
    return tuple(found)


def _lock(given: Given) -> tuple[LockFile | None, tuple[Comment, ...]]:
    if given.data is None:
        return None, ()
    text = read(given.data, given.policy.settings.path)
    return text.lock, text.dropped


def _old(given: Given) -> Manifest:
    """Return the published entries with their lines."""
    return published(given.published.lock, path=given.policy.settings.path, lines=given.published.lines)


def _text(data: bytes | None) -> str | None:
    return data.decode("utf-8-sig") if data is not None else None


def _unneeded(found: Updated, data: bytes | None) -> bool:
    """Return whether there is nothing to lock and no file to keep."""
    return data is None and not found.lock.workflow


def _complete(found: Checked) -> list[Change]:
    """Return the changes; a lock that is out of date for no other reason is one too."""
    waiting = {each.new.label for each in found.changes if each.kind == "unlocked" and each.new is not None}
    changes = [
        each for each in found.changes if each.kind != "added" or each.new is None or each.new.label not in waiting
    ]
    if not found.current and not any(undecided(each) for each in changes):
        changes.append(_OUT_OF_DATE)
    return changes


_OUT_OF_DATE = Change(
    kind="unlocked",
    code="SL310",
    workflow="",
    app="",
    dialect="",
    family="keyed",
    engine="",
    verdict="safe",
    note="the lock text is out of date",
    commands=("steplint lock",),
    required=True,
)


def _notes(given: Given, found: Updated) -> tuple[str, ...]:
    notes = [given.published.note] if given.published.note else []
    for each in found.lost:
        about = f"of `{each.step}` in `{each.workflow}`" if each.step is not None else f"of `{each.workflow}`"
        notes.append(f"put back the record `{each.record}` {about}, which the published lock has")
    return tuple(notes)


def _recorded(given: Given, decide: Callable[[State], LockFile]) -> Written:
    """Return the lock with a decision, and with everything else that is new where nothing is left to decide."""
    lock, comments = _lock(given)
    if lock is None:
        raise RecordError(f"there is no {given.policy.settings.path} yet", "steplint lock")
    before = given.published.lock if given.published.base is not None else lock
    decided = decide(State(lock, before, given.code, given.policy))
    found = update(decided, decided if given.published.base is None else before, given.code, given.policy)
    text = emit(decided) if found.refused else found.text
    return Written(
        text=text if text != _text(given.data) else None,
        waiting=found.refused,
        added=() if found.refused else found.added,
        dropped=() if found.refused else found.dropped,
        changes=found.changes,
        comments=comments,
        notes=_notes(given, found),
    )
