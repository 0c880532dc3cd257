"""Counts the uses of each ID during one entry of a body and refuses two calls with one key."""

from __future__ import annotations

from functools import lru_cache

from steplint.contract.identity import step_key
from steplint.runtime.errors import refuse

# Every entry of a body asks for the keys of all its earlier steps again.
_key = lru_cache(maxsize=10_000)(step_key)


class Keys:
    """The keys given out so far; `mark` and `rewind` let a parallel group discover its callables again."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}
        self._owner: dict[str, tuple[str, int]] = {}
        self._given: list[tuple[str, str]] = []

    def take(self, step_id: str) -> tuple[int, str]:
        """Return the occurrence and key of the next use of ``step_id``; refuses a key that another ID has."""
        occurrence = self._uses.get(step_id, 0)
        key = _key(step_id, occurrence)
        given = (step_id, occurrence)
        if (owner := self._owner.setdefault(key, given)) is not given:
            other, use = owner
            refuse(
                "CollidingKeys",
                f"use {use + 1} of step `{other}` and use {occurrence + 1} of step `{step_id}` have one key",
            )
        self._uses[step_id] = occurrence + 1
        self._given.append((step_id, key))
        return occurrence, key

    def mark(self) -> int:
        """Return a mark for `rewind`."""
        return len(self._given)

    def rewind(self, mark: int) -> None:
        """Forget every use since ``mark``."""
        for step_id, key in self._given[mark:]:
            self._uses[step_id] -= 1
            del self._owner[key]
        del self._given[mark:]
