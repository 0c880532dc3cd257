"""Reads a project in rounds: files that may hold workflows first, then what the reached code refers to."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from steplint.cache import Cache
from steplint.files import Words, content_hash, mentions
from steplint.model.graph import StepGraph
from steplint.model.report import Failure
from steplint.model.summary import ModuleSummary
from steplint.project.survey import Survey, broken, unreadable
from steplint.project.tree import Tree

if TYPE_CHECKING:
    from steplint.link.graph import Linked

Link = Callable[[Mapping[str, ModuleSummary]], "Linked"]
Progress = Callable[[str, int, int], None]
"""Told the phase, how much of it is done, and how much there is."""

Timed = Callable[[str], AbstractContextManager[None]]
"""Adds the seconds of a block to a phase."""

_MOST_ROUNDS = 50


def _untimed(phase: str) -> AbstractContextManager[None]:
    return nullcontext()


class Read(Struct, frozen=True):
    """What was read: summaries of all files, also of those with a problem, and how many came from the cache."""

    summaries: Mapping[str, ModuleSummary]
    graph: StepGraph
    cached: int
    failures: tuple[Failure, ...] = ()


class Reader:
    """Gives summaries by path: from the cache by content, else from the source."""

    def __init__(
        self, tree: Tree, cache: Cache, survey: Survey, jobs: int, progress: Progress, timed: Timed = _untimed
    ) -> None:
        self._tree, self._cache, self._survey = tree, cache, survey
        self._jobs, self._progress, self._timed = jobs, progress, timed
        self.cached: set[str] = set()
        self.failures: list[Failure] = []

    def read(self, paths: Iterable[str]) -> dict[str, ModuleSummary]:
        """Return the summaries of ``paths``, sorted by path; a file that cannot be had has one with a problem."""
        with self._timed("read"):
            return self._read(paths)

    def _read(self, paths: Iterable[str]) -> dict[str, ModuleSummary]:
        wanted = sorted(paths)
        hashes = {path: self._survey.hashes[path] for path in wanted if path in self._survey.hashes}
        known = self._known(set(hashes.values()))
        self.cached.update(path for path, digest in hashes.items() if digest in known)
        todo: dict[bytes, bytes] = {}
        names: dict[bytes, str] = {}
        found: dict[str, ModuleSummary] = {}
        for path in wanted:
            digest = hashes.get(path)
            if digest in known:
                continue
            try:
                content = self._content(path)
            except OSError as error:
                found[path] = broken(unreadable(error))
                continue
            hashes[path] = content_hash(content)
            todo[hashes[path]] = content
            names.setdefault(hashes[path], path)
        known |= self._summarized(todo, names)
        found |= {path: known[digest] for path, digest in hashes.items() if digest in known}
        return {path: found[path] for path in sorted(found)}

    def mentioning(self, words: Iterable[str], among: Iterable[str]) -> set[str]:
        """Return the files that mention one of ``words``: local wrappers of an SDK are used where nothing names it."""
        needles = Words.of(words)
        return {path for path in among if mentions(self._content(path), needles)}

    def _known(self, hashes: set[bytes]) -> dict[bytes, ModuleSummary]:
        found: dict[bytes, ModuleSummary] = {}
        for digest, data in self._cache.get_many(hashes).items():
            if (summary := _decoded(data)) is not None:
                found[digest] = summary
        return found

    def _content(self, path: str) -> bytes:
        content = self._survey.contents.get(path)
        return self._tree.read(path) if content is None else content

    def _summarized(self, contents: Mapping[bytes, bytes], names: Mapping[bytes, str]) -> dict[bytes, ModuleSummary]:
        if not contents:
            return {}
        from steplint.read.pool import summarize_many

        self._progress("read", 0, len(contents))
        found: dict[bytes, ModuleSummary] = {}
        try:
            for digest, summary in summarize_many(contents.items(), self._jobs):
                found[digest] = summary
                self._progress("read", len(found), len(contents))
        except Exception:  # one of them breaks the reader: find out which, and have the others
            found |= self._one_by_one({each: contents[each] for each in contents.keys() - found.keys()}, names)
        self._cache.put_many({digest: msgspec.msgpack.encode(each) for digest, each in found.items()})
        return found

    def _one_by_one(self, contents: Mapping[bytes, bytes], names: Mapping[bytes, str]) -> dict[bytes, ModuleSummary]:
        found: dict[bytes, ModuleSummary] = {}
        for digest in sorted(contents, key=lambda each: names[each]):
            found |= self._alone(digest, contents[digest], names[digest])
        return found

    def _alone(self, digest: bytes, content: bytes, path: str) -> dict[bytes, ModuleSummary]:
        from steplint.read.pool import summarize_many

        try:
            return dict(summarize_many([(digest, content)], 1))
        except Exception as error:  # it costs itself
            self.failures.append(failure(f"file {path}", error))
            return {}


def failure(where: str, error: Exception) -> Failure:
    """Return what a report says about a crash."""
    detail = "".join(traceback.format_exception(error))
    return Failure(where, f"{type(error).__name__}: {error}", detail)


def rounds(
    reader: Reader, survey: Survey, link: Link, follow: bool, progress: Progress, likely: Iterable[str] = ()
) -> Read:
    """Return everything that workflows reach, linked; ``follow`` False stops after the files that name an SDK.

    ``likely`` are files that were reached the last time: read at once, they save rounds. One that cannot be understood
    is left to be asked for.
    """
    early = set(likely).intersection(survey.hashes) - set(survey.roots) if follow else set[str]()
    summaries = reader.read({*survey.roots, *early})
    summaries = {path: each for path, each in summaries.items() if path not in early or each.problem is None}
    asked = set(summaries).union(survey.roots)
    linked = None
    try:
        for number in range(_MOST_ROUNDS):
            linked = link(_whole(summaries))
            wanted = set(linked.missing) - asked if follow else set[str]()
            if linked.words:
                wanted |= reader.mentioning(linked.words, survey.hashes.keys() - asked)
            if not wanted:
                break
            progress("link", number + 1, number + 2)
            asked |= wanted
            summaries |= reader.read(wanted)
    except Exception as error:  # what was linked in the round before is still worth a report
        reader.failures.append(failure("the linker", error))
    if linked is None:
        return _result(reader, summaries, StepGraph(()))
    reader.failures += [failure(f"workflow {source}", error) for source, error in linked.failures]
    # What was likely and is not reached any more does not count.
    reached = {*survey.roots, *linked.used, *linked.missing}
    return _result(reader, {path: each for path, each in summaries.items() if path in reached}, linked.graph)


def _result(reader: Reader, summaries: Mapping[str, ModuleSummary], graph: StepGraph) -> Read:
    cached = len(reader.cached & summaries.keys())
    return Read(dict(sorted(summaries.items())), graph, cached, tuple(reader.failures))


def _decoded(data: bytes) -> ModuleSummary | None:
    """Return the summary in ``data``; None for a damaged one, which is read again."""
    try:
        return msgspec.msgpack.decode(data, type=ModuleSummary)
    except msgspec.DecodeError:
        return None


def _whole(summaries: Mapping[str, ModuleSummary]) -> dict[str, ModuleSummary]:
    """Return the summaries of the files that were understood."""
    return {path: each for path, each in summaries.items() if each.problem is None}
