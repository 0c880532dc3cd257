"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from steplint.api import Finding, Note, Project

from ._sources import Words, environment, operation, sources, value_finding, worst
from ._text import line, sentence, shown

_WORDS = Words("reads another value")
_QUIET = ("returned", "logged", "branch", "unused", "predicate", "delay", "scratch")


def check(project: Project) -> Iterator[Finding]:
    """Yield uses of module constants, class attributes and defaults that were computed from a source at import."""
    for workflow, effect in sources(project, "import"):
        finding = value_finding(project, workflow, effect, _WORDS)
        use = worst(workflow, effect)
        if finding is None or use is None or use.role in _QUIET:
            continue
        step = operation(workflow, use.step)
        goes = f"reaches step `{step.label}`" if step else "is read"
        message = sentence(f"`{shown(effect.api)}`, set at import,", f"{goes} {line(use.place, effect.place)}")
        notes = (
            *finding.notes,
            *((Note(effect.origin, "computed once per process"),) if _apart(finding, effect.origin) else ()),
        )
        hint = "compute it in a step, or take it from the event"
        level = "environment" if environment(effect) else finding.level
        yield replace(
            finding, level=level, message=message, notes=notes, hint=hint, label="differs in the process that replays"
        )


def _apart(finding: Finding, origin: object) -> bool:
    return origin != finding.place and not any(hop.place == origin for hop in finding.trace)
