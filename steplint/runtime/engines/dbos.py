"""Workflows on DBOS: steps are steps, sleeps are sleeps, runs are rows of a queue that many worker processes share."""

from __future__ import annotations

import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any

from steplint.contract.runs import Fault
from steplint.runtime.calls import EventLike, as_event
from steplint.runtime.engines.dbos_run import DbosRun
from steplint.runtime.engines.errors import EngineError, RunEndedError, StepFailedError
from steplint.runtime.engines.events import as_data, listed, matches, triggered
from steplint.runtime.engines.recorded import Recorded, labelled
from steplint.runtime.engines.sdk import installed
from steplint.runtime.errors import RunCancelledError, RunConflictError, RunFailedError, UnknownRunError
from steplint.runtime.retry import BACKOFF
from steplint.runtime.schedule import Event
from steplint.runtime.values import encode
from steplint.runtime.workflow import Workflow

QUEUE = "steplint"
_NAME = re.compile(r"[a-z0-9_-]{3,256}")
_WAITED = "\0waited"
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class DbosRuntime:
    """Starts and executes runs of workflows on a database of DBOS: `sqlite:///file` or `postgresql://...`.

    Each process that makes one is a worker, unless ``works`` is false. ``worker`` names it: every process needs a name
    of its own and keeps it when it is started again, since DBOS then goes on with the runs that it left behind.
    ``version`` pins the application version: without a pin DBOS strands all runs in flight at any edit of a body.
    ``backoff`` are the pauses before a step's tries; DBOS knows the first one and a factor, taken from the second.
    ``concurrency`` is how many runs a worker holds at once, those that sleep and wait included; without it the first
    one that looks takes all.
    """

    def __init__(
        self,
        database: str,
        workflows: Iterable[Workflow] = (),
        *,
        name: str = "steplint",
        worker: str = "",
        version: str = "1",
        backoff: Sequence[float] = BACKOFF,
        concurrency: int | None = None,
        works: bool = True,
        poll: float = 0.2,
    ) -> None:
        self._sdk = installed("dbos", "dbos", (3,))
        self._database = checked_database(database)
        if not _NAME.fullmatch(name):
            raise EngineError(f"`{name}` is no name that DBOS accepts", "use 3 to 256 of a-z, 0-9, - and _")
        self.worker = worker or socket.gethostname()
        self.version, self.poll = version, poll
        self._stop = threading.Event()
        self.workflows = _family(workflows)
        self.functions: dict[str, Callable[..., Any]] = {}
        self._backoff = backoff
        self._reach()
        self.client = self._sdk.DBOSClient(system_database_url=self._database, application_name=name)
        config = {
            "name": name,
            "system_database_url": self._database,
            "application_version": version,
            "executor_id": self.worker,
            "console_log_level": "WARNING",
            "notification_listener_polling_interval_sec": min(poll, 1.0),
        }
        self._dbos = self._sdk.DBOS(config=config)
        for each in self.workflows.values():
            self.functions[each.id] = self._register(each)
        if works:
            # Before the launch: a worker that does not know its limit yet would take all that is queued.
            self.client.register_queue(
                QUEUE, worker_concurrency=concurrency, polling_interval_sec=poll, on_conflict="always_update"
            )
        else:
            self._sdk.DBOS.listen_queues([])
        self._sdk.DBOS.launch()

    def __enter__(self) -> DbosRuntime:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; another process, or this one later, goes on with the runs."""
        self.stop()
        self.client.destroy()
        self._sdk.DBOS.destroy(destroy_registry=True)

    def start(self, workflow: Workflow, data: object = None, *, id: str | None = None) -> str:  # noqa: A002
        """Queue a run and return its ID. The same ``id`` again returns the run that exists.

        Raises `RunConflictError` if that run is of another workflow or has other data.
        """
        run_id = id or f"{workflow.id}-{uuid.uuid4().hex[:12]}"
        event = Event("steplint/run.started", {} if data is None else data, run_id, int(time.time() * 1000))
        self._enqueue(workflow, run_id, event)
        known = self._row(run_id)
        if known.name != workflow.id:
            raise RunConflictError(f"run `{run_id}` exists, of workflow `{known.name}`; choose another ID")
        if encode(known.input["args"][0]["data"]) != encode(event.data):
            raise RunConflictError(f"run `{run_id}` exists, with other data; choose another ID")
        return run_id

    def send(self, events: EventLike | Sequence[EventLike]) -> list[str]:
        """Send events and return their IDs: they start the workflows they trigger and wake the runs that wait."""
        now = time.time()
        return self.deliver([as_event(each, uuid.uuid4().hex, now) for each in listed(events)])

    def result(self, id: str, timeout: float | None = None) -> Any:  # noqa: A002
        """Return what a run returned, once it ended.

        Raises `RunFailedError`, `RunCancelledError`, `UnknownRunError`, and TimeoutError after ``timeout`` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (row := self._row(id)).status not in _ENDED:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"run `{id}` is {row.status} after {timeout:g} s")
            time.sleep(min(self.poll, 0.1))
        if row.status == "SUCCESS":
            return row.output
        if row.status == "CANCELLED":
            raise RunCancelledError(f"run `{id}` was cancelled")
        fault = Fault(row.status, "DBOS gave up") if row.error is None else as_fault(row.error)
        raise RunFailedError(id, fault)

    def work(self) -> None:
        """Execute runs, in the threads and the event loop of DBOS, until `stop`."""
        self._stop.wait()

    def stop(self) -> None:
        """Make `work` return."""
        self._stop.set()

    def cancel(self, id: str) -> bool:  # noqa: A002
        """End a run at its next step; False if it had ended."""
        if self._row(id).status in _ENDED:
            return False
        self.client.cancel_workflow(id)
        return True

    def adopt(self, worker: str) -> list[str]:
        """Queue the runs that a worker left behind which will not come back; returns their IDs.

        A worker that still lives would execute them a second time: be sure that it is gone.
        """
        rows = self.client.list_workflows(
            status="PENDING", executor_id=worker, app_version=self.version, load_input=False, load_output=False
        )
        found = [row.workflow_id for row in rows]
        if found:
            self.client.resume_workflows(found, queue_name=QUEUE)
        return found

    def steps(self, id: str) -> list[Recorded]:  # noqa: A002
        """Return the recorded steps of a run in their order."""
        return recorded_steps(self.client.list_workflow_steps(id), id)

    def is_waiting(self, id: str) -> bool:  # noqa: A002
        """Return whether a run waits for an event."""
        said = self._row(id).attributes or {}
        return any(key.startswith(waits_for("")) and each["open"] for key, each in said.items())

    def deliver(self, events: Sequence[Event]) -> list[str]:
        """Start what ``events`` trigger and message the runs that wait for them; the same ID again does nothing."""
        for event in events:
            data = as_data(event)
            for workflow in triggered(event, self.workflows.values()):
                self._enqueue(workflow, f"{workflow.id}-{event.id}", event)
            found = [
                self._sdk.SendMessage(run, data, label, f"{event.id}/{run}/{label}")
                for run, label, match, expected in self._waiting(event.name)
                if matches(data, match, expected)
            ]
            if found:
                self.client.send_bulk(found)
        return [event.id for event in events]

    def step_options(self, workflow: Workflow, label: str) -> dict[str, Any]:
        """Return how DBOS shall execute a step."""
        first, second = (*self._backoff, *self._backoff, 0.0)[:2] if self._backoff else (0.0, 0.0)
        return {
            "name": label,
            "retries_allowed": workflow.max_attempts > 1,
            "max_attempts": workflow.max_attempts,
            "interval_seconds": first,
            "backoff_rate": max(second / first, 1.0) if first > 0 else 1.0,
            "should_retry": lambda error: not getattr(error, "ends_run", False),
        }

    def _waiting(self, event: str) -> Iterable[tuple[str, str, str, str]]:
        known = {"status": "PENDING", "load_input": False, "load_output": False}
        if not self._database.startswith("sqlite"):
            known["attributes"] = {waits_for(event): {"open": True}}
        for row in self.client.list_workflows(**known):
            for label, (match, expected) in (row.attributes or {}).get(waits_for(event), {}).get("by", {}).items():
                yield row.workflow_id, label, match, expected

    def _enqueue(self, workflow: Workflow, run_id: str, event: Event) -> None:
        options = {
            "workflow_name": workflow.id,
            "queue_name": QUEUE,
            "workflow_id": run_id,
            "app_version": self.version,
        }
        self.client.enqueue(options, as_data(event))

    def _register(self, workflow: Workflow) -> Callable[..., Any]:
        async def perform(event: dict[str, Any]) -> Any:
            return await DbosRun(self, self._sdk, workflow, event).perform()

        perform.__name__ = perform.__qualname__ = workflow.id
        found: Callable[..., Any] = self._sdk.DBOS.workflow(name=workflow.id)(perform)
        return found

    def _row(self, run_id: str) -> Any:
        found = self.client.list_workflows(workflow_ids=[run_id])
        if not found:
            raise UnknownRunError(f"DBOS has no run `{run_id}`")
        return found[0]

    def _reach(self) -> None:
        try:
            self._sdk.DBOS.migrate(self._database)
        except Exception as error:
            raise EngineError(
                f"the database of DBOS cannot be used: {first_line(error)}", _advice(self._database)
            ) from None


