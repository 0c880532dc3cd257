"""How runs are shown."""

from __future__ import annotations

from msgspec import Struct


class RunsView(Struct, frozen=True):
    """How runs are shown. ``now`` is the time in seconds since the epoch: open runs last until then."""

    now: float
    color: bool = False
    unicode: bool = True
    width: int = 100

    @property
    def dots(self) -> str:
        """What stands for text left out."""
        return "…" if self.unicode else "..."
