"""Fixtures for tests of workflows that run on the bundled runtime; nothing is imported until one is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from steplint.runtime import Event, Runtime, Workflow


class Replayed(NamedTuple):
    """A run that is over: what it returned, its ID, and the memos of its steps by label."""

    result: Any
    run: str
    memos: Mapping[str, Mapping[str, Any]]


class Replays:
    """Runs workflows on one ledger; the body is entered again after every step, and waits take no time."""

    def __init__(self, runtime: Runtime) -> None:
        """Use ``runtime``, which tests may look at: its `store` is the ledger."""
        self.runtime = runtime

    def __call__(self, workflow: Workflow, event: Event | Mapping[str, Any] | None = None) -> Replayed:
        """Run ``workflow`` with data, or with an event that triggers it; raises what `Runtime.result` raises."""
        from steplint.runtime.views import state
        from steplint.testing import recorded

        result, run = recorded(self.runtime, workflow, event)
        return Replayed(result, run, state(self.runtime.store, run))


@pytest.fixture
def steplint_run(tmp_path: Path) -> Iterator[Replays]:
    """Run a workflow on a temporary ledger, entering its body again after every step."""
    from steplint.runtime import Runtime, SkippingClock
    from steplint.testing import Counted

    ledger, clock = tmp_path / "ledger.sqlite", SkippingClock()
    with Runtime(ledger, mode="every-step", durability="process", clock=clock, observe=Counted(1_000)) as runtime:
        yield Replays(runtime)
