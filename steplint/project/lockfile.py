"""The lock and the manifest of an analyzed project."""

from __future__ import annotations

import steplint
from steplint.config import Loaded
from steplint.contract.change import Change
from steplint.contract.manifest import Manifest
from steplint.lock import build, read, view
from steplint.lock.file import LockFile
from steplint.lock.policy import Policy
from steplint.lock.review import review
from steplint.project.analysis import Analysis
from steplint.project.tree import Tree


def lock_bytes(loaded: Loaded, tree: Tree) -> bytes | None:
    """Return the lock as it is written, or None where there is none."""
    try:
        return tree.read(loaded.settings.lock.path)
    except FileNotFoundError:
        return None


def locked(loaded: Loaded, data: bytes | None) -> read.Text | None:
    """Return the lock with its lines; raises `LockError`."""
    return None if data is None else read.read(data, loaded.settings.lock.path)


def manifest(analysis: Analysis, lock: LockFile | None) -> Manifest:
    """Return the manifest of the project as the settings want it written."""
    settings = analysis.loaded.settings.manifest
    return _manifest(analysis, lock, settings.locations, settings.fingerprints)


def evidence(analysis: Analysis, lock: LockFile | None) -> Manifest:
    """Return the manifest of the project with everything that comparing needs: places and fingerprints."""
    return _manifest(analysis, lock, locations=True, fingerprints=True)


def _manifest(analysis: Analysis, lock: LockFile | None, locations: bool, fingerprints: bool) -> Manifest:
    return build.manifest(
        analysis.graph,
        analysis.dialects,
        lock,
        locations=locations,
        fingerprints=fingerprints,
        targets=analysis.loaded.settings.lock.targets,
        version=steplint.__version__,
    )


def published(text: read.Text) -> Manifest:
    """Return the live entries of a lock as a manifest."""
    return view.published(text.lock)


def changes(analysis: Analysis, text: read.Text) -> tuple[Change, ...]:
    """Return what the code changes against the lock in the working tree."""
    settings = analysis.loaded.settings.lock
    old = view.published(text.lock, path=settings.path, lines=text.lines)
    policy = Policy(analysis.dialects, settings)
    return tuple(review(text.lock, evidence(analysis, text.lock), text.lock, policy, old=old))
