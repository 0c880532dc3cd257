"""See the page beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steplint.api import Effect, Finding, Note, Place, Project, Use

from ._attempts import Attempt, attempts
from ._options import texts
from ._text import least, sentence, shown
from ._traces import call_of, once_at_end, way

# Claims of a token and lifetimes in a cache are meant to follow the clock of the attempt.
_LIFETIME = re.compile(r"(iat|exp|nbf|ex|px|exat|pxat|ttl|max_?age|timeout|deadline|expires_?in)$", re.IGNORECASE)
_LIFETIME_VERBS = frozenset({"setex", "psetex", "expire", "expireat", "generate_presigned_url", "sign"})
# Fields that say when a record was last written: another time at the retry is what they are for.
_TOUCHED = re.compile(r"(date_?)?(updated|modified|changed|touched)(_?(at|on|ts|time|date))?|last_\w+", re.IGNORECASE)
_REMOVES = re.compile(r"(update|delete|remove|purge|prune)(_|$)", re.IGNORECASE)
# What is uploaded again under the same name takes the place of what the first attempt uploaded.
_UPLOADS = re.compile(r"upload(_|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"(name|path|key|id|target|destination|dest|url|uri|prefix|folder)\d*$", re.IGNORECASE)


def check(project: Project) -> Iterator[Finding]:
    """Yield clock values that are read in a step and sent by it."""
    yield from once_at_end(_findings(project), ("create", "update"))


def _findings(project: Project) -> Iterator[tuple[Finding, tuple[Place, ...]]]:
    allowed = frozenset(texts(project, "clock-fields-ok"))
    for attempt in attempts(project):
        drawn = {_sent(use) for each in attempt.sources("random", "uuid", "shared-rng") for use in _keys(each)}
        for source in attempt.sources("time"):
            # The time in an ID that is drawn as well says nothing: `random-key-in-side-effect` has the ID.
            uses = [use for use in source.uses if _sent(use) not in drawn]
            levels = [(use, level) for use in uses if (level := _level(attempt, source, use, allowed))]
            if levels:
                use, level = min(levels, key=lambda each: each[1] != "create")
                yield _finding(attempt, source, use, level), attempt.way(source, use)
            elif project.strict and attempt.step and any(use.role == "returned" for use in source.uses):
                yield _capture(attempt, source), (source.place,)


def _keys(source: Effect) -> Iterator[Use]:
    return (use for use in source.uses if use.slot == "key")


def _sent(use: Use) -> tuple[Place, str]:
    return use.place, use.name


def _level(attempt: Attempt, source: Effect, use: Use, allowed: frozenset[str]) -> str:
    """Return what ``use`` amounts to, or nothing where it is harmless."""
    if use.role == "predicate":
        return "update" if _REMOVES.match(use.verb) else ""
    if not attempt.sends(use) or use.duration or use.name in allowed:
        return ""
    if _LIFETIME.fullmatch(use.name) or use.verb in _LIFETIME_VERBS:
        return ""
    replaces = _UPLOADS.match(use.verb) and use.name and not _ADDRESS.search(use.name)
    if replaces or _TOUCHED.fullmatch(use.name) or attempt.revises(source, use) or attempt.upserts(source, use):
        return "update"
    return "create"


def _finding(attempt: Attempt, source: Effect, use: Use, level: str) -> Finding:
    name = f" as `{use.name}`" if use.name else ""
    taker = f"`{attempt.taker(use)}`" if use.api else "an effect"
    return Finding(
        sentence(attempt.name, f"sends the time of the attempt{name}, read by `{shown(source.api)}`"),
        source.place,
        workflow=attempt.workflow.id,
        dialect=attempt.workflow.dialect,
        step=attempt.label,
        level=level,
        label="a retry sends another time: when it was retried, not when it happened",
        trace=way(source.trail),
        notes=(Note(use.place, f"{taker} takes it{name}"), *call_of(attempt.step, source.place)),
        hint="take the time from the input, or read the clock in a step of its own",
        confidence=least(source.confidence, use.confidence),
        subject=source.api,
    )


def _capture(attempt: Attempt, source: Effect) -> Finding:
    return Finding(
        f"{attempt.name} records the time read by `{shown(source.api)}`",
        source.place,
        workflow=attempt.workflow.id,
        dialect=attempt.workflow.dialect,
        step=attempt.label,
        level="capture",
        label="memoized with the step's result",
        trace=way(source.trail),
        confidence=source.confidence,
        subject=source.api,
    )
