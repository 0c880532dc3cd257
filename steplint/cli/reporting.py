"""Shows a report: in the formats that were asked for, and on stderr what a run says about itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from steplint.cli import output
from steplint.cli.session import Session
from steplint.cli.view import TEXT, seen_from_here, view

if TYPE_CHECKING:
    from steplint.model.place import Place
    from steplint.model.report import Report
    from steplint.project.analysis import Analysis


class Shown(NamedTuple):
    """A report, where it goes, and the flags that say how it looks.

    ``read`` gives the text of a path in the report, ``extra`` are further settings of the view, ``notes`` lines for
    stderr.
    """

    report: Report
    targets: Sequence[output.Target]
    flags: Mapping[str, Any]
    read: Callable[[str], str | None]
    extra: Mapping[str, Any] = {}
    notes: Sequence[str] = ()
    summary: bool = True


def show(session: Session, shown: Shown) -> None:
    """Write a report to its targets, and its summary to stderr."""
    from steplint.report.formats import load

    start = time.perf_counter()
    from_here, read_from_here = seen_from_here(session, shown.report, shown.read)
    settings = {**_view(shown.flags), **shown.extra}

    def rendered(target: output.Target) -> str:
        for_people = target.format in TEXT
        report, read = (from_here, read_from_here) if for_people else (shown.report, shown.read)
        if for_people and not (
            report.findings or report.compared or (report.suppressed and settings["show_suppressed"])
        ):
            return ""  # the usual case of a hook: nothing has to be loaded to say nothing
        return load(target.format).render(report, view(session, read, bool(target.path), **settings))

    if session.quiet < 2:
        output.emit(shown.targets, rendered, session.start)
    if not session.quiet:
        _aside(session, from_here, shown, time.perf_counter() - start)


def _aside(session: Session, report: Report, shown: Shown, seconds: float) -> None:
    from steplint.report.summary import summarize

    look, flags = session.aside, shown.flags
    lines = list[str]()
    if flags["show_files"]:
        lines += report.files
    if flags["statistics"]:
        lines += [f"{count:>6}  {name}" for name, count in report.statistics.items()]
    if flags["timings"]:
        timings = {**report.timings, "report": seconds}
        lines += [f"{spent * 1000:>8.1f} ms  {phase}" for phase, spent in timings.items()]
    lines += shown.notes
    seen = view(session, shown.read, False, color=look.color, unicode=look.unicode)
    summary = summarize(report, seen) if shown.summary else ""
    output.stderr("".join(f"{line}\n" for line in lines) + summary)


def unresolved(session: Session, analysis: Analysis) -> list[str]:
    """Return what was not followed or read, a line each."""
    found = [each for workflow in analysis.graph.workflows for each in workflow.unresolved]
    return [f"{where(session, each.place)}: not followed: {each.reason}" for each in dict.fromkeys(found)]


def where(session: Session, place: Place) -> str:
    """Return a place as the user sees it from where they stand."""
    return f"{session.shown(place.path)}:{place.span.line}:{place.span.column + 1}"


def _view(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trace": flags["trace"],
        "limit": 200 if flags["limit"] else 0,
        "show_suppressed": flags["show_suppressed"],
        "stamp": flags["stamp"],
        "emoji": flags["emoji"],
        "category": flags["sarif_category"],
        "include_suppressed": flags["sarif_include_suppressed"],
    }
