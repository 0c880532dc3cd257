"""The identity diff: what a new manifest changes for runs that were started under an old one. Pure: no git, no text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from steplint.contract.change import Change, ChangeKind, Decision, Record
from steplint.contract.compare import Difference
from steplint.contract.decisions import concerns, decided, from_manifest, from_workflow, record
from steplint.contract.identity import Family, Verdict
from steplint.contract.keyed import keyed
from steplint.contract.manifest import Manifest, ManifestWorkflow
from steplint.contract.positional import positional
from steplint.contract.verdicts import Engine, code, rank, verdict
from steplint.contract.workflows import Matched, match, successor

Engines = Mapping[str, Engine]
_NONE: Engines = MappingProxyType({})


def diff(
    old: Manifest,
    new: Manifest,
    *,
    engines: Engines = _NONE,
    decisions: Sequence[Decision] | None = None,
    suggest: bool = True,
) -> list[Change]:
    """Return every change of ``new`` against ``old``, by workflow and then in code order.

    ``engines`` are known by dialect name; one that is missing is judged by the family that the manifest states.
    ``decisions`` are the records of the new lock; None takes those that the new manifest itself carries.
    """
    known = from_manifest(new) if decisions is None else tuple(decisions)
    matched = match(old.workflows, new.workflows, known)
    changes = list(_workflows(matched, known, suggest=suggest))
    for one, other in (*matched.pairs, *((one, other) for one, other, _ in matched.renamed)):
        changes += diff_workflow(one, other, engines=engines, decisions=known, suggest=suggest)
    order = {each: n for n, each in enumerate(sorted({(c.dialect, c.app, c.workflow) for c in changes}))}
    return sorted(changes, key=lambda each: order[each.dialect, each.app, each.workflow])


def diff_workflow(
    old: ManifestWorkflow,
    new: ManifestWorkflow,
    *,
    engines: Engines = _NONE,
    decisions: Sequence[Decision] | None = None,
    suggest: bool = True,
) -> list[Change]:
    """Return the changes of one workflow, each with the worst verdict over its engine and its target engines."""
    known = tuple(from_workflow(new)) if decisions is None else decisions
    mine = decided(known, new)
    judged = list[list[Change]]()
    for engine in _engines(old, new, engines):
        compare = keyed if engine.family == "keyed" else positional
        found = list(compare(old, new, mine, suggest=suggest))
        changes = [judge(each, engine, new) for each in found]
        changes += _unpinned(old, new, engine, found)
        judged.append(changes)
    return sorted(_joined(judged), key=_position)


def judge(difference: Difference, engine: Engine, workflow: ManifestWorkflow) -> Change:
    """Return ``difference`` with what it does to runs in flight on ``engine``."""
    kind: ChangeKind = difference.kind
    said = difference.verdict or verdict(engine, kind)
    if difference.gate or (difference.record and difference.record.accept in {"alias", "restored"}):
        said = "safe"
    return Change(
        kind=kind,
        code="" if difference.listed else code(engine.family, kind),
        workflow=workflow.id,
        app=workflow.app,
        dialect=workflow.dialect,
        family=workflow.family,
        engine=engine.name,
        verdict=said,
        old=difference.old,
        new=difference.new,
        recorded=difference.record,
        suggestion=difference.suggestion,
        candidates=difference.candidates,
        gate=difference.gate,
        note=difference.note,
        confidence=difference.confidence,
    )


def _engines(old: ManifestWorkflow, new: ManifestWorkflow, engines: Engines) -> Iterator[Engine]:
    """Yield the engine of the workflow, then its targets; also the family that an older version of it had."""
    own = engines.get(new.dialect) or Engine(new.dialect, new.family)
    yield own
    if old.family not in {own.family, new.family}:
        yield replace(own, family=old.family)
    for target in dict.fromkeys((*new.targets, *old.targets)):
        if target in engines and target != own.name:
            yield engines[target]


def _unpinned(
    old: ManifestWorkflow, new: ManifestWorkflow, engine: Engine, found: Iterable[Difference]
) -> Iterator[Change]:
    """Yield that every edit of the body strands runs in flight, where the engine versions them by the source."""
    if engine.pinning != "source" or new.pinned:
        return
    if old.fingerprint and new.fingerprint:
        edited = old.fingerprint != new.fingerprint
    else:
        edited = any(each.kind not in {"rebodied", "expression"} for each in found)
    if edited:
        yield judge(Difference("unpinned"), engine, new)


def _joined(judged: Sequence[Sequence[Change]]) -> Iterator[Change]:
    """Yield the changes of all engines; of those about the same steps, the ones of the engine that takes them worst."""
    groups = dict[object, list[list[Change]]]()
    for changes in judged:
        mine = dict[object, list[Change]]()
        for each in changes:
            mine.setdefault(_subject(each), []).append(each)
        for subject, several in mine.items():
            groups.setdefault(subject, []).append(several)
    for rivals in groups.values():
        yield from max(rivals, key=lambda several: max((rank(each.verdict), bool(each.code)) for each in several))


def _subject(change: Change) -> object:
    return change.kind == "unpinned", frozenset(each.label for each in (change.old, change.new) if each is not None)


def _position(change: Change) -> tuple[int, int]:
    step = change.new or change.old
    return (step.position if step else -1, 0 if change.new is None else 1)


def _workflows(matched: Matched, decisions: Sequence[Decision], *, suggest: bool) -> Iterator[Change]:
    """Yield workflows that were renamed, removed or added."""
    for one, other, was in matched.renamed:
        yield _workflow("workflow-renamed", one, recorded=record(was), successor=other.id)
    for each in matched.gone:
        gone = next((d for d in decisions if d.record == "gone" and d.step is None and concerns(d, each)), None)
        likely = successor(each, matched.fresh) if suggest and gone is None else None
        kind: ChangeKind = "workflow-renamed" if likely else "workflow-removed"
        change = _workflow(kind, each, recorded=record(gone) if gone else None, successor=likely.id if likely else "")
        yield replace(change, suggestion=likely)
    for each in matched.fresh:
        yield _workflow("workflow-added", each)


def _workflow(
    kind: ChangeKind, workflow: ManifestWorkflow, *, recorded: Record | None = None, successor: str = ""
) -> Change:
    family: Family = workflow.family
    said: Verdict = verdict(Engine(workflow.dialect, family), kind)
    return Change(
        kind=kind,
        code=code(family, kind),
        workflow=workflow.id,
        app=workflow.app,
        dialect=workflow.dialect,
        family=family,
        engine=workflow.dialect,
        verdict="safe" if recorded and recorded.accept == "alias" else said,
        recorded=recorded,
        successor=successor,
        note=f"{len(workflow.steps)} step{'' if len(workflow.steps) == 1 else 's'}",
        place=workflow.place,
    )
