"""Everything a rule may import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from steplint.contract.change import Change
from steplint.contract.identity import repeated_id, step_key
from steplint.contract.manifest import Manifest, ManifestPlace
from steplint.model.dialect import Dialect, StepForm
from steplint.model.finding import Edit, Finding, Fix, Note
from steplint.model.graph import (
    Body,
    Capture,
    Confidence,
    Effect,
    FileUse,
    Frame,
    Handler,
    Hop,
    IdPart,
    Loop,
    Module,
    Nested,
    Role,
    Step,
    StepGraph,
    Swallow,
    Task,
    Unresolved,
    Use,
    Workflow,
    Write,
)
from steplint.model.place import Place, Span

__all__ = [
    "Body", "Capture", "Change", "Confidence", "Dialect", "Edit", "Effect", "FileUse", "Finding", "Fix", "Frame",
    "Handler", "Hop", "IdPart", "Loop", "Manifest", "ManifestPlace", "Module", "Nested", "Note", "Place", "Project",
    "Role", "Span", "Step", "StepForm", "StepGraph", "Swallow", "Task", "Unresolved", "Use", "Workflow", "Write",
    "exclusive", "follows", "repeated_id", "step_key",
]  # fmt: skip


class Project(Struct, frozen=True):
    """The only argument of a check: the linked program and the settings of the rule that runs."""

    graph: StepGraph
    dialects: Mapping[str, Dialect]
    options: Mapping[str, object] = {}
    locked: Manifest | None = None
    changes: tuple[Change, ...] = ()
    strict: bool = False

    def steps(self) -> Iterator[tuple[Workflow, Step]]:
        """Yield every step with its workflow, in order."""
        for workflow in self.graph.workflows:
            for step in workflow.steps:
                yield workflow, step

    def bodies(self) -> Iterator[tuple[Workflow, Step, Body]]:
        """Yield every step whose callable was found, with it."""
        for workflow, step in self.steps():
            if step.body is not None and step.body.resolved:
                yield workflow, step, step.body

    def effects(self, *kinds: str) -> Iterator[tuple[Workflow, Effect]]:
        """Yield the sources and operations of replayed bodies; of ``kinds``, if any are given."""
        for workflow in self.graph.workflows:
            for effect in workflow.effects:
                if not kinds or effect.kind in kinds:
                    yield workflow, effect

    def step_effects(self, *kinds: str) -> Iterator[tuple[Workflow, Step, Effect]]:
        """Yield the sources and operations inside steps; of ``kinds``, if any are given."""
        for workflow, step, body in self.bodies():
            for effect in body.effects:
                if not kinds or effect.kind in kinds:
                    yield workflow, step, effect

    def dialect(self, workflow: Workflow) -> Dialect:
        """Return the engine of ``workflow``."""
        return self.dialects[workflow.dialect]

    def published(self, workflow: Workflow) -> frozenset[str]:
        """Return the step IDs of ``workflow`` that the lock holds."""
        if self.locked is None:
            return frozenset()
        found = (
            each
            for each in self.locked.workflows
            if each.id == workflow.id and each.dialect == workflow.dialect and each.app in ("", workflow.app)
        )
        return frozenset(step.label for each in found for step in each.steps)


def exclusive(one: Step, other: Step) -> bool:
    """Return whether the steps stand in different arms of one branch (if/elif/else, match, try against except).

    ``follows`` also knows arms that leave early.
    """
    for mine, theirs in zip(one.inside, other.inside, strict=False):
        if mine.group and mine.group == theirs.group:
            if mine.arm != theirs.arm:
                return True
        elif mine != theirs:
            break
    return False


def follows(workflow: Workflow, first: Step, then: Step) -> bool:
    """Return whether ``then`` can run after ``first`` in one pass through the body."""
    reached, waiting = set[int](), [first.position]
    while waiting:
        at = waiting.pop()
        for before, after in workflow.order:
            if before == at and after not in reached:
                reached.add(after)
                waiting.append(after)
    return then.position in reached
