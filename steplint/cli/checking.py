"""One run of `check` from flags to exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steplint.cli import output
from steplint.cli.report_flags import selectors
from steplint.cli.reporting import Shown, show
from steplint.cli.session import Session
from steplint.cli.stop import Stop, say
from steplint.cli.terminal import in_hook

if TYPE_CHECKING:
    from steplint.model.report import Report
    from steplint.project.analysis import Analysis
    from steplint.project.check import Checked, Wanted

_EXCLUSIVE = (("fix", "add_ignore"), ("diff", "add_ignore"), ("update_baseline", "no_baseline"))


def settings(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that flags of `check` and `diff` change, by table and key."""
    lists = ("select", "extend_select", "ignore", "fixable", "unfixable")
    plain = ("preview", "fail_on", "min_confidence")
    changes: dict[str, Any] = {name: selectors(flags[name]) for name in lists if name in flags}
    changes |= {name: flags[name] for name in plain}
    dotted = {f"lint.{name.replace('_', '-')}": value for name, value in changes.items()}
    return dotted | {"baseline.path": flags.get("baseline")}


def run(session: Session, paths: Sequence[str], flags: Mapping[str, Any], stdin: bytes | None = None) -> int:
    """Run the rules once, write what was asked for, and return the exit code."""
    from steplint.cli import changing
    from steplint.project.check import check
    from steplint.report.formats import names

    start = time.perf_counter()
    _refuse_pairs(flags)
    wanted = output.targets(flags["output"] or session.loaded.settings.output, names())
    inside = session.existing(paths)
    named = () if flags["force_exclude"] else [path for path in inside if path.endswith(".py")]
    unsaved = {session.relative(flags["stdin_filename"]): stdin} if stdin is not None else {}
    with session.analysis(named=named, unsaved=unsaved) as analysis:
        request = _wanted(session, paths, inside, flags)
        if flags["fix"] or flags["fix_only"] or flags["diff"]:
            analysis, checked = changing.fixed(session, analysis, request, flags)
        else:
            checked = check(analysis, request)
        if flags["update_baseline"]:
            changing.update_baseline(session, checked, whole=flags["update_baseline"] == "all")
            checked = check(analysis.edited({}), request)
        elif flags["add_ignore"] is not None:
            analysis, checked = changing.add_ignores(session, analysis, checked, request, flags["add_ignore"])
        report = _finished(analysis, checked.report, flags, time.perf_counter() - start)
        if not (flags["fix_only"] or flags["diff"]):
            show(session, analysis, Shown(report, wanted, flags))
    _vacuous(session, checked)
    return 0 if flags["fix_only"] and report.exit_code == 1 else report.exit_code


def _refuse_pairs(flags: Mapping[str, Any]) -> None:
    for one, other in _EXCLUSIVE:
        if flags[one] and flags[other] is not None and flags[other] is not False:
            raise Stop(
                f"`--{one.replace('_', '-')}` and `--{other.replace('_', '-')}` exclude each other", "run one first"
            )


def _wanted(session: Session, paths: Sequence[str], inside: list[str], flags: Mapping[str, Any]) -> Wanted:
    from steplint.project.check import Wanted

    selected = session.loaded.settings.lint.select
    asked = any(each.startswith("SL3") or each == "lock" for each in selected)
    shown = inside if paths else None
    if shown is None and flags["stdin_filename"]:
        shown = [session.relative(flags["stdin_filename"])]
    return Wanted(
        paths=shown,
        lines=_lines(session, flags["diff_only"]),
        exit_zero=flags["exit_zero"],
        baseline=not flags["no_baseline"],
        ci=bool(os.environ.get("CI")),
        lock=asked or not in_hook(),
        force_exclude=flags["force_exclude"],
        fresh=bool(flags["update_baseline"]),
    )


def _lines(session: Session, ref: str | None) -> dict[str, frozenset[int]] | None:
    if ref is None:
        return None
    from steplint.project.changed import changed_lines

    return changed_lines(session.loaded.root, ref)


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
