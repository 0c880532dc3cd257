"""One project, read and linked; a stage runs when its result is asked for and is not remembered."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from steplint.cache import Cache
from steplint.config import Loaded
from steplint.model.dialect import Dialect
from steplint.model.graph import StepGraph
from steplint.model.report import Failure
from steplint.project import keys, tables, texts
from steplint.project.borrowing import borrowing
from steplint.project.marks import marks
from steplint.project.reading import Progress, Reader
from steplint.project.survey import Survey, survey
from steplint.project.tree import Disk, Overlay, Tree
from steplint.read import reader_digest
from steplint.read.asked import Reading

if TYPE_CHECKING:
    from steplint.project.imports import Find, Imports
    from steplint.project.whole import Linked

    Offered = Callable[[Mapping[str, tuple[str, ...]]], Mapping[str, tuple[str, ...]]]

_SOURCE = re.compile(rb'^source *= *"([^"\\:]+)::', re.MULTILINE)


T = TypeVar("T")


class Analysis:
    """A project that is open. ``timings`` has the seconds of each phase, ``cached`` how many files were not parsed."""

    def __init__(
        self,
        loaded: Loaded,
        tree: Tree,
        cache: Cache,
        *,
        jobs: int = 0,
        progress: Progress | None = None,
        whole: bool = False,
    ) -> None:
        """Keep the inputs; ``jobs`` 0 uses every processor, ``whole`` reads files whole that matter in part."""
        self.loaded, self.tree, self.cache = loaded, tree, cache
        self.timings: dict[str, float] = {}
        self.cached = 0
        self.parsed: set[str] = set()
        """Files that were parsed before linking."""
        self.jobs = jobs or os.cpu_count() or 1
        self.progress: Progress = progress or _quiet
        self.whole = whole
        self._readings: dict[bytes, Reading] = {}
        self._early: list[Failure] = []

    @cached_property
    def known(self) -> tables.Known:
        """Tables of engines and APIs."""
        with self.timed("tables"):
            return tables.known(self.loaded, self.cache)

    @property
    def dialects(self) -> Mapping[str, Dialect]:
        """The engines that may be active, by name."""
        return self.known.dialects

    @cached_property
    def survey(self) -> Survey:
        """Files, hashes, and which of them to read first."""
        needles = self.known.needles
        with self.timed("files"):
            found = survey(self.loaded, self.tree, self.cache, needles, _sources(self.lock_bytes))
            return borrowing(self.loaded.root, self.tree, self.cache, found, self.static, *self._lenders(found))

    def _lenders(self, found: Survey) -> tuple[Callable[[], Find], Offered]:
        """Return what tells which file an import means, and what tells what files offer; both load the linker."""

        @cache
        def imported() -> Imports:
            from steplint.project.imports import imports

            return imports(found.paths, self.known)

        def offered(asked: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
            from steplint.project.linking import offers

            every = {path for each, sources in asked.items() for path in (each, *sources)}
            roots = msgspec.structs.replace(found, roots=tuple(sorted({*found.roots, *every})))
            reader = self.reader(roots)
            summaries = reader.read(every)
            self.parsed |= reader.parsed
            own = self.loaded.settings.knowledge
            return offers(imported(), self.known, own, asked, summaries, self._early)

        return lambda: imported().find, offered

    @cached_property
    def lock_bytes(self) -> bytes | None:
        """The lock as it is written, or None where there is none."""
        try:
            return self.tree.read(self.loaded.settings.lock.path)
        except FileNotFoundError:
            return None

    def edited(self, unsaved: Mapping[str, bytes]) -> Analysis:
        """Return the project as it were with other contents of some files."""
        tree = Overlay(self.tree, unsaved)
        return Analysis(self.loaded, tree, self.cache, jobs=self.jobs, progress=self.progress, whole=self.whole)

    @cached_property
    def linked(self) -> Linked:
        """The linked program: remembered, or read and linked now."""
        from steplint.project.whole import whole

        with self.timed("link"):
            linked = whole(self, self.reader())
        if self._early:
            linked = msgspec.structs.replace(linked, failures=(*self._early, *linked.failures))
        self.cached = linked.cached
        if not linked.failures:
            self.cache.result_put(self._reach_key, msgspec.msgpack.encode(self._hashes(linked.read)))
        return linked

    @property
    def graph(self) -> StepGraph:
        """Every workflow of the project."""
        return self.linked.graph

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Files and stages that crashed."""
        return self.linked.failures

    @property
    def known_failures(self) -> tuple[Failure, ...]:
        """The same, without linking for it: what was linked before and is remembered had none."""
        return self.linked.failures if "linked" in self.__dict__ else ()

    @cached_property
    def key(self) -> bytes:
        """A digest of everything that the linked program depends on."""
        return self._content_key(self._reached or self.linked.read)

    @cached_property
    def text(self) -> Callable[[str], str | None]:
        """The text of a file of the project by path, or None."""
        return texts.reader(self.tree)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the seconds of a block to a phase; what an inner block took counts there only."""
        start, inner = time.perf_counter(), sum(self.timings.values())
        yield
        spent = time.perf_counter() - start - (sum(self.timings.values()) - inner)
        self.timings[phase] = self.timings.get(phase, 0.0) + spent

    @cached_property
    def static(self) -> bytes:
        """A digest of the tables and of the settings that linking depends on."""
        settings = self.loaded.settings
        return keys.digest(
            self.known.digest,
            sorted(self.known.dialects),
            settings.decorators,
            settings.knowledge,
            settings.dialect,
            settings.follow_imports,
        )

    @cached_property
    def _reach_key(self) -> bytes:
        found = self.survey
        names = keys.contents({}, found.paths)
        broken = sorted((path, each.message) for path, each in found.problems.items())
        return keys.digest("reach", self.static, names, keys.contents(found.hashes, found.roots), broken)

    @cached_property
    def _reached(self) -> tuple[str, ...] | None:
        """The files that were read when these roots were linked last, if none of them has changed."""
        before = self._kept(self._reach_key, dict[str, bytes])
        return tuple(before) if before is not None and before == self._hashes(tuple(before)) else None

    def _hashes(self, paths: Sequence[str]) -> dict[str, bytes]:
        return {path: self.hash_of(path) for path in paths}

    def hash_of(self, path: str) -> bytes:
        """Return the hash of a file; of a library's, which no survey lists, what tells whether it changed."""
        known = self.survey.hashes.get(path)
        if known is not None or path in self.survey.problems:
            return known or b""
        try:
            status = (self.loaded.root / path).stat()
        except OSError:
            return b""
        return f"{status.st_size} {status.st_mtime_ns}".encode()

    def _content_key(self, paths: Sequence[str]) -> bytes:
        return keys.digest("linked", self._reach_key, keys.contents(self._hashes(paths), paths))

    def read_roots(self) -> None:
        """Read the files that may hold workflows, in this process, so that the cache has them."""
        self.reader(jobs=1, progress=_quiet).read(self.survey.roots)

    def reader(self, found: Survey | None = None, *, jobs: int = 0, progress: Progress | None = None) -> Reader:
        """Return what reads the files of the project, or of another survey of it; ``jobs`` 0 is as many as asked."""
        which, of = None if self.whole else marks(self.known), found or self.survey
        jobs, told = jobs or self.jobs, progress or self.progress
        return Reader(self.tree, self.cache, of, jobs, told, self.timed, which, self._readings)

    def _kept(self, key: bytes, kind: type[T]) -> T | None:
        """Return what is remembered under ``key``; None for nothing, and for what another version wrote."""
        data = self.cache.result_get(key)
        if data is None:
            return None
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except msgspec.DecodeError:
            return None


