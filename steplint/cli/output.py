"""Writes a report in the formats that were asked for: one to stdout, any number to files, none half."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from steplint.cli.stop import Stop, nearest


class Target(NamedTuple):
    """A format, and the file it goes to; an empty path is stdout."""

    format: str
    path: str


def targets(outputs: Sequence[str], known: Iterable[str]) -> list[Target]:
    """Return what `-o FORMAT[=PATH]` asks for; raises `Stop` for an unknown format and for two on stdout."""
    found = [Target(*each.partition("=")[::2]) for each in outputs]
    names = tuple(known)
    for each in found:
        if each.format not in names:
            raise Stop(f"no output format `{each.format}`", _near(each.format, names))
    stdout = [each.format for each in found if not each.path]
    if len(stdout) > 1:
        message = f"`{stdout[0]}` and `{stdout[1]}` cannot both go to stdout"
        raise Stop(message, f"give one of them a file: `-o {stdout[1]}=PATH`")
    return found


def emit(found: Iterable[Target], rendered: Callable[[Target], str], start: Path) -> None:
    """Write every target; a file is replaced as a whole, and a step summary of GitHub is added to."""
    for each in found:
        text = rendered(each)
        if each.path:
            write(start / each.path, text)
        else:
            stdout(text)


def write(path: Path, text: str | bytes) -> None:
    """Replace a file as a whole; add to the one that GITHUB_STEP_SUMMARY names. Raises `Stop`."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary and Path(summary) == path:
            with path.open("ab") as file:
                file.write(data)
        elif path.exists() and not path.is_file():
            path.write_bytes(data)  # /dev/stderr and the like
        else:
            _replace(path, data)
    except OSError as error:
        raise Stop(f"`{path}` cannot be written: {(error.strerror or str(error)).lower()}") from None


def _replace(path: Path, data: bytes) -> None:
    import tempfile

    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _near(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    return f"did you mean `{near}`?" if near else f"known are {', '.join(f'`{each}`' for each in known)}"


def stdout(text: str) -> None:
    """Print a text to stdout as it is, escape sequences included: whether there are any was decided before."""
    sys.stdout.write(text)
    sys.stdout.flush()


def stderr(text: str) -> None:
    """Print a text to stderr as it is."""
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.stderr.flush()
