"""Replaces the lock on disk: one writer at a time, never a half-written file, never over somebody else's edit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steplint.lock.file import LockError

_PATIENCE = 10.0
_ABANDONED = 60.0
"""Seconds after which the mark of a writer that was killed is taken away."""


def write(path: Path, text: str, before: bytes | None) -> None:
    """Replace the lock by ``text``; raises `LockError` if it no longer holds ``before``, which was judged."""
    with _alone(path):
        if _content(path) != before:
            raise LockError(f"{path.name} was changed by another program meanwhile", "run the command again")
        fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            fresh.write_bytes(text.encode("utf-8"))
            if path.exists():
                fresh.chmod(path.stat().st_mode & 0o777)
            fresh.replace(path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise LockError(f"{path.name} cannot be written: {error.strerror}", "nothing was changed") from None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    mark = path.with_name(f".{path.name}.writing")
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            _give_way(path, mark, deadline)
        except OSError as error:
            raise LockError(f"{path.name} cannot be written: {error.strerror}", "nothing was changed") from None
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def _give_way(path: Path, mark: Path, deadline: float) -> None:
    with suppress(FileNotFoundError):
        if time.time() - mark.stat().st_mtime > _ABANDONED:
            mark.unlink(missing_ok=True)
            return
    if time.monotonic() > deadline:
        raise LockError(f"another program writes {path.name}", f"if none does, delete {mark.name}")
    time.sleep(0.05)
