"""The wording that messages share: names as people write them, places, and messages that fit on a line."""

from __future__ import annotations

from steplint.api import Confidence, Place

_LONGEST = 100
_SHOWN = 40
_CERTAINTY: tuple[Confidence, ...] = ("low", "medium", "high")


def line(place: Place, seen_from: Place) -> str:
    """Return `at line 40`, or `at lib/ids.py:12` where the file is another one."""
    if place.path == seen_from.path:
        return f"at line {place.span.line}"
    return f"at {place.path}:{place.span.line}"


def sentence(subject: str, *predicates: str) -> str:
    """Return ``subject`` with the first predicate that keeps the message within a line, else cut."""
    for predicate in predicates:
        message = f"{subject} {predicate}"
        if len(message) <= _LONGEST:
            return message
    return f"{message[: _LONGEST - 1]}…"


def short(identity: str, most: int = 40) -> str:
    """Return an ID cut to what fits into a message."""
    return identity if len(identity) <= most else f"{identity[: most - 1]}…"


def shown(api: str) -> str:
    """Return a canonical name as people write it: without the packages above a class, and not too long."""
    parts = api.removeprefix("builtins.").split(".")
    if api.startswith("datetime."):
        return ".".join(parts[1:]) if len(parts) > 2 else ".".join(parts)
    classes = [number for number, part in enumerate(parts[:-1]) if part[:1].isupper()]
    if classes and len(api) > _SHOWN:
        parts = parts[classes[0] :]
    return ".".join(parts if len(".".join(parts)) <= _SHOWN else parts[-2:])


def least(*sure: Confidence) -> Confidence:
    """Return the weakest of several confidences."""
    return min(sure, key=_CERTAINTY.index)
