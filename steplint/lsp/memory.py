"""A cache that keeps values in memory, over the one on disk: an edit reads one file and links one piece."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

from steplint.cache import Cache, Seen, Stated

_MOST_BYTES = 64 * 1024 * 1024
_RESULT = b"result "
# A file that was changed this shortly before it is noted may change again without a new time stamp.
_RACY_NS = 50_000_000


class MemoryCache(Cache):
    """A cache whose values stay in memory; the one below is read, and written only while ``keeps`` is set.

    What an editor has unsaved is of use for seconds, so it must not fill the disk.
    """

    def __init__(self, below: Cache) -> None:
        self.keeps = True
        self._below = below
        self._summaries: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0
        self._seen: dict[tuple[Path, bytes], dict[str, tuple[Stated, Seen]]] = {}

    @property
    def trouble(self) -> str:
        """Why nothing is kept on disk, or an empty text."""
        return self._below.trouble

    @property
    def folder(self) -> None:
        """No other process finds what is in memory."""

    def get_many(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values known for content hashes."""
        wanted = list(hashes)
        found = self._here(wanted)
        more = self._below.get_many([each for each in wanted if each not in found])
        self._put_here(more)
        return found | more

    def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """Remember values by content hash."""
        self._put_here(values)
        if self.keeps:
            self._below.put_many(values)

    def result_get(self, digest: bytes) -> bytes | None:
        """Return a whole result."""
        return self.results_get((digest,)).get(digest)

    def result_put(self, digest: bytes, value: bytes) -> None:
        """Remember a whole result."""
        self.results_put({digest: value})

    def results_get(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the whole results that are known for some digests."""
        wanted = list(digests)
        keys = {_RESULT + each: each for each in wanted}
        found = {keys[key]: value for key, value in self._here(keys).items()}
        more = self._below.results_get([each for each in wanted if each not in found])
        self._put_here({_RESULT + each: value for each, value in more.items()})
        return found | more

    def results_put(self, values: Mapping[bytes, bytes]) -> None:
        """Remember several whole results at once."""
        self._put_here({_RESULT + each: value for each, value in values.items()}, again=True)
        if self.keeps:
            self._below.results_put(values)

    def seen_get(self, root: Path, files: Iterable[Stated], words: bytes) -> dict[str, Seen]:
        """Return by path what is known of the files that did not change."""
        listed = list(files)
        known = self._seen.get((root, words))
        if known is None:
            below = self._below.seen_get(root, listed, words)
            known = {each.path: (each, below[each.path]) for each in listed if each.path in below}
            self._seen[root, words] = known
        return {each.path: pair[1] for each in listed if (pair := known.get(each.path)) and _same(pair[0], each)}

    def seen_put(self, root: Path, files: Iterable[Stated], seen: Mapping[str, Seen], words: bytes) -> None:
        """Remember what is known of all files of a project."""
        listed = list(files)
        settled = time.time_ns() - _RACY_NS
        self._seen[root, words] = {
            each.path: (each, seen[each.path]) for each in listed if each.path in seen and each.mtime_ns < settled
        }
        self._below.seen_put(root, listed, seen, words)

    def close(self) -> None:
        """Let go of the file on disk."""
        self._below.close()

    def _here(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        found = {each: self._summaries[each] for each in keys if each in self._summaries}
        for each in found:
            self._summaries.move_to_end(each)
        return found

    def _put_here(self, values: Mapping[bytes, bytes], again: bool = False) -> None:
        for digest, value in values.items():
            if again:
                self._bytes -= len(self._summaries.pop(digest, b""))
            if digest not in self._summaries:
                self._summaries[digest] = value
                self._bytes += len(value)
        while self._bytes > _MOST_BYTES and len(self._summaries) > len(values):
            _, dropped = self._summaries.popitem(last=False)
            self._bytes -= len(dropped)


def _same(one: Stated, other: Stated) -> bool:
    return (one.mtime_ns, one.size, one.inode) == (other.mtime_ns, other.size, other.inode)
