"""DBOS on SQLite, or on the server that `STEPLINT_POSTGRES` names: the process dies in the third step."""

from __future__ import annotations

import os
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from dbos import DBOS, SetWorkflowID
from journal import begin
from protocol import Given, Seen, forked, forked_all, load, serve_all

SERVER = os.environ.get("STEPLINT_POSTGRES")
PATIENCE = 20.0
SETTLED = 1.5
"""Seconds after which a run that the launch did not take up stays as it is."""


def template(top: Path) -> str:
    """Return the name of a database, or the file, in which the tables are made."""
    name = f"steplint_{os.getpid()}"
    file = top / name
    forked(partial(migrate, f"{SERVER}/{name}" if SERVER else f"sqlite:///{file}"))
    return name if SERVER else str(file)


def migrate(url: str) -> None:
    """Make the tables."""
    DBOS(config={"name": "shop", "system_database_url": url, "run_admin_server": False})
    DBOS.launch()
    DBOS.destroy()


def copied(source: str, folder: Path) -> str:
    """Return the URL of a copy of the template."""
    if SERVER is None:
        shutil.copy(source, folder / "dbos.sqlite")
        return f"sqlite:///{folder / 'dbos.sqlite'}"
    name = f"{source}_{folder.name}"
    with psycopg.connect(f"{SERVER.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return f"{SERVER}/{name}"


def start(edit: Given, url: str) -> None:
    """Run the old body until its third step ends the process."""
    os.environ["STEPLINT_DATABASE"] = url
    begin(edit.folder, "before, until ship")
    module = load(edit.before)
    DBOS.launch()
    with SetWorkflowID("w-1"):
        module.order()


def recover(edit: Given, url: str) -> list[Any]:
    """Run what a new process recovers; return status, result and error of the run."""
    os.environ["STEPLINT_DATABASE"] = url
    begin(edit.folder, "after")
    load(edit.after)
    DBOS.launch()
    found = DBOS.get_workflow_status("w-1")
    recovers = found.app_version == DBOS.application_version
    deadline = time.monotonic() + (PATIENCE if recovers else SETTLED)
    while found.status in ("PENDING", "ENQUEUED") and time.monotonic() < deadline:
        time.sleep(0.05)
        found = DBOS.get_workflow_status("w-1")
    return [found.status, found.output, str(found.error)]


def seen(status: str, output: Any, error: str) -> Seen:
    """Return the end of a run."""
    if status in ("PENDING", "ENQUEUED"):
        return Seen("stuck", [], f"stays {status}")
    return Seen("completed", output) if status == "SUCCESS" else Seen("failed", [], f"{status}: {error}")


def perform(edits: list[Given]) -> list[Seen]:
    """Start each run in one process, recover it in another."""
    made = template(edits[0].folder.parent)
    urls = [copied(made, each.folder) for each in edits]
    forked_all([partial(start, *each) for each in zip(edits, urls, strict=True)])
    ends = forked_all([partial(recover, *each) for each in zip(edits, urls, strict=True)])
    return [seen(*each) for each in ends]


serve_all(perform)
