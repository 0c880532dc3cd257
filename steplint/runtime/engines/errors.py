"""What goes wrong between a body and the engine that it runs on."""

from __future__ import annotations

from typing import Any

from steplint.contract.runs import Fault
from steplint.runtime.errors import NonRetriableError, RetryAfterError, UnserializableError, describe


class EngineError(Exception):
    """An engine cannot be used like this, or is not there; ``hint`` says what to start or change."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint = message, hint


class StepFailedError(Exception):
    """A failed try of a step, as an engine may store it. ``pause``: the seconds that `RetryAfterError` asked for.

    ``ends_run``: no further try, and no handler in the body, can help.
    """

    def __init__(self, fault: Fault, *, ends_run: bool = False, pause: float | None = None) -> None:
        super().__init__(f"{fault.name}: {fault.message}")
        self.fault, self.ends_run, self.pause = fault, ends_run, pause

    def __reduce__(self) -> Any:
        return _step_fault, (self.fault, self.ends_run, self.pause)

    def __repr__(self) -> str:
        return str(self)  # Restate stores this text as the message


class RunEndedError(Exception):
    """A run failed for good: what the engine stores as its end."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.name}: {fault.message}")
        self.fault = fault

    def __reduce__(self) -> Any:
        return RunEndedError, (self.fault,)


class EngineStop(BaseException):
    """Carries an error of the engine itself through a body, whose handlers must not see it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def step_fault(error: Exception, label: str, now: float) -> StepFailedError:
    """Return what a handler raised in the form that engines store."""
    if isinstance(error, StepFailedError):
        return error
    if isinstance(error, UnserializableError):
        return StepFailedError(Fault("Unserializable", f"the result of step `{label}`, {error}"), ends_run=True)
    if isinstance(error, NonRetriableError):
        return StepFailedError(describe(error), ends_run=True)
    return StepFailedError(describe(error), pause=error.seconds(now) if isinstance(error, RetryAfterError) else None)


def parsed(text: str, step: str = "") -> Fault:
    """Return the fault whose text is ``name: message``: what is left where an engine stores a text only."""
    name, colon, message = text.partition(": ")
    known = colon and name.replace(".", "").isidentifier()
    return Fault(name, message, "", step) if known else Fault("Error", text, "", step)


def _step_fault(fault: Fault, ends_run: bool, pause: float | None) -> StepFailedError:
    return StepFailedError(fault, ends_run=ends_run, pause=pause)
