"""What goes wrong, for users to raise and catch, and the interrupts that leave a body on purpose."""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta
from typing import NoReturn

from steplint.contract.runs import Fault


class StepError(Exception):
    """A step failed for good; carries what the original error said. Not retried when it leaves the body."""

    def __init__(self, fault: Fault, step: str) -> None:
        super().__init__(f"step `{step}`: {fault.name}: {fault.message}")
        self.name = fault.name
        self.message = fault.message
        self.stack = fault.stack
        self.step = step


class NonRetriableError(Exception):
    """Raised in a step or a body: the run fails at once."""


class RetryAfterError(Exception):
    """Raised in a step or a body: the next try comes after ``retry_after`` (milliseconds, a duration or a time)."""

    def __init__(self, message: str, retry_after: int | timedelta | datetime) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def seconds(self, now: float) -> float:
        """Return the pause in seconds, between one second and 24 hours."""
        after = self.retry_after
        if isinstance(after, datetime):
            pause = after.timestamp() - now
        elif isinstance(after, timedelta):
            pause = after.total_seconds()
        else:
            pause = after / 1000
        return min(max(pause, 1.0), 86400.0)


class StepTimeoutError(Exception):
    """A try of a step took longer than the workflow's ``step_timeout``; counts as a failed try."""


class RunFailedError(Exception):
    """`Runtime.result` of a run that failed; ``fault`` says why."""

    def __init__(self, run_id: str, fault: Fault) -> None:
        super().__init__(f"run `{run_id}` failed: {fault.name}: {fault.message}")
        self.run_id = run_id
        self.fault = fault


class RunCancelledError(Exception):
    """`Runtime.result` of a run that was cancelled."""


class RunHeldError(Exception):
    """`Runtime.result` of a run that the manifest guard refuses to replay under the deployed code."""


class RunConflictError(ValueError):
    """A run with this ID exists, of another workflow or with other data."""


class UnknownRunError(LookupError):
    """The ledger has no run with this ID."""


class BacklogError(RuntimeError):
    """The ledger holds as many queued runs as the runtime allows."""


class UnserializableError(TypeError):
    """A value would not survive JSON; the message names the place inside the value and its type."""


class LedgerError(Exception):
    """The ledger cannot be read or written; ``hint`` says what helps. Nothing that was recorded is lost."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint = message, hint


# Interrupts derive from BaseException: an `except Exception` around a step must not swallow them.
class Interrupt(BaseException):
    """Leaves the body: what was asked for is recorded, planned or waited for."""


class BranchStop(Interrupt):
    """Leaves one callable of a parallel group at its first step without a memo."""


class Stopping(Interrupt):
    """Leaves the body because the worker was asked to stop."""


class LeaseLost(Interrupt):
    """Leaves the body because another worker holds the run, or it was cancelled: nothing more may be recorded."""


class Refused(Interrupt):
    """Leaves the body and fails the run without a further try."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class LedgerTrouble(Interrupt):
    """Carries a `LedgerError` through a body, whose handlers must not see it."""

    def __init__(self, error: LedgerError) -> None:
        super().__init__(str(error))
        self.error = error


def refuse(name: str, message: str, stack: str = "") -> NoReturn:
    """Leave the body and fail the run with an error of this name."""
    raise Refused(Fault(name, message, stack))


def describe(error: BaseException) -> Fault:
    """Return ``error`` as it is recorded."""
    if isinstance(error, StepError):
        return Fault(error.name, error.message, error.stack, error.step)
    return Fault(type(error).__name__, str(error), "".join(traceback.format_exception(error, limit=-20)))
