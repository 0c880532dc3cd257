"""Summaries of the files of a project: from the cache by content, else from the source."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext

import msgspec

from steplint.cache import Cache
from steplint.files import content_hash
from steplint.model.report import Failure
from steplint.model.summary import ModuleSummary
from steplint.project.survey import Survey, broken, unreadable
from steplint.project.tree import Tree
from steplint.read.asked import Asked, Marks, Reading

Progress = Callable[[str, int, int], None]
"""Told the phase, how much of it is done, and how much there is."""

Timed = Callable[[str], AbstractContextManager[None]]
"""Adds the seconds of a block to a phase."""


def _untimed(phase: str) -> AbstractContextManager[None]:
    return nullcontext()


class Reader:
    """Gives summaries by path: from the cache by content, else from the source.

    ``marks`` say what matters in a file that nobody asks for; without them every file is read whole.
    ``memory`` is shared by the readers of one run: what one has parsed, the next has without a cache.
    """

    def __init__(
        self,
        tree: Tree,
        cache: Cache,
        survey: Survey,
        jobs: int,
        progress: Progress,
        timed: Timed = _untimed,
        marks: Marks | None = None,
        memory: dict[bytes, Reading] | None = None,
    ) -> None:
        self._tree, self._cache, self._survey = tree, cache, survey
        self.jobs, self._progress, self._timed = jobs, progress, timed
        self._marks = marks
        self._memory = {} if memory is None else memory
        self._marks_digest = content_hash(msgspec.msgpack.encode(marks))
        self._roots = frozenset(survey.roots)
        self.cached: set[str] = set()
        self.parsed: set[str] = set()
        self.failures: list[Failure] = []
        self.omitted: dict[str, frozenset[str]] = {}
        """Names by path that the summary given last has only stubs for."""

    def read(
        self, paths: Iterable[str], names: Mapping[str, Collection[str]] | None = None
    ) -> dict[str, ModuleSummary]:
        """Return the summaries of ``paths``, sorted by path; a file that cannot be had has one with a problem.

        ``names`` are what is asked for at the top level of a path.
        """
        with self._timed("read"):
            return self._read(paths, names or {})

    def _read(self, paths: Iterable[str], names: Mapping[str, Collection[str]]) -> dict[str, ModuleSummary]:
        wanted = sorted(paths)
        hashes = self._survey.hashes
        keys = {path: self._key(hashes[path], path, names) for path in wanted if path in hashes}
        complete = {path: _whole(hashes[path]) for path in keys}
        known = self._known({*keys.values(), *complete.values()})
        keys |= {path: key for path, key in complete.items() if key in known}
        self.cached.update(path for path, key in keys.items() if key in known and key not in self._memory)
        todo: dict[bytes, Asked] = {}
        first: dict[bytes, str] = {}
        found: dict[str, ModuleSummary] = {}
        for path in wanted:
            if keys.get(path) in known:
                continue
            try:
                content = self._content(path)
            except OSError as error:
                found[path] = broken(unreadable(error))
                continue
            keys[path] = self._key(content_hash(content), path, names)
            todo[keys[path]] = self._asked(content, path, names)
            self.parsed.add(path)
            first.setdefault(keys[path], path)
        known |= self._summarized(todo, first)
        for path, key in keys.items():
            if key in known:
                found[path] = known[key].summary
                self.omitted[path] = frozenset(known[key].omitted)
        return {path: found[path] for path in sorted(found)}

    def _asked(self, content: bytes, path: str, names: Mapping[str, Collection[str]]) -> Asked:
        if self._marks is None:
            return Asked(content)
        return Asked(content, tuple(sorted(names.get(path, ()))), path in self._roots)

    def _key(self, digest: bytes, path: str, names: Mapping[str, Collection[str]]) -> bytes:
        """Return the key of what a file says: its content, and what is asked of it."""
        if self._marks is None:
            return _whole(digest)
        asked = "\0".join(sorted(names.get(path, ()))).encode("utf-8", "surrogatepass")
        return content_hash(b"part" + bytes((path in self._roots,)) + self._marks_digest + digest + asked)

    def _known(self, keys: set[bytes]) -> dict[bytes, Reading]:
        found = {key: self._memory[key] for key in keys & self._memory.keys()}
        for key, data in self._cache.get_many(keys - found.keys()).items():
            if (reading := _decoded(data)) is not None:
                found[key] = reading
        return found

    def _content(self, path: str) -> bytes:
        content = self._survey.contents.get(path)
        return self._tree.read(path) if content is None else content

    def _summarized(self, asked: Mapping[bytes, Asked], names: Mapping[bytes, str]) -> dict[bytes, Reading]:
        if not asked:
            return {}
        from steplint.read.pool import read_many

        self._progress("read", 0, len(asked))
        found: dict[bytes, Reading] = {}
        try:
            for key, reading in read_many(asked.items(), self._marks or Marks(), self.jobs):
                found[key] = reading
                self._progress("read", len(found), len(asked))
        except Exception:  # one of them breaks the reader: find out which, and have the others
            found |= self._one_by_one({each: asked[each] for each in asked.keys() - found.keys()}, names)
        # What leaves nothing out is the same whatever is asked for.
        kept = {key if each.omitted else _whole(content_hash(asked[key].source)): each for key, each in found.items()}
        self._memory |= kept
        self._cache.put_many({key: msgspec.msgpack.encode(each) for key, each in kept.items()})
        return found

    def _one_by_one(self, asked: Mapping[bytes, Asked], names: Mapping[bytes, str]) -> dict[bytes, Reading]:
        found: dict[bytes, Reading] = {}
        for key in sorted(asked, key=lambda each: names[each]):
            found |= self._alone(key, asked[key], names[key])
        return found

    def _alone(self, key: bytes, asked: Asked, path: str) -> dict[bytes, Reading]:
        from steplint.read.pool import read_many

        try:
            return dict(read_many([(key, asked)], self._marks or Marks(), 1))
        except Exception as error:  # it costs itself
            self.failures.append(failure(f"file {path}", error))
            return {}


def failure(where: str, error: Exception) -> Failure:
    """Return what a report says about a crash."""
    detail = "".join(traceback.format_exception(error))
    return Failure(where, f"{type(error).__name__}: {error}", detail)


def _whole(digest: bytes) -> bytes:
    """Return the key of what a file says of which nothing is left out."""
    return content_hash(b"whole" + digest)


def _decoded(data: bytes) -> Reading | None:
    """Return the value in ``data``; None for a damaged one, which is read again."""
    try:
        return msgspec.msgpack.decode(data, type=Reading)
    except msgspec.DecodeError:
        return None
