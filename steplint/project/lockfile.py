"""The lock and the manifest of an analyzed project."""

from __future__ import annotations

import steplint
from steplint.contract.change import Change
from steplint.contract.manifest import Manifest
from steplint.lock import build, read, view
from steplint.lock.file import LockFile
from steplint.lock.policy import Policy
from steplint.lock.verbs import check_changes
from steplint.project.analysis import Analysis


def locked(analysis: Analysis) -> read.Text | None:
    """Return the lock with its lines, or None where there is none; raises `LockError`."""
    data = analysis.lock_bytes
    return None if data is None else read.read(data, analysis.loaded.settings.lock.path)


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
    policy = Policy(analysis.dialects, analysis.loaded.settings.lock)
    return check_changes(analysis.lock_bytes or b"", evidence(analysis, text.lock), policy)
