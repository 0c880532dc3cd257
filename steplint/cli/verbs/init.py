"""`steplint init`."""

from __future__ import annotations

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.option("--yes", is_flag=True, help="Write without asking.")
@global_flags
@click.pass_context
def command(ctx: click.Context, yes: bool) -> int:
    """Set up a project.

    It prints what is missing first: configuration, the first lock, hooks, a CI job, attributes of git.
    """
    from steplint.cli.starting import run

    return run(session(ctx), yes)
