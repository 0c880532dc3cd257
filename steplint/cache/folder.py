"""The folder of the cache: how it is marked, so that backups and git leave it out, and how it is removed."""

from __future__ import annotations

from pathlib import Path

NAME = "cache-1.sqlite"  # the number changes with the tables, so that versions of steplint can share a folder

_COMPANIONS = ("", "-wal", "-shm", "-journal")
_MARKERS = {
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache of steplint. What this file means: https://bford.info/cachedir/\n",
    ".gitignore": "*\n",
    "README.md": "# Cache of steplint\n\nSafe to delete at any time: the next run of steplint fills it again.\n",
}


def prepare(directory: Path) -> None:
    """Make the folder and mark it as a cache, unless it holds other things. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in directory.iterdir()}
    if all(_is_own(name) for name in names):
        for name in _MARKERS.keys() - names:
            (directory / name).write_text(_MARKERS[name], encoding="utf-8", newline="\n")


def discard(file: Path) -> None:
    """Remove a database with the files that SQLite puts beside it. Raises OSError."""
    for companion in _COMPANIONS:
        file.with_name(file.name + companion).unlink(missing_ok=True)


def clear(directory: Path) -> int:
    """Remove a cache folder and return the bytes that were freed; what others put there stays. Raises OSError."""
    if not directory.is_dir():
        return 0
    freed = 0
    for path in [path for path in directory.iterdir() if _is_own(path.name)]:
        freed += path.lstat().st_size
        path.unlink()
    if not any(directory.iterdir()):
        directory.rmdir()
    return freed


def _is_own(name: str) -> bool:
    return name in _MARKERS or (name.startswith("cache-") and ".sqlite" in name)
