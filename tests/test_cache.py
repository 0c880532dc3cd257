import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from steplint.cache import Cache, Seen, clear
from steplint.files import SourceFile, Words, content_hash, discover, mentions

DAY = 86_400.0
NOW = 20_000 * DAY
WORDS = b"w" * 16
ROOT = Path("/project")
DATABASE = "cache-1.sqlite"


class Clock(Struct):
    """A clock that stands still until it is moved."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the cache is; it is not there yet."""
    return tmp_path / "deep" / ".steplint_cache"


def key(number: int) -> bytes:
    return content_hash(str(number).encode())


def opened(folder: Path, schema: str = "1", **options: object) -> Cache:
    return Cache.open(folder, schema, **{"clock": Clock(), **options})  # type: ignore[arg-type]


def filled(folder: Path, count: int = 20, size: int = 1000) -> dict[bytes, bytes]:
    values = {key(number): random.Random(number).randbytes(size) for number in range(count)}
    with opened(folder) as cache:
        cache.put_many(values)
        assert cache.trouble == ""
    return values


def source(path: str, mtime: float = NOW - 10, size: int = 5, inode: int = 7) -> SourceFile:
    return SourceFile(path, size, int(mtime * 1e9), inode)


def test_what_was_put_is_found_in_the_next_run(folder: Path) -> None:
    values = filled(folder, 1200, 10)
    with opened(folder) as cache:
        assert cache.get_many([*values, key(9999)]) == values
        assert cache.get_many([]) == {}
        assert cache.trouble == ""


def test_empty_values_and_new_values_for_an_old_key_are_kept(folder: Path) -> None:
    with opened(folder) as cache:
        cache.put_many({key(1): b"", key(2): b"old"})
        cache.put_many({key(2): b"new"})
        cache.put_many({})
        assert cache.get_many([key(1), key(2)]) == {key(1): b"", key(2): b"new"}


def test_another_schema_finds_nothing_and_leaves_the_old_values_alone(folder: Path) -> None:
    values = filled(folder)
    with opened(folder, "2") as cache:
        assert cache.get_many(values) == {}
        cache.put_many({key(1): b"two"})
    with opened(folder) as cache:
        assert cache.get_many(values) == values


def test_a_summary_and_a_result_of_one_digest_are_two_things(folder: Path) -> None:
    with opened(folder) as cache:
        cache.result_put(key(1), b"result")
        assert cache.get_many([key(1)]) == {}
        assert cache.result_get(key(1)) == b"result"
        assert cache.result_get(key(2)) is None
        cache.result_put(b"x" * 200, b"a long digest")
        assert cache.result_get(b"x" * 200) == b"a long digest"


def test_without_a_folder_nothing_is_remembered_and_nothing_is_wrong() -> None:
    with Cache.open(None, "1") as cache:
        cache.put_many({key(1): b"x"})
        cache.result_put(key(1), b"x")
        cache.seen_put(ROOT, [source("a.py")], {"a.py": Seen(key(1), True)}, WORDS)
        assert cache.get_many([key(1)]) == {}
        assert cache.result_get(key(1)) is None
        assert cache.seen_get(ROOT, [source("a.py")], WORDS) == {}
        assert cache.trouble == ""


def test_a_closed_cache_remembers_nothing(folder: Path) -> None:
    values = filled(folder)
    cache = opened(folder)
    cache.close()
    cache.close()
    cache.put_many({key(1): b"x"})
    assert cache.get_many(values) == {}
    assert cache.trouble == ""


def test_the_folder_says_what_it_is(folder: Path) -> None:
    filled(folder)
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert (folder / ".gitignore").read_text() == "*\n"
    assert "Safe to delete" in (folder / "README.md").read_text()


def test_git_does_not_see_the_folder(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    filled(tmp_path / "cache")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, capture_output=True, check=True)
    assert status.stdout == b""


