"""How a report is shown: everything a format needs to know besides the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from steplint.contract.change import Change


def _nothing(path: str) -> str | None:
    """Return no text: the default where sources are not at hand."""
    return None


def _silent(message: str) -> None:
    """Drop a warning: the default where nobody listens."""


class View(Struct, frozen=True):
    """How a report is shown. ``read`` gives the text of a project-relative path with its newlines kept, or None."""

    read: Callable[[str], str | None] = _nothing
    read_base: Callable[[str], str | None] = _nothing
    """The same at the base of a diff: places in the lock of the base are read from here."""
    warn: Callable[[str], None] = _silent
    """Told when a format had to leave something out."""
    color: bool = False
    unicode: bool = True
    width: int = 100
    trace: Literal["full", "short", "none"] = "short"
    max_trace: int = 20
    limit: int = 200
    """Findings shown in full; 0 shows all."""
    show_suppressed: bool = False
    show_all: bool = False
    """Also unchanged workflows and steps of a diff."""
    emoji: bool = True
    stamp: bool = False
    """Machine formats name the time of the run."""
    lock_path: str = "steplint.lock"
    category: str = "default"
    """Keeps several SARIF uploads of one commit apart."""
    rule_page: str = ""
    """Address of a rule's page, with ``{name}`` or ``{code}``; SARIF links to it."""
    include_suppressed: bool = False
    """SARIF holds suppressed results too."""
    marker: str = "ci/steplint:default"
    """Key of the pull-request comment: CI workflow, job and tag."""
    changed_lines: Mapping[str, frozenset[int]] | None = None
    """Lines changed since the base, where they are known."""
    max_characters: int = 60_000
    """Cap of the markdown text; GitHub refuses comments above 65,536."""


class GraphView(Struct, frozen=True):
    """How a graph is shown. ``changes`` are marked at the steps that they concern."""

    color: bool = False
    unicode: bool = True
    width: int = 100
    show_all: bool = False
    """Nothing is collapsed, except where a format has hard limits."""
    changes: tuple[Change, ...] = ()
    warn: Callable[[str], None] = _silent
