"""Repeats a run whenever a file of the project changes."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from steplint.cli import output
from steplint.cli.session import Session
from steplint.cli.stop import Stop, explained, say
from steplint.cli.terminal import live


def repeat(session: Session, run: Callable[[Session], int]) -> int:
    """Run, and run again on every change, until interrupted; raises `Stop` where the extra is not installed.

    What is wrong with a configuration on the way is said, and the next change tries again.
    """
    try:
        from watchfiles import PythonFilter, watch  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise Stop("`--watch` needs the package `watchfiles`", 'pip install "steplint[watch]"') from None
    root = session.loaded.root
    run(session)
    wanted = PythonFilter(extra_extensions=(".toml", ".lock", ".md"))
    if not session.quiet:
        output.stderr("watching; Ctrl+C ends\n")
    for _ in watch(root, watch_filter=wanted, raise_interrupt=True):
        if session.terminal.color and live(sys.stdout):
            click.clear()
        try:
            run(session.again())
        except Exception as error:
            known = (error.message, error.hint) if isinstance(error, Stop) else explained(error)
            if not known[0]:
                raise
            say(*known)
    return 0
