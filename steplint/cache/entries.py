"""An SQLite file of sealed values that never fails: what does not work is noted, and everything looks unknown.

A value is stored behind a digest of its key and content. So a damaged file changes the time of a run, not its result.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from steplint.cache.folder import NAME, discard, prepare

MAX_DAYS = 30

_LAYOUT = 1
_BATCH = 500
_SEAL = 8
_TABLE = """
create table if not exists entries (
    key blob primary key,   -- what kind of value, for which version, of what
    value blob not null,    -- the seal, then the content
    used integer not null   -- the day of the last use
)
"""

_PASSING = (
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
)

T = TypeVar("T")


class Entries:
    """Values by key in a folder. ``trouble`` says why nothing is remembered, or is empty.

    ``note`` says why what was there before is gone.
    """

    def __init__(self, directory: Path | None, today: int, max_bytes: int) -> None:
        self.trouble = ""
        self.note = ""
        self._today = today
        self._max_bytes = max_bytes
        self._file = directory / NAME if directory else None
        self._base: sqlite3.Connection | None = None
        self._used_before: set[bytes] = set()
        self._writable = self._wrote = False
        if self._file:
            self._open(self._file)

    @property
    def folder(self) -> Path | None:
        """The folder, as long as it is written to."""
        return self._file.parent if self._file is not None and self._base is not None and self._writable else None

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values that are known."""
        wanted = list(keys)
        return self._guarded(lambda base: self._select(base, wanted), {})

    def put(self, values: Mapping[bytes, bytes]) -> None:
        """Remember values, in one transaction."""
        if values and self._writable:
            rows = [(key, _seal(key, value) + value, self._today) for key, value in values.items()]
            self._wrote = True
            self._guarded(lambda base: _insert(base, rows), None)

    def close(self) -> None:
        """Note what was used, drop what was not for a month or is too much, and let go of the file."""
        if self._writable and (self._wrote or self._used_before):
            self._guarded(self._tidy, None)
        self._guarded(lambda base: base.close(), None)
        self._base = None

    def _open(self, file: Path) -> None:
        try:
            prepare(file.parent)
            try:
                self._base = self._connected(file)
            except sqlite3.DatabaseError as error:
                if not self._writable or not _is_damage(error):
                    raise
                discard(file)
                self._base = self._connected(file)
                self.note = f"the cache could not be read and is made anew: {error}"
        except (sqlite3.Error, OSError) as error:
            self.trouble = f"the cache is not used: {error}"

    def _connected(self, file: Path) -> sqlite3.Connection:
        self._writable = os.access(file.parent, os.W_OK)
        target = file.absolute().as_uri() + ("" if self._writable else "?immutable=1")
        base = sqlite3.connect(target, timeout=2.0, isolation_level=None, uri=True)
        try:
            self._set_up(base)
        except sqlite3.Error:
            base.close()
            raise
        return base

    def _set_up(self, base: sqlite3.Connection) -> None:
        base.text_factory = bytes  # damage can turn a blob into text that is none
        base.execute("pragma trusted_schema = off")  # the file may come from somebody else
        base.execute("pragma synchronous = off")  # seals find what a power cut broke
        if not self._writable:
            return
        (layout,) = base.execute("pragma user_version").fetchone()
        if layout == 0:
            base.execute("pragma auto_vacuum = incremental")
            base.execute("pragma journal_mode = wal")
            base.execute("begin immediate")
            base.execute(_TABLE)
            base.execute(f"pragma user_version = {_LAYOUT}")
            base.execute("commit")
        elif layout != _LAYOUT:
            raise sqlite3.DatabaseError(f"the layout is {layout}, not {_LAYOUT}")
        base.execute("select key, value, used from entries limit 0")

    def _select(self, base: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for batch, marks in _batches(keys):
            for key, value, used in base.execute(f"select key, value, used from entries where key in ({marks})", batch):
                content = value[_SEAL:] if isinstance(value, bytes) else b""
                if value != _seal(key, content) + content:
                    continue
                found[key] = content
                if used != self._today:
                    self._used_before.add(key)
        return found

    def _tidy(self, base: sqlite3.Connection) -> None:
        base.execute("begin immediate")
        for batch, marks in _batches(list(self._used_before)):
            base.execute(f"update entries set used = ? where key in ({marks})", [self._today, *batch])
        base.execute("delete from entries where used not between ? and ?", [self._today - MAX_DAYS, self._today + 1])
        self._shrink(base)
        base.execute("commit")
        base.execute("pragma incremental_vacuum").fetchall()

    def _shrink(self, base: sqlite3.Connection) -> None:
        """Drop what was not used for longest when there is too much, until a quarter of the allowed size is free."""
        size = _size(base)
        if size <= self._max_bytes:
            return
        excess = size - self._max_bytes * 3 // 4
        dropped = []
        for row, length in base.execute("select rowid, length(value) from entries order by used, rowid"):
            if excess <= 0:
                break
            dropped.append((row,))
            excess -= length
        base.executemany("delete from entries where rowid = ?", dropped)

    def _guarded(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what `action` returns; on any trouble `otherwise`, and nothing is known from then on."""
        base = self._base
        if base is None or self._file is None:
            return otherwise
        try:
            return action(base)
        except (sqlite3.Error, OSError) as error:
            self.trouble = f"the cache is not used: {error}"
            self._abandon(base, self._file if self._writable and _is_damage(error) else None)
            return otherwise

    def _abandon(self, base: sqlite3.Connection, damaged: Path | None) -> None:
        """Let go of the file; remove it when it is damaged, so that the next run starts with a new one."""
        self._base, self._writable = None, False
        try:
            base.close()
            if damaged:
                discard(damaged)
        except (sqlite3.Error, OSError) as error:
            self.trouble += f"; {error}"


def _insert(base: sqlite3.Connection, rows: Sequence[tuple[bytes, bytes, int]]) -> None:
    base.execute("begin immediate")
    base.executemany("insert or replace into entries (key, value, used) values (?, ?, ?)", rows)
    base.execute("commit")


def _batches(keys: Sequence[bytes]) -> Iterable[tuple[Sequence[bytes], str]]:
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        yield batch, ",".join("?" * len(batch))


def _size(base: sqlite3.Connection) -> int:
    """Return the bytes of the file that are in use."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(base.execute(f"pragma {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _seal(key: bytes, content: bytes) -> bytes:
    digest = blake2b(key, digest_size=_SEAL)
    digest.update(content)
    return digest.digest()


def _is_damage(error: Exception) -> bool:
    """Return whether a new file would help: not against locks, full disks, or mistakes of the program."""
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, sqlite3.ProgrammingError):
        return False
    return not str(error).startswith(_PASSING)
