"""One run of `config` from flags to exit code."""

from __future__ import annotations

import click
import msgspec

from steplint.cli.session import Session
from steplint.cli.stop import Stop


def run(session: Session, key: str, show: bool) -> int:
    """Print options with their help, or with the values in force."""
    from steplint.config import describe, effective, nearest

    key = key.removeprefix("tool.steplint").lstrip(".")
    if show:
        rows = [f"{each.key} = {_toml(each.value)}    # {each.origin}" for each in effective(session.loaded, key)]
    else:
        rows = [f"{each.key}\n    {each.help}\n    {each.type}; default: {each.default}" for each in describe(key)]
    if not rows:
        near = nearest(key, [each.key for each in describe()])
        raise Stop(f"there is no option `{key}`", f"did you mean `{near}`?" if near else "`steplint config` lists all")
    click.echo("\n".join(rows))
    return 0


def _toml(value: object) -> str:
    return "none" if value is None else msgspec.json.encode(value).decode()
