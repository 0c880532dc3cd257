"""Workflows: a body with its ID, what starts it, and how it is retried."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from steplint.runtime.context import AsyncContext, Context

_MAX_RETRIES = 20
Body = Callable[[Any], Any]


class Workflow:
    """A durable function; made by `workflow`. Called directly, it is the plain body."""

    def __init__(
        self,
        workflow_id: str,
        body: Body,
        trigger: str | None = None,
        retries: int = 4,
        step_timeout: float | timedelta | None = None,
        on_failure: Body | None = None,
    ) -> None:
        if not isinstance(workflow_id, str) or not workflow_id:
            raise TypeError(f"the ID of a workflow is a text that is not empty, not {workflow_id!r}")
        if not 0 <= retries <= _MAX_RETRIES:
            raise ValueError(f"workflow `{workflow_id}`: `retries` is {retries}; it lies between 0 and {_MAX_RETRIES}")
        seconds = step_timeout.total_seconds() if isinstance(step_timeout, timedelta) else step_timeout
        if seconds is not None and seconds <= 0:
            raise ValueError(f"workflow `{workflow_id}`: `step_timeout` is {seconds}; it is a number above 0")
        self.id = workflow_id
        self.body = body
        self.trigger = trigger
        self.retries = retries
        self.step_timeout = seconds
        self.is_async = inspect.iscoroutinefunction(body)
        self.failure = Workflow(failure_id(workflow_id), on_failure, retries=retries) if on_failure else None
        self.__name__ = getattr(body, "__name__", workflow_id)
        self.__doc__ = body.__doc__

    @property
    def max_attempts(self) -> int:
        """How often a step, or the body between two steps, is tried."""
        return self.retries + 1

    def __call__(self, ctx: Context | AsyncContext) -> object:
        """Return what the body returns."""
        return self.body(ctx)

    def __repr__(self) -> str:
        return f"<workflow {self.id}>"

    def family(self) -> dict[str, Workflow]:
        """Return this workflow, its failure handler and all workflows that its module names, by ID."""
        named = [value for value in getattr(self.body, "__globals__", {}).values() if isinstance(value, Workflow)]
        found = {each.id: each for each in (*named, self)}
        return found | {each.failure.id: each.failure for each in found.values() if each.failure}


def failure_id(workflow_id: str) -> str:
    """Return the ID of the failure handler of a workflow."""
    return f"{workflow_id}-failure"


def workflow(
    workflow_id: str,
    *,
    trigger: str | None = None,
    retries: int = 4,
    step_timeout: float | timedelta | None = None,
    on_failure: Body | None = None,
) -> Callable[[Body], Workflow]:
    """Return a decorator that makes a function of one context a workflow.

    ``trigger`` is the event that starts it, ``retries`` the tries after the first one, ``step_timeout`` (seconds) the
    time for one try of a step, where it can be interrupted or left behind: not for a plain function in an async body.
    ``on_failure`` is a body that runs, durably, when the workflow failed.
    """
    return lambda body: Workflow(workflow_id, body, trigger, retries, step_timeout, on_failure)
