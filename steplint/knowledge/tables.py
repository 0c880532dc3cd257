"""What a knowledge table may say (`rules/knowledge/*.toml`); the header of `stdlib.toml` explains each key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from steplint.model.dialect import Position
from steplint.model.graph import Kind

Level = Literal["", "info", "off"]
Mode = Literal["", "read", "write", "opens"]
Resource = Literal["transaction", "session", "lock", "directory", "file", "client", "timeout", "span", "log"]


class Source(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Names that are a source of nondeterminism or an operation on the world, of one kind."""

    kind: Kind
    label: str = ""
    level: Level = ""
    mode: Mode = ""
    calls: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    unless_given: Mapping[str, tuple[Position, ...]] = {}
    when_given: Mapping[str, tuple[Position, ...]] = {}
    when_literal: Mapping[str, tuple[str, ...]] = {}
    seedable: Mapping[str, tuple[Position, ...]] = {}
    file_mode: Mapping[str, tuple[Position, ...]] = {}
    http_method: Mapping[str, tuple[Position, ...]] = {}
    write_when_given: Mapping[str, tuple[Position, ...]] = {}


class Client(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Objects through which a program talks to a service, and what their verbs do."""

    kind: Kind
    types: tuple[str, ...]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    otherwise: Literal["", "read", "write"] = ""
    deep: bool = False


class Effects(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Effects by verb and receiver, for calls whose target is not known."""

    verbs: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    mutators: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    writing: tuple[str, ...] = ()
    needs: Mapping[str, tuple[str, ...]] = {}


class Fields(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What the name of an argument or column says about its value."""

    key_last: tuple[str, ...] = ()
    clock_last: tuple[str, ...] = ()
    clock_words: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()


class Logs(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Calls that swallow a value."""

    names: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()


class Orders(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Where the order of a set comes from and where it ends."""

    makes_set: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    ends_unkeyed: tuple[str, ...] = ()


class Delays(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Arguments that are waits."""

    names: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class Calling(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Calls that run other callables, or never return."""

    exits: tuple[str, ...] = ()
    spawns: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    scratch: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    runs: Mapping[str, int] = {}


class Table(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One file of knowledge; several add up."""

    schema: Literal[1] = 1
    source: tuple[Source, ...] = ()
    client: tuple[Client, ...] = ()
    deterministic: tuple[str, ...] = ()
    pure: tuple[str, ...] = ()
    returns: Mapping[str, str] = {}
    alias: Mapping[str, str] = {}
    effect: Effects = Effects()
    fields: Fields = Fields()
    log: Logs = Logs()
    order: Orders = Orders()
    delay: Delays = Delays()
    calling: Calling = Calling()
    manager: Mapping[Resource, tuple[str, ...]] = {}
    since: Mapping[str, str] = {}
