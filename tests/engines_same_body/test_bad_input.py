"""A server that is not there, a wrong address, an SDK that is too old: one error that says what to start or change."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.engines import environments
from tests.engines_same_body.test_cluster import OWN
from tests.engines_same_body.test_same_body import DBOS, DRIVERS, ENGINES, ROOT, folder
from tests.venvs import AbsentError

__all__ = ["folder"]
RESTATE = next(each.packages for each in ENGINES if each.driver == "restate")
NOBODY = "127.0.0.1:9"


def python(folder: Path, packages: Sequence[str]) -> Path:
    try:
        return environments.python(folder, packages)
    except AbsentError as absent:
        pytest.skip(str(absent))


def done(program: Path, place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("STEPLINT_", "PYTEST_"))}
    return subprocess.run(
        [str(program), *command], cwd=place, env=kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def misused(program: Path, place: Path, *arguments: str) -> tuple[str, str]:
    ended = done(program, place, str(DRIVERS / "misuse.py"), *arguments)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout.rstrip().splitlines()[-1])
    assert "result" not in said, said
    return said["message"], said["hint"]


@pytest.mark.engines
@pytest.mark.parametrize(
    ("database", "error", "hint"),
    [
        (f"postgresql://postgres@{NOBODY}/x", "the database of DBOS cannot be used", "start PostgreSQL there"),
        ("mysql://x", "`mysql://x` is no database that DBOS uses", "write `sqlite:///file`"),
        ("sqlite:///none/x.sqlite", "the database of DBOS cannot be used: unable to open", "check the folder"),
    ],
)
def test_a_database_that_is_not_there(folder: Path, tmp_path: Path, database: str, error: str, hint: str) -> None:
    message, help_ = misused(python(folder, DBOS), tmp_path, "dbos", database)
    assert message.startswith(error)
    assert help_.startswith(hint)
    assert not list(tmp_path.iterdir())


@pytest.mark.engines
@pytest.mark.parametrize(
    ("url", "error"),
    [
        (f"postgresql://postgres@{NOBODY}/x", "error: the database of DBOS cannot be read: connection failed"),
        ("sqlite:///absent.sqlite", "error: there is no database `absent.sqlite`"),
        ("sqlite:///app.py", "error: the tables of DBOS cannot be read: file is not a database"),
        ("nonsense", "error: `nonsense` is no database that DBOS uses"),
        ("", "error: `` is no database that DBOS uses"),
    ],
)
@pytest.mark.parametrize("verb", ["replay", "drained"])
def test_runs_of_a_database_that_cannot_be_read(folder: Path, tmp_path: Path, verb: str, url: str, error: str) -> None:
    (tmp_path / "app.py").write_text(
        "from steplint.runtime import Context, workflow\n\n\n"
        '@workflow("order")\ndef order(ctx: Context) -> None:\n    ctx.step.sleep("nap", 1)\n'
    )
    program = python(folder, (*DBOS, *OWN))
    ended = done(
        program, tmp_path, "-m", "steplint", "runs", verb, *(["order"] if verb == "drained" else []), "--dbos", url
    )
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("warning: ")]
    assert ended.returncode == 2, ended.stderr
    assert lines[0].startswith(error)
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert {each.name for each in tmp_path.iterdir()} <= {"app.py", ".steplint_cache"}


@pytest.mark.engines
def test_a_restate_server_that_is_not_there_or_asked_at_the_wrong_place(folder: Path, tmp_path: Path) -> None:
    program = python(folder, RESTATE)
    none = f"http://{NOBODY}"
    assert misused(program, tmp_path, "restate_app")[0] == "Restate accepts no service named `a b/c`"
    message, hint = misused(program, tmp_path, "start", none, none)
    assert message.startswith(f"no Restate server answers at {NOBODY}")
    assert hint.startswith("start `restate-server`")
    assert misused(program, tmp_path, "start", "here", none)[0] == "`here` is no address of a Restate server"
    try:
        with environments.restate(folder) as addresses:
            ingress, admin = addresses.split(" ")
            message, hint = misused(program, tmp_path, "register", admin, ingress, none)
            assert message.startswith(f"Restate refused `POST {ingress}/deployments`: 400")
            assert hint.startswith("is this the right one of its interfaces?")
            message, hint = misused(program, tmp_path, "register", ingress, admin, none)
            assert message.startswith(f"Restate cannot register the app at {none}")
            assert hint == "start it, at an address that the server reaches"
            message, _ = misused(program, tmp_path, "start", ingress, admin)
            assert "service 'order' not found" in message
    except AbsentError as absent:
        pytest.skip(str(absent))


@pytest.mark.engines
def test_an_sdk_that_is_too_old_is_refused(folder: Path, tmp_path: Path) -> None:
    program = python(folder, ("dbos==2.1.0", "msgspec"))
    message, hint = misused(program, tmp_path, "dbos", "sqlite:///x.sqlite")
    assert (message, hint) == ("`dbos` is 2.1.0; steplint needs 3 or newer", "pip install 'steplint[dbos]'")
    assert not list(tmp_path.iterdir())


@pytest.mark.engines
def test_an_sdk_that_is_missing_is_named_with_its_extra(folder: Path, tmp_path: Path) -> None:
    program = python(folder, RESTATE)
    message, hint = misused(program, tmp_path, "dbos", "sqlite:///x.sqlite")
    assert message.startswith("the package `dbos` cannot be imported")
    assert hint == "pip install 'steplint[dbos]'"
