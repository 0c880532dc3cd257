"""How a report is shown on a stream or in a file: what the terminal can do, and what the flags ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from steplint.cli.stop import warn
from steplint.cli.terminal import Terminal

if TYPE_CHECKING:
    from steplint.cli.session import Session
    from steplint.model.report import Report
    from steplint.report.view import View

_FILE = Terminal(color=False, unicode=True, width=100)
TEXT = ("full", "concise")
"""Formats for people: their paths are relative to the folder they stand in."""


def view(session: Session, read: Callable[[str], str | None], to_file: bool, **settings: Any) -> View:
    """Return the view of one target; ``read`` gives the text of a path as the report spells it."""
    from steplint.report.view import View

    look = _FILE if to_file else session.terminal
    known: dict[str, Any] = {
        "read": read,
        "warn": warn,
        "color": look.color,
        "unicode": look.unicode,
        "width": look.width,
        "max_trace": session.loaded.settings.lint.max_trace,
        "lock_path": session.loaded.settings.lock.path,
    }
    return View(**(known | settings))


def seen_from_here(
    session: Session, report: Report, read: Callable[[str], str | None]
) -> tuple[Report, Callable[[str], str | None]]:
    """Return the report with paths relative to the current folder, and what reads those paths."""
    if session.start == session.loaded.root:
        return report, read
    from steplint.project.relocate import relocate

    known: dict[str, str] = {}

    def move(path: str) -> str:
        shown = session.shown(path)
        known[shown] = path
        return shown

    return relocate(report, move), lambda path: read(known.get(path, path))
