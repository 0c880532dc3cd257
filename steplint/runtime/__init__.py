"""A small durable runtime: workflows whose completed steps are never executed again."""

from steplint.runtime.clock import SkippingClock
from steplint.runtime.context import AsyncContext, Context
from steplint.runtime.errors import (
    BacklogError,
    LedgerError,
    NonRetriableError,
    RetryAfterError,
    RunCancelledError,
    RunConflictError,
    RunFailedError,
    RunHeldError,
    StepError,
    StepTimeoutError,
    UnknownRunError,
    UnserializableError,
)
from steplint.runtime.runtime import Runtime
from steplint.runtime.schedule import Event
from steplint.runtime.stores.memory import MemoryStore
from steplint.runtime.stores.sqlite import SqliteStore
from steplint.runtime.workflow import Workflow, workflow

__all__ = [
    "AsyncContext",
    "BacklogError",
    "Context",
    "Event",
    "LedgerError",
    "MemoryStore",
    "NonRetriableError",
    "RetryAfterError",
    "RunCancelledError",
    "RunConflictError",
    "RunFailedError",
    "RunHeldError",
    "Runtime",
    "SkippingClock",
    "SqliteStore",
    "StepError",
    "StepTimeoutError",
    "UnknownRunError",
    "UnserializableError",
    "Workflow",
    "workflow",
]
