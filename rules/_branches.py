"""Calls that run durable operations together, and the branches that they run."""

from __future__ import annotations

from typing import NamedTuple

from steplint.api import Frame, Place, Step, Workflow


class Combined(NamedTuple):
    """A combinator with the operations in each branch, in code order."""

    frame: Frame
    branches: dict[tuple[int, Place], list[Step]]

    @property
    def steps(self) -> list[Step]:
        """All operations."""
        return [step for steps in self.branches.values() for step in steps]

    @property
    def long(self) -> list[Step]:
        """The first branch with several operations that races with another one, or with itself; empty without one."""
        races = len(self.branches) > 1 or any(step.times == "many" for step in self.steps)
        return next((steps for steps in self.branches.values() if races and len(steps) > 1), [])


def combined(workflow: Workflow) -> list[Combined]:
    """Return the combinators of ``workflow`` over durable operations."""
    found = dict[Place, Combined]()
    for step in workflow.steps:
        for number, frame in enumerate(step.inside):
            if frame.kind != "combinator":
                continue
            within = [each.place for each in step.inside[number + 1 :] if each.kind in ("call", "deferred")]
            # An arm is a branch of its own; without one, a call or lambda is; a step by itself is a branch of one.
            branch = frame.place if frame.arm else within[0] if within else step.place
            branches = found.setdefault(frame.place, Combined(frame, {})).branches
            branches.setdefault((frame.arm, branch), []).append(step)
    return list(found.values())
