"""The rules of a run: the bundled pack and those of the project, with their pages remembered by content."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from steplint.cache import Cache
from steplint.check.pack import Pack, PackError, Packs, bundled, load
from steplint.check.page import Page
from steplint.config import Loaded
from steplint.model.rule import Rule

_PACKS: dict[tuple[Path, bytes], Pack] = {}
"""Packs by folder and digest: a process that analyzes often reads them once."""


class Ruleset(NamedTuple):
    """Rules by pack, and a digest of the files that they consist of."""

    packs: Packs
    digest: bytes


def ruleset(loaded: Loaded, cache: Cache) -> Ruleset:
    """Return the rules that the settings name; raises `PackError`."""
    folders = [bundled(), *(loaded.root / name for name in loaded.settings.rule_packs)]
    digests = [_digest(folder) for folder in folders]
    packs = [_pack(folder, digest, cache) for folder, digest in zip(folders, digests, strict=True)]
    return Ruleset(Packs(packs), blake2b(b"".join(digests), digest_size=16).digest())


def headline(rule: Rule) -> str:
    """Return the first sentence of what a rule does, without its full stop."""
    return re.split(r"\.(?:\s|$)|: ", rule.summary, maxsplit=1)[0]


def _pack(folder: Path, digest: bytes, cache: Cache) -> Pack:
    if (folder, digest) not in _PACKS:
        _PACKS[folder, digest] = _opened(folder, digest, cache)
    return _PACKS[folder, digest]


def _opened(folder: Path, digest: bytes, cache: Cache) -> Pack:
    kept = cache.result_get(digest)
    if kept is not None and (pages := _decoded(folder, kept)) is not None:
        return Pack(folder, pages)
    pack = load(folder)
    cache.result_put(digest, msgspec.msgpack.encode(tuple(pack.rules.values())))
    return pack


def _decoded(folder: Path, data: bytes) -> dict[str, Page] | None:
    """Return the pages without sections and examples, which no run needs; None where the value is not understood."""
    try:
        rules = msgspec.msgpack.decode(data, type=tuple[Rule, ...])
    except msgspec.DecodeError:
        return None
    return {each.name: Page(each, folder / f"{each.name.replace('-', '_')}.md", {}, ()) for each in rules}


def _digest(folder: Path) -> bytes:
    found = blake2b(b"rules 1", digest_size=16)
    try:
        for path in sorted([*folder.glob("*.md"), *folder.glob("*.py")]):
            content = path.read_bytes()
            found.update(f"{path.name}\0{len(content)}\0".encode() + content)
    except OSError as error:
        raise PackError(f"{folder}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    return found.digest()
