"""The published lock against the code: every change with its record, and the commands where one is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from steplint.contract.change import Change, Decision
from steplint.contract.compare import call_name
from steplint.contract.diff import diff
from steplint.contract.manifest import Manifest, ManifestStep, ManifestWorkflow
from steplint.contract.verdicts import Engine, code, verdict
from steplint.contract.workflows import same_workflow
from steplint.lock.file import LockFile, find_workflow
from steplint.lock.policy import Policy, problem, with_commands
from steplint.lock.view import decisions, published

Invalid = tuple[Decision, str]


def review(
    base: LockFile | None,
    code: Manifest,
    lock: LockFile | None,
    policy: Policy,
    *,
    old: Manifest | None = None,
    suggest: bool = True,
) -> list[Change]:
    """Return what ``code`` changes against the published lock ``base``, judged with the records of ``lock``.

    ``old`` is ``base`` with places or with evidence from its tree. A `change` record counts only if ``base`` has not
    had it before; where ``base`` is ``lock`` itself, its entries already show what was accepted.
    """
    known, invalid = _valid(_fresh(base, lock), code, lock, policy)
    found = diff(old or published(base), code, engines=policy.engines, decisions=known, suggest=suggest)
    found = [_explained(each, invalid) for each in found]
    found += _back(base, code, lock, policy)
    names = [(each.dialect, each.id) for each in (*code.workflows, *published(base).workflows)]
    return with_commands(found, policy, names)


def enriched(old: Manifest, tree: Manifest) -> Manifest:
    """Return ``old`` with callables, fingerprints and gates of the tree that it was published with."""
    return replace(old, workflows=tuple(_enriched(each, tree) for each in old.workflows))


def _enriched(workflow: ManifestWorkflow, tree: Manifest) -> ManifestWorkflow:
    source = next((each for each in tree.workflows if same_workflow(each, workflow)), None)
    if source is None:
        return workflow
    evidence = {(step.label, step.occurrence): step for step in source.steps} if source.family == "keyed" else {}
    if source.family != "keyed":
        seen = dict[str, int]()
        for step in source.steps:
            evidence[step.label, seen.get(step.label, 0)] = step
            seen[step.label] = seen.get(step.label, 0) + 1
    steps = tuple(_with_evidence(step, evidence.get((step.label, step.occurrence))) for step in workflow.steps)
    return replace(workflow, steps=steps, fingerprint=source.fingerprint, pinned=source.pinned)


def _with_evidence(step: ManifestStep, source: ManifestStep | None) -> ManifestStep:
    if source is None or source.kind != step.kind:
        return step
    # The lock is what deployed runs know; the tree only says more about the same callable.
    same = not step.callable or call_name(source.callable) == step.callable
    function = source.callable if same else step.callable
    return replace(
        step,
        callable=function,
        arguments=source.arguments if same else "",
        fingerprint=source.fingerprint,
        holes=source.holes,
        gate=source.gate,
    )


def _fresh(base: LockFile | None, lock: LockFile | None) -> tuple[Decision, ...]:
    before, fresh = Counter(decisions(base)), list[Decision]()
    for each in decisions(lock):
        if each.record == "change" and before[each] > 0:
            before[each] -= 1
        else:
            fresh.append(each)
    return tuple(fresh)


def _valid(
    found: Sequence[Decision], code: Manifest, lock: LockFile | None, policy: Policy
) -> tuple[list[Decision], list[Invalid]]:
    """Return the records that count, and the others with the reason."""
    valid, invalid = list[Decision](), list[Invalid]()
    for each in found:
        workflow = find_workflow(lock, each.dialect, each.app, each.workflow)
        why = problem(each, workflow.family, policy) if workflow is not None else ""
        if why:
            invalid.append((each, why))
        else:
            valid.append(each)
    return valid, invalid


def _explained(change: Change, invalid: Iterable[Invalid]) -> Change:
    """Return ``change`` with the reason why the record that would answer it does not count."""
    if change.recorded is not None or not change.code:
        return change
    labels = {each.label for each in (change.old, change.new) if each is not None}
    for decision, why in invalid:
        same = (decision.dialect, decision.workflow) == (change.dialect, change.workflow)
        about = labels & {decision.step, decision.old} if labels else decision.step is None
        if same and about:
            return replace(change, note=f"`{decision.record}` does not count: {why}")
    return change


def _back(base: LockFile | None, manifest: Manifest, lock: LockFile | None, policy: Policy) -> Iterator[Change]:
    """Yield workflows of the code that the lock says are gone."""
    for each in manifest.workflows:
        entry = find_workflow(lock, each.dialect, each.app, each.id) or find_workflow(
            base, each.dialect, each.app, each.id
        )
        if entry is None or entry.live:
            continue
        engine = policy.engines.get(each.dialect) or Engine(each.dialect, each.family)
        yield Change(
            kind="reused",
            code=code(each.family, "reused"),
            workflow=each.id,
            app=each.app,
            dialect=each.dialect,
            family=each.family,
            engine=engine.name,
            verdict=verdict(engine, "reused"),
            note=f"removed: {entry.gone}",
        )
