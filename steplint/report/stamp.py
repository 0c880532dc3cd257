"""The time of a run, for formats that are asked to name it."""

from __future__ import annotations

import os
import time


def now() -> str:
    """Return the time in UTC as ISO 8601; `SOURCE_DATE_EPOCH` wins over the clock."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(epoch) if epoch.isdigit() else time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
