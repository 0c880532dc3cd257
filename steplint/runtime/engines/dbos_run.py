"""One run on DBOS: what its step calls become."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from steplint.contract.runs import Fault
from steplint.runtime.engines.bodies import enter
from steplint.runtime.engines.calls import Outcome
from steplint.runtime.engines.context import as_event
from steplint.runtime.engines.errors import EngineStop, RunEndedError, StepFailedError
from steplint.runtime.engines.events import FOREVER, as_data, expectation, patience, pause, sent
from steplint.runtime.engines.handlers import is_async, tried, tried_async
from steplint.runtime.errors import Refused, StepError, describe, refuse
from steplint.runtime.ops import Call
from steplint.runtime.schedule import Event
from steplint.runtime.workflow import Workflow

if TYPE_CHECKING:
    from steplint.runtime.engines.dbos import DbosRuntime

# DBOS records no sleep that is over before it begins, and would count the steps after it differently at a replay.
_SHORTEST = 0.001


class DbosRun:
    """The operations of one execution; all its steps are numbered by DBOS in the order in which they begin here."""

    looking = False

    def __init__(self, runtime: DbosRuntime, sdk: ModuleType, workflow: Workflow, event: dict[str, Any]) -> None:
        self._runtime, self._workflow, self._sdk = runtime, workflow, sdk
        self._event = as_event(event) or Event("")
        self._dbos: Any = sdk.DBOS
        self._waits: dict[str, dict[str, tuple[str, str]]] = {}
        self.run_id: str = self._dbos.workflow_id

    @property
    def attempt(self) -> int:
        """How often the current step was tried before."""
        status = self._dbos.step_status
        return (status.current_attempt or 0) if status is not None else 0

    def visible(self) -> bool:
        """Return true: DBOS does not tell a body whether it is entered again."""
        return True

    async def perform(self) -> Any:
        """Give what the body returns; a failure handler is started before its failure is recorded."""
        try:
            return await enter(self._workflow, self, self._event)
        except RunEndedError as failed:
            if self._workflow.failure is not None:
                await self._fail(self._workflow.failure, failed.fault)
            raise

    async def together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Do what ``calls`` ask for: what must come before and after in order, the rest at the same time."""
        handles = [await self._prepare(call) for call in calls]
        if len(calls) == 1:
            outcomes = [await self._outcome(calls[0], handles[0])]
        else:
            pairs = zip(calls, handles, strict=True)
            outcomes = await asyncio.gather(*(self._outcome(call, handle) for call, handle in pairs))
        for call in calls:
            await self._finish(call)
        return outcomes

    async def _prepare(self, call: Call) -> Any:
        if call.kind == "wait":
            self._waits.setdefault(str(call.target), {})[call.label] = expectation(call, self._event)
            return await self._say(str(call.target))
        if call.kind == "invoke":
            child = getattr(call.target, "id", call.target)
            if child not in self._runtime.functions:
                refuse("UnknownWorkflow", f"step `{call.label}` invokes `{child}`, which this worker does not know")
            return await self._begin(str(child), f"{self.run_id}/{call.label}", "steplint/run.invoked", call.args[0])
        return None

    async def _finish(self, call: Call) -> None:
        if call.kind == "wait":
            del self._waits[str(call.target)][call.label]
            await self._say(str(call.target))

    async def _say(self, event: str) -> None:
        """Record for which events of this name the run waits, where senders look."""
        from steplint.runtime.engines.dbos import waits_for

        by = self._waits.get(event, {})
        attributes = {waits_for(event): {"open": bool(by), "by": {label: list(each) for label, each in by.items()}}}
        await self._dbos.update_workflow_attributes_async(self.run_id, attributes, merge=True)

    async def _outcome(self, call: Call, handle: Any) -> Outcome:
        try:
            return Outcome(await self._value(call, handle))
        except StepFailedError as error:
            return _failed(error, call, last=False)
        except RunEndedError as error:
            return Outcome(error=StepError(error.fault, call.label))
        except Exception as error:
            errors = getattr(error, "errors", None)  # of DBOSMaxStepRetriesExceeded
            if errors and isinstance(errors[-1], StepFailedError):
                return _failed(errors[-1], call, last=True)
            if call.kind == "invoke" and type(error).__name__ == "DBOSAwaitedWorkflowCancelledError":
                return Outcome(error=StepError(Fault("RunCancelled", str(error)), call.label))
            raise EngineStop(error) from None

    async def _value(self, call: Call, handle: Any) -> Any:
        if call.kind == "run":
            return await self._run(call)
        if call.kind == "sleep":
            return await self._dbos.sleep_async(max(pause(call, time.time()), _SHORTEST))
        if call.kind == "wait":
            limit = patience(call)
            return await self._dbos.recv_async(call.label, FOREVER if limit is None else limit)
        if call.kind == "invoke":
            return await handle.get_result()
        return await self._send(call)

    async def _run(self, call: Call) -> Any:
        timeout, loop = self._workflow.step_timeout, asyncio.get_running_loop()

        async def perform_async() -> Any:
            try:
                return await tried_async(call, timeout)
            except StepFailedError as error:
                await asyncio.sleep(self._pause(error))
                raise

        def perform() -> Any:
            try:
                return tried(call, timeout, loop)
            except StepFailedError as error:
                time.sleep(self._pause(error))
                raise

        options = self._runtime.step_options(self._workflow, call.label)
        return await self._dbos.run_step_async(options, perform_async if is_async(call) else perform)

    def _pause(self, error: StepFailedError) -> float:
        """Return how long to wait before DBOS hears of a failure that asked for a pause: DBOS has none by error."""
        again = self.attempt + 1 < self._workflow.max_attempts
        return error.pause if error.pause is not None and again else 0.0

    async def _send(self, call: Call) -> Any:
        def perform() -> list[str]:
            try:
                return self._runtime.deliver(sent(call, self.run_id, time.time()))
            except (TypeError, ValueError) as error:
                raise StepFailedError(describe(error), ends_run=True) from error

        return await self._dbos.run_step_async({"name": call.label}, perform)

    async def _begin(self, workflow: str, run_id: str, name: str, data: Any) -> Any:
        event = as_data(Event(name, {} if data is None else data, run_id, int(time.time() * 1000)))
        with self._sdk.SetWorkflowID(run_id):
            return await self._dbos.start_workflow_async(self._runtime.functions[workflow], event)

    async def _fail(self, handler: Workflow, fault: Fault) -> None:
        error = {"name": fault.name, "message": fault.message, "stack": fault.stack, "step": fault.step}
        data = {"workflow": self._workflow.id, "run_id": self.run_id, "error": error, "event": as_data(self._event)}
        with suppress(asyncio.CancelledError):
            await self._begin(handler.id, f"{self.run_id}-failure", "steplint/run.failed", data)


def _failed(error: StepFailedError, call: Call, *, last: bool) -> Outcome:
    if error.ends_run or (last and error.pause is not None):
        return Outcome(error=Refused(error.fault))
    return Outcome(error=StepError(error.fault, call.label))
