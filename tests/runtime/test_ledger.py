"""What a ledger file says when it cannot be used, and that nothing is lost by it."""

from __future__ import annotations

import multiprocessing
import sqlite3
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from steplint.runtime import Context, LedgerError, Runtime, SqliteStore, Workflow
from steplint.runtime.stores.schema import APPLICATION_ID, MIGRATIONS


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def sql(ledger: Path, *statements: str) -> None:
    connection = sqlite3.connect(ledger, isolation_level=None)
    for statement in statements:
        connection.executescript(statement)
    connection.close()


def count(ctx: Context, calls: list[str]) -> str:
    first = ctx.step.run("small", lambda: calls.append("small") or "s")
    return first + ctx.step.run("large", lambda: calls.append("large") or "x" * 500_000)[:1]


def test_a_full_disk_is_an_error_and_the_run_goes_on_later(ledger: Path) -> None:
    calls: list[str] = []
    store = SqliteStore(ledger)
    with Runtime(store, mode="checkpoint") as runtime:
        run_id = runtime.start(Workflow("w", lambda ctx: count(ctx, calls)))
        store._sql.execute("PRAGMA max_page_count = 40")
        with pytest.raises(
            LedgerError, match=r"ledger `.*` has no room left on its disk; free some space and run again"
        ):
            runtime.result(run_id)
        assert [step.label for step in store.steps(run_id)] == ["small"]
        store._sql.execute("PRAGMA max_page_count = 100000")
        assert runtime.result(run_id, timeout=60) == "sx"
    assert calls == ["small", "large", "large"]


def test_a_read_only_ledger_is_an_error(ledger: Path) -> None:
    store = SqliteStore(ledger)
    with Runtime(store) as runtime:
        store._sql.execute("PRAGMA query_only = ON")
        with pytest.raises(LedgerError, match=r"is read-only; make the file and its folder writable"):
            runtime.start(Workflow("w", lambda ctx: 1))


def test_a_locked_ledger_is_an_error_after_a_while_and_works_again(ledger: Path) -> None:
    calls: list[str] = []
    store = SqliteStore(ledger, patience=0.1)
    other = sqlite3.connect(ledger, isolation_level=None)
    with Runtime(store, mode="checkpoint") as runtime:

        def body(ctx: Context) -> str:
            ctx.step.run("small", lambda: calls.append("small"))
            return ctx.step.run(
                "locks", lambda: calls.append("locks") or str(other.execute("BEGIN EXCLUSIVE").rowcount)
            )

        run_id = runtime.start(Workflow("w", body))
        with pytest.raises(LedgerError, match=r"is locked by another process; end that process or wait for it"):
            runtime.result(run_id)
        other.execute("ROLLBACK")
        other.close()
        run = store.run(run_id)
        assert run is not None
        store.free(run.owner, runtime.clock.now())  # giving it back needs the lock too: else the lease must end
        other = sqlite3.connect(":memory:", isolation_level=None)
        assert runtime.result(run_id, timeout=60) == "-1"
        other.close()
    assert calls == ["small", "locks", "locks"]


def open_when_told(ledgers: list[Path], told: Barrier) -> None:
    for ledger in ledgers:
        told.wait(20)
        SqliteStore(ledger).close()


