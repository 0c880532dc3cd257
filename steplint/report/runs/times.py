"""Times and durations as people read them."""

from __future__ import annotations

import time

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def span(seconds: float) -> str:
    """Return a duration in two units at most: `4ms`, `1.25s`, `1m15s`, `3h04m`, `2d03h`."""
    if seconds < 0:
        return f"-{span(-seconds)}"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}ms"
    if seconds < _MINUTE - 0.005:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + "s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}h"


def moment(at: float | None) -> str:
    """Return a point in time in UTC, to the second; a dash for none."""
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))


def share(part: float) -> str:
    """Return a share as percent."""
    return f"{part * 100:.1f}%".replace(".0%", "%")
