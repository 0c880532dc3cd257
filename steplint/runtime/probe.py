"""One process of a determinism check: records a run, or replays it and writes down what its body asks for."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from steplint.runtime.binding import Bound
from steplint.runtime.clock import SkippingClock
from steplint.runtime.ops import Call, callable_name
from steplint.runtime.rehearse import SETTINGS, RehearsalEntry
from steplint.runtime.runtime import Runtime
from steplint.runtime.stores.sqlite import SqliteStore
from steplint.runtime.target import load_workflow
from steplint.runtime.values import encode
from steplint.runtime.visit import Visit


class Job(Struct, frozen=True):
    """What to do: record a run with ``data``, or replay it; ``clock`` is where time stands still, if it does."""

    target: str
    ledger: str
    run: str
    out: str
    data: Any = None
    record: bool = False
    clock: float | None = None


class Asked(Struct, frozen=True):
    """One step call of a body: its identity, and its arguments as text."""

    step: str
    kind: str
    callable: str
    arguments: tuple[str, ...]


class Trace(Struct, frozen=True):
    """What a body asked for, and what it returned (JSON), raised or was refused for."""

    calls: tuple[Asked, ...]
    result: str = ""
    refused: str = ""


def perform(job: Job) -> Trace:
    """Do ``job``; the module of the workflow is loaded under the same clock as its body."""
    with _standing_still(job.clock):
        workflow = load_workflow(job.target)
        if job.record:
            with Runtime(job.ledger, [workflow], clock=SkippingClock(), mode="checkpoint", backoff=(0.0,)) as runtime:
                runtime.start(workflow, job.data, id=job.run)
                try:
                    runtime.result(job.run)
                except TimeoutError as error:
                    return Trace((), refused=str(error))
                except Exception:
                    return Trace(())  # a run that fails is replayed as well
            return Trace(())
        store = SqliteStore(job.ledger)
        run = store.run(job.run)
        assert run is not None
        entry = RehearsalEntry(Visit(store, run, SETTINGS, workflow, Bound()), run.open)
        stopped = entry.follow(workflow)
        store.close()
        return Trace(tuple(map(_asked, entry.calls)), entry.result or stopped)


def clock_can_stand_still() -> bool:
    """Return whether the library that moves the clock is installed (extra `check`)."""
    return importlib.util.find_spec("time_machine") is not None


def _standing_still(clock: float | None) -> AbstractContextManager[object]:
    if clock is None:
        return nullcontext()
    travel = importlib.import_module("time_machine").travel
    return cast("AbstractContextManager[object]", travel(clock, tick=False))


def _asked(call: Call) -> Asked:
    arguments = tuple(_text(each) for each in call.args)
    return Asked(call.label, call.kind, callable_name(call.target), arguments)


def _text(value: object) -> str:
    try:
        return encode(value)
    except TypeError:
        # Objects are told apart by their type only: an address in memory is another one in each process.
        return f"<{type(value).__qualname__}>"


if __name__ == "__main__":
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    Path(job.out).write_bytes(msgspec.json.encode(perform(job)))
