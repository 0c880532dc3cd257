"""Files without a word of an SDK that may hold workflows all the same.

They import a client, a service or a decorator from a file of the project that made one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from steplint.cache import Cache, Seen
from steplint.files import content_hash
from steplint.project import keys
from steplint.project.survey import Survey
from steplint.project.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from steplint.project.imports import Find

Offers = Mapping[str, frozenset[str]]
"""By path of a file, the names that it offers to others."""

_LONGEST_CHAIN = 4
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<dots>\.*)[ \t]*(?P<module>[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n]*)"
    rb"|import[ \t]+(?P<modules>[^\n#]+))",
    re.MULTILINE,
)
_NAMED = re.compile(rb"([\w.]+|\*)(?:[ \t]+as[ \t]+\w+)?")


def borrowing(
    root: Path,
    tree: Tree,
    cache: Cache,
    found: Survey,
    static: bytes,
    find: Callable[[], Find],
    offered: Callable[[Mapping[str, tuple[str, ...]]], Mapping[str, tuple[str, ...]]],
) -> Survey:
    """Return the survey with the files that borrow from its roots, and from those that pass on what they borrowed.

    ``offered`` tells by path what files offer, given for each the files that it may pass on something of.
    """
    offers: dict[str, frozenset[str]] = {}
    roots = dict.fromkeys(found.roots)
    contents = dict(found.contents)
    fresh: dict[str, tuple[str, ...]] = {path: () for path in found.roots if path in found.hashes}
    for _ in range(_LONGEST_CHAIN):
        more = {path: frozenset(names) for path, names in _remembered(cache, found, static, fresh, offered) if names}
        if not more:
            break
        offers |= more
        borrowers = _borrowers(root, tree, cache, found, offers, find, contents)
        fresh = {path: sources for path, sources in borrowers.items() if path not in roots}
        roots |= dict.fromkeys(fresh)
        if not fresh:
            break
    return msgspec.structs.replace(found, roots=tuple(sorted(roots)), contents=contents)


def offers_key(found: Survey, static: bytes, path: str, sources: tuple[str, ...]) -> bytes:
    """Return the key under which what a file offers is remembered."""
    return keys.digest("offers", static, found.hashes[path], keys.contents(found.hashes, sources))


def _remembered(
    cache: Cache,
    found: Survey,
    static: bytes,
    asked: Mapping[str, tuple[str, ...]],
    offered: Callable[[Mapping[str, tuple[str, ...]]], Mapping[str, tuple[str, ...]]],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what files offer, from the cache where it is known."""
    own = {path: offers_key(found, static, path, sources) for path, sources in asked.items()}
    known = cache.results_get(own.values())
    yield from ((path, _decoded(known[key])) for path, key in own.items() if key in known)
    unknown = {path: asked[path] for path, key in own.items() if key not in known}
    if unknown:
        told = offered(unknown)
        cache.results_put({own[path]: msgspec.msgpack.encode(names) for path, names in told.items()})
        yield from told.items()


def _decoded(data: bytes) -> tuple[str, ...]:
    return msgspec.msgpack.decode(data, type=tuple[str, ...])


def _borrowers(
    root: Path,
    tree: Tree,
    cache: Cache,
    found: Survey,
    offers: Offers,
    find: Callable[[], Find],
    contents: dict[str, bytes],
) -> dict[str, tuple[str, ...]]:
    """Return the files that import one of the ``offers``, each with the files that it imports them from."""
    digest = keys.digest("borrowing", keys.contents({}, found.paths), {path: sorted(offers[path]) for path in offers})
    stated = [each for each in found.files if each.path not in tree.fresh]
    seen = cache.seen_get(root, stated, digest) if stated else {}
    looking = _Looking(offers)
    borrowers = _recalled(cache, digest, {path: each.hash for path, each in seen.items() if each.mentions})
    fresh: dict[bytes, bytes] = {}
    for each in found.files:
        known = seen.get(each.path)
        settled = known is not None and (not known.mentions or each.path in borrowers)
        if settled or each.path in found.problems:
            continue
        try:
            content = tree.read(each.path)
        except OSError:  # the survey has told of it, or it went away since
            continue
        sources = looking.sources(each.path, content, find) if looking.likely(content) else ()
        seen[each.path] = Seen(content_hash(content), bool(sources))
        if sources:
            borrowers[each.path] = sources
            contents[each.path] = content
            fresh[keys.digest(digest, each.path, content_hash(content))] = msgspec.msgpack.encode(sources)
    if not tree.passing:
        cache.seen_put(root, stated, seen, digest)
    cache.results_put(fresh)
    return borrowers


def _recalled(cache: Cache, digest: bytes, hashes: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """Return from which files those with these hashes borrow, as far as it is remembered."""
    own = {path: keys.digest(digest, path, each) for path, each in hashes.items()}
    known = cache.results_get(own.values())
    return {path: _decoded(known[key]) for path, key in own.items() if key in known}


class _Looking:
    """Looks for imports of what is offered, first for the mere words."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self._names = {name.encode() for names in offers.values() for name in names}
        self._modules = {_last(path).encode() for path in offers} - {b""}
        if any(path.endswith("__init__.py") for path in offers):
            self._modules.add(b"from .")

    def likely(self, content: bytes) -> bool:
        """Return whether a file has the words of an import."""
        return any(each in content for each in self._modules) and any(each in content for each in self._names)

    def sources(self, path: str, content: bytes, find: Callable[[], Find]) -> tuple[str, ...]:
        """Return the files from which a file imports something that they offer."""
        return tuple(sorted({*self._sources(path, content, find())} - {path}))

    def _sources(self, path: str, content: bytes, find: Find) -> Iterator[str]:
        for each in _IMPORT.finditer(content):
            if each["modules"]:
                for module in _NAMED.findall(each["modules"]):
                    yield from self._whole(find(path, module.decode("utf-8", "replace"), 0), content)
                continue
            module, level = each["module"].decode("utf-8", "replace"), len(each["dots"])
            source = find(path, module, level) if module or level else None
            imported = [name.decode("utf-8", "replace") for name in _NAMED.findall(each["names"].strip(b"()"))]
            if source and source in self._offers and ("*" in imported or self._offers[source].intersection(imported)):
                yield source
            for name in imported:
                yield from self._whole(find(path, f"{module}.{name}" if module else name, level), content)

    def _whole(self, source: str | None, content: bytes) -> Iterator[str]:
        """Yield a module that is imported whole, if something that it offers is used."""
        if source and source in self._offers and any(f".{name}".encode() in content for name in self._offers[source]):
            yield source


def _last(path: str) -> str:
    """Return the last part of the name of a module."""
    return path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