def waits_for(event: str) -> str:
    """Return the attribute of a run in which it says that it waits for an event of this name."""
    return f"waits for {event}"


def as_fault(error: Exception) -> Fault:
    """Return what DBOS stored as the end of a run."""
    return error.fault if isinstance(error, RunEndedError) else Fault(type(error).__name__, str(error))


def recorded_steps(rows: Iterable[Any], run_id: str) -> list[Recorded]:
    """Return the steps that rows of DBOS stand for."""
    known = dict[str, int]()
    return [step for row in rows for step in _steps(row, run_id, known)]


def _steps(row: Any, run_id: str, known: dict[str, int]) -> Iterator[Recorded]:
    """Yield the step that a row of DBOS stands for; none for one that only serves another."""
    name, error = row["function_name"], row["error"]
    if name == "DBOS.recv":
        yield Recorded("wait", None, 0, row["output"])
    elif name == "DBOS.getResult" and row["child_workflow_id"]:
        fault = None if error is None else as_fault(error)
        yield labelled("invoke", row["child_workflow_id"].removeprefix(f"{run_id}/"), known, row["output"], fault)
    elif row["child_workflow_id"] or name == "DBOS.updateWorkflowAttributes":
        return
    elif name == "DBOS.sleep":
        # The limit of a wait is recorded as a sleep that follows it.
        if not known.pop(_WAITED, 0):
            yield Recorded("sleep", None)
    else:
        errors = getattr(error, "errors", None)
        last = errors[-1] if errors else error
        fault = None if last is None else last.fault if isinstance(last, StepFailedError) else as_fault(last)
        yield labelled("run", name, known, row["output"], fault)
    if name == "DBOS.recv":
        known[_WAITED] = 1


def _family(workflows: Iterable[Workflow]) -> dict[str, Workflow]:
    found = dict[str, Workflow]()
    for workflow in workflows:
        for each in workflow.family().values():
            if found.setdefault(each.id, each) is not each:
                raise EngineError(f"two workflows have the ID `{each.id}`", "rename one")
    return found


def checked_database(database: str) -> str:
    """Return the URL as DBOS wants it; raises `EngineError`."""
    scheme, colon, rest = database.partition("://")
    if not colon or scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
        hint = "write `sqlite:///file` or `postgresql://user@host:5432/database`"
        raise EngineError(f"`{database}` is no database that DBOS uses", hint)
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else database


def _advice(database: str) -> str:
    return (
        "check the folder of the file" if database.startswith("sqlite") else "start PostgreSQL there, or change the URL"
    )


def first_line(error: Exception) -> str:
    """Return the first line of what went wrong in a database."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
