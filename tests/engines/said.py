"""What steplint says of an edit: both sources analyzed and compared, by their manifests and by the lock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from steplint.contract.change import Change
from steplint.contract.diff import diff
from steplint.contract.identity import Verdict
from steplint.contract.manifest import Manifest, encode
from steplint.contract.verdicts import worst
from steplint.lock.build import manifest
from steplint.lock.file import LockFile, LockStep
from steplint.lock.policy import Policy
from steplint.lock.read import read
from steplint.lock.update import update
from steplint.testing import Result, check_source


class Said(NamedTuple):
    """The worst verdict over the changes, by manifests and by the lock alone, and the kinds of change."""

    verdict: Verdict
    locked: Verdict
    kinds: tuple[str, ...]
    manifests: tuple[str, str]


def said(dialect: str, before: str, after: str, gone: tuple[str, ...], config: Mapping[str, Any]) -> Said:
    """Return what the diff of two sources says for runs in flight."""
    old, new = (_checked(dialect, source, config) for source in (before, after))
    policy = Policy(new.dialects)
    lock = _lock(_manifest(old, None), policy, gone)
    code = _manifest(new, lock)
    compared = diff(_published(old, gone), code, engines=policy.engines)
    locked = update(lock, lock, code, policy).changes
    kinds = tuple(sorted({each.kind for each in compared}))
    started = encode(_manifest(old, None)).decode()
    return Said(_worst(compared), _worst(locked), kinds, (started, encode(code).decode()))


def _checked(dialect: str, source: str, config: Mapping[str, Any]) -> Result:
    result = check_source({"flow.py": source}, rules=(), dialects=(dialect,), config=config)
    assert not result.errors, [each.message for each in result.errors]
    assert [each.dialect for each in result.graph.workflows] == [dialect], result.graph.workflows
    return result


def _manifest(result: Result, lock: LockFile | None) -> Manifest:
    return manifest(result.graph, result.dialects, lock)


def _lock(code: Manifest, policy: Policy, gone: tuple[str, ...]) -> LockFile:
    """Return the lock of the code as it is read back from its text, with ``gone`` as tombstones."""
    found = update(None, None, code, policy)
    assert not found.refused
    lock = read(found.text.encode(), "steplint.lock").lock
    if not gone:
        return lock
    (workflow,) = lock.workflow
    steps = tuple(replace(each, gone="no longer needed") if each.id in gone else each for each in workflow.step)
    assert {each.id for each in steps if not each.live} == set(gone), [_named(each) for each in steps]
    return LockFile((replace(workflow, step=steps),))


def _published(old: Result, gone: tuple[str, ...]) -> Manifest:
    """Return the manifest of the code in which the steps of ``gone`` were removed before."""
    found = _manifest(old, None)
    (workflow,) = found.workflows
    left = tuple(each for each in workflow.steps if each.label not in gone)
    return replace(found, workflows=(replace(workflow, steps=left, gone=gone),))


def _named(step: LockStep) -> str:
    return f"{step.id} ({step.kind})"


def _worst(changes: list[Change] | tuple[Change, ...]) -> Verdict:
    return worst(each.verdict for each in changes)
