"""The keys that results are kept under: digests of everything a result depends on, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path

import msgspec

import steplint


def digest(*parts: object) -> bytes:
    """Return 16 bytes that change with any of ``parts``, which are bytes or what msgpack can write."""
    found = blake2b(program(), digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else msgspec.msgpack.encode(part)
        found.update(len(data).to_bytes(8, "little") + data)
    return found.digest()


def contents(hashes: Mapping[str, bytes], paths: Iterable[str]) -> bytes:
    """Return a digest of which file has which content."""
    found = blake2b(digest_size=16)
    for path in sorted(paths):
        found.update(os.fsencode(path) + b"\0" + hashes.get(path, b"") + b"\0")
    return found.digest()


@cache
def program() -> bytes:
    """Return what changes with steplint itself: its version, and the state of its files for those who edit them."""
    found = blake2b(steplint.__version__.encode(), digest_size=16)
    for folder in sorted(_folders(Path(steplint.__file__).parent)):
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    found.update(f"{entry.path}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
    return found.digest()


def _folders(top: Path) -> list[str]:
    found, waiting = [], [str(top)]
    while waiting:
        folder = waiting.pop()
        found.append(folder)
        with os.scandir(folder) as entries:
            waiting += [each.path for each in entries if each.is_dir() and not each.name.startswith(("_", "."))]
    return found
