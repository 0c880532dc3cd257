"""Restate: all runs wait in one server while the process that serves their code is replaced.

`STEPLINT_RESTATE` has the addresses of the ingress and of the admin API.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import restate
from hypercorn.asyncio import serve as serve_app
from hypercorn.config import Config
from journal import write
from protocol import Given, Seen, load, serve_all

INGRESS, ADMIN = os.environ.get("STEPLINT_RESTATE", " ").split(" ")
PATIENCE = 40.0
MISMATCH = "RT0016"


def asked(url: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    """Return the JSON that the server answers."""
    data = None if body is None else json.dumps(body).encode()
    given = {"content-type": "application/json", "accept": "application/json", **(headers or {})}
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=given), timeout=20) as answer:
        return json.load(answer)


def rows(query: str) -> list[dict[str, Any]]:
    """Return what the server knows of its runs."""
    found: list[dict[str, Any]] = asked(f"{ADMIN}/query", {"query": query})["rows"]
    return found


def served(edits: list[Given], phase: str, port: int) -> int:
    """Return the process that serves the code of a phase, each edit as a service of its own."""
    child = os.fork()
    if child:
        return child
    services = []
    for number, edit in enumerate(edits):
        source = (edit.before if phase == "before" else edit.after).replace('"shop"', f'"shop{number}"')
        module = load(source, f"flow{number}")
        module.note = partial(write, edit.folder, phase)
        services.append(module.shop)
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.loglevel = "ERROR"
    asyncio.run(serve_app(restate.app(services), config))
    os._exit(0)


def until(done: Callable[[], bool], what: str) -> None:
    """Wait until ``done``."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {PATIENCE:.0f} s")
        time.sleep(0.1)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def states() -> dict[str, dict[str, Any]]:
    """Return by service what became of its run."""
    columns = "target_service_name, status, last_failure_error_code, last_failure, retry_count"
    return {each["target_service_name"]: each for each in rows(f"select {columns} from sys_invocation")}


def settled(state: dict[str, Any]) -> bool:
    return state["status"] == "completed" or state.get("last_failure_error_code") == MISMATCH


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def perform(edits: list[Given]) -> list[Seen]:
    """Let all runs wait, replace the code, and see how they end."""
    port = free_port()
    old = served(edits, "before", port)
    try:
        until(lambda: listens(port), "the old service")
        asked(f"{ADMIN}/deployments", {"uri": f"http://127.0.0.1:{port}"})
        once = {"idempotency-key": "run"}
        runs = [asked(f"{INGRESS}/shop{n}/order/send", {}, once)["invocationId"] for n in range(len(edits))]
        until(lambda: len(rows("select id from sys_journal where name = 'hold'")) == len(edits), "waiting runs")
    finally:
        stop(old)
    new = served(edits, "after", port)
    try:
        until(lambda: all(map(settled, states().values())), "the ends of the runs")
    finally:
        stop(new)
    found = states()
    return [seen(found[f"shop{number}"], run) for number, run in enumerate(runs)]


def seen(state: dict[str, Any], run: str) -> Seen:
    if state["status"] != "completed":
        return Seen("stuck", [], f"{state['status']}, {MISMATCH}: {state['last_failure']}")
    return Seen("completed", asked(f"{INGRESS}/restate/invocation/{run}/output"))


serve_all(perform)
