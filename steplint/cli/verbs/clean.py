"""`steplint clean`."""

from __future__ import annotations

from pathlib import Path

import click

from steplint.cli.flags import Verb, global_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@global_flags
@click.pass_context
def command(ctx: click.Context) -> int:
    """Remove the cache of this project."""
    from steplint.cache import clear

    opened = session(ctx)
    flags, loaded = opened.flags, opened.loaded
    folder = opened.start / flags.cache_dir if flags.cache_dir else loaded.root / loaded.settings.cache_dir
    freed = clear(Path(folder))
    if not opened.quiet:
        click.echo(f"removed {freed / 1024:.0f} kB of {folder.name}" if freed else "there is no cache", err=True)
    return 0
