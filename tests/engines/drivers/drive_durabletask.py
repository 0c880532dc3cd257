"""durabletask on its in-memory backend: a second worker with the new code takes over from the first."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import ModuleType

from durabletask.client import OrchestrationStatus, TaskHubGrpcClient
from durabletask.testing import create_test_backend
from durabletask.worker import TaskHubGrpcWorker
from journal import notes, write
from protocol import AT_ONCE, Given, Seen, load, serve_all

PATIENCE = 20.0


def free_ports(number: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


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


def loaded(edit: Given, phase: str) -> ModuleType:
    """Return the code of a phase; several edits are at work in this process."""
    module = load(edit.before if phase == "before" else edit.after, f"{phase}{edit.folder.name}")
    module.note = partial(write, edit.folder, phase)
    return module


def finished(edit: Given, address: str) -> Seen:
    """Record two steps with the old worker, then go on with the new one."""
    client = TaskHubGrpcClient(host_address=address)
    wanted = sum(kind == "run" for _, _, kind, _ in edit.recorded)
    with working(address, loaded(edit, "before")):
        run = client.schedule_new_orchestration("order")
        deadline = time.monotonic() + PATIENCE
        while len(notes(edit.folder, "before")) < wanted:
            if time.monotonic() > deadline:
                raise RuntimeError("the first steps were not recorded")
            time.sleep(0.02)
        time.sleep(0.2)
    with working(address, loaded(edit, "after")):
        client.raise_orchestration_event(run, "go")
        state = client.wait_for_orchestration_completion(run, timeout=PATIENCE)
    if state.runtime_status != OrchestrationStatus.COMPLETED:
        return Seen("failed", [], state.failure_details.message if state.failure_details else "")
    return Seen("completed", state.get_output())


def perform(edit: Given, port: int) -> Seen:
    """Answer for one edit on a backend of its own."""
    backend = create_test_backend(port=port)
    try:
        return finished(edit, f"127.0.0.1:{port}")
    finally:
        backend.stop()


def all_edits(edits: list[Given]) -> list[Seen]:
    """Answer for all edits, some at a time: a worker takes its time to stop."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(perform, edits, free_ports(len(edits))))


serve_all(all_edits)
