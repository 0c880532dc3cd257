"""`steplint config`."""

from __future__ import annotations

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.argument("key", required=False)
@click.option("--show", is_flag=True, help="Print the values in force and where they come from.")
@global_flags
@click.pass_context
def command(ctx: click.Context, key: str | None, show: bool) -> int:
    """Describe the options, or one of them."""
    from steplint.cli.options import run

    return run(session(ctx), key or "", show)
