"""What an app sends to Inngest's server: registrations and events, received on a port of loopback."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from steplint.runtime.engines.errors import EngineError

# Where an SDK in dev mode looks for the server, unless it is told.
USUAL_PORT = 8288
Deliver = Callable[[Sequence[Mapping[str, Any]]], list[str]]


class Endpoint:
    """Listens until it is closed; ``registered`` is the last registration, ``deliver`` takes events."""

    def __init__(self, port: int = 0) -> None:
        self.registered: dict[str, Any] | None = None
        self.deliver: Deliver | None = None
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        except OSError as error:
            hint = "end what listens there (a dev server?), or choose another port and set `INNGEST_DEV` for the app"
            raise EngineError(f"port {port} cannot be used: {error.strerror}", hint) from None
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="steplint-endpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                body = msgspec.json.decode(self.rfile.read(int(self.headers.get("content-length") or 0)))
            except msgspec.DecodeError as error:
                return self._reply(400, {"error": f"no JSON: {error}"})
            if self.path.startswith("/fn/register"):
                endpoint.registered = body
                return self._reply(200, {"ok": True, "modified": True})
            if self.path.startswith("/e/"):
                return self._events(body)
            return self._reply(404, {"error": f"`{self.path}` is not served by steplint"})

        def do_GET(self) -> None:
            self._reply(404, {"error": f"`{self.path}` is not served by steplint"})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            pass

        def _events(self, body: Any) -> None:
            if endpoint.deliver is None:
                return self._reply(503, {"ids": [], "error": "no functions are known yet"})
            seed = self.headers.get("x-inngest-event-id-seed") or ""
            given = [_event(each, seed, n) for n, each in enumerate(body if isinstance(body, list) else [body])]
            try:
                return self._reply(200, {"ids": endpoint.deliver(given), "status": 200})
            except (TypeError, ValueError) as error:
                return self._reply(400, {"ids": [], "error": str(error), "status": 400})

        def _reply(self, status: int, body: object) -> None:
            content = msgspec.json.encode(body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _event(given: Any, seed: str, number: int) -> Mapping[str, Any]:
    """Return an event with an ID; the same request again has the same ones."""
    event = {key: value for key, value in dict(given).items() if key in ("name", "data", "id", "ts") and value}
    if seed and not event.get("id"):
        event["id"] = hashlib.sha1(f"{seed}/{number}".encode(), usedforsecurity=False).hexdigest()
    return event
