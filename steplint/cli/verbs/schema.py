"""`steplint schema NAME`."""

from __future__ import annotations

import click
import msgspec

from steplint.cli.flags import Verb, global_flags


@click.command(cls=Verb)
@click.argument("name", required=False)
@global_flags
def command(name: str | None) -> int:
    """Print the JSON Schema of a document.

    NAME is baseline, config, event, graph, lock, manifest or report; without it, the names are listed.
    """
    from steplint.cli.stop import Stop
    from steplint.project.schemas import names, schema

    if name is None:
        click.echo("\n".join(names()))
        return 0
    try:
        found = schema(name)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        raise Stop(message, hint) from None
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    return 0
