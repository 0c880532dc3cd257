"""A project in pieces: files that know nothing of each other are linked apart, and what did not change is remembered.

A piece is a group of files that may hold workflows, with everything they reach. Linking it depends on its files, and
on which file each import means, and on nothing else: so grouping changes the time of a run and never its result.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec
from msgspec import Struct

from steplint.cache import Cache
from steplint.link.assemble import Part
from steplint.model.summary import Pragma, Problem
from steplint.project import keys
from steplint.project.imports import Find


class Piece(Struct, frozen=True):
    """What is known of some files, and what linking them said.

    ``homes`` are the files that it was linked for. ``answers`` are the imports that were looked up: importing file,
    module, level, and the file that was meant. ``open`` means that it asked for a name that any file might publish.
    """

    homes: frozenset[str]
    files: Mapping[str, bytes]
    asked: Mapping[str, tuple[str, ...]]
    part: Part
    pragmas: Mapping[str, tuple[Pragma, ...]] = {}
    problems: Mapping[str, Problem] = {}
    answers: tuple[tuple[str, str, int, str | None], ...] = ()
    pins: frozenset[str] = frozenset()
    open: bool = False


class Kept(Struct, frozen=True, array_like=True):
    """A piece as the plan lists it: what tells whether it is still true, and where it is."""

    key: bytes
    homes: frozenset[str]
    files: Mapping[str, bytes]
    asked: Mapping[str, tuple[str, ...]]
    open: bool


class Plan(Struct, frozen=True, array_like=True):
    """The pieces of the last run, with digests of the paths of all files and of the files that may hold workflows."""

    paths: bytes
    roots: bytes
    pieces: tuple[Kept, ...]


def recall(cache: Cache, key: bytes) -> Plan | None:
    """Return the plan of the last run, or None."""
    data = cache.result_get(key)
    try:
        return msgspec.msgpack.decode(data, type=Plan) if data is not None else None
    except msgspec.DecodeError:
        return None


def remember(cache: Cache, key: bytes, paths: bytes, roots: bytes, pieces: Iterable[Piece], known: Plan | None) -> None:
    """Keep the pieces of a run and the plan that lists them; those that ``known`` lists are kept already."""
    kept = {each.key for each in known.pieces} if known is not None else set[bytes]()
    listed: list[Kept] = []
    fresh: dict[bytes, bytes] = {}
    for each in pieces:
        own = keys.digest(key, sorted(each.homes), keys.contents(each.files, each.files), each.open and roots)
        listed.append(Kept(own, each.homes, each.files, each.asked, each.open))
        if own not in kept:
            fresh[own] = msgspec.msgpack.encode(each)
    cache.results_put(fresh)
    cache.result_put(key, msgspec.msgpack.encode(Plan(paths, roots, tuple(listed))))


def still_true(
    cache: Cache,
    plan: Plan,
    hash_of: Callable[[str], bytes],
    roots: Collection[str],
    paths_digest: bytes,
    roots_digest: bytes,
    find: Callable[[], Find],
) -> list[Piece]:
    """Return the pieces of a plan of which nothing has changed; ``find`` is asked for when files came or went."""
    same = [
        each
        for each in plan.pieces
        if each.homes <= roots  # type: ignore[operator]
        and (not each.open or plan.roots == roots_digest)
        and all(hash_of(path) == digest for path, digest in each.files.items())
    ]
    data = cache.results_get([each.key for each in same])
    found = [piece for each in same if each.key in data and (piece := _decoded(data[each.key])) is not None]
    if plan.paths == paths_digest or not found:
        return found
    look = find()
    return [each for each in found if all(look(*asked) == answer for *asked, answer in each.answers)]  # type: ignore[arg-type]


def _decoded(data: bytes) -> Piece | None:
    """Return the piece in ``data``; None for a damaged one, which is linked again."""
    try:
        return msgspec.msgpack.decode(data, type=Piece)
    except msgspec.DecodeError:
        return None
