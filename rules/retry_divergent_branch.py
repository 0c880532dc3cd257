"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project

from ._text import least, sentence, short, shown
from ._traces import call_of, once, way

# Monotonic clocks measure how long an attempt takes: a deadline loop is meant to follow them.
_STOPWATCHES = frozenset(
    f"time.{name}{unit}"
    for name in ("monotonic", "perf_counter", "process_time", "thread_time")
    for unit in ("", "_ns")
)


def check(project: Project) -> Iterator[Finding]:
    """Yield clocks and random values that decide in a step whether an effect runs."""
    yield from once(_findings(project))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow, step, source in project.step_effects("time", "random", "shared-rng"):
        if source.level == "off" or source.api in _STOPWATCHES:
            continue
        use = next((use for use in source.uses if use.role == "control" and not use.duration), None)
        if use is None:
            continue
        decides = use.decides or (f"whether `{shown(use.api)}` runs" if use.api else "what happens")
        yield Finding(
            sentence(f"`{shown(source.api)}`", f"decides in step `{short(step.label)}` {decides}"),
            source.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            label="a retry may decide the other way",
            trace=way(source.trail),
            notes=(
                *((Note(use.place, "the branch"),) if use.place != source.place else ()),
                *call_of(step, source.place),
            ),
            hint="decide in a step of its own, and branch in the body on its result",
            confidence=least(source.confidence, use.confidence),
            subject=source.api,
        )
