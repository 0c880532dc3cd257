"""An Inngest app to talk to: in this process through ASGI or WSGI, or at a URL."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import threading
import time
from collections.abc import Coroutine, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from steplint.contract.runs import Fault
from steplint.runtime.engines.errors import EngineError
from steplint.runtime.engines.sdk import installed
from steplint.runtime.fronts.signing import signature
from steplint.runtime.fronts.times import iso

SERVE_PATH = "/api/inngest"
_LIMIT = 2 * 3600.0


class Answer(Struct, frozen=True):
    """What an app answered; ``retry_after`` is a time in seconds since the epoch."""

    status: int
    body: Any
    no_retry: bool = False
    retry_after: float | None = None

    @property
    def code(self) -> str:
        """The error code of the SDK."""
        return str(self.body.get("code") or "") if isinstance(self.body, dict) else ""

    @property
    def fault(self) -> Fault:
        """The error."""
        if isinstance(self.body, dict):
            name = str(self.body.get("name") or self.code or f"HTTP {self.status}")
            return Fault(name, str(self.body.get("message") or ""), str(self.body.get("stack") or ""))
        return Fault(f"HTTP {self.status}", str(self.body)[:300])


class Transport(Protocol):
    """Carries requests to an app; may be called from several threads."""

    def send(
        self, method: str, params: Mapping[str, str], headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and content of the answer; raises OSError if there is none."""
        ...

    def close(self) -> None:
        """Let go of the app."""
        ...


