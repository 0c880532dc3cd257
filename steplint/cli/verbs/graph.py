"""`steplint graph`."""

from __future__ import annotations

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.argument("workflows", nargs=-1, metavar="[WORKFLOW]...")
@click.option("--format", "format_name", default="text", metavar="FORMAT", help="text, mermaid, dot, json, html, svg.")
@click.option("-o", "--output", metavar="[FORMAT=]PATH", help="Write to a file.")
@click.option("--against", metavar="REF", help="Mark what changed since a git ref, lock, manifest or folder.")
@click.option("--all", "show_all", is_flag=True, help="Collapse nothing; say what was not recognized, and why.")
@global_flags
@click.pass_context
def command(
    ctx: click.Context,
    workflows: tuple[str, ...],
    format_name: str,
    output: str | None,
    against: str | None,
    show_all: bool,
) -> int:
    """Show workflows with their steps, branches, loops and effects."""
    from steplint.cli.graphs import run

    return run(session(ctx), workflows, format_name, output, against, show_all)
