"""What is known about engines and APIs in one run: the bundled tables and those of the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from steplint.cache import Cache
from steplint.check.pack import bundled
from steplint.config import Loaded, nearest
from steplint.files import Words
from steplint.knowledge import load as tables
from steplint.knowledge.tables import Table
from steplint.model.dialect import Dialect
from steplint.project.variants import chosen

_COMPILED: dict[str, tables.Compiled] = {}
"""Tables by the digest of their files: a process that analyzes often reads them once."""


class Known(Struct, frozen=True):
    """The dialects that may be active, by name, the tables of APIs, and a digest of the files they come from."""

    dialects: Mapping[str, Dialect]
    tables: tuple[Table, ...]
    digest: str
    wrappers: Mapping[str, str]

    @property
    def words(self) -> frozenset[str]:
        """Text without which no file can hold a workflow or step."""
        own = {name.rpartition(".")[2] for name in self.wrappers}
        return frozenset(own.union(*(each.words for each in self.dialects.values())))

    @property
    def needles(self) -> Words:
        """The same as what is looked for in the bytes of files."""
        return Words.of(self.words, (name for each in self.dialects.values() for name in each.packages))


def known(loaded: Loaded, cache: Cache) -> Known:
    """Return the tables that the settings ask for; raises `KnowledgeError` and `ConfigError`."""
    rules, own = bundled(), own_dialects(loaded)
    digest = tables.digest([file for files in tables.table_files(rules, own) for file in files])
    if digest not in _COMPILED:
        _COMPILED[digest] = _compiled(digest, rules, own, cache)
    compiled = _COMPILED[digest]
    dialects = _active(loaded, compiled.dialects, own)
    return Known(dialects, compiled.tables, digest, loaded.settings.decorators)


def _compiled(digest: str, rules: Path, own: Sequence[Path], cache: Cache) -> tables.Compiled:
    kept = cache.result_get(bytes.fromhex(digest))
    compiled = _decoded(kept) if kept is not None else None
    if compiled is None:
        compiled = tables.load(rules, own)
        cache.result_put(bytes.fromhex(digest), msgspec.msgpack.encode(compiled))
    return compiled


def own_dialects(loaded: Loaded) -> tuple[Path, ...]:
    """Return the dialect files that the configuration names."""
    return tuple(loaded.root / name for name in loaded.settings.dialects if _is_path(name))


def _active(loaded: Loaded, dialects: Mapping[str, Dialect], own: tuple[Path, ...]) -> Mapping[str, Dialect]:
    """Return the dialects that are listed, or every one with the right variant of each SDK."""
    settings = loaded.settings
    names = [name for name in settings.dialects if not _is_path(name)]
    for name in names:
        if name not in dialects:
            raise _unknown(loaded, ("dialects",), name, dialects)
    for name in settings.dialect:
        if name not in dialects:
            raise _unknown(loaded, ("dialect", name), name, dialects)
    for glob, targets in settings.lock.targets.items():
        for name in targets:
            if name not in dialects:
                raise _unknown(loaded, ("lock", "targets", glob), name, dialects)
    if names:
        return {name: dialects[name] for name in sorted({*names, *(_named(path) for path in own)})}
    return chosen(dialects, loaded.root)


def _named(path: Path) -> str:
    from steplint.knowledge.dialects import read_dialect

    return read_dialect(path).name


def _unknown(loaded: Loaded, key: tuple[str, ...], name: str, dialects: Mapping[str, Dialect]) -> Exception:
    near = nearest(name, dialects)
    hint = f"did you mean `{near}`?" if near else f"known are {', '.join(f'`{each}`' for each in sorted(dialects))}"
    return loaded.error(key, f"there is no dialect `{name}`", hint, name)


def _decoded(data: bytes) -> tables.Compiled | None:
    """Return the value in ``data``; None for one that another version wrote."""
    try:
        return tables.decode(data)
    except msgspec.DecodeError:
        return None


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith(".toml")
