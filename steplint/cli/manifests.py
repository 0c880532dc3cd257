"""One run of `manifest` from flags to exit code."""

from __future__ import annotations

from collections.abc import Sequence

from steplint.cli import output
from steplint.cli.session import Session
from steplint.cli.stop import Stop, say


def run(session: Session, outputs: Sequence[str], check: bool) -> int:
    """Write the manifest, or compare it with the one that is committed, and return the exit code."""
    from steplint.contract.manifest import encode
    from steplint.project.lockfile import locked, manifest

    with session.analysis() as analysis:
        lock = locked(analysis)
        data = encode(manifest(analysis, lock.lock if lock is not None else None))
        failures = analysis.failures
    for each in failures:
        say(f"{each.where}: {each.message}")
    if check:
        return _compared(session, data)
    for path in _paths(outputs):
        if path:
            output.write(session.start / path, data)
        else:
            output.stdout(data.decode())
    return 70 if failures else 0


def _paths(outputs: Sequence[str]) -> list[str]:
    """Return the files that ``-o`` names; an empty text is stdout."""
    found = list[str]()
    for each in outputs or ("json",):
        name, mark, path = each.partition("=")
        if name == "json":
            found.append(path)
        elif mark:
            raise Stop(f"no format `{name}` of a manifest", "`-o json=PATH`, or `-o PATH`")
        else:
            found.append(each)
    return found


def _compared(session: Session, data: bytes) -> int:
    path = session.loaded.root / session.loaded.settings.manifest.path
    shown = session.shown(session.loaded.settings.manifest.path)
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        say(f"there is no `{shown}`", f"steplint manifest -o {shown}")
        return 1
    if before == data:
        return 0
    say(f"`{shown}` is out of date", f"steplint manifest -o {shown}")
    return 1
