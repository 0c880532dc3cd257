"""What the project consists of before anything is parsed: its files, their hashes, and which of them to read first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from steplint.cache import Cache, Seen
from steplint.config import Loaded
from steplint.files import SourceFile, Words, content_hash, mentions
from steplint.model.place import NOWHERE
from steplint.model.summary import Layout, ModuleSummary, Problem
from steplint.project.tree import Tree


class Survey(Struct, frozen=True):
    """All files of a project. ``roots`` may hold workflows; ``problems`` has those that cannot be read."""

    files: tuple[SourceFile, ...]
    hashes: Mapping[str, bytes]
    roots: tuple[str, ...]
    problems: Mapping[str, Problem]
    contents: Mapping[str, bytes]
    """Contents of roots that were read on the way."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all files."""
        return tuple(each.path for each in self.files)


def survey(loaded: Loaded, tree: Tree, cache: Cache, needles: Words, named: Iterable[str] = ()) -> Survey:
    """Return the files of the project; ``named`` are read first whatever they mention."""
    files = tree.files()
    fresh = tree.fresh
    stated = [each for each in files if each.path not in fresh]
    seen = cache.seen_get(loaded.root, stated, needles.digest) if stated else {}
    wanted = set(named)
    contents: dict[str, bytes] = {}
    problems: dict[str, Problem] = {}
    for each in files:
        if each.path in seen:
            continue
        try:
            content = tree.read(each.path)
        except OSError as error:
            problems[each.path] = unreadable(error)
            continue
        seen[each.path] = Seen(content_hash(content), mentions(content, needles))
        if seen[each.path].mentions or each.path in wanted:
            contents[each.path] = content
    if not tree.passing:
        cache.seen_put(loaded.root, stated, seen, needles.digest)
    roots = tuple(path for path, known in sorted(seen.items()) if known.mentions or path in wanted)
    return Survey(tuple(files), {p: s.hash for p, s in seen.items()}, roots, problems, contents)


def unreadable(error: OSError) -> Problem:
    """Return why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return Problem("the link leads to no file", NOWHERE)
    return Problem(f"it cannot be read: {(error.strerror or str(error)).lower()}", NOWHERE)


def broken(problem: Problem) -> ModuleSummary:
    """Return the summary of a file that says nothing but why."""
    return ModuleSummary((), (), (), (), Layout("\n", "    ", 1), problem)
