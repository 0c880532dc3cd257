"""`steplint where TEXT`."""

from __future__ import annotations

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.argument("text")
@global_flags
@click.pass_context
def command(ctx: click.Context, text: str) -> int:
    """Find the step of an ID or hash.

    TEXT is an ID, a part of one, or a hashed key as stores, logs and wire traffic show it.
    """
    from steplint.cli.places import run

    return run(session(ctx), text)
