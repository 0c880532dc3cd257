"""What verbs, receivers and names of arguments say, where the target of a call is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from steplint.knowledge.arguments import Maker, statement_mode
from steplint.knowledge.names import Patterns, words
from steplint.knowledge.tables import Table
from steplint.model.summary import Argument


class Words:
    """The word lists of all tables, joined."""

    def __init__(self, tables: Iterable[Table]) -> None:
        """Join the lists of ``tables``."""
        every = tuple(tables)

        def joined(pick: Callable[[Table], Iterable[str]]) -> frozenset[str]:
            return frozenset(name for table in every for name in pick(table))

        self.reads = joined(lambda table: table.effect.reads)
        self.containers = joined(lambda table: table.effect.containers)
        self.mutators = joined(lambda table: table.effect.mutators)
        self.writing = joined(lambda table: table.effect.writing)
        self._verbs = joined(lambda table: table.effect.verbs)
        self._receivers = joined(lambda table: table.effect.receivers)
        self._statements = joined(lambda table: table.effect.statements)
        self._needs = {verb: frozenset(on) for table in every for verb, on in table.effect.needs.items()}
        self._key_last = joined(lambda table: table.fields.key_last)
        self._clock_last = joined(lambda table: table.fields.clock_last)
        clock = joined(lambda table: table.fields.clock_words)
        self._clock_words = frozenset(word for word in clock if not word.endswith("*"))
        self._clock_stems = tuple(sorted(word[:-1] for word in clock if word.endswith("*")))
        self._trace = frozenset(_plain(name) for table in every for name in table.fields.trace)
        self.logs = Patterns((name, True) for table in every for name in table.log.names)
        self.log_verbs = joined(lambda table: table.log.verbs)
        self._log_receivers = joined(lambda table: table.log.receivers)
        self.makes_set = joined(lambda table: table.order.makes_set)
        self.ends = joined(lambda table: table.order.ends)
        self.ends_unkeyed = joined(lambda table: table.order.ends_unkeyed)
        self.delay_names = joined(lambda table: table.delay.names)
        self.delay_keywords = joined(lambda table: table.delay.keywords)
        self.exits = joined(lambda table: table.calling.exits)
        self.spawns = joined(lambda table: table.calling.spawns)
        self.joins = joined(lambda table: table.calling.joins)
        self.scratch = joined(lambda table: table.calling.scratch)
        self.memory = joined(lambda table: table.calling.memory)
        self.credentials = joined(lambda table: table.calling.credentials)
        self.runs = {name: at for table in every for name, at in table.calling.runs.items()}
        self.managers = {name: str(kind) for table in every for kind, names in table.manager.items() for name in names}
        self.known = self.ends | self.ends_unkeyed | self.exits | self.spawns | self.joins | self.scratch

    def log_receiver(self, receiver: str) -> bool:
        """Return whether ``receiver`` is written like a logger, metric or span."""
        last = receiver.rpartition(".")[2].strip("_").lower()
        said = words(last)
        return last in self._log_receivers or (bool(said) and said[-1] in {"log", "logger", "logging", "metrics"})

    def effect(self, receiver: str, verb: str, arguments: tuple[Argument, ...], made: Maker | None) -> bool:
        """Return whether ``verb`` on ``receiver`` reads like a change of the world."""
        said = frozenset(words(receiver))
        if verb in self._needs and said & self._needs[verb]:
            return True
        if verb in self._statements:
            return statement_mode(arguments, self.writing, made) == "write"
        return verb in self._verbs and not said.isdisjoint(self._receivers)

    def key_like(self, name: str) -> bool:
        """Return whether ``name`` ends like an identifier of something."""
        said = words(_last(name))
        return bool(said) and said[-1] in self._key_last and not self.trace_header(name)

    def clock_like(self, name: str) -> bool:
        """Return whether ``name`` ends like a time."""
        said = words(_last(name))
        if not said or self.trace_header(name):
            return False
        if said[-1] in self._clock_words or (len(said) > 1 and said[-1] in self._clock_last):
            return True
        return any(word.startswith(self._clock_stems) for word in said)

    def trace_header(self, name: str) -> bool:
        """Return whether ``name`` only labels a trace."""
        return _plain(name) in self._trace


def _plain(name: str) -> str:
    return "-".join(words(_last(name)))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
