"""All tables of a run as one value: read from TOML once, then msgpack that the caller keeps under a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from steplint.knowledge.dialects import load_dialects
from steplint.knowledge.tables import Table
from steplint.knowledge.toml import KnowledgeError, read
from steplint.model.dialect import Dialect

FORMAT = 1
"""Changes whenever the structs in a compiled value change."""


class Compiled(Struct, frozen=True):
    """Dialects by name and knowledge tables in the order of their files."""

    dialects: Mapping[str, Dialect]
    tables: tuple[Table, ...]


def table_files(
    rules: Path, dialects: Sequence[Path] = (), tables: Sequence[Path] = ()
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the files of dialects and of tables: those of the folder ``rules``, then a project's own."""
    return (
        (*sorted((rules / "dialects").glob("*.toml")), *dialects),
        (*sorted((rules / "knowledge").glob("*.toml")), *tables),
    )


def digest(files: Iterable[Path]) -> str:
    """Return the key of a compiled value: 32 hexadecimal digits that change with any byte of ``files``."""
    found = hashlib.blake2b(str(FORMAT).encode(), digest_size=16)
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise KnowledgeError(str(path), 1, f"cannot be read: {error.strerror}") from None
        found.update(f"\0{path.name}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def load(rules: Path, dialects: Sequence[Path] = (), tables: Sequence[Path] = ()) -> Compiled:
    """Return everything in ``rules/dialects`` and ``rules/knowledge`` and in a project's own files.

    Raises `KnowledgeError`.
    """
    own = table_files(rules, (), tables)[1]
    return Compiled(load_dialects(rules / "dialects", dialects), tuple(read(path, Table) for path in own))


def compile(rules: Path, dialects: Sequence[Path] = (), tables: Sequence[Path] = ()) -> bytes:  # noqa: A001
    """Return what `load` returns as msgpack; raises `KnowledgeError`."""
    return msgspec.msgpack.encode(load(rules, dialects, tables))


def decode(data: bytes) -> Compiled:
    """Return the value in ``data``; raises `msgspec.ValidationError` for one of another format."""
    return msgspec.msgpack.decode(data, type=Compiled)
