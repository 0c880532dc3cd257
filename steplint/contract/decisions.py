"""The records that bear on one workflow: which old ID became which, what was removed on purpose, what was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from steplint.contract.change import ChangeKind, Decision, Record
from steplint.contract.manifest import Manifest, ManifestStep, ManifestWorkflow

ACCEPTED: Mapping[ChangeKind, tuple[str, ...]] = {
    "inserted": ("added",),
    "reordered": ("reordered",),
    "shifted": ("shifted",),
    "swapped": ("swapped",),
    "reused": ("reused", "added"),
    "rekinded": ("rekinded",),
}
"""Kinds of `change` records that answer a kind of change."""


class Decided(Struct, frozen=True):
    """The records of one workflow, ready to be asked."""

    decisions: tuple[Decision, ...] = ()

    def successors(self, old: Sequence[ManifestStep], new: Sequence[ManifestStep]) -> dict[str, tuple[str, Record]]:
        """Return for each ID that only ``old`` has the ID in ``new`` that succeeds it, with the record."""
        before, after = {step.label for step in old}, {step.label for step in new}
        return {
            each.old: (each.step, record(each))
            for each in self.decisions
            if each.record == "was"
            and each.step is not None
            and each.step in after - before
            and each.old in before - after
        }

    def removal(self, label: str) -> Record | None:
        """Return the record that says that ``label`` was removed, or renamed to something removed later."""
        gone = {each.step: each for each in self.decisions if each.record == "gone"}
        seen = set[str]()
        while label not in gone:
            seen.add(label)
            later = next((each.step for each in self.decisions if each.record == "was" and each.old == label), None)
            if later is None or later in seen:
                return None
            label = later
        return record(gone[label])

    def change(self, kind: ChangeKind, step: ManifestStep, place: int = 0) -> Record | None:
        """Return the record that accepts a change of ``kind`` at ``step``, the n-th entry of its ID."""
        for each in self.decisions:
            if each.record == "was" and kind == "reused" and each.step == each.old == step.label:
                return record(each)
            if each.record != "change" or each.step != step.label or each.kind not in ACCEPTED.get(kind, ()):
                continue
            if each.occurrence == place or kind == "shifted":
                return record(each)
        return None


def record(decision: Decision) -> Record:
    """Return ``decision`` as a change shows it."""
    return Record(decision.record, decision.accept, decision.why)


def decided(decisions: Iterable[Decision], workflow: ManifestWorkflow) -> Decided:
    """Return the records that steps of ``workflow`` carry."""
    return Decided(tuple(each for each in decisions if each.step is not None and concerns(each, workflow)))


def concerns(decision: Decision, workflow: ManifestWorkflow) -> bool:
    """Return whether ``decision`` belongs to ``workflow``; apps are compared when both are known."""
    same = decision.dialect == workflow.dialect and decision.workflow == workflow.id
    return same and (decision.app == workflow.app or not decision.app or not workflow.app)


def from_manifest(manifest: Manifest) -> tuple[Decision, ...]:
    """Return what a manifest says of the records it was built from: aliases, restored steps and IDs that are gone."""
    return tuple(each for workflow in manifest.workflows for each in from_workflow(workflow))


def from_workflow(workflow: ManifestWorkflow) -> Iterator[Decision]:
    """Yield what one workflow of a manifest says of its records."""
    of = (workflow.dialect, workflow.app, workflow.id)
    for step in workflow.steps:
        for old in step.was:
            accept = "restored" if old == step.label else "alias"
            yield Decision("was", *of, step=step.label, old=old, accept=accept)
    for label in workflow.gone:
        yield Decision("gone", *of, step=label)
