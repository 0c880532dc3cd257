"""The verbs about runs from flags to exit codes: drive them, look at them, rehearse them."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from steplint.cli import output
from steplint.cli.session import Session
from steplint.cli.stop import Stop, say
from steplint.cli.terminal import live

if TYPE_CHECKING:
    from steplint.contract.runs import Drained, Progress, Rehearsal
    from steplint.report.runs.view import RunsView
    from steplint.runtime import Runtime


def run(session: Session, target: str, flags: Mapping[str, Any]) -> int:
    """Start a run or go on with it, print its result as JSON, and return 1 if it did not complete."""
    from steplint.runtime import console

    ended = console.run(
        target,
        event(flags),
        ledger=ledger(session, flags),
        run_id=flags["run_id"],
        manifest=manifest(session, flags),
        guard=guard(session),
        mode=flags["mode"],
        durability=flags["durability"],
        timeout=flags["timeout"],
        observe=observer(session),
        max_deaths=flags["max_deaths"] or None,
    )
    if ended.status == "completed":
        if session.quiet < 2:
            output.stdout(bytes(ended.result).decode() + "\n")
        return 0
    error = f": {ended.error.name}: {ended.error.message}" if ended.error is not None else ""
    say(f"run `{ended.run}` is {ended.status}{error}", f"steplint runs show {ended.run} --store {flags['store']}")
    return 1


def check(session: Session, target: str, flags: Mapping[str, Any]) -> int:
    """Enter a body several times with the same memos, and return 1 if it asks for something else."""
    from steplint.report.runs.replay import determinism
    from steplint.runtime import console

    found = console.check(target, event(flags), timeout=flags["timeout"] or 60.0)
    _print(session, flags, found, lambda view: determinism(found, view))
    return 1 if found.unstable or found.refused else 0


def work(session: Session, targets: Collection[str], flags: Mapping[str, Any]) -> int:
    """Drive due runs until told to stop."""
    from steplint.runtime import console

    def ready(runtime: Runtime) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: runtime.stop())

    console.work(
        targets,
        ledger=ledger(session, flags),
        manifest=manifest(session, flags),
        guard=guard(session),
        observe=observer(session),
        workers=flags["workers"],
        max_deaths=flags["max_deaths"] or None,
        until_idle=flags["until_idle"],
        ready=ready,
    )
    return 0


def listed(session: Session, flags: Mapping[str, Any]) -> int:
    """Print the newest runs."""
    from steplint.report.runs.tables import runs
    from steplint.runtime import console

    found = console.listed(ledger(session, flags), flags["workflow"], flags["status"], flags["limit"] or None)
    _print(session, flags, found, lambda view: runs(found, view))
    return 0


def show(session: Session, run_id: str, flags: Mapping[str, Any]) -> int:
    """Print the timeline of a run, or write it as a page."""
    from steplint.report.runs.page import render_runs
    from steplint.report.runs.timeline import timeline
    from steplint.runtime import console

    found = console.show(ledger(session, flags), run_id)
    if flags["html"]:
        output.write(session.start / flags["html"], render_runs([found], _view(session)))
        return 0
    _print(session, flags, found, lambda view: timeline(found, view))
    return 0


def state(session: Session, run_id: str, flags: Mapping[str, Any]) -> int:
    """Print the memos of a run as JSON."""
    from steplint.runtime import console

    _json(console.state(ledger(session, flags), run_id))
    return 0


def change(session: Session, verb: str, run_id: str, flags: Mapping[str, Any]) -> int:
    """Queue a run again or end it, and return 1 if that cannot be done with it."""
    from steplint.runtime import console

    place = ledger(session, flags)
    done = console.retry(place, run_id) if verb == "retry" else console.cancel(place, run_id)
    if done:
        if not session.quiet:
            click.echo({"retry": "queued", "cancel": "cancelled"}[verb], err=True)
        return 0
    why = {"retry": "is neither failed nor held", "cancel": "has ended"}[verb]
    say(f"run `{run_id}` {why}", f"steplint runs show {run_id} --store {flags['store']}")
    return 1


def metrics(session: Session, flags: Mapping[str, Any]) -> int:
    """Print step time, retry rate, run duration and memo hit rate."""
    from steplint.report.runs.tables import metrics as table
    from steplint.runtime import console

    found = console.measure(ledger(session, flags), flags["workflow"], flags["limit"] or None)
    _print(session, flags, found, lambda view: table(found, view))
    return 0


def replay(session: Session, targets: Collection[str], flags: Mapping[str, Any]) -> int:
    """Print what becomes of recorded runs under the code of now, and return 1 if any takes another path."""
    from steplint.runtime import console

    found = console.replay(
        ledger(session, flags),
        targets,
        manifest=manifest(session, flags),
        runs=flags["run"],
        limit=flags["limit"] or None,
    )
    return rehearsed(session, found, flags)


def rehearsed(session: Session, found: Sequence[Rehearsal], flags: Mapping[str, Any]) -> int:
    """Print what would become of runs, and return 1 if any takes another path."""
    from steplint.report.runs.replay import rehearsal

    _print(session, flags, found, lambda view: "".join(rehearsal(each, view) for each in found) or "no runs\n")
    return 1 if any(each.divergences or not each.followed for each in found) else 0


def drained(session: Session, workflow: str, steps: Collection[str], flags: Mapping[str, Any]) -> int:
    """Print how many runs in flight hold a step, and return 1 if any does."""
    from steplint.runtime import console

    found = console.drained(ledger(session, flags), workflow, steps, _earlier(session, workflow))
    return counted(session, found, flags)


def _earlier(session: Session, workflow: str) -> list[str]:
    """Return the IDs from which a record in the lock leads to this one: runs keep the ID that they began with."""
    from steplint.lock.read import parse

    named = session.loaded.settings.lock.path
    path = session.loaded.root / named
    found = parse(path.read_bytes(), named).workflow if path.is_file() else ()
    return [was.id for each in found if each.id == workflow for was in each.was if was.accept == "alias"]


def counted(session: Session, found: Sequence[Drained], flags: Mapping[str, Any]) -> int:
    """Print how many runs in flight hold a step, and return 1 if any does."""
    from steplint.report.runs.tables import drained as table

    _print(session, flags, found, lambda view: table(found, view))
    return 1 if any(each.runs for each in found) else 0


def export(session: Session, path: str, flags: Mapping[str, Any]) -> int:
    """Copy the ledger while workers go on."""
    from steplint.runtime import console

    console.export(ledger(session, flags), session.start / path)
    return 0


def ledger(session: Session, flags: Mapping[str, Any]) -> Path:
    """Return the path of the ledger."""
    return session.start / str(flags["store"])


def manifest(session: Session, flags: Mapping[str, Any]) -> Path | None:
    """Return the manifest that is named, else the one that the settings name if it exists."""
    if flags["manifest"]:
        path = session.start / str(flags["manifest"])
        if not path.is_file():
            raise Stop(f"`{flags['manifest']}` does not exist", f"steplint manifest -o {flags['manifest']}")
        return path
    usual = session.loaded.root / session.loaded.settings.manifest.path
    return usual if usual.is_file() else None


def guard(session: Session) -> dict[Any, Any]:
    """Return what the configuration says of drift."""
    found: dict[Any, Any] = msgspec.to_builtins(session.loaded.settings.runtime.guard)
    return found


def event(flags: Mapping[str, Any]) -> Any:
    """Return the event that a file, stdin or a flag gives."""
    if flags["data"] is not None:
        try:
            return msgspec.json.decode(flags["data"])
        except msgspec.DecodeError as error:
            raise Stop(f"--data is no JSON: {error}", """--data '{"order_id": "o-1"}'""") from None
    if not flags["event"]:
        return None
    if flags["event"] == "-":
        return msgspec.json.decode(sys.stdin.buffer.read())
    from steplint.runtime import console

    try:
        return console.read_event(flags["event"])
    except (OSError, ValueError) as error:
        raise Stop(f"--event: {error}", "a JSON file with the event, or with its data") from None


def observer(session: Session) -> Callable[[Progress], None] | None:
    """Return what prints each moment of a run to a terminal."""
    shows = session.flags.progress and (live(sys.stderr) or session.flags.verbose)
    if not shows or session.quiet:
        return None
    from steplint.report.runs.replay import progress

    view, begin = _view(session, aside=True), time.time()
    return lambda each: output.stderr(progress(each, begin, view))


def _view(session: Session, *, aside: bool = False) -> RunsView:
    from steplint.report.runs.view import RunsView

    look = session.aside if aside else session.terminal
    return RunsView(time.time(), look.color, look.unicode, look.width)


def _print(session: Session, flags: Mapping[str, Any], found: Any, text: Callable[[RunsView], str]) -> None:
    if session.quiet > 1:
        return
    if flags["format_name"] == "json":
        _json(found)
    else:
        output.stdout(text(_view(session)))


def _json(found: Any) -> None:
    output.stdout(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
