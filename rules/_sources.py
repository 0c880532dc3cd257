"""What is said about a value that differs between two executions of a workflow body: where it goes decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from steplint.api import (
    Dialect,
    Effect,
    Finding,
    Fix,
    Hop,
    Note,
    Place,
    Project,
    Step,
    StepForm,
    Use,
    Workflow,
)

from ._text import least, line, sentence, short, shown

_WORST = (
    "control", "outside-effect", "identity", "state", "step-argument", "capture", "timer", "unknown",
    "returned", "predicate", "delay", "scratch", "branch", "logged",
)  # fmt: skip

_ROLES = (*_WORST, "unused")
_HARMLESS = _ROLES[_ROLES.index("returned") :]


class Words(NamedTuple):
    """How a rule speaks of its sources: "reads another time", and the members of the dialect's stand-ins."""

    again: str
    """What a replay does: "reads another time"."""
    standin: str = ""
    """Text of the dialect's own replacement."""
    step: str = ""
    """ID of a step that would record the value."""


Fixer = Callable[[Project, Workflow, Effect], Fix | None]


def sources(project: Project, *kinds: str) -> Iterator[tuple[Workflow, Effect]]:
    """Yield the sources of ``kinds`` in replayed bodies; a workflow without durable operations is retried whole.

    What is done with an object is left out where making the object is a source already: one finding is enough. So is
    a branch without durable operations whose result the engine records: it is not executed again.
    """
    for workflow, effect in project.effects(*kinds):
        if not workflow.steps or effect.level == "off" or _recorded(workflow, effect):
            continue
        if not _follows_from_another(workflow, effect):
            yield workflow, effect


def _recorded(workflow: Workflow, effect: Effect) -> bool:
    """Return whether ``effect`` happens in a child context that runs as one unit (`context.map(items, function)`)."""
    branches = {frame.place for frame in effect.inside if frame.kind == "deferred"}
    return any(
        child.place in branches and not any(_within(step, child.place) for step in workflow.steps)
        for child in workflow.steps
        if child.kind == "child"
    )


def _within(step: Step, branch: Place) -> bool:
    return any(frame.kind == "deferred" and frame.place == branch for frame in step.inside)


def _follows_from_another(workflow: Workflow, effect: Effect) -> bool:
    return any(_covers(other, effect) for other in workflow.effects if other.kind == effect.kind)


def _covers(other: Effect, effect: Effect) -> bool:
    """Return whether ``effect`` is a part of ``other``, or is done with the object that ``other`` makes."""
    if other is effect or other.mode == "opens":
        return False
    if other.place == effect.place or _begins(other.place, effect.place):
        return other.api.startswith(f"{effect.api}.")
    return effect.api.startswith(f"{other.api}.") and not _begins(effect.place, other.place)


def _begins(whole: Place, part: Place) -> bool:
    """Return whether ``part`` is the receiver within ``whole``: `os.environ` in `os.environ.get(...)`."""
    same_start = (whole.span.line, whole.span.column) == (part.span.line, part.span.column)
    return whole.path == part.path and whole != part and same_start and whole.span.contains(part.span)


def worst(workflow: Workflow, effect: Effect) -> Use | None:
    """Return the use that matters most; None when the value is unused.

    A source within the expression of a step ID belongs to `unstable-step-id` as far as the ID is concerned.
    """
    uses = [use for use in effect.uses if not (use.role == "identity" and within_id(workflow, effect, use))]
    return min(uses, key=lambda use: (_WORST.index(use.role), use.place), default=None) if uses else None


def within_id(workflow: Workflow, effect: Effect, use: Use) -> bool:
    """Return whether the source stands in the expression of the ID that ``use`` means."""
    step = operation(workflow, use.step)
    place = step.id_place if step else None
    return place is not None and place.path == effect.place.path and place.span.contains(effect.place.span)


def only_in_id(workflow: Workflow, effect: Effect) -> bool:
    """Return whether everything that the value does is to be part of the ID in whose expression it stands."""
    return bool(effect.uses) and worst(workflow, effect) is None


def value_findings(
    project: Project, kinds: tuple[str, ...], words: Callable[[Effect], Words] | Words, fixer: Fixer | None = None
) -> Iterator[tuple[Effect, Finding]]:
    """Yield what is to be said about the sources of ``kinds``: once per call of the body, for its worst use."""
    calls = dict[tuple[str, str, Place], list[tuple[Effect, Finding]]]()
    for workflow, effect in sources(project, *kinds):
        spoken = words if isinstance(words, Words) else words(effect)
        if finding := value_finding(project, workflow, effect, spoken, fixer):
            calls.setdefault((workflow.dialect, workflow.id, effect.place), []).append((effect, finding))
    for found in calls.values():
        (effect, finding), *others = sorted(found, key=lambda each: _ROLES.index(each[1].flow))
        also = (Note(other.origin, f"the same call reads `{shown(other.api)}`") for other, _ in others)
        yield effect, replace(finding, notes=(*finding.notes, *also))


