"""A ledger in one SQLite file: write-ahead log, one commit a step, several processes."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import astuple

from steplint.runtime.errors import LedgerError
from steplint.runtime.store import EventRow, Note, Run, Step, Timer, Try, VisitRow
from steplint.runtime.stores.schema import APPLICATION_ID, MIGRATIONS

Durability = Literal["power", "process"]
_Row = TypeVar("_Row", bound=Struct)
_FIXED = ("id", "workflow", "event", "created", "root", "parent", "parent_key")


def _insert(table: str, row: type[Struct], verb: str = "INSERT") -> str:
    names = row.__struct_fields__
    return f"{verb} INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def _select(table: str, row: type[Struct], rest: str) -> str:
    return f"SELECT {', '.join(row.__struct_fields__)} FROM {table} {rest}"


_CHANGING = tuple(name for name in Run.__struct_fields__ if name not in _FIXED)
_PUT_RUN = f"UPDATE runs SET {', '.join(f'{name} = ?' for name in _CHANGING)} WHERE id = ?"
_ADD_STEP = (
    f"INSERT INTO steps ({', '.join(Step.__struct_fields__)}) SELECT {', '.join('?' * len(Step.__struct_fields__))}"
    " FROM runs WHERE id = ? AND claim = ?"
)
_ADD_RUN = _insert("runs", Run, "INSERT OR IGNORE")
_PUT_TIMER = _insert("timers", Timer, "INSERT OR REPLACE")
_ADD_TRY = _insert("attempts", Try)
_PUT_VISIT = _insert("visits", VisitRow, "INSERT OR REPLACE")
_ADD_NOTE = _insert("notes", Note)
_ADD_EVENT = _insert("events", EventRow, "INSERT OR IGNORE")


class SqliteStore:
    """The ledger at ``path``, created on first use.

    ``durability="power"``: a recorded step survives a power cut; ``"process"``: it survives a killed process only.
    """

    def __init__(self, path: str | PathLike[str], durability: Durability = "power", patience: float = 10.0) -> None:
        self.path = fspath(path)
        self._lock = threading.RLock()
        with _translated(self.path):
            self._sql = sqlite3.connect(self.path, timeout=patience, isolation_level=None, check_same_thread=False)
            try:
                _prepared(self._sql, self.path, durability, patience)
            except BaseException:
                self._sql.close()
                raise

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *why: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the calls inside one atomic step; may be nested."""
        with self._lock, _translated(self.path):
            if self._sql.in_transaction:
                yield
                return
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._sql.close()

    def add_run(self, run: Run) -> bool:
        """Add ``run``; False if its ID exists."""
        return self._write(_ADD_RUN, astuple(run)) == 1

    def put_run(self, run: Run) -> None:
        """Replace what changes in a run."""
        self._write(_PUT_RUN, (*(getattr(run, name) for name in _CHANGING), run.id))

    def run(self, run_id: str) -> Run | None:
        """Return one run."""
        return next(iter(self._rows(Run, "runs", "WHERE id = ?", run_id)), None)

    def runs(self, workflow: str = "", status: str = "", limit: int | None = None) -> list[Run]:
        """Return the newest runs first, all or the first ``limit``."""
        rest = "WHERE (? = '' OR workflow = ?) AND (? = '' OR status = ?) ORDER BY created DESC, id LIMIT ?"
        return self._rows(Run, "runs", rest, workflow, workflow, status, status, -1 if limit is None else limit)

    def children(self, run_id: str) -> list[Run]:
        """Return the runs that ``run_id`` invoked."""
        return self._rows(Run, "runs", "WHERE parent = ? AND parent != '' ORDER BY created, id", run_id)

    def due(self, now: float, workflows: Collection[str], root: str = "") -> Run | None:
        """Return the run that is due for longest."""
        rest = f"WHERE due <= ? {_among(workflows, root)} ORDER BY due LIMIT 1"
        return next(iter(self._rows(Run, "runs", rest, now, *workflows, *([root] if root else []))), None)

    def next_due(self, workflows: Collection[str], root: str = "") -> float | None:
        """Return when the next run is due."""
        sql = f"SELECT due FROM runs WHERE due IS NOT NULL {_among(workflows, root)} ORDER BY due LIMIT 1"
        with self._lock, _translated(self.path):
            row = self._sql.execute(sql, (*workflows, *([root] if root else []))).fetchone()
        return row[0] if row else None

    def owners(self) -> list[str]:
        """Return the workers that hold a run."""
        with self._lock, _translated(self.path):
            return [row[0] for row in self._sql.execute("SELECT DISTINCT owner FROM runs WHERE owner != ''")]

    def free(self, owner: str, now: float) -> None:
        """Make every run that ``owner`` holds due at once."""
        self._write("UPDATE runs SET due = ? WHERE owner = ? AND owner != '' AND due > ?", (now, owner, now))

    def queued(self) -> int:
        """Return how many runs no worker has begun."""
        with self._lock, _translated(self.path):
            return int(self._sql.execute("SELECT count(*) FROM runs WHERE status = 'queued'").fetchone()[0])

    def add_step(self, step: Step, claim: int) -> bool:
        """Record ``step`` unless the run's claim is another one."""
        return self._write(_ADD_STEP, (*astuple(step), step.run, claim)) == 1

    def steps(self, run_id: str) -> list[Step]:
        """Return the recorded steps by position."""
        return self._rows(Step, "steps", "WHERE run = ? ORDER BY position", run_id)

    def counts(self, run_id: str) -> tuple[int, int]:
        """Return how many steps and how many failed tries a run has."""
        sql = "SELECT (SELECT count(*) FROM steps WHERE run = ?1), (SELECT count(*) FROM attempts WHERE run = ?1)"
        with self._lock, _translated(self.path):
            row = self._sql.execute(sql, (run_id,)).fetchone()
        return row[0], row[1]

    def copy(self, path: str | PathLike[str]) -> None:
        """Write the ledger as it is now to a new file at ``path``."""
        with self._lock, _translated(self.path):
            self._sql.execute("VACUUM INTO ?", (fspath(path),))

    def retire_step(self, run_id: str, position: int) -> None:
        """Keep a recorded step for people only: its key becomes ""."""
        self._write("UPDATE steps SET key = '' WHERE run = ? AND position = ?", (run_id, position))

    def put_timer(self, timer: Timer) -> None:
        """Add or replace a timer."""
        self._write(_PUT_TIMER, astuple(timer))

    def drop_timer(self, run_id: str, key: str) -> None:
        """Remove a timer."""
        self._write("DELETE FROM timers WHERE run = ? AND key = ?", (run_id, key))

    def timers(self, run_id: str) -> list[Timer]:
        """Return what the run waits for, by position."""
        return self._rows(Timer, "timers", "WHERE run = ? ORDER BY position", run_id)

    def waiting(self, event: str) -> list[Timer]:
        """Return all timers that wait for an event of this name."""
        return self._rows(Timer, "timers", "WHERE event = ? AND event != '' ORDER BY since", event)

    def add_try(self, row: Try) -> None:
        """Add a failed try."""
        self._write(_ADD_TRY, astuple(row))

    def tries(self, run_id: str) -> list[Try]:
        """Return the failed tries of a run in order."""
        return self._rows(Try, "attempts", "WHERE run = ? ORDER BY rowid", run_id)

    def put_visit(self, row: VisitRow) -> None:
        """Add or replace a visit."""
        self._write(_PUT_VISIT, astuple(row))

    def visits(self, run_id: str) -> list[VisitRow]:
        """Return the visits of a run in order."""
        return self._rows(VisitRow, "visits", "WHERE run = ? ORDER BY claim", run_id)

    def add_note(self, note: Note) -> None:
        """Add a note."""
        self._write(_ADD_NOTE, astuple(note))

    def notes(self, run_id: str) -> list[Note]:
        """Return the notes of a run in order."""
        return self._rows(Note, "notes", "WHERE run = ? ORDER BY rowid", run_id)

    def add_manifest(self, digest: str, workflow: bytes) -> None:
        """Keep a workflow's part of a manifest."""
        self._write("INSERT OR IGNORE INTO manifests (digest, workflow) VALUES (?, ?)", (digest, workflow))

    def manifest(self, digest: str) -> bytes | None:
        """Return what was kept under ``digest``."""
        with self._lock, _translated(self.path):
            row = self._sql.execute("SELECT workflow FROM manifests WHERE digest = ?", (digest,)).fetchone()
        return row[0] if row else None

    def add_event(self, event: EventRow) -> bool:
        """Add an event; False if its ID exists."""
        return self._write(_ADD_EVENT, astuple(event)) == 1

    def put_trigger(self, workflow: str, event: str) -> None:
        """Say which event starts ``workflow``; "" for none."""
        self._write("INSERT OR REPLACE INTO triggers (workflow, event) VALUES (?, ?)", (workflow, event))

    def triggered(self, event: str) -> list[str]:
        """Return the workflows that the event starts."""
        with self._lock, _translated(self.path):
            sql = "SELECT workflow FROM triggers WHERE event = ? AND event != '' ORDER BY workflow"
            return [row[0] for row in self._sql.execute(sql, (event,))]

    def _write(self, sql: str, values: tuple[object, ...]) -> int:
        with self._lock:
            try:
                return self._sql.execute(sql, values).rowcount
            except sqlite3.Error as error:
                raise _ledger_error(error, self.path) from error

    def _rows(self, row: type[_Row], table: str, rest: str, *values: object) -> list[_Row]:
        with self._lock, _translated(self.path):
            return [row(*each) for each in self._sql.execute(_select(table, row, rest), values)]


