"""The shape of the schema: which types a key may have, in terms that messages and help texts use."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo, fields

from steplint.config.settings import Settings, Table

Key = tuple[str, ...]


class Shape(Struct, frozen=True):
    """A type without its annotations: what it is, what it holds, and the lowest number it accepts."""

    kind: Literal["table", "mapping", "list", "choice", "text", "number", "switch", "anything"]
    type: Any
    item: Any = None
    lowest: int | None = None
    help: str = ""
    optional: bool = False


_PLAIN: dict[Any, Literal["text", "number", "switch", "anything"]] = {
    str: "text",
    int: "number",
    bool: "switch",
    Any: "anything",
}


def shape(kind: Any) -> Shape:
    """Return what a field type of the schema stands for."""
    lowest, text, optional = None, "", False
    if get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        for note in notes:
            if isinstance(note, Meta):
                lowest, text = note.ge, note.description or ""
    if get_origin(kind) in (Union, UnionType):
        optional = True
        kind = next(arm for arm in get_args(kind) if arm is not NoneType)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return Shape("choice", kind, arguments, help=text, optional=optional)
    if origin is tuple:
        return Shape("list", kind, arguments[0], help=text)
    if origin is Mapping:
        return Shape("mapping", kind, arguments[1], help=text)
    if isinstance(kind, type) and issubclass(kind, Table):
        return Shape("table", kind, help=text)
    return Shape(_PLAIN[kind], kind, lowest=int(lowest) if lowest is not None else None, help=text, optional=optional)


def expected(kind: Any) -> str:
    """Return what a value of this type is called in a message: "true or false", "a list of text"."""
    this = shape(kind)
    match this.kind:
        case "choice":
            return "one of " + ", ".join(f"`{word}`" for word in this.item)
        case "list":
            inner = shape(this.item)
            return "a list of text" if inner.kind == "text" else f"a list with {expected(this.item)}"
        case "number":
            return "a whole number" if this.lowest is None else f"a whole number of at least {this.lowest}"
        case "switch":
            return "true or false"
        case "text":
            return "text"
        case _:
            return "a table"


def keys(table: type[Table] = Settings, above: Key = ()) -> Iterator[tuple[Key, FieldInfo]]:
    """Yield every key of the schema with its field, tables before what they hold; `*` stands for any name."""
    for field in fields(table):
        key = (*above, field.encode_name)
        yield key, field
        this = shape(field.type)
        if this.kind == "table":
            yield from keys(this.type, key)
        elif this.kind == "mapping" and shape(this.item).kind == "table":
            yield from keys(shape(this.item).type, (*key, "*"))


def default(field: FieldInfo) -> Any:
    """Return the value of a key that no file sets."""
    return field.default if field.default is not NODEFAULT else field.default_factory()


def dotted(key: Key) -> str:
    """Return a key as TOML writes it: `lint.per-file-ignores."tests/**"`."""
    return ".".join(part if _bare(part) else json.dumps(part, ensure_ascii=False) for part in key)


def _bare(part: str) -> bool:
    return part == "*" or (part != "" and part.isascii() and part.replace("-", "a").replace("_", "a").isalnum())
