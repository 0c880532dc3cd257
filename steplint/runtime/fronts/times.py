"""Times as Inngest's SDKs write them: a moment, or a duration such as `1w2d` or `1.5s`."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_FRACTION = re.compile(r"\.(\d+)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")


def when(text: str, now: float) -> float:
    """Return the moment that ``text`` names, a duration from ``now``; raises ValueError for anything else."""
    if _DURATION.fullmatch(text):
        return now + sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return iso(text)


def iso(text: str) -> float:
    """Return a time such as `2026-01-01T00:00:05.000Z` in seconds since the epoch; raises ValueError."""
    # Python 3.10 reads three or six digits of a second only.
    exact = _FRACTION.sub(lambda digits: f".{digits[1][:6]:0<6}", text)
    found = datetime.fromisoformat(exact.replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
