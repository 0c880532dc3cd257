"""`steplint lock`: adds what the code has, refuses what would lose a published identity without a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.change import Change, Decision
from steplint.contract.manifest import Manifest, ManifestWorkflow
from steplint.contract.verdicts import Engine, verdict
from steplint.lock.arrange import arranged
from steplint.lock.emit import emit
from steplint.lock.file import LockFile, LockStep, LockWorkflow, before_rename, find_workflow, same_workflow
from steplint.lock.lost import lost, recovered
from steplint.lock.policy import Policy, undecided, with_commands
from steplint.lock.review import review
from steplint.lock.view import entries, head


class Entry(Struct, frozen=True):
    """A workflow of the lock, or a step of it."""

    dialect: str
    app: str
    workflow: str
    step: str | None = None


class Updated(Struct, frozen=True):
    """What `steplint lock` would write, unless something is refused.

    ``changes`` are all differences of the code from what is published, decided or not; ``refused`` are those that wait
    for a decision. ``lost`` are records that the published lock has and the present one had not: they are put back.
    """

    lock: LockFile
    text: str
    changes: tuple[Change, ...]
    refused: tuple[Change, ...]
    added: tuple[Entry, ...]
    dropped: tuple[Entry, ...]
    lost: tuple[Decision, ...]


def update(
    lock: LockFile | None,
    base: LockFile | None,
    code: Manifest,
    policy: Policy,
    *,
    old: Manifest | None = None,
    suggest: bool = True,
) -> Updated:
    """Return the lock that the code asks for. ``base`` is the published lock; ``old`` the same with more evidence."""
    changes = review(base, code, lock, policy, old=old, suggest=suggest)
    missing = lost(base, lock)
    settled = {(c.dialect, c.workflow, c.old.label) for c in changes if c.old is not None and not undecided(c)}
    new = assemble(recovered(lock, base, code), base, code, settled)
    return Updated(
        lock=new,
        text=emit(new),
        changes=tuple(changes),
        refused=tuple(each for each in changes if undecided(each)),
        added=tuple(_missing(new, lock)),
        dropped=tuple(_missing(lock, new)),
        lost=tuple(missing),
    )


def assemble(
    lock: LockFile | None, base: LockFile | None, code: Manifest, settled: Collection[tuple[str, str, str]] = ()
) -> LockFile:
    """Return the entries of the code with the records of ``lock``.

    What only ``base`` has stays until its loss is recorded; ``settled`` are the losses that need no record.
    """
    found = list[LockWorkflow]()
    for each in code.workflows:
        entry = find_workflow(lock, each.dialect, each.app, each.id)
        found.append(entry if entry is not None and not entry.live else _workflow(each, entry, base, settled))
    there = defaultdict[tuple[str, str], list[str]](list)
    for each in code.workflows:
        there[each.dialect, each.id].append(each.app)
    for entry in lock.workflow if lock else ():
        apps = there[entry.dialect, entry.id]
        if any(same_workflow(entry, entry.dialect, app, entry.id) for app in apps):
            continue
        if not entry.live or _is_published(entry, base):
            found.append(entry)
    return LockFile(tuple(sorted(found, key=lambda each: each.key)))


def _workflow(
    code: ManifestWorkflow,
    entry: LockWorkflow | None,
    base: LockFile | None,
    settled: Collection[tuple[str, str, str]],
) -> LockWorkflow:
    new = head(code)
    if entry is None:
        return replace(new, step=tuple(entries(code)))
    before = before_rename(base, entry)
    labels = {step.label for step in code.steps}
    former = entry.former

    def keep(step: LockStep) -> bool:
        if before is None or not before.has(step.id) or (code.dialect, code.id, step.id) in settled:
            return False
        return step.id not in labels and step.id not in former

    steps = arranged(entry.step, entries(code), code.family, keep)
    return replace(new, app=new.app or entry.app, was=entry.was, comments=entry.comments, step=steps)


def _is_published(entry: LockWorkflow, base: LockFile | None) -> bool:
    before = before_rename(base, entry)
    return before is not None and before.live


def _missing(of: LockFile | None, there: LockFile | None) -> Iterator[Entry]:
    """Yield the live entries of one lock that another has not."""
    for each in of.workflow if of else ():
        if not each.live:
            continue
        other = find_workflow(there, each.dialect, each.app, each.id)
        if other is None:
            yield Entry(each.dialect, each.app, each.id)
        known = [step.id for step in other.step if step.live] if other else []
        for step in each.step:
            if step.live and step.id in known:
                known.remove(step.id)
            elif step.live:
                yield Entry(each.dialect, each.app, each.id, step.id)


class Checked(Struct, frozen=True):
    """What `steplint lock --check` found. ``current`` is True when the lock is what `steplint lock` would write."""

    changes: tuple[Change, ...]
    current: bool
    updated: Updated

    @property
    def failing(self) -> bool:
        """Whether the check fails: a change waits for a decision, or the text is out of date."""
        return not self.current or bool(self.updated.refused)


def check(
    text: str | None,
    lock: LockFile | None,
    base: LockFile | None,
    code: Manifest,
    policy: Policy,
    *,
    old: Manifest | None = None,
    untracked: Collection[str] = (),
    required: bool = True,
    suggest: bool = True,
) -> Checked:
    """Return how ``lock``, whose text is ``text``, differs from what the code asks for.

    Workflows that the lock lacks and that stand in ``untracked`` files are listed, and never fail.
    """
    waiting = [each for each in code.workflows if _source(each) in untracked and _unknown(each, lock, base)]
    tracked = replace(code, workflows=tuple(each for each in code.workflows if each not in waiting))
    found = update(lock, base, tracked, policy, old=old, suggest=suggest)
    current = (text or "").replace("\r\n", "\n") == found.text or (lock is None and not tracked.workflows)
    changes = [*found.changes, *_unlocked(found, tracked, policy, required=required)]
    changes += [_absent(each, None, policy, required=False, note="not tracked by git yet") for each in waiting]
    changes += [_record_lost(each, policy) for each in found.lost]
    return Checked(tuple(with_commands(changes, policy)), current, found)


def _source(workflow: ManifestWorkflow) -> str:
    return workflow.source.partition("::")[0]


def _unknown(workflow: ManifestWorkflow, *locks: LockFile | None) -> bool:
    return all(find_workflow(each, workflow.dialect, workflow.app, workflow.id) is None for each in locks)


def _unlocked(found: Updated, code: Manifest, policy: Policy, *, required: bool) -> Iterator[Change]:
    """Yield SL310 for each step that only the code has, unless another change speaks of it already."""
    told = {(c.dialect, c.workflow, c.new.label) for c in found.refused if c.new is not None}
    renamed = {(c.dialect, c.successor) for c in found.refused if c.successor}
    for entry in found.added:
        if (entry.dialect, entry.workflow, entry.step) in told or (entry.dialect, entry.workflow) in renamed:
            continue
        workflow = next(each for each in code.workflows if each.dialect == entry.dialect and each.id == entry.workflow)
        yield _absent(workflow, entry.step, policy, required=required)


def _absent(workflow: ManifestWorkflow, label: str | None, policy: Policy, *, required: bool, note: str = "") -> Change:
    engine = policy.engines.get(workflow.dialect) or Engine(workflow.dialect, workflow.family)
    return Change(
        kind="unlocked",
        code="SL310",
        workflow=workflow.id,
        app=workflow.app,
        dialect=workflow.dialect,
        family=workflow.family,
        engine=engine.name,
        verdict=verdict(engine, "unlocked"),
        new=next((step for step in workflow.steps if step.label == label), None),
        note=note,
        required=required,
    )


def _record_lost(decision: Decision, policy: Policy) -> Change:
    known = policy.dialects.get(decision.dialect)
    family = known.family if known is not None else "keyed"
    about = f"of `{decision.step}`" if decision.step is not None else "of the workflow"
    return Change(
        kind="unlocked",
        code="SL310",
        workflow=decision.workflow,
        app=decision.app,
        dialect=decision.dialect,
        family=family,
        engine=decision.dialect,
        verdict="safe",
        note=f"the record `{decision.record}` {about} is gone from the lock",
        required=True,
    )
