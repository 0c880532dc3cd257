"""`steplint run TARGET`."""

from __future__ import annotations

from typing import Any

import click

from steplint.cli import inngest, run_flags
from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.argument("target")
@run_flags.event
@click.option("--run-id", metavar="ID", help="The same ID again goes on with a run, or gives its result.")
@run_flags.store
@run_flags.manifest
@click.option("--mode", type=click.Choice(["checkpoint", "every-step"]), help="When the body is entered again.")
@click.option("--durability", type=click.Choice(["power", "process"]), default="power", help="What a memo survives.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop waiting for the result after this time.")
@click.option("--check", is_flag=True, help="Enter the body several times instead, and say what differs.")
@run_flags.deaths
@inngest.options
@run_flags.as_json
@global_flags
@click.pass_context
def command(ctx: click.Context, /, target: str, **flags: Any) -> int:
    """Run a workflow on the bundled runtime.

    TARGET is `app.py:function` or `package.module:function`. The result is printed as JSON. With `--inngest`, it is an
    app of yours that serves Inngest functions; the event starts those that it triggers.
    """
    from steplint.cli import running

    opened = session(ctx)
    if flags["inngest"]:
        return inngest.run(opened, target, flags)
    return running.check(opened, target, flags) if flags["check"] else running.run(opened, target, flags)