def _among(workflows: Collection[str], root: str) -> str:
    return f"AND workflow IN ({', '.join('?' * len(workflows))})" + (" AND root = ?" if root else "")


def _prepared(sql: sqlite3.Connection, path: str, durability: Durability, patience: float) -> None:
    """Prepare ``sql``, waiting ``patience`` seconds where SQLite itself would not.

    Its busy handler is not asked while a journal mode changes: of two processes that open a new ledger at the same
    moment, one is told at once that the database is locked.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return _prepare(sql, path, durability)
        except sqlite3.OperationalError as error:  # noqa: PERF203 - it is the loop's purpose
            if sql.in_transaction:
                sql.execute("ROLLBACK")
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(0.005)


def _prepare(sql: sqlite3.Connection, path: str, durability: Durability) -> None:
    sql.execute("BEGIN")  # one look: another process may be creating the tables right now
    version = sql.execute("PRAGMA user_version").fetchone()[0]
    owner = sql.execute("PRAGMA application_id").fetchone()[0]
    tables = sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    sql.execute("COMMIT")
    if tables and owner != APPLICATION_ID:
        raise LedgerError(f"`{path}` is an SQLite file, but not a ledger", "name another file")
    if version > len(MIGRATIONS):
        text = f"`{path}` has ledger version {version}; this steplint reads up to {len(MIGRATIONS)}"
        raise LedgerError(text, "update steplint")
    sql.execute("PRAGMA journal_mode = WAL")
    sql.execute(f"PRAGMA synchronous = {'FULL' if durability == 'power' else 'NORMAL'}")
    if durability == "power":
        # A short log is written over soon: syncing it again is cheaper than syncing one that grows.
        sql.execute("PRAGMA wal_autocheckpoint = 100")
    if version == len(MIGRATIONS):
        return
    sql.execute("BEGIN EXCLUSIVE")
    try:
        # Another process may have migrated the file while this one waited for the lock.
        version = sql.execute("PRAGMA user_version").fetchone()[0]
        for statement in ";".join(MIGRATIONS[version:]).split(";"):
            sql.execute(statement)
        sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        sql.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _ledger_error(error, path) from error


# SQLite's own messages: result codes are not available before Python 3.11.
_TROUBLES = (
    ("disk is full", "has no room left on its disk", "free some space and run again"),
    ("readonly", "is read-only", "make the file and its folder writable"),
    ("read-only", "is read-only", "make the file and its folder writable"),
    ("locked", "is locked by another process", "end that process or wait for it"),
    ("malformed", "is damaged", "restore a copy, or save what is readable with `sqlite3 FILE .recover`"),
    ("not a database", "is not a ledger", "name another file"),
    ("unable to open", "cannot be opened", "check that the folder exists and is writable"),
    ("disk i/o error", "cannot be read or written by the system", "check the disk"),
)


def _ledger_error(error: sqlite3.Error, path: str) -> LedgerError:
    text = str(error).lower()
    for sign, meaning, hint in _TROUBLES:
        if sign in text:
            return LedgerError(f"ledger `{path}` {meaning}", hint)
    return LedgerError(f"ledger `{path}`: {error}")
