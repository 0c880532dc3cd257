"""Temporal: a history with the first two steps is replayed by the new code. No server: `Replayer` does it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from journal import begin
from protocol import Given, Seen, load, serve
from temporalio.client import WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

Event = dict[str, Any]
QUEUE = {"name": "shop"}
TIME = "2026-01-01T00:00:00Z"


def payloads(value: object) -> dict[str, Any]:
    """Return a value as the server keeps it."""
    encoded = {"encoding": base64.b64encode(b"json/plain").decode()}
    return {"payloads": [{"metadata": encoded, "data": base64.b64encode(json.dumps(value).encode()).decode()}]}


class Writer:
    """Writes the events of a run: each step in a workflow task of its own."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        attributes = {
            "workflowType": {"name": "order"},
            "taskQueue": QUEUE,
            "attempt": 1,
            "originalExecutionRunId": "r",
        }
        self.add("WORKFLOW_EXECUTION_STARTED", "workflowExecutionStarted", attributes)
        self.activities = 0

    def add(self, kind: str, field: str, attributes: dict[str, Any]) -> str:
        """Add an event and return its number."""
        number = str(len(self.events) + 1)
        event = {"eventId": number, "eventTime": TIME, "eventType": f"EVENT_TYPE_{kind}"}
        self.events.append({**event, f"{field}EventAttributes": attributes})
        return number

    def begin_task(self) -> tuple[str, str]:
        """Start the workflow task in which the next step is scheduled."""
        scheduled = self.add(
            "WORKFLOW_TASK_SCHEDULED", "workflowTaskScheduled", {"taskQueue": QUEUE, "startToCloseTimeout": "10s"}
        )
        return scheduled, self.add("WORKFLOW_TASK_STARTED", "workflowTaskStarted", {"scheduledEventId": scheduled})

    def end_task(self) -> str:
        """Complete a workflow task; the flags are those that the SDK sets, checks of early commands among them."""
        scheduled, started = self.begin_task()
        attributes = {
            "scheduledEventId": scheduled,
            "startedEventId": started,
            "sdkMetadata": {"coreUsedFlags": [1, 2, 3, 4]},
        }
        return self.add("WORKFLOW_TASK_COMPLETED", "workflowTaskCompleted", attributes)

    def activity(self, name: str, argument: object, result: object) -> None:
        """Add an activity that has completed."""
        task = self.end_task()
        self.activities += 1
        scheduled = self.add(
            "ACTIVITY_TASK_SCHEDULED",
            "activityTaskScheduled",
            {
                "activityId": str(self.activities),
                "activityType": {"name": name},
                "taskQueue": QUEUE,
                "input": payloads(argument),
                "startToCloseTimeout": "9s",
                "workflowTaskCompletedEventId": task,
            },
        )
        started = self.add("ACTIVITY_TASK_STARTED", "activityTaskStarted", {"scheduledEventId": scheduled})
        ends = {"scheduledEventId": scheduled, "startedEventId": started, "result": payloads(result)}
        self.add("ACTIVITY_TASK_COMPLETED", "activityTaskCompleted", ends)

    def timer(self) -> None:
        """Add a timer that has fired."""
        task = self.end_task()
        attributes = {"timerId": "1", "startToFireTimeout": "1s", "workflowTaskCompletedEventId": task}
        started = self.add("TIMER_STARTED", "timerStarted", attributes)
        self.add("TIMER_FIRED", "timerFired", {"timerId": "1", "startedEventId": started})

    def text(self) -> str:
        """Return the history, which ends in the workflow task that would schedule the third step."""
        self.begin_task()
        return json.dumps({"events": self.events})


def functions(module: ModuleType) -> dict[str, Callable[..., str]]:
    """Return the activities of a module by name."""
    found = {}
    for each in vars(module).values():
        definition = getattr(each, "__temporal_activity_definition", None)
        if definition is not None:
            found[definition.name] = each
    return found


class Watch(Interceptor):
    """Notes for each activity call of a replay which function it makes and what it got."""

    def __init__(self, activities: dict[str, Callable[..., str]]) -> None:
        self.activities = activities
        self.calls: list[tuple[str, tuple[Any, ...], asyncio.Task[Any]]] = []

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002
    ) -> type[WorkflowInboundInterceptor]:
        """Return the class that hands its calls to this watch."""
        watch = self

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> Any:  # noqa: A002
                handle = super().start_activity(input)
                watch.calls.append((input.activity, tuple(input.args), handle))
                return handle

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound


async def replayed(workflow: type, history: str, watch: Watch) -> BaseException | None:
    """Return what the replay of a history fails with."""
    replayer = Replayer(workflows=[workflow], interceptors=[watch], workflow_runner=UnsandboxedWorkflowRunner())
    done = await replayer.replay_workflow(WorkflowHistory.from_json("w", history), raise_on_replay_failure=False)
    return done.replay_failure


def perform(edit: Given) -> Seen:
    """Write what the old code recorded, replay it with the new one."""
    begin(edit.folder, "before")
    old, writer = functions(load(edit.before)), Writer()
    for name, call, kind, argument in edit.recorded:
        if kind == "sleep":
            writer.timer()
        else:
            given = call if name == "load" else argument
            writer.activity(name, given, old[name](given))
    module = load(edit.after)
    watch = Watch(functions(module))
    failure = asyncio.run(replayed(module.Order, writer.text(), watch))
    if failure is not None:
        return Seen("stuck", [], str(failure))
    return Seen("completed", [got(edit, watch, *each) for each in watch.calls])


def got(edit: Given, watch: Watch, name: str, given: tuple[Any, ...], handle: asyncio.Task[Any]) -> list[Any]:
    """Return the function of a call and its value; one that is still to be executed is executed for that."""
    # The eviction at the end of the replay ends the wait for a call that has no result yet.
    waits = not handle.done() or handle.cancelled() or handle.exception() is not None
    begin(edit.folder, "after" if waits else "probe")
    own = watch.activities[name](*given)
    return [own.partition(":")[0], own if waits else handle.result()]


serve(perform)