class App:
    """An app at its serve path. With a ``signing_key`` requests are signed, as production mode wants it."""

    def __init__(self, transport: Transport, shown: str, signing_key: str = "") -> None:
        self._transport, self._shown, self._key = transport, shown, signing_key
        self._version = -1  # of the way in which bodies execute; the SDK chooses it and wants it back

    def call(self, function: str, step: str, body: Mapping[str, Any]) -> Answer:
        """Return what the app answers to one entry of a function; no answer is an error that may pass."""
        run = str(body["ctx"]["run_id"])
        sent = {**body, "version": self._version if body["steps"] else -1}
        try:
            status, headers, content = self._send("POST", {"fnId": function, "stepId": step}, sent, {"x-run-id": run})
        except OSError as error:
            return Answer(0, {"name": "NoAnswer", "message": f"{self._shown} does not answer: {error}"})
        chosen = headers.get("x-inngest-req-version") or ""
        self._version = int(chosen) if chosen.isdigit() else self._version
        return _answer(status, headers, content, self._shown)

    def sync(self) -> tuple[int, bytes]:
        """Ask the app to register; returns status and content of its answer."""
        try:
            status, _, content = self._send("PUT", {}, None, {})
        except OSError as error:
            hint = "start the app, or check the URL"
            raise EngineError(f"no app answers at {self._shown}: {error}", hint) from None
        return status, content

    def trusts(self) -> bool:
        """Return whether the app accepts the signature of a request."""
        status, _, _ = self._send("POST", {"probe": "trust", "fnId": "", "stepId": "step"}, {}, {})
        return status != 401

    def close(self) -> None:
        """Let go of the app."""
        self._transport.close()

    def _send(
        self, method: str, params: Mapping[str, str], body: Any, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        given = {"content-type": "application/json", "user-agent": "steplint", **headers}
        given["x-inngest-server-kind"] = "cloud" if self._key else "dev"
        if self._key:
            given["x-inngest-signature"] = signature(self._key, body, int(time.time()))
        content = None if body is None else msgspec.json.encode(body)
        return self._transport.send(method, params, given, content)


def load(target: str) -> Any:
    """Return the app that ``module:app`` or ``file.py:app`` names; raises `EngineError` if that fails."""
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise EngineError(f"`{target}` names no app", "write `package.module:app`, `file.py:app` or a URL")
    found: Any = _module(place)
    for part in name.split("."):
        if not hasattr(found, part):
            raise EngineError(f"`{place}` has no `{name}`", "name the FastAPI, Flask or other app in it")
        found = getattr(found, part)
    return found


def in_process(app: Any, path: str) -> Transport:
    """Return the transport to an app of this process."""
    httpx = installed("httpx", "httpx", (0, 27), "inngest")
    if _is_asgi(app):
        return _Asgi(httpx, app, path)
    if callable(app):
        return _Sync(
            httpx.Client(transport=httpx.WSGITransport(app), base_url="http://app", timeout=_LIMIT), httpx, path
        )
    raise EngineError(f"a `{type(app).__name__}` is neither an ASGI nor a WSGI app", "name the app, not the client")


def at_url(origin: str, path: str) -> Transport:
    """Return the transport to an app that runs elsewhere."""
    httpx = installed("httpx", "httpx", (0, 27), "inngest")
    return _Sync(httpx.Client(base_url=origin, timeout=_LIMIT), httpx, path)


class _Sync:
    def __init__(self, client: Any, httpx: ModuleType, path: str) -> None:
        self._client, self._httpx, self._path = client, httpx, path

    def send(
        self, method: str, params: Mapping[str, str], headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            got = self._client.request(method, self._path, params=params, headers=headers, content=content)
        except self._httpx.TransportError as error:
            raise OSError(str(error) or type(error).__name__) from None
        return got.status_code, got.headers, got.content

    def close(self) -> None:
        self._client.close()


class _Asgi:
    """An ASGI app on an event loop of its own, which all its requests share, as under a server."""

    def __init__(self, httpx: ModuleType, app: Any, path: str) -> None:
        self._path, self._httpx = path, httpx
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="steplint-app", daemon=True)
        self._thread.start()
        self._lifespan = _Lifespan(app)
        self._wait(self._lifespan.start())
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://app", timeout=_LIMIT
        )

    def send(
        self, method: str, params: Mapping[str, str], headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        got = self._wait(self._client.request(method, self._path, params=params, headers=headers, content=content))
        return got.status_code, got.headers, got.content

    def close(self) -> None:
        self._wait(self._client.aclose())
        self._wait(self._lifespan.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class _Lifespan:
    """Start and end of an ASGI app, where it has them."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._sent: asyncio.Queue[str] = asyncio.Queue()
        self._got: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())
        await self._say("startup")

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            await self._say("shutdown")

    async def _run(self) -> None:
        async def receive() -> dict[str, str]:
            return {"type": f"lifespan.{await self._sent.get()}"}

        await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, self._got.put)

    async def _say(self, moment: str) -> None:
        await self._sent.put(moment)
        got = asyncio.ensure_future(self._got.get())
        assert self._task is not None
        await asyncio.wait([got, self._task], return_when=asyncio.FIRST_COMPLETED)
        if not got.done():
            got.cancel()
            self._task.exception()  # an app without a lifespan ends here, which is allowed
        elif got.result()["type"].endswith(".failed"):
            text = str(got.result().get("message") or "").strip().splitlines()
            raise EngineError(f"the app fails at {moment}: {text[-1] if text else 'no message'}", "mend it first")


def _answer(status: int, headers: Mapping[str, str], content: bytes, shown: str) -> Answer:
    if status == 201:
        try:
            inner = msgspec.json.decode(content.strip())
            known = {str(key).lower(): str(value) for key, value in (inner.get("headers") or {}).items()}
            return _answer(int(inner["status"]), {**headers, **known}, str(inner["body"]).encode(), shown)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return Answer(502, {"name": "BadAnswer", "message": f"{shown} streams something that is no answer"})
    if status == 401:
        text = "the app is in production mode and refuses the signature; set `INNGEST_DEV=1` for it, or give its key"
        return Answer(401, {"name": "Unauthorized", "message": text}, no_retry=True)
    if status < 300 and "x-inngest-sdk" not in headers:
        return Answer(502, {"name": "NoInngestApp", "message": f"what answers at {shown} is no Inngest SDK"})
    try:
        body = msgspec.json.decode(content) if content else None
    except msgspec.DecodeError:
        if status < 300:
            message = "the answer is no valid JSON; `NaN` and `Infinity` have no JSON form"
            return Answer(502, {"name": "BadAnswer", "message": message})
        body = content.decode(errors="replace")[:300]
    return Answer(status, body, headers.get("x-inngest-no-retry") == "true", _retry_after(headers.get("retry-after")))


def _retry_after(text: str | None) -> float | None:
    if not text:
        return None
    if text.strip().isdigit():
        return time.time() + int(text)
    try:
        return iso(text) if text[:1].isdigit() else parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None


def _module(place: str) -> ModuleType:
    path = Path(place)
    if place.endswith(".py"):
        if not path.is_file():
            raise EngineError(f"there is no file `{place}`", "write `file.py:app`")
        if str(path.resolve().parent) not in sys.path:
            sys.path.insert(0, str(path.resolve().parent))
        place = path.stem
    elif str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and (place == error.name or place.startswith(f"{error.name}.")):
            hint = "write `package.module:app` or `file.py:app`; an address begins with `http://`"
            raise EngineError(f"there is no module `{place}`", hint) from None
        raise EngineError(f"`{place}` fails at import: {error}", f"install `{error.name}`") from error
    except Exception as error:
        raise EngineError(f"`{place}` fails at import: {type(error).__name__}: {error}", "mend it first") from error


def _is_asgi(app: Any) -> bool:
    if hasattr(app, "wsgi_app"):
        return False
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004


def parts(url: str, path: str) -> tuple[str, str]:
    """Return origin and path of a URL, ``path`` if it has none; raises `EngineError` for what is no URL."""
    scheme, _, rest = url.partition("://")
    host, _, own = rest.partition("/")
    if not host or scheme not in ("http", "https"):
        raise EngineError(f"`{url}` is no URL", "write `http://127.0.0.1:3000/api/inngest`")
    return f"{scheme}://{host}", f"/{own}" if own else path
