"""`steplint new rule NAME` and `steplint new dialect NAME`."""

from __future__ import annotations

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.nearby import Nearby
from steplint.cli.session import session


@click.group(cls=Nearby)
@global_flags
def command() -> None:
    """Start a rule or a dialect of your own."""


@command.command(cls=Verb)
@click.argument("name")
@click.option("--pack", metavar="DIR", help="The folder; else the first of `rule-packs`, or `step_rules`.")
@click.option("--code", default="", metavar="SL9xx", help="The code; else the next free one.")
@global_flags
@click.pass_context
def rule(ctx: click.Context, name: str, pack: str | None, code: str) -> int:
    """Write page and check of a rule."""
    from steplint.cli.scaffolding import new_rule

    return new_rule(session(ctx), name, pack, code)


@command.command(cls=Verb)
@click.argument("name")
@click.option("--to", "folder", metavar="DIR", default="step_dialects", help="The folder.")
@global_flags
@click.pass_context
def dialect(ctx: click.Context, name: str, folder: str) -> int:
    """Write the table of an SDK and an annotated example."""
    from steplint.cli.scaffolding import new_dialect

    return new_dialect(session(ctx), name, folder)
