"""One run of `check` from flags to exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steplint.cli import output
from steplint.cli.report_flags import selectors
from steplint.cli.session import Session
from steplint.cli.stop import say
from steplint.cli.terminal import in_hook
from steplint.cli.view import TEXT, seen_from_here, view

if TYPE_CHECKING:
    from steplint.model.place import Place
    from steplint.model.report import Report
    from steplint.project.analysis import Analysis
    from steplint.project.check import Checked, Wanted


def settings(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that flags of `check` and `diff` change."""
    lists = ("select", "extend_select", "ignore", "fixable", "unfixable")
    plain = ("preview", "fail_on", "min_confidence")
    changes: dict[str, Any] = {name: selectors(flags[name]) for name in lists if name in flags}
    changes |= {name: flags[name] for name in plain}
    dotted = {f"lint.{name.replace('_', '-')}": value for name, value in changes.items()}
    return dotted | {"baseline.path": flags.get("baseline")}


def run(session: Session, paths: Sequence[str], flags: Mapping[str, Any], stdin: bytes | None = None) -> int:
    """Run the rules once, write what was asked for, and return the exit code."""
    from steplint.project.check import check
    from steplint.report.formats import names

    start = time.perf_counter()
    wanted = output.targets(flags["output"] or session.loaded.settings.output, names())
    inside = session.existing(paths)
    unsaved = _unsaved(session, flags["stdin_filename"], stdin)
    named = () if flags["force_exclude"] else inside
    with session.analysis(named=named, unsaved=unsaved) as analysis:
        request = _wanted(session, paths, inside, flags)
        checked = check(analysis, request)
        report = _finished(analysis, checked.report, flags, time.perf_counter() - start)
        show(session, analysis, report, wanted, flags)
    _vacuous(session, checked)
    return report.exit_code


def show(
    session: Session,
    analysis: Analysis,
    report: Report,
    wanted: Sequence[output.Target],
    flags: Mapping[str, Any],
) -> None:
    """Write a report to its targets, and to stderr what a run says about itself."""
    from steplint.report.formats import load

    shown, read_shown = seen_from_here(session, report, analysis.text)
    extra = _view(flags)

    def rendered(target: output.Target) -> str:
        text = target.format in TEXT
        given, read = (shown, read_shown) if text else (report, analysis.text)
        return load(target.format).render(given, view(session, read, bool(target.path), **extra))

    if session.quiet < 2:
        output.emit(wanted, rendered, session.start)
    if not session.quiet:
        _aside(session, analysis, shown, flags)


def _aside(session: Session, analysis: Analysis, report: Report, flags: Mapping[str, Any]) -> None:
    from steplint.report.summary import summarize

    look = session.aside
    summary = summarize(report, view(session, analysis.text, False, color=look.color, unicode=look.unicode))
    lines = list[str]()
    if flags["show_files"]:
        lines += [*report.files]
    if flags["statistics"]:
        lines += [f"{count:>6}  {name}" for name, count in report.statistics.items()]
    if flags["timings"]:
        lines += [f"{seconds * 1000:>8.1f} ms  {phase}" for phase, seconds in report.timings.items()]
    if session.flags.verbose:
        lines += _unresolved(session, analysis)
    output.stderr("".join(f"{line}\n" for line in lines) + summary)


def _unresolved(session: Session, analysis: Analysis) -> list[str]:
    """Return what was not followed or read, a line each."""
    found = [each for workflow in analysis.graph.workflows for each in workflow.unresolved]
    return [f"{_where(session, each.place)}: not followed: {each.reason}" for each in dict.fromkeys(found)]


def _where(session: Session, place: Place) -> str:
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


def _wanted(session: Session, paths: Sequence[str], inside: list[str], flags: Mapping[str, Any]) -> Wanted:
    from steplint.project.check import Wanted

    selected = session.loaded.settings.lint.select
    asked = any(each.startswith("SL3") or each == "lock" for each in selected)
    shown = inside if paths else None
    if shown is None and flags["stdin_filename"]:
        shown = [session.relative(flags["stdin_filename"])]
    return Wanted(
        paths=shown,
        exit_zero=flags["exit_zero"],
        baseline=not flags["no_baseline"],
        ci=bool(os.environ.get("CI")),
        lock=asked or not in_hook(),
        force_exclude=flags["force_exclude"],
    )


def _unsaved(session: Session, name: str | None, stdin: bytes | None) -> dict[str, bytes]:
    return {session.relative(name): stdin} if name and stdin is not None else {}


def _finished(analysis: Analysis, report: Report, flags: Mapping[str, Any], seconds: float) -> Report:
    from msgspec.structs import replace

    return replace(
        report,
        statistics=report.statistics if flags["statistics"] else {},
        timings=dict(analysis.timings) if flags["timings"] else {},
        files=analysis.linked.read if flags["show_files"] else (),
        summary=replace(report.summary, seconds=seconds),
    )


def _vacuous(session: Session, checked: Checked) -> None:
    if checked.nothing is not None and session.quiet < 2:
        sys.stdout.flush()
        say(checked.nothing.message, checked.nothing.hint)
