"""What the bytes of a file tell without being parsed: their hash, and whether they name anything of interest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache

from msgspec import Struct


class Words(Struct, frozen=True):
    """Words that make a file worth reading; ``digest`` changes when the set of words does.

    A word counts where it stands alone. ``imported`` are those of them that are part of the name of a package: they
    count where they are imported, or an attribute. Many are plain English (restate, resonate), which libraries are full
    of.
    """

    needles: tuple[bytes, ...]
    imported: frozenset[bytes]
    digest: bytes

    @classmethod
    def of(cls, words: Iterable[str], packages: Iterable[str] = ()) -> Words:
        """Return the words without those that contain another one: they would find nothing new."""
        every = sorted({word.encode() for word in words if word}, key=lambda word: (len(word), word))
        names = [name.encode() for name in packages]
        imported = frozenset(word for word in every if any(word in name for name in names))
        needles: list[bytes] = []
        for word in every:
            # A word that must be imported finds less than a longer one that need not be.
            if not any(shorter in word for shorter in needles if word in imported or shorter not in imported):
                needles.append(word)
        return cls(tuple(needles), imported, content_hash(b"\0".join([*needles, b"", *sorted(imported)])))


def content_hash(content: bytes) -> bytes:
    """Return the 16 bytes that stand for a content in the cache."""
    return hashlib.blake2b(content, digest_size=16).digest()


def mentions(content: bytes, words: Words) -> bool:
    """Return whether one of the words counts; the search for one after the other is twice as fast as a pattern."""
    return any(needle in content and _counts(needle, words).search(content) for needle in words.needles)


def _counts(word: bytes, words: Words) -> re.Pattern[bytes]:
    return _imported(word) if word in words.imported else _alone(word)


@cache
def _alone(word: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<!\w)%b(?!\w)" % re.escape(word))


@cache
def _imported(word: bytes) -> re.Pattern[bytes]:
    """Return what finds ``word`` in a statement that imports, or as an attribute."""
    name = re.escape(word)
    statement = rb"(?:^|[;:])[ \t]*(?:from|import)\b(?:\\\r?\n|[^\n(])*?(?:\([^)]*?)?"
    return re.compile(rb"\.%b\b|%b%b" % (name, statement, name), re.MULTILINE)
