"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from steplint.api import Effect, Finding, Project

from ._sources import Words, sources, value_findings
from ._text import shown


def check(project: Project) -> Iterator[Finding]:
    """Yield reads of environment, arguments, working directory, locale and time zone in a replayed body."""
    clocks = [effect for _, effect in sources(project, "time")]
    for effect, finding in value_findings(project, ("env", "time-zone"), _words):
        # The zone of a clock is told with the clock, and one that nothing uses is nobody's business.
        if effect.kind == "time-zone" and (not effect.uses or any(_holds(effect, clock) for clock in clocks)):
            continue
        zone = effect.kind == "time-zone" and finding.flow in ("control", "identity")
        level = "time-zone" if zone else finding.level
        yield replace(finding, level=level, hint=_hint(effect), subject=_subject(effect))


def _holds(effect: Effect, clock: Effect) -> bool:
    return effect.place.path == clock.place.path and effect.place.span.contains(clock.place.span)


def _words(effect: Effect) -> Words:
    return Words("reads another value" if effect.kind == "env" else "uses another time zone")


def _subject(effect: Effect) -> str:
    return f"{effect.api} {effect.argument}".strip()


def _hint(effect: Effect) -> str:
    if effect.kind == "time-zone":
        return "pass the time zone: `tz=timezone.utc`"
    name = effect.argument or shown(effect.api)
    return f"read `{name}` in a step, so that a run keeps the value it started with, or send it with the event"
