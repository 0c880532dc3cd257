"""`steplint version`."""

from __future__ import annotations

import json
import platform

import click

from steplint import __version__
from steplint.cli.flags import Verb, global_flags


@click.command(cls=Verb)
@click.option("--json", "as_json", is_flag=True, help="Print versions of everything that matters as JSON.")
@global_flags
def command(as_json: bool) -> int:
    """Print the version."""
    if not as_json:
        click.echo(f"steplint {__version__}")
        return 0
    from importlib.metadata import version

    libraries = {name: version(name) for name in ("click", "libcst", "msgspec")}
    found = {"steplint": __version__, "python": platform.python_version(), **libraries}
    click.echo(json.dumps(found, indent=2))
    return 0
