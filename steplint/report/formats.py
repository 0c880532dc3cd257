"""Formats by name: a format is a module of this package that has a `render`."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import Protocol, cast

from steplint.model.graph import StepGraph
from steplint.model.report import Report
from steplint.report.view import GraphView, View

_HERE = Path(__file__).parent


class Format(Protocol):
    """A format of reports; the first line of its docstring is its help."""

    __doc__: str | None

    def render(self, report: Report, view: View) -> str:
        """Return ``report`` as text."""


class GraphFormat(Protocol):
    """A format of step graphs; the first line of its docstring is its help."""

    __doc__: str | None

    def render(self, graph: StepGraph, view: GraphView) -> str:
        """Return ``graph`` as text."""


class UnknownFormatError(ValueError):
    """There is no format of this name; the message names the nearest one."""


def names() -> tuple[str, ...]:
    """Return the formats of reports, sorted."""
    return _names(_HERE)


def graph_names() -> tuple[str, ...]:
    """Return the formats of graphs, sorted."""
    return _names(_HERE / "graph")


def load(name: str) -> Format:
    """Return the report format ``name``; raises `UnknownFormatError`."""
    _known(name, names())
    return cast("Format", importlib.import_module(f"steplint.report.{name}"))


def load_graph(name: str) -> GraphFormat:
    """Return the graph format ``name``; raises `UnknownFormatError`."""
    _known(name, graph_names())
    return cast("GraphFormat", importlib.import_module(f"steplint.report.graph.{name}"))


def helps(module: Format | GraphFormat) -> str:
    """Return the help text of a format."""
    return (module.__doc__ or "").partition("\n")[0].rstrip(".")


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.py") if b"\ndef render(" in path.read_bytes()))


def _known(name: str, known: tuple[str, ...]) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
    raise UnknownFormatError(f"no output format `{name}`; {hint}")
