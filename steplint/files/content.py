"""What the bytes of a file tell without being parsed: their hash, and whether they name anything of interest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from msgspec import Struct


class Words(Struct, frozen=True):
    """Words that make a file worth reading; ``digest`` changes when the set of words does."""

    needles: tuple[bytes, ...]
    digest: bytes

    @classmethod
    def of(cls, words: Iterable[str]) -> Words:
        """Return the words without those that contain another one: they would find nothing new."""
        every = sorted({word.encode() for word in words if word}, key=lambda word: (len(word), word))
        needles: list[bytes] = []
        for word in every:
            if not any(shorter in word for shorter in needles):
                needles.append(word)
        return cls(tuple(needles), content_hash(b"\0".join(needles)))


def content_hash(content: bytes) -> bytes:
    """Return the 16 bytes that stand for a content in the cache."""
    return hashlib.blake2b(content, digest_size=16).digest()


def mentions(content: bytes, words: Words) -> bool:
    """Return whether one of the words occurs; the search for one after the other is twice as fast as a pattern."""
    return any(needle in content for needle in words.needles)
