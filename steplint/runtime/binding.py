"""The manifest a run started with against the deployed one: drift is judged before the body is entered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec

from steplint.contract.change import Change
from steplint.contract.diff import diff_workflow
from steplint.contract.identity import Verdict
from steplint.contract.manifest import Manifest, ManifestStep, ManifestWorkflow, decode

Action = Literal["refuse", "warn", "allow"]
Guard = Mapping[Verdict, Action]
GUARD: Guard = MappingProxyType(
    {"wedges": "refuse", "swaps": "refuse", "stale": "refuse", "reruns": "warn", "late": "warn", "ignored": "allow"}
)


class Bound:
    """What the deployed manifest says of one workflow; without a manifest, nothing."""

    def __init__(self, workflow: ManifestWorkflow | None = None, guard: Guard = GUARD) -> None:
        self.workflow = workflow
        self._guard = guard
        self.aliased = workflow is not None and any(step.was for step in workflow.steps)

    @cached_property
    def text(self) -> bytes:
        """The workflow's part of the manifest, without places: an edit elsewhere in the file is no drift."""
        return msgspec.json.encode(_placeless(self.workflow)) if self.workflow else b""

    @cached_property
    def digest(self) -> str:
        """The name of this state of the workflow; "" without a manifest."""
        return hashlib.blake2b(self.text, digest_size=16).hexdigest() if self.workflow else ""

    def acts(self, verdict: Verdict) -> Action:
        """Return what the policy says of a change with this verdict."""
        return self._guard.get(verdict, "allow")

    def aliases(self, step_id: str) -> Iterator[str]:
        """Yield the earlier IDs under which a recorded rename lets the memo of ``step_id`` be found, newest first."""
        for step in self.workflow.steps if self.workflow else ():
            if step.id == step_id:
                yield from reversed(step.was)
            elif step.template is not None and step.was and (match := _pattern(step.template).fullmatch(step_id)):
                yield from (_filled(earlier, match.groups()) for earlier in reversed(step.was))

    def place(self, step_id: str, occurrence: int) -> str:
        """Return where the code calls a step, `file.py:12`; "" if the manifest does not tell."""
        for step in self.workflow.steps if self.workflow else ():
            if (step.id, step.occurrence) == (step_id, occurrence) and step.place is not msgspec.UNSET:
                return f"{step.place.path}:{step.place.line}"
        return ""

    def reused(self) -> frozenset[str]:
        """Return the IDs of steps that were buried under another meaning: what is recorded for them is not theirs."""
        if self.workflow is None:
            return frozenset()
        return frozenset(step.id for step in self.workflow.steps if step.id in self.workflow.gone)

    def changes(self, before: Bound, ids: Collection[str]) -> list[Change]:
        """Return what differs from the state ``before`` and concerns a run that recorded steps with these IDs."""
        old = before.workflow
        if old is None or self.workflow is None:
            return []
        last = max((step.position for step in self.workflow.steps if _recorded(step, ids)), default=-1)
        found = diff_workflow(old, self.workflow, suggest=True)
        return [each for each in found if each.verdict != "safe" and _concerns(each, ids, last)]


class Binding:
    """The deployed manifest, by workflow, and the policy for drift."""

    def __init__(self, manifest: Manifest | str | PathLike[str] | None = None, guard: Guard = GUARD) -> None:
        self.guard = {**GUARD, **guard}
        loaded = manifest if manifest is None or isinstance(manifest, Manifest) else load(manifest)
        # The runtime's own dialect wins where another engine's workflow has the same ID.
        listed = sorted(loaded.workflows, key=lambda each: each.dialect == "steplint") if loaded else []
        self._workflows = {each.id: Bound(each, self.guard) for each in listed}
        # An ID that another workflow has by now is that one's.
        self._earlier = {
            each.id: tuple(was for was in reversed(each.was) if was not in self._workflows) for each in listed
        }
        self._successors = {was: self._workflows[now] for now, ids in self._earlier.items() for was in ids}
        self._absent = Bound(None, self.guard)

    def workflow(self, workflow_id: str) -> Bound:
        """Return what the manifest says of a workflow, or of the one that goes on for it."""
        return self._workflows.get(workflow_id) or self._successors.get(workflow_id, self._absent)

    def earlier(self, workflow_id: str) -> tuple[str, ...]:
        """Return the IDs from which a recorded rename leads to this workflow, newest first: it drives their runs."""
        return self._earlier.get(workflow_id, ())


def load(path: str | PathLike[str]) -> Manifest:
    """Return the manifest in a file; raises ValueError, naming the file, for what is no manifest of this version."""
    try:
        return decode(Path(path).read_bytes())
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(
            f"`{path}` is no manifest that can be used: {error}; write one with `steplint manifest`"
        ) from None


def parse(text: bytes) -> ManifestWorkflow:
    """Return the workflow whose `Bound.text` is ``text``."""
    return msgspec.json.decode(text, type=ManifestWorkflow)


def describe(change: Change) -> str:
    """Return one line that says what ``change`` does to a run."""
    what = " -> ".join(f"`{step.label}`" for step in (change.old, change.new) if step is not None)
    looks = f", looks like `{change.suggestion.id}`" if change.suggestion else ""
    return f"step {what}: {change.kind}, {change.verdict}{looks}"


def _concerns(change: Change, ids: Collection[str], last: int) -> bool:
    if change.old is not None:
        return _recorded(change.old, ids) or (change.kind == "swapped" and _recorded(change.new, ids))
    if change.new is None:
        return True
    return _recorded(change.new, ids) if change.kind == "reused" else change.new.position < last


def _recorded(step: ManifestStep | None, ids: Collection[str]) -> bool:
    if step is None:
        return False
    if step.id is not None:
        return step.id in ids
    pattern = _pattern(step.template or "")
    return any(pattern.fullmatch(each) for each in ids)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("(.+)".join(map(re.escape, template.split("{}"))), re.DOTALL)


def _filled(template: str, values: tuple[str, ...]) -> str:
    parts = template.split("{}")
    return "".join(part + value for part, value in zip(parts, (*values, ""), strict=False))


def _placeless(workflow: ManifestWorkflow) -> ManifestWorkflow:
    steps = tuple(msgspec.structs.replace(step, place=msgspec.UNSET) for step in workflow.steps)
    return msgspec.structs.replace(workflow, steps=steps, place=msgspec.UNSET)
