"""`steplint.lock` as structs: the step identities that deployed runs may have memoized, and decisions on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from msgspec import Struct

from steplint.contract.identity import Family

VERSION = 1
LIMIT = 16 * 1024 * 1024
"""Bytes; a larger file is refused."""

CHANGES = ("added", "reordered", "shifted", "swapped", "reused", "rekinded")
"""Kinds of a `change` record."""

ACCEPTS = ("reexecute", "alias", "drained", "versioned", "patched", "restored")
"""Words of `accept`."""


class LockError(Exception):
    """A lock that cannot be used: ``message`` starts with file and line, ``hint`` names the next command."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Was(Struct, frozen=True, forbid_unknown_fields=True):
    """The entry is the successor of ``id``."""

    id: str
    accept: str
    why: str = ""
    comments: tuple[str, ...] = ()


class Changed(Struct, frozen=True, forbid_unknown_fields=True):
    """The meaning of this position or ID changed on purpose."""

    kind: Literal["added", "reordered", "shifted", "swapped", "reused", "rekinded"]
    accept: str
    why: str = ""
    comments: tuple[str, ...] = ()


class LockStep(Struct, frozen=True, forbid_unknown_fields=True):
    """One identity of a workflow; with ``gone`` a tombstone. ``comments`` are the lines directly above its table."""

    id: str
    kind: str
    count: int = 1
    calls: tuple[str, ...] = ()
    call: str = ""
    repeats: bool = False
    gone: str | None = None
    accept: str = ""
    was: tuple[Was, ...] = ()
    change: tuple[Changed, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether the step is expected in the code."""
        return self.gone is None


class LockWorkflow(Struct, frozen=True, forbid_unknown_fields=True):
    """One workflow; with ``gone`` it keeps its identity and records only."""

    id: str
    dialect: str
    family: Family
    app: str = ""
    source: str = ""
    targets: tuple[str, ...] = ()
    unknown: int = 0
    gone: str | None = None
    accept: str = ""
    was: tuple[Was, ...] = ()
    step: tuple[LockStep, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether the workflow is expected in the code."""
        return self.gone is None

    @property
    def key(self) -> tuple[str, str, str]:
        """Dialect, app and ID: the order of the file."""
        return self.dialect, self.app, self.id

    def has(self, label: str) -> bool:
        """Return whether a live entry has this ID."""
        return any(each.live and each.id == label for each in self.step)

    @property
    def tombstones(self) -> frozenset[str]:
        """IDs that were removed."""
        return frozenset(each.id for each in self.step if not each.live)

    @property
    def former(self) -> frozenset[str]:
        """IDs that an entry had before it was renamed."""
        return frozenset(was.id for each in self.step for was in each.was if was.id != each.id)


class LockFile(Struct, frozen=True, dict=True):
    """The whole lock: workflows sorted by dialect, app and ID."""

    workflow: tuple[LockWorkflow, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], tuple[LockWorkflow, ...]]:
        """The workflows by dialect and ID: several where apps differ."""
        found = defaultdict[tuple[str, str], list[LockWorkflow]](list)
        for each in self.workflow:
            found[each.dialect, each.id].append(each)
        return {name: tuple(several) for name, several in found.items()}


def same_workflow(one: LockWorkflow, dialect: str, app: str, identity: str) -> bool:
    """Return whether ``one`` is that workflow; apps are compared when both are known."""
    return one.dialect == dialect and one.id == identity and (one.app == app or not one.app or not app)


def find_workflow(lock: LockFile | None, dialect: str, app: str, identity: str) -> LockWorkflow | None:
    """Return the workflow of this identity: the one of the same app first."""
    named = lock.by_name.get((dialect, identity), ()) if lock else ()
    found = [each for each in named if same_workflow(each, dialect, app, identity)]
    return min(found, key=lambda each: each.app != app, default=None)


def before_rename(lock: LockFile | None, entry: LockWorkflow) -> LockWorkflow | None:
    """Return what ``lock`` has of the workflow of ``entry``, under its ID or the latest of its earlier ones."""
    for identity in (entry.id, *(was.id for was in reversed(entry.was))):
        found = find_workflow(lock, entry.dialect, entry.app, identity)
        if found is not None:
            return found
    return None
