"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Edit, Effect, Finding, Fix, Note, Place, Project, Span, Step, Workflow

from ._sources import compared, elsewhere, least, line, operation, sentence, short, sources, trace, worst
from ._wrap import on_runs


def check(project: Project) -> Iterator[Finding]:
    """Yield sets whose order reaches steps, their IDs or their arguments."""
    for workflow, effect in sources(project, "order"):
        use = worst(workflow, effect)
        if use is None and effect.uses:
            continue  # `unstable-step-id` speaks of a set within the expression of an ID
        role = use.role if use else "unused"
        reached = _reached(workflow, effect)
        step = operation(workflow, use.step) if use else None
        written = f"{effect.expression}(...)" if effect.expression in ("set", "frozenset") else effect.expression
        what = f"`{short(written)}`" if written else "a set"
        yield Finding(
            message=sentence(
                f"set order of {what}",
                _lead(role, step, use.place if use else effect.place, effect.place),
            ),
            place=effect.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label if step else "",
            flow=role,
            level=effect.level
            or ("keyed" if _keyed(workflow, role, reached) else compared(project.dialect(workflow), use, step)),
            label="the order differs between processes",
            trace=trace(effect),
            notes=(*_notes(workflow, role, reached), *elsewhere(effect)),
            hint="iterate over `sorted(...)`, or keep the order with `dict.fromkeys(...)`",
            fix=_fix(project, workflow, effect),
            confidence=least(effect.confidence, use.confidence if use else "high"),
            subject=effect.expression or effect.api,
        )


def _lead(role: str, step: Step | None, sink: Place, place: Place) -> str:
    at = line(sink, place)
    named = f"step `{short(step.label)}`" if step else "steps"
    return {
        "control": f"decides {at} in which order {named} runs",
        "identity": f"decides {at} which ID {named} gets",
        "step-argument": f"reaches an argument of {named} {at}",
        "capture": f"reaches {named} {at}",
        "state": f"is stored in the run's state {at}",
        "outside-effect": f"reaches an effect outside every step {at}",
    }.get(role, f"is used {at}")


def _reached(workflow: Workflow, effect: Effect) -> list[Step]:
    positions = {use.step for use in effect.uses if use.role in ("control", "identity")}
    return [step for step in workflow.steps if step.position in positions]


def _keyed(workflow: Workflow, role: str, reached: list[Step]) -> bool:
    """Return whether every step that the order reaches has the element in its ID, so that memos follow it."""
    if workflow.family != "keyed" or role not in ("control", "identity"):
        return False
    return bool(reached) and all(any(part.kind == "element" for part in step.id_parts) for step in reached)


def _notes(workflow: Workflow, role: str, reached: list[Step]) -> Iterator[Note]:
    for step in reached[:3]:
        if _keyed(workflow, role, [step]):
            yield Note(step.place, f"step `{short(step.label)}` keeps its memos, but runs in another order")
        else:
            yield Note(step.place, f"step `{short(step.label)}` gets another element's memo")


def _fix(project: Project, workflow: Workflow, effect: Effect) -> Fix | None:
    if not effect.expression:
        return None
    span, path = effect.place.span, effect.place.path
    start = Place(path, Span(span.line, span.column, span.line, span.column))
    end = Place(path, Span(span.end_line, span.end_column, span.end_line, span.end_column))
    return Fix(
        "iterate in sorted order",
        (Edit(start, "sorted("), Edit(end, ")")),
        effect=on_runs(project.dialect(workflow), "the order of steps changes"),
        changes_steps=True,
    )
