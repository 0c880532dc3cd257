"""Starts runs on a Restate server and asks for their results, over its HTTP interfaces."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Struct

from steplint.runtime.calls import EventLike, as_event
from steplint.runtime.engines.errors import EngineError, parsed
from steplint.runtime.engines.events import as_data, listed
from steplint.runtime.engines.recorded import Recorded
from steplint.runtime.engines.restate_journal import journaled
from steplint.runtime.errors import RunCancelledError, RunFailedError, UnknownRunError
from steplint.runtime.schedule import Event
from steplint.runtime.values import encode
from steplint.runtime.workflow import Workflow

_POLL = 0.1
# How long a server that has just started may say that it cannot tell yet.
_STARTS_WITHIN = 30.0
_GIVE = "give the addresses of its ingress (http://127.0.0.1:8080) and admin interface (http://127.0.0.1:9070)"
Status = Literal["open", "completed", "failed", "cancelled"]


class _BusyError(EngineError):
    """The server cannot answer now."""


class Row(Struct, frozen=True):
    """What the server knows of a run."""

    id: str
    workflow: str
    status: Status
    failure: str = ""


class RestateClient:
    """Talks to the ingress (8080) and the admin interface (9070) of a Restate server.

    ``app`` is the name that the `RestateApp` has. ``token`` is sent as a bearer token, where the server asks for one.
    """

    def __init__(
        self,
        ingress: str = "http://127.0.0.1:8080",
        admin: str = "http://127.0.0.1:9070",
        *,
        app: str = "steplint",
        token: str = "",
    ) -> None:
        self._ingress, self._admin, self._app, self._token = _address(ingress), _address(admin), app, token

    def register(self, uri: str, *, force: bool = False, within: float = 0.0) -> list[str]:
        """Tell the server where the services of an app are; returns their names. ``force`` replaces a deployment.

        It is tried again for ``within`` seconds: an app that has just been started does not answer at once.
        """
        deadline = time.monotonic() + within
        while True:
            try:
                answer = self._ask("POST", f"{self._admin}/deployments", {"uri": uri, "force": force})
                return [each["name"] for each in answer["services"]]
            except _BusyError as error:
                if time.monotonic() >= deadline:
                    hint = "start it, at an address that the server reaches"
                    raise EngineError(f"Restate cannot register the app at {uri}: {error.message}", hint) from None
            time.sleep(_POLL)

    def start(self, workflow: Workflow, data: object = None, *, id: str | None = None) -> str:  # noqa: A002
        """Begin a run and return its ID. The same ``id`` again returns the run that exists, whatever its data is."""
        run_id = id or f"{workflow.id}-{uuid.uuid4().hex[:12]}"
        event = Event("steplint/run.started", {} if data is None else data, run_id, int(time.time() * 1000))
        path = f"{quote(workflow.id, safe='')}/{quote(run_id, safe='')}/run/send"
        self._ask("POST", f"{self._ingress}/{path}", as_data(event))
        return run_id

    def send(self, events: EventLike | Sequence[EventLike]) -> list[str]:
        """Send events and return their IDs: they start the workflows they trigger and wake the runs that wait."""
        now = time.time()
        made = [as_event(each, uuid.uuid4().hex, now) for each in listed(events)]
        for event in made:
            path = f"{quote(self._app)}-events/{quote(event.name, safe='')}/deliver"
            self._ask("POST", f"{self._ingress}/{path}", as_data(event), {"idempotency-key": event.id})
        return [event.id for event in made]

    def result(self, id: str, timeout: float | None = None) -> Any:  # noqa: A002
        """Return what a run returned, once it ended.

        Raises `RunFailedError`, `RunCancelledError`, `UnknownRunError`, and TimeoutError after ``timeout`` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (row := self._settled(id)).status == "open":
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"run `{id}` is open after {timeout:g} s")
            time.sleep(_POLL)
        if row.status == "cancelled":
            raise RunCancelledError(f"run `{id}` was cancelled")
        if row.status == "failed":
            raise RunFailedError(id, parsed(row.failure))
        path = f"restate/workflow/{quote(row.workflow, safe='')}/{quote(id, safe='')}/output"
        return self._ask("GET", f"{self._ingress}/{path}")

    def _settled(self, id: str) -> Row:  # noqa: A002
        deadline = time.monotonic() + _STARTS_WITHIN
        while True:
            try:
                return self.row(id)
            except _BusyError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_POLL)

    def row(self, id: str) -> Row:  # noqa: A002
        """Return what the server knows of a run; raises `UnknownRunError`."""
        columns = "id, target_service_name, status, completion_result, completion_failure"
        where = f"target_service_key = '{_quoted(id)}' and target_handler_name = 'run'"
        rows = self.query(f"select {columns} from sys_invocation where {where}")
        if not rows:
            raise UnknownRunError(f"Restate has no run `{id}`")
        found = rows[0]
        failure = found.get("completion_failure") or ""
        status: Status = "open"
        if found["status"] == "completed":
            status = "completed" if found["completion_result"] == "success" else "failed"
            status = "cancelled" if status == "failed" and "cancelled" in failure.lower() else status
        return Row(found["id"], found["target_service_name"], status, failure.partition("] ")[2] or failure)

    def cancel(self, id: str) -> bool:  # noqa: A002
        """End a run at its next step; False if it had ended."""
        row = self.row(id)
        if row.status != "open":
            return False
        self._ask("PATCH", f"{self._admin}/invocations/{row.id}/cancel")
        return True

    def journal(self, id: str) -> list[dict[str, Any]]:  # noqa: A002
        """Return the journal of a run in order."""
        row = self.row(id)
        return self.query(f"select * from sys_journal where id = '{row.id}' order by index")

    def steps(self, id: str) -> list[Recorded]:  # noqa: A002
        """Return the recorded steps of a run in their order."""
        return journaled(self.journal(id), id)

    def is_waiting(self, id: str) -> bool:  # noqa: A002
        """Return whether a run waits for an event."""
        invocation = self.row(id).id
        rows = self.query(f"select value_utf8 from state where service_name = '{_quoted(self._app)}-events'")
        return any(invocation in (row["value_utf8"] or "") for row in rows)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows that the server's SQL interface gives."""
        found: list[dict[str, Any]] = self._ask("POST", f"{self._admin}/query", {"query": sql})["rows"]
        return found

    def _ask(self, method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        given = {"content-type": "application/json", "accept": "application/json", **(headers or {})}
        if self._token:
            given["authorization"] = f"Bearer {self._token}"
        data = None if body is None else encode(body).encode()
        try:
            request = urllib.request.Request(url, data=data, headers=given, method=method)
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            kind = _BusyError if error.code >= 500 else EngineError
            text = f"Restate refused `{method} {url}`: {error.code} {_message(error.read())}".rstrip()
            hint = "is this the right one of its interfaces? The ingress has port 8080, the admin interface 9070"
            raise kind(text, hint if error.code in (400, 404) and "service" not in text else "") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            hint = f"start `restate-server`, or {_GIVE}"
            raise EngineError(
                f"no Restate server answers at {url.partition('://')[2].partition('/')[0]}: {reason}", hint
            ) from None
        try:
            return msgspec.json.decode(text) if text else None
        except msgspec.DecodeError:
            raise EngineError(f"what answers at {url} is no Restate server", "check the address and the port") from None


def _address(url: str) -> str:
    scheme, colon, host = url.partition("://")
    if not colon or scheme not in ("http", "https") or not host.strip("/"):
        raise EngineError(f"`{url}` is no address of a Restate server", _GIVE)
    return url.rstrip("/")


def _message(body: bytes) -> str:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace").strip()[:300]
    return str(found.get("message", found)) if isinstance(found, dict) else str(found)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
