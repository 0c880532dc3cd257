"""Serves an ASGI app on a port of loopback, in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """Serve ``app`` with hypercorn; gives its URL once it listens."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    port = port or free()
    config = Config()
    config.bind, config.loglevel, config.graceful_timeout = [f"127.0.0.1:{port}"], "ERROR", 1
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    task = loop.create_task(serve(app, config, shutdown_trigger=stop.wait))
    thread = threading.Thread(target=loop.run_until_complete, args=(task,), daemon=True)
    thread.start()
    while socket.socket().connect_ex(("127.0.0.1", port)):
        threading.Event().wait(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


def free() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
