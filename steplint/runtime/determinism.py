"""The determinism check: one recorded run, replayed in fresh processes with another clock and another hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import msgspec

from steplint.contract.runs import Determinism, Unstable
from steplint.runtime.probe import Asked, Job, Trace, clock_can_stand_still
from steplint.runtime.workflow import Workflow

Cause = Literal["clock", "chance", "hash-seed"]
# Another year, month, weekday, hour and, in most zones, another side of daylight saving time.
_SHIFT = 400 * 86400 + 7 * 3600 + 13 * 60
_RULES: dict[Cause, tuple[str, ...]] = {
    "clock": ("body-time",),
    "chance": ("body-random", "body-uuid", "external-state-read"),
    "hash-seed": ("unordered-iteration", "hash-or-identity"),
}


class CheckError(Exception):
    """A determinism check could not be made; the message says what its process printed."""


def check(target: str, data: Any = None, *, now: float = 1_700_000_000.0, timeout: float = 60.0) -> Determinism:
    """Record a run of ``target`` with ``data`` in a ledger of its own and return what another entry does differently.

    Sleeps and retries take no time. Raises `CheckError` if a process fails or takes longer than ``timeout`` seconds.
    """
    still = clock_can_stand_still()
    clock = now if still else None
    with tempfile.TemporaryDirectory(prefix="steplint-check-") as folder:
        job = Job(target, f"{folder}/ledger.sqlite", "check", f"{folder}/trace.json", data)
        recorded = _probe(msgspec.structs.replace(job, record=True, clock=clock), 0, timeout)
        job = msgspec.structs.replace(job, clock=clock)
        first = _probe(job, 0, timeout)
        others: list[tuple[Cause, Trace]] = [("chance", _probe(job, 0, timeout))]
        if still:
            others.append(("clock", _probe(msgspec.structs.replace(job, clock=now + _SHIFT), 0, timeout)))
        others.append(("hash-seed", _probe(job, 1, timeout)))
    found = dict[tuple[str, str], Unstable]()
    for cause, other in others:
        for each in _differences(first, other, cause, still):
            found.setdefault((each.what, each.step), each)
    return Determinism(target, job.run, tuple(found.values()), still, recorded.refused)


def assert_deterministic(workflow: Workflow | str, data: Any = None) -> None:
    """Raise AssertionError, naming what differs, unless every entry of the body asks for the same; for tests.

    A workflow must stand at the top level of a module that can be imported, or be given as ``app.py:function``.
    """
    found = check(workflow if isinstance(workflow, str) else target_of(workflow), data)
    if found.unstable:
        raise AssertionError("\n".join(describe(each) for each in found.unstable))


def target_of(workflow: Workflow) -> str:
    """Return how a fresh process finds ``workflow``; raises `CheckError` for one inside a function."""
    module = sys.modules.get(workflow.body.__module__)
    file = getattr(module, "__file__", None)
    names = [name for name, value in vars(module).items() if value is workflow] if module else []
    if not names or not file:
        raise CheckError(
            f"workflow `{workflow.id}` is not at the top level of a module: a fresh process cannot load it"
        )
    return f"{file}:{names[0]}"


def describe(unstable: Unstable) -> str:
    """Return one line that says what differs, why, and which rule finds it."""
    what = {
        "steps": f"step call {unstable.step}",
        "argument": f"an argument of step `{unstable.step}`",
        "result": "the result",
    }[unstable.what]
    why = {"clock": "with another time", "chance": "from entry to entry", "hash-seed": "with another hash seed"}
    rules = " or ".join(f"`{rule}`" for rule in unstable.rules)
    return f"{what} changes {why[unstable.cause]}: {unstable.first} or {unstable.second}; see {rules}"


def _probe(job: Job, seed: int, timeout: float) -> Trace:
    Path(job.out).unlink(missing_ok=True)
    command = [sys.executable, "-m", "steplint.runtime.probe"]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        process = subprocess.run(
            command, input=msgspec.json.encode(job), env=environment, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise CheckError(f"`{job.target}` took longer than {timeout:g} s, perhaps it waits for time to pass") from None
    if process.returncode != 0:
        last = process.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CheckError(f"`{job.target}` cannot be checked: {last[0] if last else f'exit {process.returncode}'}")
    return msgspec.json.decode(Path(job.out).read_bytes(), type=Trace)


def _differences(first: Trace, other: Trace, cause: Cause, still: bool) -> Iterator[Unstable]:
    rules = _RULES[cause] if still or cause != "chance" else (*_RULES["clock"], *_RULES["chance"])
    for number, (one, two) in enumerate(zip_longest(first.calls, other.calls), 1):
        if _identity(one) != _identity(two):
            yield Unstable("steps", str(number), cause, _identity(one), _identity(two), rules)
            break
        if one is not None and two is not None and one.arguments != two.arguments:
            pairs = zip_longest(one.arguments, two.arguments, fillvalue="")
            before, after = next((a, b) for a, b in pairs if a != b)
            yield Unstable("argument", one.step, cause, _short(before), _short(after), rules)
    if first.result != other.result:
        yield Unstable("result", "", cause, _short(first.result), _short(other.result), rules)


def _identity(asked: Asked | None) -> str:
    return f"`{asked.step}` ({asked.kind})" if asked is not None else "no step"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
