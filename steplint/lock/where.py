"""Which step has an ID, a part of an ID, or the hash that stores, logs and wire traffic show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from steplint.contract.identity import repeated_id, step_key
from steplint.contract.manifest import Manifest, ManifestStep, ManifestWorkflow

MOST = 50
"""Occurrences of an ID whose hashes are tried."""

_SHORTEST = 6
_HASH = re.compile(r"[0-9a-f]+")

How = Literal["id", "hash", "repeat", "template", "was", "gone", "part", "workflow"]
_ORDER: tuple[How, ...] = ("id", "hash", "repeat", "was", "gone", "template", "workflow", "part")


class Found(Struct, frozen=True):
    """A step that answers to a text. ``step`` is None for a workflow, or for an ID that only the lock still knows.

    ``how``: its ID, the hash of it, a repeat (``load:2``), an old ID (was), a removed one (gone), a template that can
    yield the text, a part of the ID. ``occurrence`` and ``key`` are those that were meant.
    """

    workflow: ManifestWorkflow
    step: ManifestStep | None
    how: How
    occurrence: int = 0
    key: str = ""


def find(manifest: Manifest, text: str) -> list[Found]:
    """Return what ``text`` may mean, exact answers first; an exact one hides those that only contain the text."""
    wanted = text.strip()
    if not wanted:
        return []
    found = [each for workflow in manifest.workflows for each in _in_workflow(workflow, wanted)]
    found.sort(key=lambda each: _ORDER.index(each.how))
    exact = [each for each in found if each.how in {"id", "hash", "repeat"}]
    return exact or found


def _in_workflow(workflow: ManifestWorkflow, text: str) -> Iterator[Found]:
    if text == workflow.id:
        yield Found(workflow, None, "workflow")
    seen = set[tuple[str, How]]()
    for step in workflow.steps:
        for each in _in_step(workflow, step, text):
            if (step.label, each.how) not in seen:
                seen.add((step.label, each.how))
                yield each
    for old in workflow.gone:
        if text == old or (old and _is_hash(text) and step_key(old).startswith(text.lower())):
            yield Found(workflow, None, "gone", key=step_key(old) if workflow.family == "keyed" else "")


def _in_step(workflow: ManifestWorkflow, step: ManifestStep, text: str) -> Iterator[Found]:
    if text == step.label:
        yield Found(workflow, step, "id", step.occurrence, step.key or "")
        return
    if text in step.was:
        yield Found(workflow, step, "was", key=step_key(text))
        return
    if step.id is not None and step.key is not None:
        yield from _by_key(workflow, step, step.id, text)
    if step.template is not None and _yields(step.template, text):
        yield Found(workflow, step, "template", key=step_key(text) if workflow.family == "keyed" else "")
    elif text in step.label:
        yield Found(workflow, step, "part", step.occurrence, step.key or "")


def _by_key(workflow: ManifestWorkflow, step: ManifestStep, label: str, text: str) -> Iterator[Found]:
    if step.key == text:
        yield Found(workflow, step, "hash", step.occurrence, text)
        return
    if step.occurrence:
        return
    repeat = repeated_id(text)
    if repeat is not None and repeat[0] == label:
        yield Found(workflow, step, "repeat", repeat[1], step_key(label, repeat[1]))
    if not _is_hash(text) or step.key != step_key(label):
        return
    for occurrence in range(MOST):
        key = step_key(label, occurrence)
        if key.startswith(text.lower()):
            yield Found(workflow, step, "hash", occurrence, key)
            return


def _is_hash(text: str) -> bool:
    return len(text) >= _SHORTEST and _HASH.fullmatch(text.lower()) is not None


def _yields(template: str, text: str) -> bool:
    """Return whether an interpolation can make ``template`` into ``text``; a lone one says nothing."""
    parts = template.split("{}")
    if not any(parts):
        return False
    return re.fullmatch(".*".join(re.escape(each) for each in parts), text, re.DOTALL) is not None
