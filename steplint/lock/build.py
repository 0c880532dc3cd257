"""The manifest of a linked program: keys, occurrences by path, and what the lock's records add."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec
from msgspec.structs import replace

from steplint.api import exclusive, follows
from steplint.contract.compare import LAMBDA
from steplint.contract.identity import step_key
from steplint.contract.manifest import Generator, Manifest, ManifestPlace, ManifestStep, ManifestWorkflow
from steplint.lock.file import LockFile, LockWorkflow, find_workflow
from steplint.model.dialect import Dialect, Repeat
from steplint.model.graph import Body, IdPart, Step, StepGraph, Workflow
from steplint.model.place import Place

_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w*\s*\()")
_TIMES = ("once", "maybe", "many")


def manifest(
    graph: StepGraph,
    dialects: Mapping[str, Dialect],
    locked: LockFile | None,
    *,
    locations: bool = False,
    fingerprints: bool = True,
    targets: Mapping[str, Sequence[str]] | None = None,
    version: str = "",
) -> Manifest:
    """Return the manifest of ``graph``, sorted by dialect, app and ID.

    ``targets`` maps globs of workflow IDs to further engines; ``locations`` adds places, ``fingerprints`` bodies.
    """
    found = dict[tuple[str, str, str], ManifestWorkflow]()
    for each in graph.workflows:
        one = _workflow(each, dialects[each.dialect], locked, targets or {})
        key = (one.dialect, one.app, one.id)
        found[key] = _joined(found[key], one) if key in found else one
    listed = tuple(_trimmed(found[key], locations, fingerprints) for key in sorted(found))
    return Manifest(Generator("steplint", version), listed)


def key(step_id: str, occurrence: int, repeat: Repeat) -> str:
    """Return what the engine stores for the n-th use of an ID: a hash, or the text that it would hash."""
    if repeat == Repeat():
        return step_key(step_id, occurrence)
    text = step_id + repeat.suffix.format(n=repeat.first + occurrence - 1) if occurrence else step_id
    if repeat.digest == "none":
        return text
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def occurrences(workflow: Workflow) -> dict[int, int]:
    """Return by position how often the ID of each step was used before it on one path through the body."""
    counts, earlier = dict[int, int](), dict[str, list[Step]]()
    for step in workflow.steps:
        before = earlier.setdefault(step.label, [])
        counts[step.position] = max(
            (counts[one.position] + 1 for one in before if _both(workflow, one, step)), default=0
        )
        before.append(step)
    return counts


def _both(workflow: Workflow, first: Step, then: Step) -> bool:
    """Return whether one run can execute both calls."""
    if exclusive(first, then):
        return False
    together = {frame.place for frame in first.inside if frame.kind == "combinator"}
    if any(frame.kind == "combinator" and frame.place in together for frame in then.inside):
        return True
    return not workflow.order or follows(workflow, first, then)


def _workflow(
    workflow: Workflow, dialect: Dialect, locked: LockFile | None, targets: Mapping[str, Sequence[str]]
) -> ManifestWorkflow:
    entry = find_workflow(locked, workflow.dialect, workflow.app, workflow.id)
    also = [each for glob, names in targets.items() if fnmatchcase(workflow.id, glob) for each in names]
    return ManifestWorkflow(
        id=workflow.id,
        app=workflow.app,
        dialect=workflow.dialect,
        family=workflow.family,
        source=workflow.source,
        steps=tuple(_steps(workflow, dialect, entry)),
        targets=tuple(sorted({*also} - {workflow.dialect})),
        was=tuple(was.id for was in entry.was if was.accept == "alias") if entry is not None else (),
        gone=_gone(entry),
        unknown=tuple(_unknown(workflow)),
        fingerprint=_hashed(workflow.fingerprint),
        # The adapters of the bundled runtime pin the version on engines that have one.
        pinned=workflow.pinned or workflow.dialect == "steplint",
        place=_place(workflow.id_place or workflow.place),
    )


def _steps(workflow: Workflow, dialect: Dialect, entry: LockWorkflow | None) -> Iterator[ManifestStep]:
    """Yield the steps in code order; keyed: one for each occurrence, arms that exclude each other joined."""
    used = occurrences(workflow)
    all_steps = [_step(step, used[step.position], dialect, entry) for step in workflow.steps if _listed(workflow, step)]
    if workflow.family != "keyed":
        yield from all_steps
        return
    joined = dict[tuple[str, int], ManifestStep]()
    for step in all_steps:
        at = (step.label, step.occurrence)
        joined[at] = _alternatives(joined[at], step) if at in joined else step
    yield from joined.values()


def _listed(workflow: Workflow, step: Step) -> bool:
    """Return whether the step has an identity; where position is identity, every call has one."""
    return workflow.family != "keyed" or readable(step)


def readable(step: Step) -> bool:
    """Return whether the ID of ``step`` can be told from the code: a lone interpolation says nothing."""
    return step.id is not None or step.template not in {None, "{}"}


def _step(step: Step, occurrence: int, dialect: Dialect, entry: LockWorkflow | None) -> ManifestStep:
    identity = "" if step.id is None and step.id_source == "missing" else step.id
    template = None if identity is not None else step.template or "{}"
    keyed = identity is not None and dialect.family == "keyed"
    body = step.body
    return ManifestStep(
        id=identity,
        template=template,
        kind=step.kind,
        key=key(identity, occurrence, dialect.repeat) if keyed and identity is not None else None,
        occurrence=occurrence,
        position=step.position,
        times=step.times,
        was=_was(entry, identity if identity is not None else template or ""),
        callable=_callable(body) if body is not None else "",
        arguments=step.arguments,
        fingerprint=_hashed(body.fingerprint) if body is not None else "",
        gate=step.gate,
        holes=tuple(_hole(each) for each in step.id_parts) if template is not None else (),
        place=_place(step.place),
    )


def _callable(body: Body) -> str:
    """Return the qualified name, ending in the name that the lock records: of a lambda, what it calls."""
    if not body.name or not body.call or body.name.endswith((f":{body.call}", f".{body.call}")):
        return body.name or body.call
    return body.name if LAMBDA in body.call else f"{body.name}.{body.call}"


def _hashed(fingerprint: str) -> str:
    """Return a fingerprint with the name of its hash, so that another one can follow it."""
    return f"b2:{fingerprint}" if fingerprint and ":" not in fingerprint else fingerprint


def _hole(part: IdPart) -> str:
    """Return what fills an interpolation: renaming a variable changes nothing, another attribute or call does."""
    return f"{part.kind}:{_NAME.sub('_', part.text)}"


def _alternatives(one: ManifestStep, other: ManifestStep) -> ManifestStep:
    """Return the step that stands for two calls of one ID in arms that exclude each other."""
    return replace(
        one,
        times=max(one.times, other.times, key=_TIMES.index),
        callable=_either(one.callable, other.callable),
        fingerprint=_either(one.fingerprint, other.fingerprint),
        gate=one.gate if one.gate == other.gate else "",
    )


def _either(one: str, other: str) -> str:
    return " | ".join(dict.fromkeys([*one.split(" | "), *other.split(" | ")])) if one and other else one or other


def _was(entry: LockWorkflow | None, label: str) -> tuple[str, ...]:
    """Return the old IDs whose memo the runtime may use; its own ID for a step that was restored."""
    steps = entry.step if entry is not None else ()
    found = (was for step in steps if step.live and step.id == label for was in step.was)
    return tuple(each.id for each in found if each.accept == "alias" or each.id == label)


def _gone(entry: LockWorkflow | None) -> tuple[str, ...]:
    """Return the IDs that must not be looked up: tombstones, and old IDs whose memo is not taken over."""
    if entry is None:
        return ()
    aliases = {was.id for step in entry.step if step.live for was in step.was if was.accept == "alias"}
    live = {step.id for step in entry.step if step.live}
    return tuple(sorted((entry.tombstones | entry.former) - aliases - live))


def _unknown(workflow: Workflow) -> Iterator[str]:
    """Yield a sentence for each step call whose ID cannot be read."""
    reasons = {each.place: each.reason for each in workflow.unresolved if each.kind == "step"}
    for step in workflow.steps:
        if readable(step) or step.id_source == "missing":
            continue
        places: Iterable[Place] = (step.place, step.id_place) if step.id_place is not None else (step.place,)
        reason = next((reasons.pop(each) for each in places if each in reasons), "the ID is computed at run time")
        yield f"{step.kind}: {reason}"
    for reason in reasons.values():
        yield f"step: {reason}"


def _joined(one: ManifestWorkflow, other: ManifestWorkflow) -> ManifestWorkflow:
    """Return one workflow for two registrations under one identity: the steps of both where IDs find them."""
    if one.family != "keyed":
        return one
    known = {(step.label, step.occurrence) for step in one.steps}
    more = tuple(step for step in other.steps if (step.label, step.occurrence) not in known)
    return replace(one, steps=one.steps + more, unknown=one.unknown + other.unknown)


def _place(place: Place) -> ManifestPlace:
    return ManifestPlace(place.path, place.span.line, place.span.column + 1)


def _trimmed(workflow: ManifestWorkflow, locations: bool, fingerprints: bool) -> ManifestWorkflow:
    steps = workflow.steps
    if not fingerprints:
        steps = tuple(replace(step, fingerprint="", holes=()) for step in steps)
        workflow = replace(workflow, fingerprint="")
    if not locations:
        steps = tuple(replace(step, place=msgspec.UNSET) for step in steps)
        workflow = replace(workflow, place=msgspec.UNSET)
    return replace(workflow, steps=steps)
