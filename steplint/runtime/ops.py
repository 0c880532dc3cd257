"""Step calls as records: what was asked for, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

from msgspec import Struct, field

from steplint.contract.runs import StepKind
from steplint.runtime.errors import BranchStop
from steplint.runtime.store import Run, Timer


class Call(Struct, frozen=True):
    """A step call as the body makes it; ``target`` is a function, a workflow or its ID, or the name of an event."""

    kind: StepKind
    id: str
    occurrence: int
    key: str
    target: object
    args: tuple[object, ...] = ()

    @property
    def label(self) -> str:
        """The ID, with ``:n`` after n earlier uses."""
        return self.id if self.occurrence == 0 else f"{self.id}:{self.occurrence}"


class Op(Struct, frozen=True):
    """A step call without a memo. ``postponed``: an earlier try failed and left a timer."""

    run: str
    kind: StepKind
    id: str
    occurrence: int
    key: str
    position: int
    attempt: int = 0
    postponed: bool = False
    callable: str = ""

    @property
    def label(self) -> str:
        """The ID, with ``:n`` after n earlier uses."""
        return self.id if self.occurrence == 0 else f"{self.id}:{self.occurrence}"


class Outcome(Struct, frozen=True):
    """What a handler returned or raised, and when."""

    value: Any
    error: Exception | None
    started: float
    ended: float


class Wait(Struct, frozen=True):
    """A timer to register, with the child run that it waits for, if any."""

    timer: Timer
    child: Run | None = None


class Planned(Struct, frozen=True):
    """A handler that a parallel group found and will execute."""

    op: Op
    handler: Callable[..., Any]
    args: tuple[object, ...]


class Plan(Struct):
    """What the callables of a parallel group asked for until each stopped; ``path`` numbers the current one."""

    path: str = ""
    handlers: list[Planned] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    stopped: bool = False
    stopping: bool = False

    def stop(self) -> BranchStop:
        """Return what to raise to leave the current callable."""
        self.stopped = self.stopping = True
        return BranchStop()


def callable_name(target: object) -> str:
    """Return what a step calls, for people and for comparison: a function's name, a workflow's ID, an event's name.

    A lambda is told from another one by the names it uses.
    """
    while isinstance(target, partial):
        target = target.func
    if isinstance(target, str):
        return target
    name: str = getattr(target, "__qualname__", "") or getattr(target, "id", "") or type(target).__qualname__
    name = name.rpartition(".<locals>.")[2]
    code = getattr(target, "__code__", None)
    if name == "<lambda>" and code is not None:
        return f"<lambda> {','.join((*code.co_names, *code.co_freevars))}"
    return name


# The group that discovers its callables, and the step whose handler executes, in the current context.
PLAN: ContextVar[Plan | None] = ContextVar("plan", default=None)
EXECUTING: ContextVar[Op | None] = ContextVar("executing", default=None)
