"""One file of workflows does the same on every engine: step IDs, occurrences, values, results.

`pytest -m engines -rP tests/engines_same_body` prints the table of each engine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engines import environments
from tests.engines.engines import ENGINES as MATRIX
from tests.engines_same_body import differences
from tests.venvs import AbsentError

ROOT = Path(__file__).parents[2]
DRIVERS = Path(__file__).parent / "drivers"
LIMIT = 300
PINS = {each.driver: each.pin for each in MATRIX}


class Engine(NamedTuple):
    """A column: its driver, the packages that it needs, its server, and which differences its traces show."""

    name: str
    driver: str
    packages: tuple[str, ...] = ()
    server: str = ""
    mode: str = "checkpoint"
    seen: frozenset[str] = frozenset()


NAMELESS = frozenset({"sleep", "wait"})
DBOS = (PINS["dbos"], "msgspec")
ENGINES = (
    Engine("bundled runtime, every-step", "embedded", mode="every-step"),
    Engine("DBOS on SQLite", "dbos", DBOS, "sqlite", seen=NAMELESS),
    Engine("DBOS on PostgreSQL", "dbos", DBOS, "postgres", seen=NAMELESS),
    Engine("Restate", "restate", (PINS["restate"], "hypercorn", "msgspec"), "restate"),
    Engine("Inngest SDK", "inngest", (PINS["inngest"], "fastapi", "httpx", "msgspec")),
)
REFERENCE = Engine("bundled runtime, checkpoint", "embedded")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("STEPLINT_ENGINE_VENVS")
    return Path(given) if given else tmp_path_factory.getbasetemp().parent / "engines"


@pytest.fixture(scope="module")
def reference(folder: Path) -> dict[str, Any]:
    return traces(REFERENCE, folder, folder)


@pytest.mark.engines
@pytest.mark.parametrize("engine", ENGINES, ids=[each.name for each in ENGINES])
def test_the_body_does_the_same(engine: Engine, reference: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    try:
        found = traces(engine, folder, tmp_path)
    except AbsentError as absent:
        pytest.skip(f"{engine.name}: {absent}")
    assert found.keys() == reference.keys()
    seen, wrong = set[str](), dict[str, Any]()
    print(f"{'workflow':12} {'steps':>5}  {engine.name}")
    for name, told in reference.items():
        steps, missing = differences.unlike(told["steps"], found[name]["steps"])
        mine = {**found[name], "steps": steps}
        same = shown(mine) == shown(told)
        if not same:
            wrong[name] = {"bundled": shown(told), engine.name: shown(mine)}
        note = f", but no ID of: {', '.join(sorted(missing))}" if missing else ""
        print(f"{name:12} {len(steps):>5}  {'equal' if same else 'DIFFERS'}{note}")
        seen |= missing
    assert not wrong, json.dumps(wrong, indent=1)
    assert seen == engine.seen


@pytest.mark.engines
def test_the_bundled_runtime_does_what_the_bodies_say(reference: dict[str, Any]) -> None:
    labels = {name: [f"{step[0]}:{step[1]}" for step in each["steps"]] for name, each in reference.items()}
    assert labels["dynamic"] == ["load:0", "load:1", "load:2", "pack-0:0", "pack-1:0", "pack-2:0"]
    assert labels["parallel"] == ["price-tea:0", "price-rice:0", "stock:0", "pack-tea:0", "pack-rice:0", "after:0"]
    assert reference["retry"]["result"] == [3, "LookupError", "no tea", "noted rice"]
    assert reference["failure"]["error"] == ["LookupError", "no money"]
    assert reference["failure"]["handler"][0][2] == "noted failure: LookupError: no money"


def test_the_page_has_the_differences() -> None:
    print(differences.rows())
    assert differences.written() == differences.rows()


def shown(trace: dict[str, Any]) -> dict[str, Any]:
    """Return a trace without the kinds of its steps: they are the engine's own."""
    return {
        **trace,
        "steps": [step[:3] for step in trace["steps"]],
        "handler": [s[:3] for s in trace.get("handler", ())],
    }


def traces(engine: Engine, folder: Path, place: Path) -> dict[str, Any]:
    """Return what an engine did with each workflow; raises `AbsentError`."""
    python = Path(sys.executable)
    if engine.packages:
        python = environments.python(folder, engine.packages)
    with server(engine, folder, place) as address:
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("STEPLINT_", "PYTEST_", "INNGEST_"))
        }
        done = subprocess.run(
            [str(python), str(DRIVERS / f"run_{engine.driver}.py")],
            env=kept | address | {"PYTHONPATH": str(ROOT), "STEPLINT_REPLAY": engine.mode},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.rstrip().splitlines()[-1])
    return found


@contextmanager
def server(engine: Engine, folder: Path, place: Path) -> Iterator[dict[str, str]]:
    """Start what an engine needs; gives the environment by which its driver finds it."""
    if engine.server == "sqlite":
        yield {"STEPLINT_DATABASE": f"sqlite:///{place / 'dbos.sqlite'}"}
    elif engine.server == "postgres":
        with environments.postgres() as url:
            yield {"STEPLINT_DATABASE": f"{url}/body"}
    elif engine.server == "restate":
        with environments.restate(folder) as addresses:
            yield {"STEPLINT_RESTATE": addresses}
    else:
        yield {}
