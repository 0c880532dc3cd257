"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import (
    Dialect,
    Finding,
    Frame,
    IdPart,
    Note,
    Place,
    Project,
    Step,
    StepForm,
    Workflow,
    exclusive,
    follows,
)

from ._sources import form_of
from ._text import sentence, short


def check(project: Project) -> Iterator[Finding]:
    """Yield the later of two calls on one path that have the same ID: the same text, the same holes in one turn."""
    for workflow in project.graph.workflows:
        first = dict[_Identity, list[Step]]()
        for step in workflow.steps:
            identity = _identity(step)
            if identity is None or not _names_a_call(project.dialect(workflow), step):
                continue
            earlier = [each for each in first.get(identity, ()) if _meets(workflow, each, step)]
            if earlier:
                yield _finding(workflow, earlier[0], step)
            first.setdefault(identity, []).append(step)


_Identity = tuple[str, tuple[tuple[str, str, str], ...], tuple[Place, ...]]


def _identity(step: Step) -> _Identity | None:
    """Return what the ID is made of; of a template the variables and loops too, None where one cannot be named."""
    if step.id is not None:
        return (step.id, (), ()) if step.id_source in ("literal", "constant") else None
    parts = tuple((each.kind, each.text, each.over) for each in step.id_parts)
    if step.template is None or not parts or not all(_same_in_one_turn(each) for each in step.id_parts):
        return None
    return step.template, parts, tuple(frame.place for frame in step.inside if frame.kind in _TURNS)


_TURNS = ("for", "while", "comprehension", "call")


def _same_in_one_turn(part: IdPart) -> bool:
    """Return whether a hole holds the same text wherever its variable is read in one turn of the loops around it."""
    return part.kind in ("index", "element") and part.text.replace(".", "").replace("_", "").isalnum()


def _names_a_call(dialect: Dialect, step: Step) -> bool:
    """Return whether the ID is one that an author gives to a call: no key of state, no name of a function called."""
    if step.kind in ("state", "patch"):
        return False
    form = form_of(dialect, step)
    return form is None or not ("@reference" in form.id or (dialect.family != "keyed" and _names_a_message(form)))


def _names_a_message(form: StepForm) -> bool:
    """Return whether the ID is what is sent, waited for or asked of another: it may well be sent twice."""
    asked = any(str(each).startswith("operation") or each == "handler" for each in form.id)
    return form.kind == "send" or (form.kind == "wait" and not form.body) or asked


def _meets(workflow: Workflow, one: Step, other: Step) -> bool:
    if one.place == other.place or exclusive(one, other):
        return False
    return _parallel(one, other) or follows(workflow, one, other) or follows(workflow, other, one)


def _finding(workflow: Workflow, first: Step, step: Step) -> Finding:
    at = f"line {first.place.span.line}"
    if first.place.path != step.place.path:
        at = f"{first.place.path}:{first.place.span.line}"
    parallel = workflow.family == "keyed" and _parallel(first, step)
    told = "told apart by which branch comes first" if parallel else "told apart by order alone"
    return Finding(
        message=sentence(f"step ID `{short(step.label)}` is also used at {at}:", told),
        place=step.id_place or step.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        level="parallel" if parallel else "sequence",
        label="the counter depends on timing" if parallel else "swapping the two swaps their memos",
        notes=(Note(first.id_place or first.place, "first use"),),
        hint="give each call an ID of its own",
        subject=step.label,
    )


def _parallel(one: Step, other: Step) -> bool:
    """Return whether a combinator runs both, in different branches."""
    for mine, theirs in zip(_below_combinators(one), _below_combinators(other), strict=False):
        if mine[0].place == theirs[0].place:
            return not mine[1] or not theirs[1] or mine[1].place != theirs[1].place
    return False


def _below_combinators(step: Step) -> list[tuple[Frame, Frame | None]]:
    frames = (*step.inside, None)
    return [(frame, below) for frame, below in zip(step.inside, frames[1:], strict=True) if frame.kind == "combinator"]
