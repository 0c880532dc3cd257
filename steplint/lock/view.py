"""The lock as a manifest and as decisions, and the entries that a manifest asks for: both directions of one border."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from steplint.contract.change import Decision
from steplint.contract.compare import call_name
from steplint.contract.keyed import grouped
from steplint.contract.manifest import Generator, Manifest, ManifestPlace, ManifestStep, ManifestWorkflow
from steplint.lock.file import LockFile, LockStep, LockWorkflow

_ID_COLUMN = 6
"""Where the value of `id = "…"` starts."""


def published(
    lock: LockFile | None, *, path: str = "steplint.lock", lines: Mapping[tuple[int, ...], int] | None = None
) -> Manifest:
    """Return the live entries of ``lock`` as a manifest; with ``lines``, their places in the file."""
    found = list[ManifestWorkflow]()
    for n, each in enumerate(lock.workflow if lock else ()):
        if each.live:
            places = {m: _place(path, lines, (n, m)) for m in range(len(each.step))}
            found.append(_workflow(each, _place(path, lines, (n,)), places))
    return Manifest(Generator("steplint.lock", ""), tuple(found))


def decisions(lock: LockFile | None) -> tuple[Decision, ...]:
    """Return every record of ``lock``."""
    return tuple(each for workflow in (lock.workflow if lock else ()) for each in workflow_decisions(workflow))


def workflow_decisions(workflow: LockWorkflow) -> Iterator[Decision]:
    """Yield the records of one workflow: its own, then those of its steps."""
    of = (workflow.dialect, workflow.app, workflow.id)
    for was in workflow.was:
        yield Decision("was", *of, old=was.id, accept=was.accept, why=was.why)
    if workflow.gone is not None:
        yield Decision("gone", *of, accept=workflow.accept, why=workflow.gone)
        return
    entries = dict[str, int]()
    for step in workflow.step:
        for was in step.was:
            yield Decision("was", *of, step=step.id, old=was.id, accept=was.accept, why=was.why)
        if step.gone is not None:
            yield Decision("gone", *of, step=step.id, accept=step.accept, why=step.gone)
            continue
        n = entries.get(step.id, 0)
        entries[step.id] = n + 1
        for change in step.change:
            yield Decision(
                "change", *of, step=step.id, kind=change.kind, accept=change.accept, why=change.why, occurrence=n
            )


def entries(workflow: ManifestWorkflow) -> list[LockStep]:
    """Return the lock entries of the code: one for an ID in keyed families, one for a call in positional ones."""
    if workflow.family != "keyed":
        return [LockStep(each.label, each.kind, call=call_name(each.callable)) for each in workflow.steps]
    return [_entry(label, steps) for label, steps in grouped(workflow.steps).items()]


def _entry(label: str, steps: list[ManifestStep]) -> LockStep:
    calls = tuple(call_name(each.callable) for each in steps)
    repeats = any(each.times == "many" for each in steps)
    if len(steps) == 1:
        return LockStep(label, steps[0].kind, call=calls[0], repeats=repeats)
    return LockStep(label, steps[0].kind, count=len(steps), calls=calls if any(calls) else (), repeats=repeats)


def head(workflow: ManifestWorkflow) -> LockWorkflow:
    """Return what the lock says of the workflow itself, without steps and records."""
    return LockWorkflow(
        id=workflow.id,
        dialect=workflow.dialect,
        family=workflow.family,
        app=workflow.app,
        source=workflow.source,
        targets=workflow.targets,
        unknown=len(workflow.unknown),
    )


Place = ManifestPlace | msgspec.UnsetType


def _workflow(workflow: LockWorkflow, place: Place, places: Mapping[int, Place]) -> ManifestWorkflow:
    steps, seen = list[ManifestStep](), dict[str, int]()
    for m, entry in enumerate(workflow.step):
        if not entry.live:
            continue
        for call in entry.calls or (entry.call,) * entry.count:
            n = seen.get(entry.id, 0)
            seen[entry.id] = n + 1
            steps.append(_step(entry, call, n, len(steps), places[m]))
    aliases = {was.id for entry in workflow.step if entry.live for was in entry.was if was.accept == "alias"}
    live = {entry.id for entry in workflow.step if entry.live}
    return ManifestWorkflow(
        id=workflow.id,
        app=workflow.app,
        dialect=workflow.dialect,
        family=workflow.family,
        source=workflow.source,
        steps=tuple(steps),
        targets=workflow.targets,
        was=tuple(was.id for was in workflow.was if was.accept == "alias"),
        gone=tuple(sorted((workflow.tombstones | workflow.former) - aliases - live)),
        place=place,
    )


def _step(entry: LockStep, call: str, occurrence: int, position: int, place: Place) -> ManifestStep:
    template = "{}" in entry.id
    return ManifestStep(
        id=None if template else entry.id,
        template=entry.id if template else None,
        kind=entry.kind,
        key=None,
        occurrence=occurrence,
        position=position,
        times="many" if entry.repeats else "once",
        was=tuple(was.id for was in entry.was if was.accept == "alias" or was.id == entry.id),
        callable=call,
        place=place,
    )


def _place(path: str, lines: Mapping[tuple[int, ...], int] | None, at: tuple[int, ...]) -> Place:
    if lines is None or at not in lines:
        return msgspec.UNSET
    return ManifestPlace(path, lines[at], _ID_COLUMN)
