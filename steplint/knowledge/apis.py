"""Answers what a call or name does: source, I/O, effect, log, pure work, or how it runs other calls."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from steplint.knowledge.arguments import Maker
from steplint.knowledge.entries import Entry, client_entry, entries, judge
from steplint.knowledge.names import Patterns, canonical
from steplint.knowledge.own import Lists, Nothing, Own, guessed_kind
from steplint.knowledge.tables import Level, Mode, Source, Table
from steplint.knowledge.toml import read
from steplint.knowledge.words import Words
from steplint.model.dialect import Position
from steplint.model.graph import Kind
from steplint.model.summary import Argument

__all__ = ["Apis", "Found", "Own", "load"]


class Found(Struct, frozen=True):
    """What a call or read is: a source or an operation. ``mode`` is for I/O only."""

    kind: Kind
    name: str
    level: Level = ""
    mode: Mode = ""


def load(tables: Iterable[Path], own: Own | None = None) -> Apis:
    """Return the knowledge in the files ``tables`` and of the project; raises `KnowledgeError`."""
    return Apis([read(path, Table) for path in tables], own)


class Apis:
    """All tables joined. Lookups are dict hits; what a name means is worked out once."""

    def __init__(self, tables: Iterable[Table], own: Own | None = None) -> None:
        """Join ``tables`` and what the project says; its removals win over its additions, both over the tables."""
        self._tables = tuple(tables)
        self._own = Lists(own or Nothing())
        self._returns = {name: kind for table in self._tables for name, kind in table.returns.items()}
        self._alias = {name: other for table in self._tables for name, other in table.alias.items()}
        self._sources = Patterns(pair for source in self._all_sources() for pair in entries(source))
        self._attributes = {
            name: Entry(source.kind, source.level) for source in self._all_sources() for name in source.attributes
        }
        self._settled = Patterns(
            [(name, True) for table in self._tables for name in table.pure]
            + [(name, False) for table in self._tables for name in table.deterministic]
        )
        self._clients = {name: client for table in self._tables for client in table.client for name in client.types}
        self._seeds = {name: at for source in self._all_sources() for name, at in source.seedable.items()}
        self._words = Words(self._tables)
        self._facts: dict[str, _Fact] = {}

    def call(self, name: str, arguments: tuple[Argument, ...], made: Maker | None = None) -> Found | None:
        """Return what calling ``name`` is, or None where it is unknown, deterministic or a log.

        ``made`` tells which call a value is the result of, so that `execute(insert(table))` is a write.
        """
        fact = self._fact(name)
        if fact.entry is None:
            return None
        mode = judge(fact.entry, arguments, self._words.writing, made)
        return None if mode is None else Found(fact.entry.kind, fact.name, fact.entry.level, mode)

    def attribute(self, name: str) -> Found | None:
        """Return what reading ``name`` is, or None where reading it is harmless."""
        path = self._canonical(name)
        if self._own.nondeterministic.says(path) is False:
            return None
        if self._own.environment(path):
            return Found("env", path)
        entry = self._attributes.get(path)
        return Found(entry.kind, path, entry.level) if entry else None

    def known(self, name: str) -> bool:
        """Return whether some table says something about calling exactly ``name``."""
        fact = self._fact(name)
        return bool(
            fact.entry
            or fact.settled is not None
            or self.log_sink(name, "", "")
            or fact.name in self._words.known
            or self.thread_wrapper(name) is not None
        )

    def deterministic(self, name: str) -> bool:
        """Return whether calling ``name`` gives the same value in every replay."""
        return self._fact(name).settled is not None

    def pure(self, name: str) -> bool:
        """Return whether calling ``name`` reads and changes nothing; `call` first says whether its arguments matter."""
        return self._fact(name).settled is True

    def passes(self, name: str) -> bool:
        """Return whether a value passes through the call: a tainted argument taints its result."""
        return self.deterministic(name)

    def seeded(self, name: str) -> bool:
        """Return whether ``name`` makes a generator that is deterministic with a seed."""
        return self._canonical(name) in self._seeds

    def seed(self, name: str) -> tuple[Position, ...]:
        """Return where the seed stands in the arguments of ``name``."""
        return self._seeds.get(self._canonical(name), ())

    def log_sink(self, name: str, receiver: str, verb: str) -> bool:
        """Return whether a value ends here without harm: by canonical name, or by receiver as written and verb."""
        path = self._canonical(name) if name else ""
        says = self._own.log_sinks.says(path or f"{receiver}.{verb}")
        if says is not None:
            return says
        if path in self._words.logs:
            return True
        return bool(receiver) and verb in self._words.log_verbs and self._words.log_receiver(receiver)

    def effect(
        self, name: str, receiver: str, verb: str, arguments: tuple[Argument, ...], made: Maker | None = None
    ) -> bool:
        """Return whether the call changes the world: a table says so, or verb and receiver do.

        ``name`` is canonical, or empty when nothing is known about the target; ``receiver`` is what stands before
        ``verb``, as written. Some verbs need evidence: a statement that writes, a session, a cache.
        """
        if name:
            path = self._canonical(name)
            says = self._own.effects.says(path)
            if says is not None:
                return says
            if self.container(path.rpartition(".")[0]) or self.log_sink(name, receiver, verb):
                return False
            if self.known(name):
                found = self.call(name, arguments, made)
                return found is not None and (found.mode == "write" or found.kind == "write")
        elif self.log_sink("", receiver, verb):
            return False
        return bool(receiver) and self._words.effect(receiver, verb, arguments, made)

    def read(self, verb: str) -> bool:
        """Return whether ``verb`` reads, so that its arguments are a filter."""
        return verb in self._words.reads

    def container(self, type_name: str) -> bool:
        """Return whether a receiver of this type is a local container, never an effect."""
        return self._canonical(type_name) in self._words.containers

    def mutator(self, verb: str) -> bool:
        """Return whether ``verb`` changes its receiver in place."""
        return verb in self._words.mutators

    def makes_set(self, name: str) -> bool:
        """Return whether ``name`` returns a set."""
        return self._canonical(name) in self._words.makes_set

    def ends_order(self, name: str, keyed: bool) -> bool:
        """Return whether the call ends the taint of set order; with ``key=``, ties keep it."""
        path = self._canonical(name)
        return path in self._words.ends or (not keyed and path in self._words.ends_unkeyed)

    def delay(self, name: str, keyword: str | None) -> bool:
        """Return whether an argument is a wait: of `asyncio.sleep`, or called ``timeout`` in any call."""
        return keyword in self._words.delay_keywords or self._canonical(name) in self._words.delay_names

    def scratch(self, name: str) -> bool:
        """Return whether ``name`` makes a temporary file or directory, or its name."""
        return self._canonical(name) in self._words.scratch

    def credential(self, name: str) -> bool:
        """Return whether ``name`` makes a token or a signed address, which is meant to follow the clock."""
        path = self._canonical(name)
        return path in self._words.credentials or f".{path.rpartition('.')[2]}" in self._words.credentials

    def memory(self, name: str) -> bool:
        """Return whether ``name`` makes a file that only this process has: what is written there is no effect."""
        return self._canonical(name) in self._words.memory

    def manager(self, name: str) -> str:
        """Return the kind of resource that a context manager or handle is, or an empty text."""
        found = self._words.managers.get(name) or self._words.managers.get(self._canonical(name))
        return found or self._words.managers.get(f".{name.rpartition('.')[2].lower()}", "")

    def key_like(self, name: str) -> bool:
        """Return whether an argument of this name identifies something."""
        return self._words.key_like(name)

    def clock_like(self, name: str) -> bool:
        """Return whether an argument of this name holds a time."""
        return self._words.clock_like(name)

    def clock_ok(self, name: str) -> bool:
        """Return whether the project allows a field of this name to hold the time of a retry."""
        return name.rpartition(".")[2] in self._own.clock_fields_ok

    def trace_header(self, name: str) -> bool:
        """Return whether an argument of this name only labels a trace."""
        return self._words.trace_header(name)

    def shared_path(self, path: str) -> bool:
        """Return whether every worker sees ``path``."""
        return any(path == each or path.startswith(each.rstrip("/") + "/") for each in self._own.shared_paths)

    def exits(self, name: str) -> bool:
        """Return whether the call never returns."""
        return self._canonical(name) in self._words.exits

    def thread_wrapper(self, name: str) -> int | None:
        """Return the position of the callable that ``name`` runs, or None."""
        found = self._words.runs.get(self._canonical(name))
        return found if found is not None else self._words.runs.get(f".{name.rpartition('.')[2]}")

    def spawns(self, name: str) -> bool:
        """Return whether the call starts work beside the caller."""
        return self._canonical(name) in self._words.spawns

    def joins(self, name: str) -> bool:
        """Return whether the call waits for several pieces of work, or bounds one."""
        return self._canonical(name) in self._words.joins

    def _all_sources(self) -> Iterable[Source]:
        return (source for table in self._tables for source in table.source)

    def _canonical(self, name: str) -> str:
        return self._fact(name).name

    def _fact(self, name: str) -> _Fact:
        fact = self._facts.get(name)
        if fact is None:
            fact = self._facts[name] = self._work_out(canonical(name, self._returns, self._alias))
        return fact

    def _work_out(self, name: str) -> _Fact:
        own = self._own
        if own.nondeterministic.says(name):
            return _Fact(name, Entry(guessed_kind(name)))
        if own.pure.says(name) or own.deterministic.says(name):
            return _Fact(name, settled=bool(own.pure.says(name)))
        if own.effects.says(name):
            return _Fact(name, Entry("write", mode="write"))
        if own.environment(name):
            return _Fact(name, Entry("env"))
        entry, settled = self._from_tables(name)
        if own.nondeterministic.says(name) is False or (
            entry is not None and entry.mode == "write" and own.effects.says(name) is False
        ):
            entry = None
        if own.pure.says(name) is False or own.deterministic.says(name) is False:
            settled = None
        return _Fact(name, entry, settled)

    def _from_tables(self, name: str) -> tuple[Entry | None, bool | None]:
        source, settled, client = self._sources.find(name), self._settled.find(name), self._client(name)
        longest = max(each[0] for each in (source, settled, client, (0, None)) if each)
        if source and source[0] == longest:
            entry = source[1]
            return entry, settled[1] if settled and entry.conditional else None
        if settled and settled[0] == longest:
            return None, settled[1]
        return (client[1], None) if client else (None, None)

    def _client(self, name: str) -> tuple[int, Entry] | None:
        if client := self._clients.get(name):
            return len(name), Entry(client.kind, mode="opens")
        prefix, _, verb = name.rpartition(".")
        direct = True
        while prefix:
            client = self._clients.get(prefix)
            if client and (direct or client.deep):
                entry = client_entry(client, verb)
                return (len(prefix), entry) if entry else None
            prefix, direct = prefix.rpartition(".")[0], False
        return None


class _Fact(Struct, frozen=True):
    """What the tables say about one name: ``settled`` is True for pure, False for deterministic only."""

    name: str
    entry: Entry | None = None
    settled: bool | None = None