def test_processes_that_open_a_new_ledger_at_one_moment_wait_for_each_other(tmp_path: Path) -> None:
    # While a journal mode changes, SQLite answers "locked" at once, whatever patience it was given.
    context = multiprocessing.get_context("spawn")
    told = context.Barrier(6)
    ledgers = [tmp_path / f"{number}.sqlite" for number in range(40)]
    workers = [context.Process(target=open_when_told, args=(ledgers, told)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 6


def test_a_ledger_error_is_no_exception_of_the_body(ledger: Path) -> None:
    caught: list[Exception] = []
    store = SqliteStore(ledger)
    with Runtime(store, mode="checkpoint") as runtime:

        def body(ctx: Context) -> None:
            try:
                ctx.step.run("a", lambda: store._sql.execute("PRAGMA query_only = ON") and None)
            except Exception as error:
                caught.append(error)

        with pytest.raises(LedgerError):
            runtime.result(runtime.start(Workflow("w", body)))
    assert caught == []


def test_a_damaged_page_is_an_error(ledger: Path) -> None:
    with Runtime(ledger, mode="checkpoint") as runtime:
        run_id = runtime.start(
            Workflow("w", lambda ctx: [ctx.step.run(f"s-{n}", lambda: "x" * 900) for n in range(50)] and 1)
        )
        runtime.result(run_id)
    data = bytearray(ledger.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    for start in range(20 * page, len(data), page):
        data[start : start + page] = b"\xa5" * page
    ledger.write_bytes(data)
    store = SqliteStore(ledger)
    with pytest.raises(
        LedgerError, match=r"is damaged; restore a copy, or save what is readable with `sqlite3 FILE .recover`"
    ):
        store.steps(run_id)
    store.close()


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(ledger: Path) -> None:
    SqliteStore(ledger).close()
    sql(ledger, "PRAGMA user_version = 99")
    with pytest.raises(
        LedgerError, match=rf"has ledger version 99; this steplint reads up to {len(MIGRATIONS)}; update steplint"
    ):
        SqliteStore(ledger)
    with sqlite3.connect(ledger) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()


def test_another_sqlite_file_is_refused_and_left_alone(ledger: Path) -> None:
    sql(ledger, "CREATE TABLE mine (a)")
    with pytest.raises(LedgerError, match="is an SQLite file, but not a ledger; name another file"):
        SqliteStore(ledger)
    with sqlite3.connect(ledger) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    connection.close()


def test_a_file_that_is_no_database_is_refused(ledger: Path) -> None:
    ledger.write_text("{}" * 600)
    with pytest.raises(LedgerError, match="is not a ledger; name another file"):
        SqliteStore(ledger)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened; check that the folder exists and is writable"):
        SqliteStore(tmp_path / "no" / "ledger.sqlite")


FIRST_VERSION_ROWS = """
INSERT INTO runs VALUES ('r', 'w', '{"name":"steplint/run.started","data":{"n":1},"id":"r","ts":1}', 1.0, 'r', 1.0, '',
    '', 'waiting', NULL, NULL, 0, 1, '', 1.0, NULL);
INSERT INTO steps VALUES ('r', 0, '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8', 'a', 0, 'run', '[1,2]', NULL, 1, 1, 2);
INSERT INTO timers VALUES ('r', 'e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98', 'b', 0, 1, 'wait', 2, 3, 0, 'go', '', '');
INSERT INTO attempts VALUES ('r', '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8', 'a', 0, 0.5, 0.6,
    '{"name":"E","message":"m"}', 0.7);
INSERT INTO events VALUES ('e', 'go', '{}', 5);
INSERT INTO triggers VALUES ('w', 'go');
"""


def test_a_run_recorded_by_the_first_version_is_finished_by_this_one(ledger: Path) -> None:
    sql(
        ledger,
        MIGRATIONS[0],
        FIRST_VERSION_ROWS,
        f"PRAGMA application_id = {APPLICATION_ID}",
        "PRAGMA user_version = 1",
    )

    def body(ctx: Context) -> object:
        a = ctx.step.run("a", lambda: pytest.fail("a completed step runs again"))
        b = ctx.step.wait_for_event("b", event="go")
        return [ctx.event.data, a, b, ctx.step.run("c", lambda: 3)]

    with Runtime(ledger, [Workflow("w", body)]) as runtime:
        assert runtime.result("r", timeout=60) == [{"n": 1}, [1, 2], None, 3]
        assert [row.label for row in runtime.store.tries("r")] == ["a"]
    with sqlite3.connect(ledger) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_file_of_any_version_ends_with_the_same_tables(ledger: Path, tmp_path: Path, version: int) -> None:
    sql(ledger, *MIGRATIONS[:version], f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {version}")
    SqliteStore(ledger).close()
    SqliteStore(tmp_path / "new.sqlite").close()
    schemas = []
    for path in (ledger, tmp_path / "new.sqlite"):
        with sqlite3.connect(path) as connection:
            schemas.append(sorted(connection.execute("SELECT name, sql FROM sqlite_master").fetchall()))
        connection.close()
    assert schemas[0] == schemas[1]


def test_a_step_is_durable_before_the_next_line_runs(ledger: Path) -> None:
    def others_see() -> list[tuple[str]]:
        connection = sqlite3.connect(ledger)
        try:
            return connection.execute("SELECT id FROM steps ORDER BY position").fetchall()
        finally:
            connection.close()

    def body(ctx: Context) -> object:
        ctx.step.run("a", lambda: 1)
        seen = others_see()
        ctx.step.run("b", lambda: 1)
        return [seen, others_see()]

    with Runtime(ledger, mode="checkpoint") as runtime:
        assert runtime.result(runtime.start(Workflow("w", body))) == [[["a"]], [["a"], ["b"]]]


@pytest.mark.parametrize(("durability", "level"), [("power", 2), ("process", 1)])
def test_durability_sets_how_far_a_commit_reaches(ledger: Path, durability: str, level: int) -> None:
    store = SqliteStore(ledger, durability)  # type: ignore[arg-type]
    assert store._sql.execute("PRAGMA synchronous").fetchone() == (level,)
    assert store._sql.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()
