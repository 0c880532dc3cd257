"""A small SDK that answers as Inngest's do: enough to test the server's part without packages or sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from steplint.contract.identity import step_key
from steplint.runtime.fronts.inngest_app import App
from steplint.runtime.fronts.inngest_config import Function, functions

HEADERS = {"x-inngest-sdk": "test:v1"}


class Left(BaseException):
    """Leaves the body with operations."""

    def __init__(self, *operations: dict[str, Any]) -> None:
        self.operations = operations


class FailingError(Exception):
    """An error of a step or a body, with headers of the answer."""

    def __init__(self, message: str, **headers: str) -> None:
        super().__init__(message)
        self.headers = {key.replace("_", "-"): value for key, value in headers.items()}


class StepError(Exception):
    """The recorded error of a step."""


class Context:
    """What a body gets."""

    def __init__(self, request: dict[str, Any], target: str) -> None:
        self.event = request["event"]
        self.attempt = request["ctx"]["attempt"]
        self._memos, self._pending = request["steps"], request["ctx"]["disable_immediate_execution"]
        self._target, self._uses, self._group = target, dict[str, int](), ""

    def run(self, step_id: str, handler: Callable[[], Any]) -> Any:
        key, operation, memo = self._named(step_id)
        if memo is not None:
            return memo[0]
        planned = bool(self._group) or self._pending
        if self._target == "step" and planned:
            opts = {"parallelMode": self._group} if self._group == "race" else None
            raise Left({**operation, "op": "StepPlanned", "opts": opts})
        if self._target not in ("step", key):
            raise Left
        try:
            raise Left({**operation, "op": "StepRun", "data": handler()})
        except FailingError as error:
            told = {"name": "FailingError", "message": str(error), "stack": "at handler"}
            left = Left({**operation, "op": "StepError", "error": told})
            left.__cause__ = error
            raise left from error

    def ask(self, step_id: str, op: str, name: str = "", **opts: Any) -> Any:
        _, operation, memo = self._named(step_id)
        if memo is not None:
            return memo[0]
        raise Left({**operation, "op": op, "name": name or step_id, "opts": opts or None})

    def parallel(self, *branches: Callable[[], Any], mode: str = "wait") -> list[Any]:
        self._group = mode
        results, found = [], list[dict[str, Any]]()
        stopped = False
        for branch in branches:
            try:
                results.append(branch())
            except Left as left:  # noqa: PERF203 - each branch may be left
                stopped = True
                found += left.operations
        self._group = ""
        if stopped and (found or mode == "wait" or not results):
            raise Left(*found)
        return results

    def _named(self, step_id: str) -> tuple[str, dict[str, Any], tuple[Any] | None]:
        use = self._uses.get(step_id, 0)
        self._uses[step_id] = use + 1
        key = step_key(step_id, use)
        operation = {"id": key, "displayName": step_id, "userland": {"id": step_id, "index": use or None}, "data": None}
        memo = self._memos.pop(key, self)
        if memo is self:
            return key, operation, None
        if isinstance(memo, dict) and memo.keys() <= {"data", "error"}:
            if "error" in memo:
                raise StepError(memo["error"]["message"])
            return key, operation, (memo["data"],)
        return key, operation, (memo,)


class Sdk:
    """A `Transport` to bodies by function ID; ``requests`` keeps step and attempt of each call."""

    def __init__(self, **bodies: Callable[[Context], Any]) -> None:
        self.bodies = bodies
        self.requests: list[tuple[str, str, int, bool]] = []
        self.broken: list[int] = []
        self.version = 0
        self.versions: list[int] = []

    def send(
        self, method: str, params: Mapping[str, str], headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        request = json.loads(content or b"{}")
        function = params["fnId"].removeprefix("shop-")
        about = request["ctx"]
        self.requests.append((function, params["stepId"], about["attempt"], about["disable_immediate_execution"]))
        self.versions.append(request["version"])
        if self.broken:
            status = self.broken.pop(0)
            if status == 0:
                raise OSError("connection refused")
            return status, {}, b'{"name": "Teapot", "message": "short"}'
        try:
            return self._answer(200, self.bodies[function](Context(request, params["stepId"])))
        except Left as left:
            cause = left.__cause__
            extra = cause.headers if isinstance(cause, FailingError) else {}
            return self._answer(206, list(left.operations), extra)
        except FailingError as error:
            return self._answer(500, {"name": "FailingError", "message": str(error), "code": "unknown"}, error.headers)
        except StepError as error:
            told = {"name": "StepError", "message": str(error)}
            return self._answer(500, told, {"x-inngest-no-retry": "true"})

    def close(self) -> None:
        pass

    def _answer(self, status: int, body: Any, extra: Mapping[str, str] | None = None) -> Any:
        chosen = {"x-inngest-req-version": str(self.version)} if self.version else {}
        return status, {**HEADERS, **chosen, **(extra or {})}, json.dumps(body).encode()


class Registered:
    """What `InngestApp` is to a runtime, for functions that are given."""

    def __init__(self, sdk: Sdk, *configs: dict[str, Any]) -> None:
        self.app = App(sdk, "the test")
        known = {each["id"] for each in configs}
        plain = [config(name) for name in sdk.bodies if f"shop-{name}" not in known]
        found = functions({"appname": "shop", "functions": [*configs, *plain]})
        self.functions: dict[str, Function] = {each.full_id: each for each in found}
        self.endpoint = Endpoint()

    def triggered(self, event: Any) -> list[Function]:
        from steplint.runtime.fronts.inngest_http import InngestApp

        return InngestApp.triggered(self, event)  # type: ignore[arg-type]


class Endpoint:
    """Takes no events."""

    deliver: Any = None


def config(name: str, retries: int = 1, **options: Any) -> dict[str, Any]:
    """Return how an app registers a function that the event `shop/NAME` starts."""
    steps = {"step": {"id": "step", "retries": {"attempts": retries}}}
    found = {"id": f"shop-{name}", "name": name, "triggers": [{"event": f"shop/{name}"}], "steps": steps}
    return {**found, **options}
