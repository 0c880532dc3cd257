"""The verbs about the lock from flags to exit codes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from steplint.cli import output
from steplint.cli.reporting import Shown, show
from steplint.cli.session import Session
from steplint.cli.stop import say, warn

if TYPE_CHECKING:
    from steplint.lock.verbs import Given, Written
    from steplint.model.report import Report
    from steplint.project.analysis import Analysis
    from steplint.project.outcome import Notice

Decide = Callable[["Given"], "Written"]


def check(session: Session, flags: Mapping[str, Any]) -> int:
    """Compare code and lock, and return 1 if `steplint lock` would change something or has to be told something."""
    from steplint.lock.verbs import lock_check
    from steplint.project import locking

    with session.analysis() as analysis:
        given = locking.given(analysis)
        found = lock_check(given)
        if found.failing:
            # Only then does it matter which files git does not know yet.
            found = lock_check(given, locking.untracked(analysis))
        nothing = locking.vacuous(analysis, given)
        report = locking.report(analysis, "lock", found.changes, failing=found.failing)
        _notes(session, found.notes)
        _show(session, analysis, report, flags)
        if not (session.quiet or report.findings or nothing or given.data is None):
            click.echo(f"{session.shown(session.loaded.settings.lock.path)} is up to date", err=True)
        return _ended(session, report, nothing)


def update(session: Session, flags: Mapping[str, Any], decide: Decide | None = None) -> int:
    """Bring the lock up to date, or record a decision, and return 1 if something has to be decided first."""
    from steplint.lock.verbs import compared, lock_update
    from steplint.project import locking

    with session.analysis() as analysis:
        given = locking.given(analysis)
        written = (decide or lock_update)(given)
        _notes(session, written.notes)
        if flags["dry_run"]:
            output.stdout(_difference(session, given, written))
        elif written.text is not None:
            _write(session, given, written)
        if written.waiting:
            sides = compared(written.waiting, given.code, locking.published(given))
            report = locking.report(analysis, "lock", written.waiting, sides, failing=True)
            _show(session, analysis, report, flags)
            return 1
        if not session.quiet:
            _tell(session, written, dry=flags["dry_run"])
        return 0


def resolve(session: Session, flags: Mapping[str, Any]) -> int:
    """Merge a conflicted lock, and return 1 if choices are left."""
    from steplint.lock.verbs import lock_resolve
    from steplint.lock.write import write
    from steplint.project import locking

    loaded = session.loaded
    path = loaded.root / loaded.settings.lock.path
    with session.analysis() as analysis:
        code = None if analysis.linked.problems else locking.merged_code(analysis)
        done = lock_resolve(loaded.root, loaded.settings.lock.path, code)
        _notes(session, done.notes)
        if flags["dry_run"]:
            output.stdout(done.text)
        else:
            write(path, done.text, analysis.lock_bytes)
    for conflict in done.conflicts:
        about = f"{conflict.workflow}: {conflict.step}" if conflict.step else conflict.workflow
        say(f"{about}: {conflict.message}")
    return 1 if done.conflicts else 0


def diff(session: Session, flags: Mapping[str, Any]) -> int:
    """Compare the work tree with a base, and return 1 if something waits for a decision."""
    from steplint.project import locking
    from steplint.report.formats import names

    wanted = output.targets(flags["output"] or session.loaded.settings.output, names())
    with session.analysis() as analysis:
        other = locking.against(analysis, flags["against"], exact=flags["exact"], fetch=flags["fetch"])
        given = locking.given(analysis, judged=False)
        found = locking.compared(analysis, given, other, suggest=not flags["no_suggest"])
        _notes(session, found.notes)
        report = locking.report(
            analysis, "diff", found.changes, found.compared, other=other.base, lint=other.lint, failing=found.failing
        )
        extra = {"read_base": locking.reader(analysis, other), "show_all": flags["all"]}
        show(session, Shown(_zeroed(report, flags), wanted, flags, analysis.text, extra))
        return _ended(session, _zeroed(report, flags), locking.vacuous(analysis, given))


def _zeroed(report: Report, flags: Mapping[str, Any]) -> Report:
    from msgspec.structs import replace

    return replace(report, exit_code=0) if flags["exit_zero"] else report


def _show(session: Session, analysis: Analysis, report: Report, flags: Mapping[str, Any]) -> None:
    from steplint.report.formats import names

    wanted = output.targets(flags["output"] or session.loaded.settings.output, names())
    show(session, Shown(report, wanted, flags, analysis.text, summary=bool(report.findings)))


def _ended(session: Session, report: Report, nothing: Notice | None) -> int:
    from steplint.project.locking import exit_code

    if nothing is not None and session.quiet < 2:
        sys.stdout.flush()
        say(nothing.message, nothing.hint)
    return exit_code(report, nothing)


def _notes(session: Session, notes: Sequence[str]) -> None:
    if not session.quiet:
        for note in notes:
            click.echo(f"note: {note}", err=True)


def _write(session: Session, given: Given, written: Written) -> None:
    from steplint.lock.write import write

    for comment in written.comments:
        warn(f"{session.shown(given.policy.settings.path)}:{comment.line}: dropped: {comment.text}")
    write(given.root / given.policy.settings.path, written.text or "", given.data)


def _difference(session: Session, given: Given, written: Written) -> str:
    """Return what would be written as a unified diff."""
    before = (given.data or b"").decode("utf-8-sig")
    path = session.shown(given.policy.settings.path)
    after = before if written.text is None else written.text
    rows = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(rows)


def _tell(session: Session, written: Written, dry: bool) -> None:
    path = session.shown(session.loaded.settings.lock.path)
    if written.text is None:
        click.echo(f"{path} is up to date", err=True)
        return
    for mark, entries in (("+", written.added), ("-", written.dropped)):
        for each in entries:
            name = f"{each.workflow}: {each.step}" if each.step is not None else each.workflow
            click.echo(f"  {mark} {name}", err=True)
    click.echo(f"{'would write' if dry else 'wrote'} {path}", err=True)
