"""durabletask on its in-memory backend: a second worker with the new code takes over from the first."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from durabletask.client import OrchestrationStatus, TaskHubGrpcClient
from durabletask.testing import create_test_backend
from durabletask.worker import TaskHubGrpcWorker
from journal import begin, notes
from protocol import Given, Seen, load, serve_all

PATIENCE = 20.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def working(address: str, module: ModuleType) -> Iterator[None]:
    """Let a worker with the code of a module answer the backend."""
    worker = TaskHubGrpcWorker(host_address=address)
    module.register(worker)
    for name, each in vars(module).items():
        if callable(each) and getattr(each, "__module__", "") == module.__name__ and name not in ("order", "register"):
            worker.add_activity(each)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def perform(edit: Given, address: str) -> Seen:
    """Record two steps with the old worker, then go on with the new one."""
    client = TaskHubGrpcClient(host_address=address)
    wanted = sum(kind == "run" for _, _, kind, _ in edit.recorded)
    begin(edit.folder, "before")
    with working(address, load(edit.before)):
        run = client.schedule_new_orchestration("order")
        deadline = time.monotonic() + PATIENCE
        while len(notes(edit.folder, "before")) < wanted:
            if time.monotonic() > deadline:
                raise RuntimeError("the first steps were not recorded")
            time.sleep(0.02)
        time.sleep(0.2)
    begin(edit.folder, "after")
    with working(address, load(edit.after)):
        client.raise_orchestration_event(run, "go")
        state = client.wait_for_orchestration_completion(run, timeout=PATIENCE)
    if state.runtime_status != OrchestrationStatus.COMPLETED:
        return Seen("failed", [], state.failure_details.message if state.failure_details else "")
    return Seen("completed", state.get_output())


def all_edits(edits: list[Given]) -> list[Seen]:
    """Answer for all edits on one backend."""
    port = free_port()
    backend = create_test_backend(port=port)
    try:
        return [perform(each, f"127.0.0.1:{port}") for each in edits]
    finally:
        backend.stop()


serve_all(all_edits)
