"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Dialect, Edit, Finding, Fix, Frame, Handler, Note, Place, Project, Span, Step, Workflow

from ._text import short

# Catching the cancellation of a run by its own name is a decision, not an accident.
_DELIBERATE = "CancelledError"


def check(project: Project) -> Iterator[Finding]:
    """Yield handlers around durable operations that keep the engine's suspension from leaving the body."""
    for workflow in project.graph.workflows:
        dialect = project.dialect(workflow)
        if dialect.interrupt == "none":
            continue
        seen = set[Place]()
        for step in workflow.steps:
            for frame in step.inside:
                if frame.kind not in ("try", "with"):
                    continue
                handler = _swallows(frame, dialect)
                if handler and handler.place not in seen:
                    seen.add(handler.place)
                    yield _caught(workflow, dialect, step, frame, handler)
                if frame.final in ("return", "break", "continue") and frame.place not in seen:
                    seen.add(frame.place)
                    yield _dropped(workflow, dialect, step, frame)


def _swallows(frame: Frame, dialect: Dialect) -> Handler | None:
    """Return the handler that an interrupt reaches first, unless it raises again."""
    for handler in frame.handlers:
        if _catches(handler, dialect):
            return None if handler.reraises or handler.ends == "raise" else handler
    return None


def _catches(handler: Handler, dialect: Dialect) -> bool:
    if not handler.catches:
        return True
    caught = {_last(name) for name in handler.catches}
    wide = {"BaseException"} if dialect.interrupt == "BaseException" else {"BaseException", "Exception"}
    return bool(caught & (wide | {_last(name) for name in dialect.interrupts} - {_DELIBERATE}))


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _caught(workflow: Workflow, dialect: Dialect, step: Step, frame: Frame, handler: Handler) -> Finding:
    names = ", ".join(_last(name) for name in handler.catches)
    if frame.kind == "with":
        caught = f"suppress({names})"
    else:
        caught = f"except ({names})" if len(handler.catches) > 1 else f"except {names}".strip()
    return Finding(
        f"`{caught}` around step `{short(step.label)}` swallows the engine's {_signal(dialect)}",
        handler.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        level=_level(dialect),
        label=_consequence(dialect),
        notes=(_raised(step, dialect),),
        hint=_hint(dialect),
        fix=_narrow(frame, handler, dialect),
        confidence=step.confidence,
        subject=caught,
    )


def _signal(dialect: Dialect) -> str:
    # An engine that keeps the coroutine in memory interrupts it only to cancel or evict the run.
    return "cancellation" if dialect.in_memory else "suspension"


def _level(dialect: Dialect) -> str:
    return "in-memory" if dialect.in_memory else ""


def _consequence(dialect: Dialect) -> str:
    if dialect.in_memory:
        return "a canceled run goes on with the handler's value"
    return "the step ran, its result is thrown away, and the run goes on"


def _raised(step: Step, dialect: Dialect) -> Note:
    return Note(
        step.place, f"`{step.label}` " + ("may be canceled here" if dialect.in_memory else "suspends the run here")
    )


def _hint(dialect: Dialect) -> str:
    if dialect.interrupt == "BaseException":
        return f"catch `Exception`: the {_signal(dialect)} is no subclass of it"
    names = ", ".join(f"`{_last(name)}`" for name in dialect.interrupts)
    return f"let the engine's own exceptions pass first ({names}), or catch narrower ones"


def _narrow(frame: Frame, handler: Handler, dialect: Dialect) -> Fix | None:
    """Return the edit to `except Exception`; none where the clause names several classes."""
    if dialect.interrupt != "BaseException" or frame.kind != "try":
        return None
    start = handler.place.span
    after = start.column + len("except")
    if not handler.catches:
        edit = Edit(_on_line(handler.place, after, after), " Exception")
    elif handler.catches in (("BaseException",), ("builtins.BaseException",)):
        edit = Edit(_on_line(handler.place, after, after + len(" BaseException")), " Exception")
    else:
        return None
    return Fix("catch `Exception`", (edit,), effect="suspensions and cancellations leave the body from now on")


def _on_line(place: Place, column: int, end: int) -> Place:
    line = place.span.line
    return Place(place.path, Span(line, column, line, end))


def _dropped(workflow: Workflow, dialect: Dialect, step: Step, frame: Frame) -> Finding:
    return Finding(
        f"`{frame.final}` in `finally` around step `{short(step.label)}` swallows the engine's {_signal(dialect)}",
        frame.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        level=_level(dialect),
        label=f"its `finally` leaves with `{frame.final}`, whatever was raised",
        notes=(_raised(step, dialect),),
        hint=f"move the `{frame.final}` behind the `finally`",
        confidence=step.confidence,
        subject=f"finally {frame.final}",
    )
