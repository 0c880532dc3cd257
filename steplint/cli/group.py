"""The top command: verbs by name, each imported when it is asked for."""

from __future__ import annotations

import importlib

import click

from steplint import __version__
from steplint.cli.flags import global_flags
from steplint.cli.nearby import Nearby
from steplint.cli.stop import INTERRUPTED, let_go

VERBS = (
    *("check", "lock", "diff", "manifest", "graph", "rule", "where", "config", "schema", "init", "new"),
    *("run", "runs", "server", "clean", "completion", "version"),
)
ALIASES = {"explain": "rule"}


class Verbs(Nearby):
    """A group whose commands are modules of `steplint.cli.verbs`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of their use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb, or None."""
        verb = ALIASES.get(cmd_name, cmd_name)
        if verb not in VERBS:
            return None
        module = importlib.import_module(f"steplint.cli.verbs.{verb}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an interrupt and a closed pipe end it without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise click.exceptions.Exit(let_go()) from None


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
@global_flags
def steplint() -> None:
    """Find what breaks when a durable workflow is replayed, and keep the identities of its steps."""
