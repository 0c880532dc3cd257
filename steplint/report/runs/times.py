"""Times and durations as people read them."""

from __future__ import annotations

import math
import time

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_ROUND = (
    *(number * 10.0**power for power in (-3, -2, -1) for number in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * each for each in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * each for each in (1, 2, 3, 6, 12, 24)),
)
"""Times that people read at a glance, in seconds."""


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


def ticks(seconds: float, most: int) -> list[float]:
    """Return at most ``most`` round times from 0, evenly apart and as far as ``seconds``."""
    rough = max(seconds, 1e-9) / max(1, most - 1)
    if rough <= _ROUND[-1]:
        apart = next((each for each in _ROUND if each >= rough), _ROUND[-1])
    else:
        days = rough / _DAY
        power = 10.0 ** math.floor(math.log10(days))
        apart = _DAY * next(power * each for each in (1, 2, 5, 10) if power * each >= days * (1 - 1e-9))
    return [apart * number for number in range(int(seconds / apart + 1e-9) + 1)]


def moment(at: float | None) -> str:
    """Return a point in time in UTC, to the second; a dash for none."""
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))


def share(part: float) -> str:
    """Return a share as percent."""
    return f"{part * 100:.1f}%".replace(".0%", "%")
