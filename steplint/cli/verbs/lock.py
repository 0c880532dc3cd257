"""`steplint lock` and the decisions that it records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from steplint.cli import checking
from steplint.cli.flags import Verb, global_flags
from steplint.cli.nearby import Nearby
from steplint.cli.report_flags import report_flags
from steplint.cli.session import session
from steplint.cli.stop import Stop

F = TypeVar("F", bound=Callable[..., Any])
_POLICIES = click.Choice(["reexecute", "alias", "drained", "versioned", "patched", "restored"])


def _reason(command: F) -> F:
    return click.option("--why", default="", metavar="TEXT", help="The reason; it is reviewed and exported.")(command)


def _policy(command: F) -> F:
    return click.option("--accept", type=_POLICIES, help="What happens to runs in flight.")(command)


def _dry(command: F) -> F:
    return click.option("--dry-run", is_flag=True, help="Print the change of the lock, and write nothing.")(command)


@click.command(cls=Nearby, invoke_without_command=True)
@click.option("--check", is_flag=True, help="Exit 1 if code and lock differ; write nothing.")
@click.option("--resolve", is_flag=True, help="Rebuild the lock from a file with merge conflicts.")
@_dry
@report_flags
@global_flags
@click.pass_context
def command(ctx: click.Context, /, **flags: Any) -> int | None:
    """Keep the list of step identities.

    Without a command it adds what is new, and refuses to lose what is published without a record.
    """
    if ctx.invoked_subcommand is not None:
        ctx.meta["flags"] = flags
        return None
    from steplint.cli import locking

    opened = session(ctx, checking.settings(flags))
    act = locking.check if flags["check"] else locking.resolve if flags["resolve"] else locking.update
    return max(act(each, flags) for each in opened.projects())


@command.command(cls=Verb)
@click.argument("names", nargs=-1, metavar="WORKFLOW OLD NEW")
@click.option("--workflow", is_flag=True, help="The workflow itself was renamed: give OLD and NEW only.")
@_policy
@_reason
@_dry
@global_flags
@click.pass_context
def rename(
    ctx: click.Context, names: tuple[str, ...], workflow: bool, accept: str | None, why: str, dry_run: bool
) -> int:
    """Record that NEW is the successor of OLD."""
    from steplint.lock import verbs

    if workflow:
        old, new = _exactly(names, "OLD NEW")
        return _record(
            ctx, dry_run, lambda given: verbs.lock_rename_workflow(given, old, new, accept=accept or "", why=why)
        )
    name, old, new = _exactly(names, "WORKFLOW OLD NEW")
    return _record(ctx, dry_run, lambda given: verbs.lock_rename(given, name, old, new, accept=accept or "", why=why))


@command.command(cls=Verb)
@click.argument("names", nargs=-1, metavar="WORKFLOW ID")
@click.option("--workflow", is_flag=True, help="The whole workflow is gone: give WORKFLOW only.")
@click.option("--all-missing", is_flag=True, help="Everything that the code has lost.")
@_policy
@_reason
@_dry
@global_flags
@click.pass_context
def remove(
    ctx: click.Context,
    names: tuple[str, ...],
    workflow: bool,
    all_missing: bool,
    accept: str | None,
    why: str,
    dry_run: bool,
) -> int:
    """Record that a step or workflow is gone; its ID stays reserved."""
    from steplint.lock import verbs

    if all_missing:
        _exactly(names, "")
        return _record(ctx, dry_run, lambda given: verbs.lock_remove_missing(given, why=why, accept=accept or ""))
    if workflow:
        (name,) = _exactly(names, "WORKFLOW")
        return _record(ctx, dry_run, lambda given: verbs.lock_remove(given, name, None, why=why, accept=accept or ""))
    name, step = _exactly(names, "WORKFLOW ID")
    return _record(ctx, dry_run, lambda given: verbs.lock_remove(given, name, step, why=why, accept=accept or ""))


@command.command(cls=Verb)
@click.argument("names", nargs=-1, metavar="WORKFLOW ID")
@_policy
@_reason
@_dry
@global_flags
@click.pass_context
def change(ctx: click.Context, names: tuple[str, ...], accept: str | None, why: str, dry_run: bool) -> int:
    """Record an insertion, a move, or another meaning of an identity."""
    from steplint.lock import verbs

    name, step = _exactly(names, "WORKFLOW ID")
    return _record(ctx, dry_run, lambda given: verbs.lock_change(given, name, step, accept=accept or "", why=why))


@command.command(cls=Verb)
@click.argument("names", nargs=-1, metavar="WORKFLOW ID")
@click.option("--workflow", is_flag=True, help="The whole workflow is back: give WORKFLOW only.")
@_reason
@_dry
@global_flags
@click.pass_context
def restore(ctx: click.Context, names: tuple[str, ...], workflow: bool, why: str, dry_run: bool) -> int:
    """Record that a removed step is back and its old memo is valid."""
    from steplint.lock import verbs

    if workflow:
        (name,) = _exactly(names, "WORKFLOW")
        return _record(ctx, dry_run, lambda given: verbs.lock_restore(given, name, None, why=why))
    name, step = _exactly(names, "WORKFLOW ID")
    return _record(ctx, dry_run, lambda given: verbs.lock_restore(given, name, step, why=why))


def _record(ctx: click.Context, dry_run: bool, decide: Callable[[Any], Any]) -> int:
    from steplint.cli import locking

    flags = {**ctx.meta["flags"], "dry_run": dry_run}
    return locking.update(session(ctx, checking.settings(flags)), flags, decide)


def _exactly(names: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    """Return ``names`` if there are as many as ``wanted`` lists; raises `Stop`."""
    expected = wanted.split()
    if len(names) != len(expected):
        said = f"expected {wanted}" if wanted else "expected no names"
        raise Stop(f"{said}, got {len(names)}", "put names with blanks into quotes")
    return names
