"""`steplint runs …`."""

from __future__ import annotations

from typing import Any

import click

from steplint.cli import elsewhere, inngest, run_flags
from steplint.cli.flags import Verb, global_flags
from steplint.cli.nearby import Nearby
from steplint.cli.session import session

_STATUS = click.Choice(["", "queued", "running", "waiting", "held", "completed", "failed", "cancelled"])


@click.group(cls=Nearby)
@global_flags
def command() -> None:
    """Look at recorded runs, and rehearse them under new code."""


@command.command("list", cls=Verb)
@run_flags.workflow
@click.option("--status", type=_STATUS, default="", help="Only runs in this state.")
@run_flags.limit
@run_flags.store
@run_flags.as_json
@global_flags
@click.pass_context
def list_(ctx: click.Context, /, **flags: Any) -> int:
    """List the newest runs."""
    from steplint.cli import running

    return running.listed(session(ctx), flags)


@command.command(cls=Verb)
@click.argument("run")
@click.option("--html", metavar="PATH", help="Write the timeline as a page.")
@run_flags.store
@run_flags.as_json
@global_flags
@click.pass_context
def show(ctx: click.Context, /, run: str, **flags: Any) -> int:
    """Show the timeline of a run."""
    from steplint.cli import running

    return running.show(session(ctx), run, flags)


@command.command(cls=Verb)
@click.argument("run")
@run_flags.store
@global_flags
@click.pass_context
def state(ctx: click.Context, /, run: str, **flags: Any) -> int:
    """Print the memos of a run as JSON."""
    from steplint.cli import running

    return running.state(session(ctx), run, flags)


@command.command(cls=Verb)
@click.argument("run")
@run_flags.store
@global_flags
@click.pass_context
def retry(ctx: click.Context, /, run: str, **flags: Any) -> int:
    """Queue a failed or held run again."""
    from steplint.cli import running

    return running.change(session(ctx), "retry", run, flags)


@command.command(cls=Verb)
@click.argument("run")
@run_flags.store
@global_flags
@click.pass_context
def cancel(ctx: click.Context, /, run: str, **flags: Any) -> int:
    """End a run and those it invoked."""
    from steplint.cli import running

    return running.change(session(ctx), "cancel", run, flags)


@command.command(cls=Verb)
@run_flags.workflow
@run_flags.limit
@run_flags.store
@run_flags.as_json
@global_flags
@click.pass_context
def metrics(ctx: click.Context, /, **flags: Any) -> int:
    """Measure steps, retries, runs and memo hits."""
    from steplint.cli import running

    return running.metrics(session(ctx), flags)


@command.command(cls=Verb)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--run", multiple=True, metavar="ID", help="Only this run; repeatable.")
@elsewhere.database
@elsewhere.histories
@run_flags.limit
@run_flags.store
@run_flags.manifest
@inngest.options
@run_flags.as_json
@global_flags
@click.pass_context
def replay(ctx: click.Context, /, targets: tuple[str, ...], **flags: Any) -> int:
    """Rehearse recorded runs under the code of now.

    No step is executed and nothing is written. Exit code 1 says that a run would take another path. With `--dbos` and
    `--temporal-history` the code is read, not run: TARGET is the name of a workflow, or all are meant.
    """
    from steplint.cli import running

    if flags["dbos"] is not None or flags["temporal_history"]:
        return elsewhere.replay(session(ctx), targets, flags)
    if not targets:
        raise click.UsageError("missing argument `TARGET...`")
    if flags["inngest"]:
        return inngest.replay(session(ctx), _only(targets), flags)
    return running.replay(session(ctx), targets, flags)


@command.command(cls=Verb)
@click.argument("workflow")
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@elsewhere.database
@run_flags.store
@run_flags.as_json
@global_flags
@click.pass_context
def drained(ctx: click.Context, /, workflow: str, steps: tuple[str, ...], **flags: Any) -> int:
    """Count the runs in flight that hold a step.

    Exit code 0 says that there are none: a record with `accept = "drained"` is true.
    """
    from steplint.cli import running

    if flags["dbos"] is not None:
        return elsewhere.drained(session(ctx), workflow, steps, flags)
    return running.drained(session(ctx), workflow, steps, flags)


@command.command(cls=Verb)
@click.argument("path")
@run_flags.store
@global_flags
@click.pass_context
def export(ctx: click.Context, /, path: str, **flags: Any) -> int:
    """Copy the ledger while workers go on."""
    from steplint.cli import running

    return running.export(session(ctx), path, flags)


@command.command(cls=Verb)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--workers", type=click.IntRange(min=1), default=1, help="Threads that drive runs.")
@click.option("--until-idle", is_flag=True, help="End when nothing is due.")
@run_flags.deaths
@run_flags.store
@run_flags.manifest
@inngest.options
@global_flags
@click.pass_context
def work(ctx: click.Context, /, targets: tuple[str, ...], **flags: Any) -> int:
    """Drive due runs until interrupted."""
    from steplint.cli import running

    if flags["inngest"]:
        return inngest.work(session(ctx), _only(targets), flags)
    return running.work(session(ctx), targets, flags)


def _only(targets: tuple[str, ...]) -> str:
    if len(targets) > 1:
        raise click.UsageError("with --inngest there is one TARGET, an app")
    return targets[0]
