"""What a body gets on another engine: the same `ctx.step`, `ctx.group`, `ctx.event` as on the bundled runtime."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from steplint.contract.runs import StepKind
from steplint.runtime.calls import EventLike
from steplint.runtime.engines.calls import Operations, Together, parallel
from steplint.runtime.engines.handlers import INSIDE, nested
from steplint.runtime.errors import refuse
from steplint.runtime.keys import Keys
from steplint.runtime.ops import Call
from steplint.runtime.schedule import Event

if TYPE_CHECKING:
    from steplint.runtime.workflow import Workflow

Duration = timedelta | int


class Engine(Operations, Protocol):
    """One run on an engine."""

    @property
    def run_id(self) -> str:
        """The ID of the run."""
        ...

    @property
    def attempt(self) -> int:
        """How often the current step was tried before."""
        ...

    def visible(self) -> bool:
        """Return whether the body does something for the first time, so that what it logs is news."""
        ...


class Naming:
    """Gives each step call of an entry its key; the order of calls counts, not the order of awaits."""

    def __init__(self) -> None:
        self.keys = Keys()
        self.open: dict[str, tuple[str, Coroutine[Any, Any, Any]]] = {}

    def call(self, kind: StepKind, step_id: str, target: object, args: tuple[object, ...]) -> Call:
        """Return the next use of ``step_id``."""
        if not step_id or not isinstance(step_id, str):
            refuse("BadStepId", f"a step ID is a text that is not empty, not {step_id!r}")
        if INSIDE.get():
            raise nested(step_id)
        occurrence, key = self.keys.take(step_id)
        return Call(kind, step_id, occurrence, key, target, args)

    def close(self) -> list[str]:
        """Close the calls that nobody awaited; returns their IDs."""
        for _, coroutine in self.open.values():
            coroutine.close()
        return [step_id for step_id, _ in self.open.values()]


class _Logger(logging.LoggerAdapter[logging.Logger]):
    def __init__(self, engine: Engine) -> None:
        super().__init__(logging.getLogger("steplint.runtime.workflow"), {"run_id": engine.run_id})
        self._engine = engine

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is logging's
        return self._engine.visible() and super().isEnabledFor(level)


class EngineContext:
    """The argument of an async body."""

    def __init__(self, engine: Engine, event: Event, naming: Naming) -> None:
        self._engine = engine
        self.event = event
        self.logger: logging.LoggerAdapter[logging.Logger] = _Logger(engine)
        self.step = Steps(engine, naming)
        self.group = Groups(engine)

    @property
    def run_id(self) -> str:
        """The ID of the run."""
        return self._engine.run_id

    @property
    def attempt(self) -> int:
        """How often the current step was tried before."""
        return self._engine.attempt


class Steps:
    """The durable operations, awaited."""

    def __init__(self, engine: Engine, naming: Naming) -> None:
        self._engine, self._naming = engine, naming

    def run(self, step_id: str, handler: Callable[..., Any], *handler_args: Any) -> Coroutine[Any, Any, Any]:
        """Give what ``handler(*handler_args)`` returned, as JSON has it."""
        return self._ask("run", step_id, handler, *handler_args)

    def sleep(self, step_id: str, duration: Duration) -> Coroutine[Any, Any, None]:
        """Wait for ``duration`` (a timedelta, or milliseconds)."""
        return self._ask("sleep", step_id, "", duration)

    def sleep_until(self, step_id: str, until_time: datetime) -> Coroutine[Any, Any, None]:
        """Wait until a time; one without a zone is local time."""
        return self._ask("sleep", step_id, "", until_time)

    def wait_for_event(
        self, step_id: str, *, event: str, match: str | None = None, timeout: Duration | None = None
    ) -> Coroutine[Any, Any, Event | None]:
        """Give the next event of this name, or None after ``timeout``."""
        return self._event(self._ask("wait", step_id, event, match, timeout))

    def send_event(self, step_id: str, events: EventLike | Sequence[EventLike]) -> Coroutine[Any, Any, list[str]]:
        """Send one event or several; gives their IDs."""
        return self._ask("send", step_id, "", events)

    def invoke(
        self, step_id: str, workflow: Workflow | str, data: Mapping[str, object] | None = None
    ) -> Coroutine[Any, Any, Any]:
        """Give the result of a run of ``workflow`` with ``data``; raises `StepError` if that run fails."""
        return self._ask("invoke", step_id, workflow, data)

    def _ask(self, kind: StepKind, step_id: str, target: object, *args: object) -> Coroutine[Any, Any, Any]:
        call = self._naming.call(kind, step_id, target, args)
        awaited = self._await(call)
        self._naming.open[call.key] = (step_id, awaited)
        return awaited

    async def _await(self, call: Call) -> Any:
        self._naming.open.pop(call.key, None)
        return (await Together([call], self._engine))[0].get()

    async def _event(self, value: Awaitable[Any]) -> Event | None:
        return as_event(await value)


class Groups:
    """Steps side by side, awaited."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def parallel(self, callables: Iterable[Callable[[], Awaitable[Any]]]) -> tuple[Any, ...]:
        """Give the results of all callables; the steps that they reach next are executed at the same time."""
        return await parallel(self._engine, callables)


def as_event(value: Any) -> Event | None:
    """Return an event that an engine stored as JSON; None for none."""
    return (
        None if value is None else Event(value["name"], value.get("data"), value.get("id") or "", value.get("ts") or 0)
    )
