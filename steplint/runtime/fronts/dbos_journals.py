"""Reads what DBOS recorded of runs, without their values."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from steplint.contract.inflight import Entry, Journal
from steplint.contract.runs import Status
from steplint.runtime.engines.dbos import checked_database, first_line
from steplint.runtime.engines.errors import EngineError
from steplint.runtime.engines.sdk import installed

_STATUS: Mapping[str, Status] = {
    "PENDING": "running",
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "SUCCESS": "completed",
    "ERROR": "failed",
    "CANCELLED": "cancelled",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
}
_IN_FLIGHT = ["PENDING", "ENQUEUED", "DELAYED"]
# A timeout has the number after the wait, whether it is recorded or not.
_TIMED = ("DBOS.recv", "DBOS.getEvent")
_PATCH = "DBOS.patch-"


def journals(
    database: str,
    workflows: Collection[str] = (),
    runs: Collection[str] = (),
    *,
    adapted: Collection[str] = (),
    limit: int | None = None,
) -> list[Journal]:
    """Return the runs in flight of these workflows, or all, the newest first; with ``runs``, those, ended or not.

    ``adapted`` are workflows that the adapter of steplint executes. Raises `EngineError`.
    """
    sdk = installed("dbos", "dbos", (3,))
    url = checked_database(database)
    if url.startswith("sqlite:///"):
        _refuse_missing(url)
    logging.getLogger("dbos").setLevel(logging.CRITICAL)  # it tells the same error in its own way
    try:
        client = sdk.DBOSClient(system_database_url=url, retry_connection_errors=False)
    except Exception as error:
        hint = "start the database, or check the URL"
        raise EngineError(f"the database of DBOS cannot be read: {first_line(error)}", hint) from None
    try:
        wanted: dict[str, Any] = {"load_input": False, "load_output": False, "sort_desc": True, "limit": limit}
        if runs:
            wanted["workflow_ids"] = list(runs)
        else:
            wanted["status"] = _IN_FLIGHT
        rows = client.list_workflows(**wanted, **({"name": list(workflows)} if workflows else {}))
        return [_journal(client, row, row.name in adapted) for row in rows]
    except Exception as error:
        hint = "is it the system database of a DBOS application, of a version that the SDK knows?"
        raise EngineError(f"the tables of DBOS cannot be read: {first_line(error)}", hint) from None
    finally:
        client.destroy()


def _journal(client: Any, row: Any, adapted: bool) -> Journal:
    rows = client.list_workflow_steps(row.workflow_id, load_output=False)
    entries = _adapted(rows, row.workflow_id) if adapted else _entries(rows)
    return Journal(row.workflow_id, row.name, _STATUS.get(row.status, "running"), tuple(entries))


def _entries(rows: Sequence[Mapping[str, Any]]) -> Iterator[Entry]:
    timed = {row["function_id"] for row in rows if row["function_name"] in _TIMED}
    expected = 1
    for row in rows:
        number, name = row["function_id"], row["function_name"]
        if number - 1 in timed and name == "DBOS.sleep":
            expected = number + 1
            continue
        # Timeouts of earlier waits that were not needed have numbers too.
        gap = [each for each in range(expected, number) if each - 1 not in timed]
        yield from (Entry(None) for _ in gap)
        expected = number + 1
        if gap and name == "DBOS.sleep" and row is rows[-1]:
            return  # the timeout of the wait in which the run stands
        if not name.startswith(_PATCH):
            yield Entry(name)


def _adapted(rows: Sequence[Mapping[str, Any]], run: str) -> Iterator[Entry]:
    from steplint.runtime.engines.dbos import recorded_steps

    for step in recorded_steps(rows, run):
        yield Entry(step.id, step.kind if step.id is None else "")


def _refuse_missing(url: str) -> None:
    from pathlib import Path

    path = url.removeprefix("sqlite:///")
    if not Path(path).is_file():
        raise EngineError(f"there is no database `{path}`", "name the file: `sqlite:///path/to/file`")
