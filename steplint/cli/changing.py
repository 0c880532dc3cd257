"""What `check` writes to the project: fixes, suppressions, the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from steplint.cli import output
from steplint.cli.reporting import where
from steplint.cli.session import Session
from steplint.cli.stop import warn

if TYPE_CHECKING:
    from steplint.project.analysis import Analysis
    from steplint.project.check import Checked, Wanted
    from steplint.project.fixing import Fixed


def fixed(session: Session, analysis: Analysis, wanted: Wanted, flags: Mapping[str, Any]) -> tuple[Analysis, Checked]:
    """Make fixes, or print them as a diff, and return the project as it is then."""
    from steplint.project.fixing import fix

    done = fix(analysis, wanted, unsafe=flags["unsafe_fixes"], published=flags["fix_published"])
    if flags["diff"]:
        for path in sorted(done.contents):
            output.stdout(_diff(session, analysis, done, path))
    else:
        _write(session, done.contents)
    if not session.quiet:
        _tell(session, done, flags)
    return done.analysis, done.checked


def add_ignores(
    session: Session, analysis: Analysis, checked: Checked, wanted: Wanted, reason: str
) -> tuple[Analysis, Checked]:
    """Write a suppression for each finding, and return the project as it is then."""
    from steplint.project.check import check
    from steplint.project.ignoring import ignore

    done = ignore(analysis, checked.report.findings, reason)
    _write(session, done.contents)
    if not session.quiet:
        from steplint.report.cells import count

        click.echo(f"suppressed {count(done.silenced, 'finding')} in {count(len(done.contents), 'file')}", err=True)
    for each in done.left:
        warn(f"{where(session, each.finding.place)}: no comment can silence `{each.rule.name}`")
    after = analysis.edited(done.contents)
    return after, check(after, wanted)


def update_baseline(session: Session, checked: Checked, whole: bool) -> None:
    """Write the baseline: everything that was found, or what is left of it."""
    from steplint.check.baseline import encode

    baseline = checked.accepted if whole else checked.shrunk
    path = session.loaded.settings.baseline.path
    if baseline is None:
        warn(f"there is no baseline `{session.shown(path)}` to shrink; `--update-baseline=all` writes one")
        return
    output.write(session.loaded.root / path, encode(baseline))


def _write(session: Session, contents: Mapping[str, bytes]) -> None:
    for path, content in sorted(contents.items()):
        output.write(session.loaded.root / path, content)


def _diff(session: Session, analysis: Analysis, done: Fixed, path: str) -> str:
    from steplint.check.fix import diff

    return diff(session.shown(path), analysis.text(path) or "", done.analysis.text(path) or "")


def _tell(session: Session, done: Fixed, flags: Mapping[str, Any]) -> None:
    for each in done.applied:
        fix = each.finding.fix
        if fix is None or not (flags["show_fixes"] or fix.effect):
            continue
        effect = f" ({fix.effect})" if fix.effect else ""
        click.echo(f"{where(session, each.finding.place)}: {each.rule.name}: {fix.title}{effect}", err=True)
    for refused in done.refused:
        reported = refused.reported
        warn(f"{where(session, reported.finding.place)}: {reported.rule.name} is not fixed: {refused.reason}")
    if done.applied:
        from steplint.report.cells import count

        verb = "would fix" if flags["diff"] else "fixed"
        click.echo(f"{verb} {count(len(done.applied), 'finding')} in {count(len(done.contents), 'file')}", err=True)
