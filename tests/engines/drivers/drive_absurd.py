"""absurd on the server that `STEPLINT_POSTGRES` names: a run waits for an event, another worker takes over."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from pathlib import Path
from sys import executable
from types import ModuleType
from typing import Any

import psycopg
from journal import begin
from protocol import Given, Seen, load, serve_all

SERVER = os.environ.get("STEPLINT_POSTGRES", "")
ENTRIES = 20


def database() -> str:
    """Return the URL of a new database with the tables of absurd."""
    server, name = SERVER.replace("+psycopg", ""), f"steplint_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    subprocess.run([Path(executable).with_name("absurdctl"), "init", "-d", f"{server}/{name}"], check=True)
    return f"{server}/{name}"


def worker(edit: Given, source: str, phase: str) -> ModuleType:
    """Return a module whose app has a queue of its own for this edit."""
    begin(edit.folder, phase)
    return load(source.replace('queue_name="shop"', f'queue_name="shop{edit.folder.name}"'))


def perform(edit: Given) -> Seen:
    """Record two steps with the old worker, then go on with the new one."""
    old = worker(edit, edit.before, "before")
    old.app.create_queue(f"shop{edit.folder.name}")
    run = old.app.spawn("order", {}, max_attempts=1)["task_id"]
    for _ in range(1 + sum(kind == "sleep" for _, _, kind, _ in edit.recorded)):
        old.app.work_batch()
    old.app.close()
    new = worker(edit, edit.after, "after")
    new.app.emit_event("go", {})
    try:
        return ended(new.app, run)
    finally:
        new.app.close()


def ended(app: Any, run: str) -> Seen:
    """Work until the run has an end."""
    for _ in range(ENTRIES):
        app.work_batch()
        found = app.fetch_task_result(run)
        if found.state == "completed":
            return Seen("completed", found.result)
        if found.state in ("failed", "cancelled"):
            return Seen("failed", [], str(found.failure))
        time.sleep(0.02)
    return Seen("stuck", [], f"still {found.state}")


def all_edits(edits: list[Given]) -> list[Seen]:
    """Answer for all edits on one database."""
    os.environ["STEPLINT_DATABASE"] = database()
    return [perform(each) for each in edits]


serve_all(all_edits)
