"""What a project knows about names, ready to be asked: its additions win over the tables, its removals over both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from steplint.knowledge.names import Listed, words
from steplint.model.graph import Kind


class Own(Protocol):
    """What a project knows about names: `[tool.steplint.knowledge]`."""

    @property
    def nondeterministic(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def deterministic(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def effects(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def pure(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def log_sinks(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def env_like(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def shared_paths(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def clock_fields_ok(self) -> Sequence[str]: ...  # noqa: D102


class Nothing(Struct, frozen=True):
    """A project that adds nothing."""

    nondeterministic: tuple[str, ...] = ()
    deterministic: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    pure: tuple[str, ...] = ()
    log_sinks: tuple[str, ...] = ()
    env_like: tuple[str, ...] = ()
    shared_paths: tuple[str, ...] = ()
    clock_fields_ok: tuple[str, ...] = ()


class Lists:
    """The lists of a project, ready to be asked."""

    def __init__(self, own: Own) -> None:
        """Sort the lists of ``own``."""
        self.nondeterministic = Listed(own.nondeterministic)
        self.deterministic = Listed(own.deterministic)
        self.effects = Listed(own.effects)
        self.pure = Listed(own.pure)
        self.log_sinks = Listed(own.log_sinks)
        self.clock_fields_ok = frozenset(own.clock_fields_ok)
        self.shared_paths = tuple(own.shared_paths)
        self._env = Listed(own.env_like)
        self._env_words = frozenset(name for name in own.env_like if "." not in name and not name.startswith("!"))

    def environment(self, name: str) -> bool:
        """Return whether ``name`` is, or is below, an object that holds values of the environment."""
        if self._env.says(name) is False:
            return False
        parts = name.split(".")
        if not self._env_words.isdisjoint(parts):
            return True
        return any(self._env.says(".".join(parts[:end])) for end in range(1, len(parts) + 1))


def guessed_kind(name: str) -> Kind:
    """Return the kind of a source that a project names: its last word tells which rule speaks."""
    said = words(name.rpartition(".")[2])
    if {"id", "ids", "uuid", "guid", "ulid", "key", "token"} & set(said):
        return "uuid"
    return "time" if {"now", "time", "today", "clock", "timestamp", "date"} & set(said) else "random"
