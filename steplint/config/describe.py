"""The schema and the values in force, as `steplint config` and `steplint schema config` show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from steplint.config.fields import Key, default, dotted, expected, keys, shape
from steplint.config.load import Loaded
from steplint.config.settings import Settings, Table


class Option(Struct, frozen=True):
    """One key of the schema: its type in words, its default as TOML shows it, and what it does."""

    key: str
    type: str
    default: str
    help: str


class Value(Struct, frozen=True):
    """One value in force, and the file, flag or ``default`` that it comes from."""

    key: str
    value: Any
    origin: str


def describe(key: str = "") -> list[Option]:
    """Return every key of the schema, or `key` and what is below it; empty when there is none."""
    return [
        Option(dotted(each), _type(field.type), _toml(default(field)), shape(field.type).help)
        for each, field in keys()
        if shape(field.type).kind != "table" and _below(dotted(each), key)
    ]


def effective(loaded: Loaded, key: str = "") -> list[Value]:
    """Return the values in force, in the order of the schema, each with its origin."""
    return [
        Value(dotted(each), value, loaded.origin(dotted(each)))
        for each, value in _values(loaded.settings)
        if _below(dotted(each), key)
    ]


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `steplint.toml` and of `[tool.steplint]`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "steplint",
        **msgspec.json.schema(Settings),
    }


def _values(table: Table, above: Key = ()) -> Iterator[tuple[Key, Any]]:
    for field in msgspec.structs.fields(table):
        key, value = (*above, field.encode_name), getattr(table, field.name)
        if isinstance(value, Table):
            yield from _values(value, key)
        elif isinstance(value, Mapping) and value:
            yield from _entries(value, key)
        else:
            yield key, list(value) if isinstance(value, tuple) else value


def _entries(table: Mapping[str, Any], above: Key) -> Iterator[tuple[Key, Any]]:
    for name, value in table.items():
        key = (*above, name)
        if isinstance(value, Table):
            yield from _values(value, key)
        elif isinstance(value, Mapping) and value:
            yield from _entries(value, key)
        else:
            yield key, list(value) if isinstance(value, tuple) else value


def _below(key: str, wanted: str) -> bool:
    return not wanted or key == wanted or key.startswith(f"{wanted}.")


def _type(kind: Any) -> str:
    this = shape(kind)
    if this.kind != "mapping":
        return expected(kind)
    inner = shape(this.item)
    return "a table" if inner.kind in ("anything", "mapping", "table") else f"a table; each value {expected(this.item)}"


def _toml(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return "{}"
    return msgspec.json.encode(value).decode()
