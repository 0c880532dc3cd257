"""One project of an editor: settings, files and summaries stay in memory from one edit to the next."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from steplint.cache import Cache
from steplint.check import meta
from steplint.check.page import PackError
from steplint.config import ConfigError, Loaded, load
from steplint.files import content_hash, mentions
from steplint.files.globs import covers, sources
from steplint.knowledge.toml import KnowledgeError
from steplint.lock.file import LockError
from steplint.lock.read import Text, read
from steplint.lsp.listing import Listed, Without
from steplint.lsp.memory import MemoryCache
from steplint.lsp.shift import Shift
from steplint.lsp.snapshot import Snapshot, Trouble
from steplint.model.summary import Problem
from steplint.project import texts
from steplint.project.analysis import Analysis, analyze, disk, open_cache
from steplint.project.check import check
from steplint.project.rulesets import Ruleset, ruleset
from steplint.project.tree import Memory, Overlay, Tree

_PLACED = re.compile(r"(?P<path>(?:[A-Za-z]:)?[^\n:]+):(?P<line>\d+)(?::\d+)?:? (?P<message>.+)", re.DOTALL)
MISTAKES = (ConfigError, KnowledgeError, PackError, LockError)
"""What a user can mend in a file of the project."""


class Stopped(BaseException):
    """The analysis is of no use any more: something was edited meanwhile. Not an Exception: no stage may swallow it."""


class Open(Struct, frozen=True):
    """The content of an open document, and its version."""

    content: bytes
    version: int


class Root:
    """A project. Everything but `__init__` belongs to the one thread that analyzes.

    ``folder`` None is a project of open documents alone. Without ``trusted`` no code of the project is executed: the
    rules of its own packs do not run.
    """

    def __init__(self, folder: Path | None, trusted: bool) -> None:
        self._folder, self._trusted = folder, trusted
        self._loaded: Loaded | None = None
        self._listed: Listed | None = None
        self._cache: MemoryCache | None = None
        self._good: dict[str, bytes] = {}
        self._reached: frozenset[str] = frozenset()
        self._lock: tuple[bytes | None, Text | LockError | None] = (None, None)

    def refresh(self) -> None:
        """Read settings and the list of files again when they are asked for next."""
        self._listed = None

    def close(self) -> None:
        """Let go of the cache."""
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def snapshot(self, documents: Mapping[str, Open], stop: Callable[[], bool]) -> Snapshot:
        """Return the project with the contents of open documents; raises `Stopped` and MISTAKES."""
        # An analysis makes many objects and hardly any garbage: looking for some costs a sixth of its time.
        gc.disable()
        try:
            return self._snapshot(documents, stop)
        finally:
            gc.enable()

    def _snapshot(self, documents: Mapping[str, Open], stop: Callable[[], bool]) -> Snapshot:
        def progress(phase: str, done: int, of: int) -> None:
            if stop():
                raise Stopped

        loaded, listed, cache = self._opened(progress)
        loose = self._folder is None
        shown = {path: each for path, each in documents.items() if loose or _belongs(loaded, listed, path)}
        unsaved = {path: each.content for path, each in shown.items()}
        broken = self._replace_broken(unsaved, loaded, cache)
        cache.keeps = False
        tree: Tree = Overlay(listed, unsaved)
        progress("files", 0, 1)
        rules = ruleset(loaded, cache)
        loaded = loaded if self._trusted else _without_own_rules(loaded, rules)
        trouble = list(self._untrusted(loaded))
        lock = self._read_lock(tree, loaded.settings.lock.path)
        if isinstance(lock, LockError):
            trouble.append(mistake(lock, loaded.root))
            tree = Without(tree, frozenset({loaded.settings.lock.path}))
        analysis = analyze(loaded, tree, cache=cache, jobs=1, progress=progress)
        try:
            checked = check(analysis)
        except PackError as error:
            trouble.append(mistake(error, loaded.root))
            analysis = analyze(_without_own_rules(loaded, rules), tree, cache=cache, jobs=1, progress=progress)
            checked = check(analysis)
        progress("check", 1, 1)
        self._remember(analysis, unsaved, broken)
        return Snapshot(
            analysis=analysis,
            checked=checked,
            lock=None if isinstance(lock, LockError) else lock,
            versions={path: each.version for path, each in shown.items()},
            shifts={
                path: Shift(texts.decode(unsaved[path]), texts.decode(shown[path].content))
                for path in broken
                if path in self._good
            },
            broken={path: texts.decode(shown[path].content) for path in broken if path in self._good},
            unreadable=tuple(meta.unparsable({path: each for path, each in broken.items() if path in self._good})),
            trouble=tuple(trouble),
        )

    def _opened(self, progress: Callable[[str, int, int], None]) -> tuple[Loaded, Listed, MemoryCache]:
        if self._loaded is not None and self._listed is not None and self._cache is not None:
            return self._loaded, self._listed, self._cache
        loaded = load(self._folder) if self._folder is not None else _alone()
        if self._cache is None or self._loaded is None or self._loaded.settings.cache_dir != loaded.settings.cache_dir:
            self.close()
            self._cache = MemoryCache(open_cache(loaded) if self._folder is not None else Cache.open(None, ""))
        listed = Listed(disk(loaded) if self._folder is not None else Memory({}))
        if self._folder is not None:
            # What is on disk is read once, and remembered there: a later start finds it.
            self._cache.keeps = True
            self._fill(analyze(loaded, listed, cache=self._cache, progress=progress))
        self._loaded, self._listed = loaded, listed
        return loaded, listed, self._cache

    def _fill(self, analysis: Analysis) -> None:
        analysis.read_roots()

    def _replace_broken(self, unsaved: dict[str, bytes], loaded: Loaded, cache: MemoryCache) -> dict[str, Problem]:
        """Put the last content that parsed in the place of one that does not, and return what is wrong with those."""
        from steplint.project.tables import known

        needles = known(loaded, cache).needles
        broken: dict[str, Problem] = {}
        for path, content in unsaved.items():
            if not path.endswith(".py") or not (path in self._reached or mentions(content, needles)):
                continue
            problem = _problem(content, cache)
            if problem is None:
                continue
            broken[path] = problem
            if path not in self._good and (saved := self._saved(path)) is not None and not _problem(saved, cache):
                self._good[path] = saved
            unsaved[path] = self._good.get(path, content)
        return broken

    def _read_lock(self, tree: Tree, path: str) -> Text | LockError | None:
        """Return the lock, why it cannot be read, or None where there is none; parsed when it has changed."""
        try:
            data = tree.read(path)
        except OSError:
            return None
        if self._lock[0] != data:
            try:
                self._lock = data, read(data, path)
            except LockError as error:
                self._lock = data, error
        return self._lock[1]

    def _saved(self, path: str) -> bytes | None:
        try:
            return self._listed.read(path) if self._listed is not None else None
        except OSError:
            return None

    def _remember(self, analysis: Analysis, unsaved: Mapping[str, bytes], broken: Mapping[str, Problem]) -> None:
        linked = analysis.linked
        self._reached = frozenset(linked.read)
        understood = self._reached - linked.problems.keys() - broken.keys()
        good = self._good | {path: content for path, content in unsaved.items() if path in understood}
        # What was closed is opened again as it is on disk.
        self._good = {path: content for path, content in good.items() if path in unsaved}

    def _untrusted(self, loaded: Loaded) -> list[Trouble]:
        if self._trusted or not loaded.settings.rule_packs:
            return []
        packs = ", ".join(f"`{each}`" for each in loaded.settings.rule_packs)
        message = f"the rules of {packs} are not run: this workspace is not trusted, and they are code"
        return [Trouble("", 1, message, "info")]


def _alone() -> Loaded:
    """Return the settings of files that belong to no project: every default, paths from the top of the drive."""
    return replace(load(Path.cwd(), isolated=True, environ={}), root=Path(Path.cwd().anchor))


def mistake(error: Exception, root: Path) -> Trouble:
    """Return what is wrong, and in which file of the project if the message says so."""
    message, hint = str(getattr(error, "message", error)), getattr(error, "hint", "")
    if isinstance(error, KnowledgeError):
        message = f"{error.path}:{error.line}: {message}"
    said = f"{message}\nhelp: {hint}" if hint else message
    placed = _PLACED.fullmatch(said)
    if placed is None:
        return Trouble("", 1, said)
    path = Path(placed["path"])
    inside = path.is_absolute() and path.is_relative_to(root)
    shown = path.relative_to(root).as_posix() if inside else path.as_posix()
    if path.is_absolute() and not inside:
        return Trouble("", 1, said)
    return Trouble(shown, int(placed["line"]), placed["message"])


def _problem(content: bytes, cache: MemoryCache) -> Problem | None:
    """Return why a content does not parse. The usual one does, and the analysis reads it once, later."""
    import msgspec

    from steplint.read.excerpt import understood
    from steplint.read.module import summarize

    if understood(content):
        return None
    digest = content_hash(b"problem" + content)
    kept = cache.get_many([digest]).get(digest)
    if kept is not None:
        return msgspec.msgpack.decode(kept, type=Problem | None)
    problem = summarize(content).problem
    keeps, cache.keeps = cache.keeps, False
    cache.put_many({digest: msgspec.msgpack.encode(problem)})
    cache.keeps = keeps
    return problem


def _belongs(loaded: Loaded, listed: Listed, path: str) -> bool:
    """Return whether an open document counts: a file of the project, new or known, or one that it reads."""
    settings = loaded.settings
    if path in listed.paths or path in (settings.lock.path, settings.baseline.path):
        return True
    excluded = [each for each in settings.exclude if not each.startswith("!")]
    wanted = bool(sources(tuple(settings.include)).fullmatch(path)) and not covers(excluded, path)
    return wanted and not (loaded.root / path).exists()


def _without_own_rules(loaded: Loaded, rules: Ruleset) -> Loaded:
    """Return settings that select no rule of the project's packs; their pages are known, their code is not imported."""
    own = [name for pack in rules.packs.packs[1:] for name in pack.rules]
    lint = loaded.settings.lint
    quiet = replace(lint, ignore=(*lint.ignore, *own))
    return replace(loaded, settings=replace(loaded.settings, lint=quiet))
