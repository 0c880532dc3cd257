"""Names of worker processes, and whether one that held a run is certainly gone."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path


def worker_name() -> str:
    """Return a name of this process that no other has: host, process ID and, where it is known, time of birth."""
    return f"{_host()}|{os.getpid()}|{_since(os.getpid())}"


def is_gone(worker: str) -> bool:
    """Return whether the process behind ``worker`` ended; False whenever that cannot be told from here."""
    host, _, rest = worker.partition("|")
    pid, _, since = rest.partition("|")
    return bool(since) and host == _host() and pid.isdigit() and _since(int(pid)) != since


def _host() -> str:
    # Two containers may have one host name; their process IDs mean different things.
    try:
        space = str(Path("/proc/self/ns/pid").readlink()) if sys.platform == "linux" else ""
    except OSError:
        space = ""
    return f"{socket.gethostname()}{space.removeprefix('pid:')}"


def _since(pid: int) -> str:
    """Return when a process began, in ticks since the system did: tells it from a later one with its number.

    Empty for a process that is gone, one that only waits to be collected by its parent, and on systems without /proc.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
