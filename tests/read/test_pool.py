from __future__ import annotations

import subprocess
import sys

import pytest

from steplint.read import pool, processes, reader_digest
from steplint.read.module import summarize
from steplint.read.pool import summarize_many

SOURCES = [(f"m{number}.py", f"def f{number}(a):\n    return a.b({number})\n".encode()) for number in range(40)]
BROKEN = ("broken.py", b"def f(:\n")


def test_summaries_come_in_the_given_order_with_their_keys() -> None:
    found = list(summarize_many([*SOURCES, BROKEN], jobs=1))
    assert [key for key, _ in found] == [key for key, _ in SOURCES] + ["broken.py"]
    assert [summary for _, summary in found] == [summarize(source) for _, source in [*SOURCES, BROKEN]]


def test_several_processes_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_WORTH_A_POOL", 0.0)
    monkeypatch.setattr(pool, "_CHUNK", 0.001)
    given = [*SOURCES, BROKEN]
    assert list(summarize_many(given, jobs=2)) == list(summarize_many(given, jobs=1))


def test_little_work_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "ProcessPoolExecutor", None)
    assert len(list(summarize_many(SOURCES, jobs=8))) == len(SOURCES)


def test_much_work_starts_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    def refused(workers: int, **_: object) -> object:
        started.append(workers)
        raise OSError("no second process")

    monkeypatch.setattr(processes, "ProcessPoolExecutor", refused)
    large = [(str(number), b"x = 1\n" * 5_000) for number in range(4)]
    assert len(list(summarize_many(large, jobs=3))) == 4
    assert started == [3]


def test_no_files_are_no_work() -> None:
    assert list(summarize_many([], jobs=4)) == []


def test_the_digest_is_known_without_libcst() -> None:
    code = "import sys, steplint.read; print(steplint.read.reader_digest()); assert 'libcst' not in sys.modules"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == reader_digest()
    assert len(reader_digest()) == 16
