"""`steplint manifest`."""

from __future__ import annotations

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.option("-o", "--output", multiple=True, metavar="json[=PATH]|PATH", help="Where the manifest goes.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the committed manifest is out of date.")
@global_flags
@click.pass_context
def command(ctx: click.Context, output: tuple[str, ...], check: bool) -> int:
    """Print the step manifest.

    It says which steps a deployment has, for those who read it at run time.
    """
    from steplint.cli.manifests import run

    return run(session(ctx), output, check)
