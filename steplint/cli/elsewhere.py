"""The verbs `runs replay` and `runs drained` for runs that another engine recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from steplint.cli.session import Session
from steplint.cli.stop import Stop, warn

if TYPE_CHECKING:
    from steplint.contract.change import Change
    from steplint.contract.manifest import Manifest

F = TypeVar("F", bound=Callable[..., Any])


def database(command: F) -> F:
    """Add the flag that names a database of DBOS."""
    text = "The runs are in this system database of DBOS, not in a ledger."
    return click.option("--dbos", metavar="URL", help=text)(command)


def histories(command: F) -> F:
    """Add the flags that name histories of Temporal, and the state that they began with."""
    command = click.option(
        "--against", metavar="REF", help="With --dbos or --temporal-history: what is deployed, as in `steplint diff`."
    )(command)
    return click.option(
        "--temporal-history", multiple=True, metavar="FILE", help="A history of Temporal as JSON; repeatable."
    )(command)


def replay(session: Session, workflows: Collection[str], flags: Mapping[str, Any]) -> int:
    """Print what becomes of recorded runs under the code of now, and return 1 if any takes another path."""
    from steplint.cli import running
    from steplint.runtime import console_elsewhere

    code, changes = _sides(session, flags)
    found = []
    if flags["dbos"] is not None:
        found += console_elsewhere.replay_dbos(
            flags["dbos"], code, changes, workflows=workflows, runs=flags["run"], limit=flags["limit"] or None
        )
    if flags["temporal_history"]:
        paths = [session.start / each for each in flags["temporal_history"]]
        found += console_elsewhere.replay_temporal(paths, code, changes)
    return running.rehearsed(session, found, flags)


def drained(session: Session, workflow: str, steps: Collection[str], flags: Mapping[str, Any]) -> int:
    """Print how many runs in flight on DBOS hold a step, and return 1 if any does."""
    from steplint.cli import running
    from steplint.runtime import console_elsewhere

    found = console_elsewhere.drained_dbos(flags["dbos"], workflow, steps)
    return running.counted(session, found, flags)


def _sides(session: Session, flags: Mapping[str, Any]) -> tuple[Manifest, tuple[Change, ...]]:
    """Return the manifest of the code, and its changes against what is deployed."""
    from steplint.cli import running
    from steplint.lock.base import BaseError
    from steplint.project import locking
    from steplint.runtime.binding import load

    named = running.manifest(session, flags) if flags["manifest"] else None
    with session.analysis() as analysis:
        given = locking.given(analysis, judged=False)
        if analysis.failures:
            raise Stop(f"{analysis.failures[0].where}: {analysis.failures[0].message}")
        try:
            other = locking.against(analysis, flags["against"])
        except BaseError as error:
            if flags["against"]:
                raise
            warn(f"{error}; exchanges among calls of one name are not seen")
            return (load(named) if named else given.code), ()
        if named is not None:
            given = type(given)(given.root, load(named), given.policy, given.data, given.published)
        return given.code, tuple(locking.compared(analysis, given, other).changes)
