"""What is remembered, and under which key: nothing is derived from a path, and a new schema finds nothing old."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Protocol

import msgspec
from msgspec import Struct

from steplint.cache.entries import Entries

MAX_BYTES = 256 * 1024 * 1024

_DAY = 86_400
# A file that was changed this shortly before it is noted may change again without a new time stamp.
_RACY_NS = 2_000_000_000


class Stated(Protocol):
    """A file as the file system describes it."""

    @property
    def path(self) -> str:
        """The path relative to the root."""

    @property
    def size(self) -> int:
        """The size in bytes."""

    @property
    def mtime_ns(self) -> int:
        """The time of the last change."""

    @property
    def inode(self) -> int:
        """The number that another file of the same name would not have."""


class Seen(Struct, frozen=True, array_like=True, gc=False):
    """What was found out about a file: the hash of its content, and whether it mentions one of the words."""

    hash: bytes
    mentions: bool


class _Row(Struct, frozen=True, array_like=True, gc=False):
    size: int
    mtime_ns: int
    inode: int
    hash: bytes
    mentions: bool


class Cache:
    """The cache of one project, as a context manager. Nothing raises: what does not work is in ``trouble``."""

    def __init__(self, entries: Entries, schema: str, clock: Callable[[], float]) -> None:
        self._entries = entries
        self.schema = schema
        self._clock = clock
        self._read: dict[bytes, Mapping[str, _Row]] = {}
        self._damage = ""

    @classmethod
    def open(
        cls,
        directory: Path | None,
        schema: str,
        *,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> Cache:
        """Return the cache in a folder, which is made when missing; None gives one that remembers nothing.

        ``schema`` names the reader and the shape of the values: what another one wrote is never returned.
        """
        return cls(Entries(directory, int(clock()) // _DAY, max_bytes), schema, clock)

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def trouble(self) -> str:
        """Why nothing is remembered, or an empty text."""
        return self._entries.trouble or self._damage

    @property
    def note(self) -> str:
        """What a user may want to know of the cache, which works all the same; or an empty text."""
        return self._entries.note

    @property
    def folder(self) -> Path | None:
        """Where another process finds what this one has written, or None."""
        return self._entries.folder

    def get_many(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values known for content hashes."""
        return self._get("summary", hashes)

    def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """Remember values by content hash."""
        self._put("summary", values)

    def result_get(self, digest: bytes) -> bytes | None:
        """Return the whole result that was remembered for a digest of everything it depends on."""
        return self._get("result", (digest,)).get(digest)

    def result_put(self, digest: bytes, value: bytes) -> None:
        """Remember a whole result."""
        self._put("result", {digest: value})

    def results_get(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the whole results that are known for some digests."""
        return self._get("result", digests)

    def results_put(self, values: Mapping[bytes, bytes]) -> None:
        """Remember several whole results at once."""
        self._put("result", values)

    def seen_get(self, root: Path, files: Iterable[Stated], words: bytes) -> dict[str, Seen]:
        """Return by path what is known of the files that did not change; ``words`` is the digest of the words."""
        rows = self._rows(_list_key(root, words))
        return {
            file.path: Seen(row.hash, row.mentions)
            for file in files
            if (row := rows.get(file.path))
            and (row.mtime_ns, row.size, row.inode) == (file.mtime_ns, file.size, file.inode)
        }

    def seen_put(self, root: Path, files: Iterable[Stated], seen: Mapping[str, Seen], words: bytes) -> None:
        """Remember what is known of all files of a project; what is not among them is forgotten.

        ``files`` are as they were before they were read. One that changed within the last two seconds is left out.
        """
        settled = int(self._clock() * 1e9) - _RACY_NS
        rows = {
            file.path: _Row(file.size, file.mtime_ns, file.inode, known.hash, known.mentions)
            for file in files
            if file.mtime_ns < settled and (known := seen.get(file.path)) and _is_text(file.path)
        }
        key = _list_key(root, words)
        if rows != self._read.get(key):
            self._read[key] = rows
            self._put("seen", {key: msgspec.msgpack.encode(rows)})

    def close(self) -> None:
        """Note what was used, drop what is old or too much, and let go of the file."""
        self._entries.close()

    def _rows(self, key: bytes) -> Mapping[str, _Row]:
        encoded = self._get("seen", (key,)).get(key)
        if encoded is None:
            return {}
        try:
            self._read[key] = msgspec.msgpack.decode(encoded, type=dict[str, _Row])
        except msgspec.DecodeError as error:
            self._damage = f"the list of files in the cache is not used: {error}"
        return self._read.get(key, {})

    def _get(self, kind: str, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        tag = self._tag(kind)
        found = self._entries.get(tag + key for key in keys)
        return {key[len(tag) :]: value for key, value in found.items()}

    def _put(self, kind: str, values: Mapping[bytes, bytes]) -> None:
        tag = self._tag(kind)
        self._entries.put({tag + key: value for key, value in values.items()})

    def _tag(self, kind: str) -> bytes:
        return blake2b(f"{kind}\0{self.schema}".encode(), digest_size=8).digest()


def _list_key(root: Path, words: bytes) -> bytes:
    return blake2b(os.fsencode(root) + b"\0" + words, digest_size=16).digest()


def _is_text(path: str) -> bool:
    """Return whether a path is valid UTF-8: others cannot be stored, and are looked at in every run."""
    return path.isascii() or path.encode("utf-8", "replace").decode() == path