def analyze(
    loaded: Loaded,
    tree: Tree | None = None,
    *,
    cache: Cache | None = None,
    jobs: int = 0,
    progress: Progress | None = None,
) -> Analysis:
    """Return the project of ``loaded``: without a ``tree``, its files on disk; without a ``cache``, nothing is kept."""
    return Analysis(
        loaded,
        tree or disk(loaded),
        cache or Cache.open(None, ""),
        jobs=jobs,
        progress=progress,
    )


def disk(loaded: Loaded, *, named: Sequence[str] = ()) -> Disk:
    """Return the files on disk that the settings describe."""
    settings = loaded.settings
    return Disk(
        loaded.root,
        include=settings.include,
        exclude=settings.exclude,
        respect_gitignore=settings.respect_gitignore,
        named=named,
    )


def open_cache(loaded: Loaded, directory: Path | None = None) -> Cache:
    """Return the cache of a project: in ``directory``, or where the settings say."""
    return Cache.open(directory or loaded.root / loaded.settings.cache_dir, reader_digest())


def _sources(lock: bytes | None) -> list[str]:
    """Return the files that a lock names: their workflows must not vanish because nothing mentions an SDK any more."""
    return [found.decode("utf-8", "replace") for found in _SOURCE.findall(lock or b"")]


def _quiet(phase: str, done: int, of: int) -> None:
    """Tell nobody."""
