"""One run of `init` from flags to exit code."""

from __future__ import annotations

import click

from steplint.cli import output
from steplint.cli.session import Session


def run(session: Session, yes: bool) -> int:
    """Print what a project needs to start, ask, and write it."""
    from steplint.project.check import check
    from steplint.project.starting import plan

    with session.analysis() as analysis:
        found = plan(analysis)
        told = [each for each in check(analysis).report.findings if each.severity != "info"] if yes else []
    for piece in found.pieces:
        verb = "would add to" if (session.loaded.root / piece.path).exists() else "would write"
        click.echo(f"{verb} {session.shown(piece.path)}: {piece.why}\n")
        click.echo("".join(f"    {line}\n" for line in piece.added.strip("\n").split("\n")))
    for line in found.advice:
        click.echo(f"by hand: {line}\n")
    if not found.pieces:
        click.echo("nothing is missing", err=True)
        return 0
    if not yes and not (session.asks() and click.confirm("write these files?", err=True)):
        click.echo("nothing was written: `steplint init --yes` writes these files", err=True)
        return 0
    for piece in found.pieces:
        path = session.loaded.root / piece.path
        path.parent.mkdir(parents=True, exist_ok=True)
        output.write(path, piece.text)
        click.echo(f"wrote {session.shown(piece.path)}", err=True)
    click.echo("next: commit them; `steplint diff` compares from the first merge on", err=True)
    if told:
        click.echo(
            f"next: `steplint check` reports {len(told)} findings; "
            "`steplint check --update-baseline=all` accepts them, so that only new ones fail",
            err=True,
        )
    return 0
