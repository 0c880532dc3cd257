"""One run of `check` from flags to exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from steplint.cli import output
from steplint.cli.report_flags import selectors
from steplint.cli.reporting import Shown, show, unresolved
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
    from steplint.report.formats import names

    _refuse_pairs(flags)
    wanted = output.targets(flags["output"] or session.loaded.settings.output, names())
    done = [_one(each, mine, flags, stdin) for each, mine in _shared_out(session, paths, flags)]
    report, read = _together(session, done)
    if not (flags["fix_only"] or flags["diff"]):
        show(session, Shown(report, wanted, flags, read, notes=[note for each in done for note in each.notes]))
    for each in done:
        _vacuous(session, each.checked)
    return 0 if flags["fix_only"] and report.exit_code == 1 else report.exit_code


class _Done(NamedTuple):
    session: Session
    checked: Checked
    report: Report
    text: Callable[[str], str | None]
    notes: list[str]


def _one(session: Session, paths: Sequence[str] | None, flags: Mapping[str, Any], stdin: bytes | None) -> _Done:
    """Check one project: ``paths`` are relative to its root, None where none were given."""
    from steplint.cli import changing
    from steplint.project.check import check

    start = time.perf_counter()
    named = () if flags["force_exclude"] else [path for path in paths or () if path.endswith(".py")]
    unsaved = {session.relative(flags["stdin_filename"]): stdin} if stdin is not None else {}
    with session.analysis(named=named, unsaved=unsaved) as analysis:
        request = _wanted(session, paths, flags)
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
        notes = unresolved(session, analysis) if session.flags.verbose else []
        return _Done(session, checked, report, analysis.text, notes)


def _shared_out(
    session: Session, paths: Sequence[str], flags: Mapping[str, Any]
) -> list[tuple[Session, Sequence[str] | None]]:
    """Return the projects to check, each with its share of the paths."""
    projects = session.projects()
    if projects == [session]:
        return [(session, session.existing(paths) if paths else None)]
    if flags["stdin_filename"]:
        raise Stop("`--stdin-filename` belongs to one project", "steplint -C FOLDER check --stdin-filename NAME")
    session.existing(paths)
    if not paths:
        return [(each, None) for each in projects]
    shares = [(each, each.within(paths)) for each in projects]
    return [(each, share) for each, share in shares if share] or [(projects[0], [])]


def _together(session: Session, done: Sequence[_Done]) -> tuple[Report, Callable[[str], str | None]]:
    """Return one report for all projects, and what reads the paths in it."""
    if done[0].session is session:
        return done[0].report, done[0].text
    from steplint.project.roots import join

    by_root = {session.relative(str(each.session.loaded.root)): each for each in done}

    def read(path: str) -> str | None:
        root = max((each for each in by_root if path.startswith(f"{each}/")), key=len, default=None)
        return None if root is None else by_root[root].text(path[len(root) + 1 :])

    return join([(root, each.report) for root, each in by_root.items()]), read


def _refuse_pairs(flags: Mapping[str, Any]) -> None:
    for one, other in _EXCLUSIVE:
        if flags[one] and flags[other] is not None and flags[other] is not False:
            raise Stop(
                f"`--{one.replace('_', '-')}` and `--{other.replace('_', '-')}` exclude each other", "run one first"
            )


def _wanted(session: Session, paths: Sequence[str] | None, flags: Mapping[str, Any]) -> Wanted:
    from steplint.project.check import Wanted

    selected = session.loaded.settings.lint.select
    asked = any(each.startswith("SL3") or each == "lock" for each in selected)
    shown = paths
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
