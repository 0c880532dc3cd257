"""One column of the matrix: each edit said by steplint, done by the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from steplint.contract.identity import Verdict
from tests.engines import environments
from tests.engines.edits import Edit
from tests.engines.engines import Engine
from tests.engines.observed import Outcome, Seen, outcome
from tests.engines.said import Said, said
from tests.engines.spellings import sources

DRIVERS = Path(__file__).parent / "drivers"
LIMIT = 150


class Cell(NamedTuple):
    """What steplint said of an edit and what the engine did; ``why`` is what it answered."""

    said: Verdict
    did: Outcome
    why: str = ""


def foretold(engine: Engine) -> dict[str, Said]:
    """Return by edit what steplint says."""
    return {each.name: said(engine.dialect, *sources(engine.spelling, each), each.gone, {}) for each in engine.edits}


def column(engine: Engine, folder: Path) -> dict[str, Cell]:
    """Return by edit what was said and done; raises `AbsentError`."""
    told = foretold(engine)
    with _server(engine, folder) as address:
        seen = _driven(engine, _python(engine, folder), address, told)
    return {
        edit.name: Cell(told[edit.name].verdict, outcome(edit, each), each.why)
        for edit, each in zip(engine.edits, seen, strict=True)
    }


def wrong(engine: Engine, cells: dict[str, Cell]) -> dict[str, str]:
    """Return the edits of which steplint said something else than the engine did."""
    return {
        name: f"said {cell.said}, did: {cell.did} ({cell.why})"
        for name, cell in cells.items()
        if cell.did not in engine.foretold(cell.said)
    }


def _python(engine: Engine, folder: Path) -> Path:
    if engine.driver == "steplint":
        return Path(sys.executable)
    # What the adapters need, too: the tests of `engines_same_body` use the same environments.
    return environments.python(folder, [engine.pin, *engine.beside, "msgspec"], engine.oldest)


@contextmanager
def _server(engine: Engine, folder: Path) -> Iterator[dict[str, str]]:
    """Start the server that an engine needs; gives the environment by which its driver finds it."""
    if engine.server == "postgres":
        with environments.postgres() as url:
            yield {"STEPLINT_POSTGRES": url}
    elif engine.server == "restate":
        with environments.restate(folder) as addresses:
            yield {"STEPLINT_RESTATE": addresses}
    else:
        yield {}


def _driven(engine: Engine, python: Path, address: dict[str, str], told: dict[str, Said]) -> list[Seen]:
    request = [_given(engine, each, told[each.name]) for each in engine.edits]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("STEPLINT_", "PYTEST_"))}
    done = subprocess.run(
        [str(python), str(DRIVERS / f"drive_{engine.driver}.py")],
        input=json.dumps(request),
        env=environment | address | dict(engine.settings),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return msgspec.json.decode(done.stdout.rstrip().splitlines()[-1], type=list[Seen])


def _given(engine: Engine, edit: Edit, told: Said) -> dict[str, object]:
    before, after = sources(engine.spelling, edit)
    return {
        "name": edit.name,
        "before": before,
        "after": after,
        "recorded": edit.recorded,
        "manifests": told.manifests,
    }
