from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from steplint.runtime import MemoryStore, Runtime, SkippingClock, Workflow
from steplint.runtime.store import Store
from steplint.runtime.stores.sqlite import SqliteStore

MakeRuntime = Callable[..., Runtime]


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = SqliteStore(tmp_path / "ledger.sqlite") if request.param == "sqlite" else MemoryStore()
    yield made
    made.close()


@pytest.fixture(params=["checkpoint", "every-step"])
def make_runtime(request: pytest.FixtureRequest) -> Iterator[MakeRuntime]:
    """Return a function that makes runtimes of one mode on one memory store, with a clock that skips pauses."""
    store = MemoryStore()
    clock = SkippingClock()
    made: list[Runtime] = []

    def make(*workflows: Workflow, **options: Any) -> Runtime:
        given: dict[str, Any] = {"mode": request.param, "clock": clock} | options
        made.append(Runtime(store, workflows, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def runtime(make_runtime: MakeRuntime) -> Runtime:
    return make_runtime()
