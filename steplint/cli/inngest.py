"""The verbs `run`, `runs work` and `runs replay` for the user's own Inngest app."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from steplint.cli import output
from steplint.cli.session import Session
from steplint.cli.stop import Stop, say

if TYPE_CHECKING:
    from steplint.runtime import Runtime

F = TypeVar("F", bound=Callable[..., Any])


def options(command: F) -> F:
    """Add the flags that say where an Inngest app is."""
    for option in (
        click.option(
            "--without", multiple=True, metavar="OPTION", help="An option of functions that shall have no effect here."
        ),
        click.option("--signing-key", envvar="INNGEST_SIGNING_KEY", default="", help="For an app in production mode."),
        click.option("--port", type=int, metavar="PORT", help="Where an app at a URL finds this; 8288 if not given."),
        click.option("--serve-path", default="/api/inngest", metavar="PATH", help="Where the app serves functions."),
        click.option("--inngest", is_flag=True, help="TARGET is an Inngest app: `module:app`, `file.py:app` or a URL."),
    ):
        command = option(command)
    return command


def run(session: Session, target: str, flags: Mapping[str, Any]) -> int:
    """Send an event to an app and print what its functions returned; 1 if one did not complete."""
    from steplint.cli import running
    from steplint.runtime import console_inngest

    for name in ("check", "mode"):
        if flags[name]:
            raise click.UsageError(
                f"`--{name}` is not for an Inngest app: its SDK enters the body again after every step"
            )
    event = running.event(flags)
    if event is None and flags["run_id"] is None:
        raise Stop("an Inngest app is started by an event", "--event event.json")
    ended, left = console_inngest.run(
        target,
        event,
        ledger=running.ledger(session, flags),
        run_id=flags["run_id"],
        manifest=running.manifest(session, flags),
        guard=running.guard(session),
        durability=flags["durability"],
        timeout=flags["timeout"],
        observe=running.observer(session),
        max_deaths=flags["max_deaths"] or None,
        **_place(flags),
    )
    for each in ended:
        if each.status == "completed" and session.quiet < 2:
            output.stdout(bytes(each.result).decode() + "\n")
        elif each.status != "completed":
            error = f": {each.error.name}: {each.error.message}" if each.error is not None else ""
            say(f"run `{each.run}` is {each.status}{error}", f"steplint runs show {each.run} --store {flags['store']}")
    if left and not session.quiet:
        shown = ", ".join(f"`{each}`" for each in left[:5]) + (f" and {len(left) - 5} more" if left[5:] else "")
        hint = f"steplint runs work --inngest {target} --store {flags['store']}"
        click.echo(f"note: not ended yet: {shown}\nhint: {hint}", err=True)
    return 0 if all(each.status == "completed" for each in ended) else 1


def work(session: Session, target: str, flags: Mapping[str, Any]) -> int:
    """Drive due runs of an app's functions until told to stop."""
    from steplint.cli import running
    from steplint.runtime import console_inngest

    def ready(runtime: Runtime) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: runtime.stop())

    console_inngest.work(
        target,
        ledger=running.ledger(session, flags),
        manifest=running.manifest(session, flags),
        guard=running.guard(session),
        observe=running.observer(session),
        workers=flags["workers"],
        max_deaths=flags["max_deaths"] or None,
        until_idle=flags["until_idle"],
        ready=ready,
        **_place(flags),
    )
    return 0


def replay(session: Session, target: str, flags: Mapping[str, Any]) -> int:
    """Print what becomes of recorded runs under the app of now, and return 1 if any takes another path."""
    from steplint.cli import running
    from steplint.runtime import console_inngest

    found = console_inngest.replay(
        target,
        ledger=running.ledger(session, flags),
        manifest=running.manifest(session, flags),
        runs=flags["run"],
        limit=flags["limit"] or None,
        **_place(flags),
    )
    return running.rehearsed(session, found, flags)


def _place(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "path": flags["serve_path"],
        "port": flags["port"],
        "signing_key": flags["signing_key"],
        "without": flags["without"],
    }
