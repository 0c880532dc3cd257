"""AWS Lambda durable functions on the local runner: each wait ends an invocation, the next one has the new code."""

from __future__ import annotations

import json
from inspect import signature
from typing import Any

from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner
from journal import begin
from protocol import Given, Seen, load, serve_forked

LIMIT = "execution_timeout" if "execution_timeout" in signature(DurableFunctionTestRunner.run).parameters else "timeout"
"""The argument that limits a run, in testing 1.3 and later or before."""


def perform(edit: Given) -> Seen:
    """Answer the first invocations with the old handler and the others with the new one."""
    handlers = {"before": load(edit.before, "before").order, "after": load(edit.after, "after").order}
    old = 1 + sum(kind == "sleep" for _, _, kind, _ in edit.recorded)
    done = 0

    def handler(event: Any, context: Any) -> Any:
        nonlocal done
        done += 1
        phase = "before" if done <= old else "after"
        begin(edit.folder, phase)
        return handlers[phase](event, context)

    with DurableFunctionTestRunner(handler=handler) as runner:
        result = runner.run(input="{}", **{LIMIT: 30})
    if result.status.name != "SUCCEEDED":
        return Seen("failed", [], f"{result.status.name}: {result.error.message if result.error else ''}")
    return Seen("completed", json.loads(result.result))


serve_forked(perform)