def value_finding(
    project: Project, workflow: Workflow, effect: Effect, words: Words, fixer: Fixer | None = None
) -> Finding | None:
    """Return what is to be said about ``effect``; None where `unstable-step-id` says it."""
    if only_in_id(workflow, effect):
        return None
    use = worst(workflow, effect)
    if use is not None and _goes_with_the_effect(workflow, effect, use):
        return None
    role = use.role if use else "unused"
    dialect = project.dialect(workflow)
    step = operation(workflow, use.step) if use else None
    refused = role in _HARMLESS and not effect.level and _refused(dialect, workflow, effect)
    what = "is refused by the sandbox of the engine" if refused else lead(use, step, effect.place)
    return Finding(
        message=sentence(f"`{shown(effect.api)}`", what),
        place=effect.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label if step else "",
        flow=role,
        level=effect.level
        or compared(dialect, use, step)
        or _last(workflow, effect, use)
        or ("refused" if refused else ""),
        label="unless it is switched off, the run fails here" if refused else f"a replay {words.again}",
        trace=trace(effect),
        notes=(*notes(use, step, dialect, words), *elsewhere(effect)),
        hint=hint(dialect, workflow, effect, words),
        fix=fixer(project, workflow, effect) if fixer else None,
        confidence=least(effect.confidence, use.confidence if use else "high"),
        subject=effect.api,
    )


def _goes_with_the_effect(workflow: Workflow, effect: Effect, use: Use) -> bool:
    """Return whether a called function draws the value for its own effect, which is reported at the same call.

    To put that call into a step mends both.
    """
    if use.role != "outside-effect" or direct(effect):
        return False
    taking = [each for each in workflow.effects if use.place in (each.place, each.origin)]
    return any(
        each.place == effect.place and each.origin != each.place and (changes(each) or each.mode == "write")
        for each in taking
    )


def changes(effect: Effect) -> bool:
    """Return whether ``effect`` changes the world rather than reads it."""
    return effect.kind == "write" or (effect.kind in ("network", "database") and effect.mode == "write")


def lead(use: Use | None, step: Step | None, place: Place) -> str:
    """Return what the value does, as a predicate with its place: "decides at line 40 whether step `a` runs"."""
    if use is None:
        return "runs in the body; its value is unused"
    at = line(use.place, place)
    unnamed = f"a {_kind(step)}" if step is not None and step.id is None and step.template is None else ""
    named = unnamed or (f"{_kind(step)} `{short(step.label)}`" if step else "a durable operation")
    decided = f"decides {at} {use.decides or 'which steps run'}"
    sent = step is not None and step.kind == "send"
    return {
        "control": decided,
        "identity": f"is part of the ID of {named} {at}",
        "outside-effect": f"goes into `{shown(use.api) or 'an effect'}` {at}, outside every step",
        "state": f"is sent with {named} {at}" if sent else f"is stored in the run's state {at}",
        "step-argument": f"is an argument of {named} {at}",
        "capture": f"is read by {named} {at}",
        "timer": f"is the length of {named} {at}",
        "unknown": f"in the body goes to `{shown(use.api) or 'a call'}` {at}",
        "returned": f"in the body is returned {at}, after the last step",
        "predicate": f"in the body filters a read {at}",
        "delay": f"in the body is a delay {at}",
        "scratch": f"in the body names a scratch file {at}",
        "branch": f"in the body decides a branch {at} without steps",
        "logged": f"in the body only reaches a log {at}",
    }.get(use.role, f"runs in the body and is used {at}")


def notes(use: Use | None, step: Step | None, dialect: Dialect, words: Words) -> Iterator[Note]:
    """Yield what happens at the place where the value ends up."""
    if use is None:
        return
    effect = consequence(use, step, dialect, words)
    if effect:
        yield Note(use.place, effect)


def consequence(use: Use, step: Step | None, dialect: Dialect, words: Words) -> str:
    """Return what the engine makes of the value at its sink."""
    match use.role:
        case "control":
            return f"a replay that {words.again} takes the other path here"
        case "identity":
            return _lost_memo(dialect)
        case "outside-effect":
            return "repeated at every replay, each time with another value"
        case _ if compared(dialect, use, step):
            return "replay compares this with what it recorded: the run fails"
        case "step-argument" | "capture" | "timer":
            return f"{_kind(step)} keeps the first value, code outside it sees another one at every replay"
        case "state":
            return "the state keeps the first value, code outside it sees another one at every replay"
        case "unknown":
            return "not followed further"
    return ""


