"""`steplint rule`."""

from __future__ import annotations

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.argument("name", required=False, metavar="[NAME|CODE]")
@click.option("--all", "show_all", is_flag=True, help="Explain every rule.")
@click.option("--format", "format_name", type=click.Choice(["text", "markdown", "json"]), default="text")
@global_flags
@click.pass_context
def command(ctx: click.Context, name: str | None, show_all: bool, format_name: str) -> int:
    """Explain a rule, or list all rules."""
    from steplint.cli.rules import run

    return run(session(ctx), name, show_all, format_name)
