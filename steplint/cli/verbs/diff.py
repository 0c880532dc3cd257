"""`steplint diff`."""

from __future__ import annotations

from typing import Any

import click

from steplint.cli import checking
from steplint.cli.flags import Verb, global_flags
from steplint.cli.report_flags import report_flags
from steplint.cli.session import session


@click.command(cls=Verb)
@click.option("--against", metavar="REF", help="A git ref, lock, manifest or folder; else what is published.")
@click.option("--exact", is_flag=True, help="Compare with REF itself, not with the merge base.")
@click.option("--fetch", is_flag=True, help="Permit one `git fetch` of a missing base.")
@click.option("--all", is_flag=True, help="Also show unchanged workflows and steps.")
@click.option("--no-suggest", is_flag=True, help="Name no likely successors of lost steps.")
@report_flags
@global_flags
@click.pass_context
def command(ctx: click.Context, /, **flags: Any) -> int:
    """Show what changed for runs in flight.

    Code and lock are judged with the lock and settings of the base: a change cannot loosen its own gate.
    """
    from steplint.cli.locking import diff

    return max(diff(each, flags) for each in session(ctx, checking.settings(flags)).projects())
