"""Repeats a run whenever a file of the project changes."""

from __future__ import annotations

from collections.abc import Callable

import click

from steplint.cli.session import Session
from steplint.cli.stop import Stop


def repeat(session: Session, run: Callable[[], int]) -> int:
    """Run, and run again on every change, until interrupted; raises `Stop` where the extra is not installed."""
    try:
        from watchfiles import PythonFilter, watch  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise Stop("`--watch` needs the package `watchfiles`", 'pip install "steplint[watch]"') from None
    root = session.loaded.root
    run()
    wanted = PythonFilter(extra_extensions=(".toml", ".lock", ".md"))
    for _ in watch(root, watch_filter=wanted, raise_interrupt=True):
        if session.terminal.color:
            click.clear()
        run()
    return 0