def test_a_folder_that_holds_other_things_is_not_marked(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x = 1\n")
    filled(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [DATABASE, "main.py"]


def test_markers_that_an_interrupted_run_did_not_write_are_written_later(folder: Path) -> None:
    filled(folder)
    (folder / ".gitignore").unlink()
    filled(folder)
    assert (folder / ".gitignore").read_text() == "*\n"


def test_clearing_removes_the_folder_but_nothing_that_others_put_there(folder: Path) -> None:
    assert clear(folder) == 0
    filled(folder)
    assert clear(folder) > 20_000
    assert not folder.exists()
    filled(folder)
    (folder / "notes.txt").write_text("mine")
    clear(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_a_file_that_did_not_change_needs_no_reading(folder: Path) -> None:
    files = [source("a.py"), source("b.py", size=6), source("grün.py")]
    seen = {file.path: Seen(content_hash(file.path.encode()), file.path == "a.py") for file in files}
    with opened(folder) as cache:
        cache.seen_put(ROOT, files, seen, WORDS)
    with opened(folder) as cache:
        assert cache.seen_get(ROOT, files, WORDS) == seen
        assert cache.seen_get(ROOT, [source("c.py")], WORDS) == {}
        assert cache.seen_get(ROOT, files, b"other words") == {}
        assert cache.seen_get(Path("/elsewhere"), files, WORDS) == {}
        assert cache.trouble == ""


@pytest.mark.parametrize(
    "changed", [source("a.py", size=6), source("a.py", mtime=NOW - 9), source("a.py", inode=8)], ids=str
)
def test_a_file_with_another_size_time_or_inode_is_read_again(folder: Path, changed: SourceFile) -> None:
    with opened(folder) as cache:
        cache.seen_put(ROOT, [source("a.py")], {"a.py": Seen(key(1), True)}, WORDS)
        assert cache.seen_get(ROOT, [changed], WORDS) == {}


@pytest.mark.parametrize(("age", "trusted"), [(10, True), (2.5, True), (1.5, False), (0, False), (-3600, False)])
def test_a_file_that_has_just_changed_is_not_trusted(folder: Path, age: float, trusted: bool) -> None:
    file = source("a.py", mtime=NOW - age)
    with opened(folder) as cache:
        cache.seen_put(ROOT, [file], {"a.py": Seen(key(1), True)}, WORDS)
    with opened(folder) as cache:
        assert bool(cache.seen_get(ROOT, [file], WORDS)) is trusted


def test_an_edit_of_equal_length_in_the_same_instant_is_noticed(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "cache"
    root.mkdir()
    file = root / "a.py"
    words = Words.of(["dbos"])

    def run() -> Seen:
        with Cache.open(folder, "1") as cache:
            files = discover(root)
            seen = cache.seen_get(root, files, words.digest)
            for each in files:
                if each.path not in seen:
                    content = (root / each.path).read_bytes()
                    seen[each.path] = Seen(content_hash(content), mentions(content, words))
            cache.seen_put(root, files, seen, words.digest)
            return seen["a.py"]

    file.write_bytes(b"import json")
    before = file.stat().st_mtime_ns
    assert not run().mentions
    file.write_bytes(b"import dbos")
    os.utime(file, ns=(before, before))
    assert run() == Seen(content_hash(b"import dbos"), True)


def test_files_without_a_finding_and_files_that_are_gone_are_forgotten(folder: Path) -> None:
    seen = {"a.py": Seen(key(1), True), "b.py": Seen(key(2), True)}
    with opened(folder) as cache:
        cache.seen_put(ROOT, [source("a.py"), source("b.py"), source("c.py")], seen, WORDS)
        cache.seen_put(ROOT, [source("b.py")], seen, WORDS)
    with opened(folder) as cache:
        assert set(cache.seen_get(ROOT, [source("a.py"), source("b.py"), source("c.py")], WORDS)) == {"b.py"}


def test_a_name_that_is_no_utf8_is_looked_at_in_every_run(folder: Path) -> None:
    files = [source("caf\udce9.py"), source("a.py")]
    with opened(folder) as cache:
        cache.seen_put(ROOT, files, {file.path: Seen(key(1), True) for file in files}, WORDS)
        assert set(cache.seen_get(ROOT, files, WORDS)) == {"a.py"}
        assert cache.trouble == ""


def test_a_run_that_learns_nothing_writes_nothing(folder: Path) -> None:
    values, files = filled(folder), [source("a.py")]
    with opened(folder) as cache:
        cache.seen_put(ROOT, files, {"a.py": Seen(key(1), True)}, WORDS)
    before = (folder / DATABASE).read_bytes()
    with opened(folder) as cache:
        assert cache.get_many(values) == values
        cache.seen_put(ROOT, files, cache.seen_get(ROOT, files, WORDS), WORDS)
    assert (folder / DATABASE).read_bytes() == before


def test_what_is_used_stays_and_what_is_not_used_for_a_month_goes(folder: Path) -> None:
    clock = Clock()
    with opened(folder, clock=clock) as cache:
        cache.put_many({key(1): b"used", key(2): b"unused"})
    for _ in range(4):
        clock.now += 10 * DAY
        with opened(folder, clock=clock) as cache:
            assert cache.get_many([key(1)]) == {key(1): b"used"}
    with opened(folder, clock=clock) as cache:
        assert cache.get_many([key(1), key(2)]) == {key(1): b"used"}


def test_entries_from_the_future_go_when_the_clock_is_set_right(folder: Path) -> None:
    with opened(folder, clock=Clock(NOW + 1000 * DAY)) as cache:
        cache.put_many({key(1): b"future"})
    with opened(folder) as cache:
        cache.put_many({key(2): b"now"})
    with opened(folder) as cache:
        assert cache.get_many([key(1), key(2)]) == {key(2): b"now"}


def test_the_file_stays_below_its_limit_and_keeps_what_was_used_last(folder: Path) -> None:
    clock, limit = Clock(), 1_000_000
    for number in range(30):
        with opened(folder, clock=clock, max_bytes=limit) as cache:
            cache.put_many({key(number): bytes(100_000)})
        clock.now += DAY
        assert (folder / DATABASE).stat().st_size < limit + 150_000
    with opened(folder, clock=clock, max_bytes=limit) as cache:
        kept = [number for number in range(30) if cache.get_many([key(number)])]
        assert kept == list(range(kept[0], 30))
        assert len(kept) >= 5


def damage_nothing_there(file: Path) -> None:
    file.unlink()


def damage_empty(file: Path) -> None:
    file.write_bytes(b"")


def damage_text(file: Path) -> None:
    file.write_text("this is no database\n" * 500)


def damage_half(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def damage_newer_layout(file: Path) -> None:
    change(file, "pragma user_version = 99")


def damage_other_tables(file: Path) -> None:
    change(file, "drop table entries", "create table entries (other text)")


def damage_other_types(file: Path) -> None:
    change(
        file, "update entries set value = 7 where rowid % 2", "update entries set value = 'text' where rowid % 2 = 0"
    )


def damage_trigger(file: Path) -> None:
    change(file, "create trigger t before insert on entries begin select raise(fail, 'no'); end")


def damage_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:-4096] = random.Random(1).randbytes(len(content) - 8192)
    file.write_bytes(content)


def change(file: Path, *statements: str) -> None:
    base = sqlite3.connect(file)
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing_there,
        damage_empty,
        damage_text,
        damage_half,
        damage_newer_layout,
        damage_other_tables,
        damage_other_types,
        damage_middle,
    ],
)
def test_a_damaged_file_is_replaced_and_never_gives_a_wrong_value(folder: Path, damage: object) -> None:
    values = filled(folder, 50)
    damage(folder / DATABASE)  # type: ignore[operator]
    with opened(folder) as cache:
        assert cache.get_many(values).items() <= values.items()
        cache.put_many(values)
    filled(folder, 50)
    with opened(folder) as cache:
        assert cache.get_many(values) == values
        assert cache.trouble == ""


def test_a_file_that_breaks_on_writing_is_replaced_in_the_next_run(folder: Path) -> None:
    values = filled(folder)
    damage_trigger(folder / DATABASE)
    with opened(folder) as cache:
        assert cache.get_many(values) == values
        cache.put_many({key(99): b"x"})
        assert cache.trouble == "the cache is not used: no"
        assert cache.get_many(values) == {}
    filled(folder)
    with opened(folder) as cache:
        assert cache.get_many(values) == values


def test_a_damaged_file_in_a_folder_that_may_only_be_read_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = filled(folder)
    damage_text(folder / DATABASE)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with opened(folder) as cache:
        assert cache.get_many(values) == {}
        assert cache.trouble == "the cache is not used: file is not a database"
    assert (folder / DATABASE).exists()


@pytest.mark.parametrize("seed", range(60))
def test_bits_that_flip_change_no_value(folder: Path, seed: int) -> None:
    values = filled(folder, 30, 300)
    files = [source(f"{number}.py") for number in range(30)]
    seen = {file.path: Seen(key(number), number % 2 == 0) for number, file in enumerate(files)}
    with opened(folder) as cache:
        cache.seen_put(ROOT, files, seen, WORDS)
    chance = random.Random(seed)
    content = bytearray((folder / DATABASE).read_bytes())
    if seed % 3 == 0:
        del content[chance.randrange(len(content)) :]
    for _ in range(seed):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    (folder / DATABASE).write_bytes(content)
    for _ in range(3):
        with opened(folder) as cache:
            assert cache.get_many(values).items() <= values.items()
            assert cache.seen_get(ROOT, files, WORDS).items() <= seen.items()
            cache.put_many(values)
            cache.seen_put(ROOT, files, seen, WORDS)
    with opened(folder) as cache:
        assert cache.get_many(values) == values, cache.trouble


def test_a_list_of_files_with_other_contents_is_noted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(folder) as cache:
        monkeypatch.setattr("msgspec.msgpack.encode", lambda rows: b"\xc1")
        cache.seen_put(ROOT, [source("a.py")], {"a.py": Seen(key(1), True)}, WORDS)
    with opened(folder) as cache:
        assert cache.seen_get(ROOT, [source("a.py")], WORDS) == {}
        assert cache.trouble.startswith("the list of files in the cache is not used: ")


def test_a_folder_that_cannot_be_made_is_noted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file/cache"):
        with opened(place) as cache:
            cache.put_many({key(1): b"x"})
            assert cache.get_many([key(1)]) == {}
            assert cache.trouble.startswith("the cache is not used: ")


def test_a_folder_in_place_of_the_file_is_noted(folder: Path) -> None:
    (folder / DATABASE).mkdir(parents=True)
    with opened(folder) as cache:
        cache.put_many({key(1): b"x"})
        assert cache.trouble == "the cache is not used: unable to open database file"


def test_a_folder_that_may_only_be_read_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = filled(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with opened(folder, clock=Clock(NOW + DAY)) as cache:
        assert cache.get_many(values) == values
        cache.put_many({key(99): b"x"})
        assert cache.get_many([key(99)]) == {}
        assert cache.trouble == ""
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_an_empty_folder_that_may_not_be_written_is_noted(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    with opened(folder) as cache:
        cache.put_many({key(1): b"x"})
        assert cache.trouble.startswith("the cache is not used: ")


def child(folder: Path, body: str) -> subprocess.Popen[str]:
    code = f"""
        import os, signal, sys, time
        from pathlib import Path
        from steplint.cache import Cache
        from steplint.files import content_hash
        folder = Path({str(folder)!r})
        def key(number): return content_hash(str(number).encode())
    """
    program = textwrap.dedent(code) + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    """Return a list for started processes, which are ended afterwards."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_run_that_is_killed_loses_nothing_that_was_put(folder: Path, processes: list[subprocess.Popen[str]]) -> None:
    body = """
        cache = Cache.open(folder, "1")
        cache.put_many({key(1): b"kept"})
        cache._entries._base.execute("begin immediate")
        cache._entries._base.execute("delete from entries")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    processes.append(child(folder, body))
    assert processes[0].wait(30) == -signal.SIGKILL
    with Cache.open(folder, "1") as cache:
        assert cache.get_many([key(1)]) == {key(1): b"kept"}
        assert cache.trouble == ""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is one of POSIX")
def test_a_full_disk_is_noted_and_the_next_run_works(folder: Path, processes: list[subprocess.Popen[str]]) -> None:
    body = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        with Cache.open(folder, "1") as cache:
            cache.put_many({key(1): b"small"})
            cache.put_many({key(2): bytes(1_000_000)})
            print(cache.trouble)
    """
    processes.append(child(folder, body))
    said, _ = processes[0].communicate(timeout=30)
    assert processes[0].returncode == 0
    assert said.startswith("the cache is not used: ")
    with Cache.open(folder, "1") as cache:
        assert cache.get_many([key(1), key(2)]) == {key(1): b"small"}
        cache.put_many({key(2): b"x"})
        assert cache.trouble == ""


def test_several_processes_share_a_cache(folder: Path, processes: list[subprocess.Popen[str]]) -> None:
    body = """
        import json
        found, troubles = 0, []
        for round in range(15):
            with Cache.open(folder, "1") as cache:
                numbers = [round * 4 + n for n in range(8)]
                for hash, value in cache.get_many(map(key, numbers)).items():
                    assert value == hash * 100
                    found += 1
                cache.put_many({key(n): key(n) * 100 for n in numbers})
                if cache.trouble: troubles.append(cache.trouble)
        print(json.dumps([found, troubles]))
    """
    processes.extend(child(folder, body) for _ in range(3))
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert all(found for found, _ in answers)
    assert [trouble for _, troubles in answers for trouble in troubles] == []


def test_a_locked_file_is_noted_and_not_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = filled(folder)
    connect = sqlite3.connect
    monkeypatch.setattr("sqlite3.connect", lambda *args, **options: connect(*args, **{**options, "timeout": 0.05}))
    other = connect(folder / DATABASE, isolation_level=None)
    other.execute("begin immediate")
    with opened(folder) as cache:
        assert cache.get_many(values) == values
        cache.put_many({key(99): b"x"})
        assert cache.trouble == "the cache is not used: database is locked"
    other.execute("rollback")
    other.close()
    with opened(folder) as cache:
        assert cache.get_many(values) == values


def test_a_moved_cache_still_knows_contents(folder: Path, tmp_path: Path) -> None:
    values = filled(folder)
    shutil.move(folder, tmp_path / "moved")
    with opened(tmp_path / "moved") as cache:
        assert cache.get_many(values) == values


def test_the_real_clock_is_the_default(folder: Path) -> None:
    file = source("a.py", mtime=time.time() - 60)
    with Cache.open(folder, "1") as cache:
        cache.seen_put(ROOT, [file], {"a.py": Seen(key(1), True)}, WORDS)
        assert cache.seen_get(ROOT, [file], WORDS) == {"a.py": Seen(key(1), True)}
