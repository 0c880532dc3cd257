"""`steplint check`."""

from __future__ import annotations

import sys
from typing import Any

import click

from steplint.cli import checking
from steplint.cli.flags import global_flags
from steplint.cli.optional import WithOptionalValues
from steplint.cli.report_flags import fix_flags, report_flags
from steplint.cli.session import session
from steplint.cli.stop import Stop


@click.command(cls=WithOptionalValues, optional={"--update-baseline": "shrink", "--add-ignore": ""})
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@report_flags
@fix_flags
@click.option("--baseline", metavar="PATH", help="The file of accepted findings.")
@click.option(
    "--update-baseline",
    type=click.Choice(["shrink", "all"]),
    metavar="[=all]",
    help="Drop what is gone from the baseline; with `=all`, also accept what is new.",
)
@click.option("--no-baseline", is_flag=True, help="Report what the baseline accepts, too.")
@click.option("--diff-only", metavar="REF", help="Show findings on lines changed since REF.")
@click.option("--add-ignore", metavar="[=REASON]", help="Write a suppression for each finding that is left.")
@click.option("--stdin-filename", metavar="NAME", help="Take the content of NAME from stdin.")
@click.option("--force-exclude", is_flag=True, help="Apply `exclude` to PATHS as well.")
@click.option("--watch", is_flag=True, help="Repeat when a file changes (extra `watch`).")
@global_flags
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], **flags: Any) -> int:
    """Run the rules over the project.

    PATHS filter what is shown; the analysis always covers the whole project, because facts cross files.
    """
    open_session = session(ctx, checking.settings(flags))
    if flags["watch"]:
        from steplint.cli.watch import repeat

        if flags["stdin_filename"]:
            raise Stop("`--watch` and `--stdin-filename` exclude each other", "stdin is read once")
        return repeat(open_session, lambda each: checking.run(each, paths, flags))
    stdin = sys.stdin.buffer.read() if flags["stdin_filename"] else None
    return checking.run(open_session, paths, flags, stdin)
