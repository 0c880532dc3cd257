"""`steplint completion SHELL`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from steplint.cli.flags import Verb, global_flags

_SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command(cls=Verb)
@click.argument("shell", type=click.Choice(_SHELLS))
@global_flags
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the completion script of a shell.

    The shell evaluates it: `eval "$(steplint completion bash)"` in its startup file.
    """
    from steplint.cli.stop import Stop

    kind = get_completion_class(shell)
    if kind is None:
        raise Stop(f"this version of click completes nothing in {shell}", 'pip install --upgrade "click>=8.5"')
    click.echo(kind(ctx.find_root().command, {}, "steplint", "_STEPLINT_COMPLETE").source())
    return 0