def _refused(dialect: Dialect, workflow: Workflow, effect: Effect) -> bool:
    """Return whether the engine runs workflow modules in a sandbox that refuses the call, wherever its value goes.

    Only the workflow's own module is certain to be in it: others are often passed through.
    """
    sandboxed = any("refused" in levels for levels in dialect.severity.values())
    return sandboxed and effect.origin.path == workflow.place.path


def compared(dialect: Dialect, use: Use | None, step: Step | None) -> str:
    """Return the level of a value that replay compares byte by byte with what it recorded, else nothing."""
    if use is None or use.role not in ("step-argument", "capture", "state", "timer"):
        return ""
    kind = step.kind if step else "state"
    return "compared" if kind in dialect.compares_arguments and use.role != "capture" else ""


def _last(workflow: Workflow, effect: Effect, use: Use | None) -> str:
    """Return the level of a value that goes into an effect after the last step, where only a retry repeats both."""
    if use is None or use.role != "outside-effect":
        return ""
    reached = [each for each in workflow.effects if use.place in (each.place, each.origin)]
    # A function that reads the clock and writes is called at several places: each call is judged by its own write.
    sinks = [each for each in reached if each.place == effect.place] or reached
    return "tail" if sinks and all(each.tail for each in sinks) else ""


def _lost_memo(dialect: Dialect) -> str:
    if dialect.family == "keyed":
        return "another ID at every replay: the memo is never found and the step runs again"
    if "name" in dialect.checks:
        return "replay compares names: another ID makes the run fail"
    return "replay shows another name than the one recorded"


def hint(dialect: Dialect, workflow: Workflow, effect: Effect, words: Words) -> str:
    """Return what to write instead, in the words of the dialect."""
    own = _in_context(getattr(dialect.standin, words.standin), workflow) if words.standin else ""
    step = step_text(dialect, workflow, words.step, f"{callee(effect)}(...)") if words.step else ""
    ways = [f"use `{own}`" if own else "", f"make it a step: `{step}`" if step else ""]
    return ", or ".join(way for way in ways if way)


def step_text(dialect: Dialect, workflow: Workflow, name: str, source: str) -> str:
    """Return the dialect's spelling of a step that records ``source``; empty where it has none."""
    text = dialect.standin.step
    if "{source}" not in text:
        return ""
    return _in_context(text, workflow).replace("{id}", name).replace("{source}", source)


def _in_context(text: str, workflow: Workflow) -> str:
    return text.replace("ctx.", f"{workflow.context}.") if workflow.context else text


def trace(effect: Effect) -> tuple[Hop, ...]:
    """Return the way from the body to the source, where it is longer than one call."""
    return effect.trail if len(effect.trail) > 1 else ()


def elsewhere(effect: Effect) -> Iterator[Note]:
    """Yield the other calls of the body that reach the same source."""
    for place in effect.also:
        yield Note(place, "the same source is reached from here")


def operation(workflow: Workflow, position: int | None) -> Step | None:
    """Return the durable operation at ``position``."""
    if position is None:
        return None
    return next((step for step in workflow.steps if step.position == position), None)


def form_of(dialect: Dialect, step: Step) -> StepForm | None:
    """Return the form of the dialect in which ``step`` is written."""
    forms = (form for form in dialect.step if step.form in filter(None, (form.method, form.call, form.decorator)))
    return next(forms, None)


def environment(effect: Effect) -> bool:
    """Return whether a value computed at import comes from the environment, which changes with a deploy only."""
    return effect.api.startswith(("os.environ", "os.getenv", "os.getcwd", "sys.argv", "sys.platform", "platform."))


def direct(effect: Effect) -> bool:
    """Return whether the source itself stands at the call that is reported, and not in a function called there."""
    return len(effect.trail) <= 1 or effect.trail[-1].place == effect.place


def callee(effect: Effect) -> str:
    """Return the call of the body that leads to the source, as people write it."""
    return shown(effect.api if direct(effect) else effect.trail[standing(effect)].calls).split("(")[0]


def standing(effect: Effect) -> int:
    """Return which hop of the trail is the call that is reported: not the first one in a function that holds steps."""
    return next((index for index, hop in enumerate(effect.trail) if hop.place == effect.place), 0)


def _kind(step: Step | None) -> str:
    if step is None or step.kind in ("run", "other"):
        return "step"
    return {"sleep": "timer", "invoke": "child", "child": "child", "send": "event", "wait": "wait"}.get(
        step.kind, "step"
    )
