"""`steplint server`."""

from __future__ import annotations

import importlib.util

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.stop import Stop


@click.command(cls=Verb)
@click.option("--stdio", is_flag=True, help="Speak on standard input and output; there is no other way.")
@global_flags
@click.pass_context
def command(ctx: click.Context, stdio: bool) -> int:
    """Serve an editor over the language server protocol.

    Settings are those that `check` would find for each file. Rule packs run only where the editor says
    that it trusts the workspace.
    """
    if importlib.util.find_spec("pygls") is None:
        raise Stop("the language server needs the extra `lsp`", "pip install 'steplint[lsp]'")
    from steplint.lsp.server import serve

    serve()
    return 0
