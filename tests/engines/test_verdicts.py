"""What the diff says of an edit is what the engine does to a run in flight.

`pytest -m engines -rP` prints the table of each engine. `STEPLINT_WRITE_VERDICTS=1` writes `docs/verdicts.md`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import get_args

import pytest

from steplint.contract.identity import Verdict
from tests.engines import table
from tests.engines.edits import BASE, EDITS, Edit
from tests.engines.engines import ENGINES, ROOT, Engine
from tests.engines.environments import alone
from tests.engines.matrix import Cell, column, foretold, wrong
from tests.engines.observed import MEANS, Seen, outcome
from tests.venvs import AbsentError

NAMES = [each.name for each in ENGINES]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("STEPLINT_ENGINE_VENVS")
    # The workers of one test run have a common parent.
    return Path(given) if given else tmp_path_factory.getbasetemp().parent / "engines"


@pytest.mark.engines
@pytest.mark.parametrize("engine", ENGINES, ids=NAMES)
def test_the_diff_says_what_the_engine_does(engine: Engine, folder: Path) -> None:
    start = time.monotonic()
    try:
        cells = column(engine, folder)
    except AbsentError as absent:
        pytest.skip(f"{engine.name}: {absent}")
    print(f"{engine.name}: {time.monotonic() - start:.1f} s")
    for name, cell in cells.items():
        print(f"  {name:18} said {cell.said:8} did: {cell.did:12} {cell.why[:90]}")
    assert wrong(engine, cells).keys() == engine.accepted.keys(), wrong(engine, cells)
    if os.environ.get("STEPLINT_WRITE_VERDICTS"):
        with alone(folder / "page"):
            columns = {**table.written(table.read()), engine.name: cells}
            table.PAGE.write_text(table.replaced(table.read(), columns), "utf-8")
    assert table.written(table.read())[engine.name] == {name: cell._replace(why="") for name, cell in cells.items()}


@pytest.mark.parametrize("engine", ENGINES, ids=NAMES)
def test_the_page_has_what_the_diff_says(engine: Engine) -> None:
    cells = table.written(table.read())[engine.name]
    assert {name: cell.said for name, cell in cells.items()} == {
        name: each.verdict for name, each in foretold(engine).items()
    }
    assert wrong(engine, cells).keys() == engine.accepted.keys()


@pytest.mark.parametrize("engine", ENGINES, ids=NAMES)
def test_the_lock_alone_says_the_same_unless_it_takes_more_than_names_to_see(engine: Engine) -> None:
    told = foretold(engine)
    fewer = {name: each.locked for name, each in told.items() if each.locked != each.verdict}
    assert fewer.keys() <= {"reorder, one ID", "change argument"}
    # What tells calls of one function apart are their arguments, which a lock does not hold.
    assert "reorder, one ID" not in fewer or engine.spelling.named
    # Nor does it hold the text of a body, by which DBOS names a version.
    assert "change argument" not in fewer or told["change argument"].kinds == ("unpinned",)
    assert set(fewer.values()) <= {"safe"}


def test_the_page_is_as_it_is_written() -> None:
    page = table.read()
    assert list(table.written(page)) == NAMES
    assert table.replaced(page, table.written(page)) == page


def test_a_dialect_whose_verdicts_were_run_is_in_the_table() -> None:
    run = {
        path.stem
        for path in (ROOT / "rules" / "dialects").glob("*.toml")
        if 'evidence = "run"' in path.read_text("utf-8")
    }
    assert run == {each.dialect for each in ENGINES}


@pytest.mark.parametrize(
    ("edit", "seen", "expected"),
    [
        ("rename", Seen("", "failed", [], ["reserve"], []), "fails"),
        ("rename", Seen("", "stuck", [], ["reserve"], []), "hangs"),
        ("reorder", Seen("", "completed", [("charge", "reserve:1")], ["reserve"], []), "wrong value"),
        ("change kind", Seen("", "completed", [("charge", None)], [], []), "wrong value"),
        ("rename", Seen("", "completed", [("reserve", "reserve:1")], ["reserve"], ["reserve"]), "runs again"),
        ("remove", Seen("", "completed", [("charge", "charge:1")], ["reserve", "charge"], []), "memo unused"),
        (
            "insert before",
            Seen("", "completed", [("audit", "audit:1"), ("reserve", "reserve:1")], ["reserve"], ["audit"]),
            "runs late",
        ),
        (
            "insert after",
            Seen("", "completed", [("reserve", "reserve:1"), ("audit", "audit:1")], ["reserve"], ["audit"]),
            "goes on",
        ),
    ],
)
def test_an_outcome_is_told_from_what_was_seen(edit: str, seen: Seen, expected: str) -> None:
    (found,) = [each for each in EDITS if each.name == edit]
    assert outcome(found, seen) == expected


def test_a_verdict_that_does_not_hold_is_named() -> None:
    cells = {"rename": Cell("safe", "hangs", "stays PENDING"), "none": Cell("safe", "goes on")}
    assert wrong(ENGINES[0], cells) == {"rename": "said safe, did: hangs (stays PENDING)"}


def test_every_verdict_has_an_outcome() -> None:
    assert MEANS.keys() == set(get_args(Verdict))


def test_a_run_stands_behind_two_steps() -> None:
    assert [each.id for each in Edit("none", BASE, BASE).recorded] == ["reserve", "charge"]
