"""Runs each job in a process of its own, forked from this one, that may be killed at a chosen write to the ledger.

A job is a line of JSON on stdin; the answer is a line with the exit status (negative: the signal) on stdout.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from steplint.runtime import RunFailedError, Runtime, SqliteStore
from tests.runtime.crash.program import WORKFLOWS


class KillingStore(SqliteStore):
    """Counts the moments before and after each write, and kills its process at one of them."""

    def __init__(self, path: str, kill_at: int) -> None:
        self.moments = 0
        self.kill_at = -1
        super().__init__(path, durability="process")
        self.kill_at = kill_at

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._sql.in_transaction:
            with super().transaction():
                yield
            return
        self._moment()
        with super().transaction():
            yield
        self._moment()

    def _write(self, sql: str, values: tuple[object, ...]) -> int:
        if self._sql.in_transaction:
            return super()._write(sql, values)
        self._moment()
        count = super()._write(sql, values)
        self._moment()
        return count

    def _moment(self) -> None:
        if self.moments == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.moments += 1


def perform(job: dict[str, Any]) -> None:
    """Drive the run of the job, and everything it caused, to the end, and write down what came of it."""
    os.environ["STEPLINT_TEST_LOG"] = job["log"]
    store = KillingStore(job["ledger"], job["kill_at"])
    with Runtime(store, WORKFLOWS.values(), mode=job["mode"], backoff=(0.0,), lease=60.0) as runtime:
        runtime.start(WORKFLOWS[job["form"]], {"nodes": job["nodes"], "ends": job["ends"]}, id="r")
        try:
            outcome = ["completed", runtime.result("r", timeout=30)]
        except RunFailedError as error:
            outcome = ["failed", str(error)]
        runtime.work(until_idle=True)
        Path(job["out"]).write_text(json.dumps([outcome, store.moments]))


def serve() -> None:
    """Answer jobs until stdin ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                perform(json.loads(line))
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
