"""A group of commands that names the nearest one when there is none of a name."""

from __future__ import annotations

import click

from steplint.cli.stop import nearest


class Nearby(click.Group):
    """A group whose unknown commands are answered with the nearest known one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments start with; raises UsageError, which names the nearest one."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            near = nearest(args[0], self.list_commands(ctx))
            path = ctx.command_path.partition(" ")[2]
            name = f"{path} {args[0]}".strip()
            raise click.UsageError(f"there is no command `{name}`" + (f"; did you mean `{near}`?" if near else ""), ctx)
        return super().resolve_command(ctx, args)
