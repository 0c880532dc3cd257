"""Tables into entries: per name, what a call of it is, and which argument decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from steplint.knowledge.arguments import Maker, given, literal, statement_mode, writes_file, writes_http
from steplint.knowledge.tables import Client, Level, Mode, Source
from steplint.model.dialect import Position
from steplint.model.graph import Kind
from steplint.model.summary import Argument

Test = Literal[
    "always",
    "never",
    "unless-given",
    "when-given",
    "when-literal",
    "file-mode",
    "http-method",
    "write-when-given",
    "statement",
]


class Entry(Struct, frozen=True):
    """What calling a name is. ``test`` says how the arguments decide: whether it counts at all, or its mode."""

    kind: Kind
    level: Level = ""
    mode: Mode = ""
    test: Test = "always"
    places: tuple[Position, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def conditional(self) -> bool:
        """Return whether some arguments make the call harmless."""
        return self.test in ("unless-given", "when-given", "when-literal")


def entries(source: Source) -> Iterator[tuple[str, Entry]]:
    """Yield each name or pattern of ``source`` that is called, with its entry."""
    for name in source.calls:
        yield name, Entry(source.kind, source.level, source.mode)
    tests: tuple[tuple[Test, Mapping[str, tuple[Position, ...]]], ...] = (
        ("unless-given", source.unless_given),
        ("when-given", source.when_given),
        ("unless-given", source.seedable),
        ("file-mode", source.file_mode),
        ("http-method", source.http_method),
        ("write-when-given", source.write_when_given),
    )
    for test, names in tests:
        for name, places in names.items():
            yield name, Entry(source.kind, source.level, source.mode, test, places)
    for name, texts in source.when_literal.items():
        yield name, Entry(source.kind, source.level, source.mode, "when-literal", (0,), texts)
    for name in source.seedable:
        yield f"{name}.*", Entry(source.kind, source.level, source.mode)


def client_entry(client: Client, verb: str) -> Entry | None:
    """Return what ``verb`` of a client does; None where the table does not say."""
    if _matches(verb, client.quiet):
        return Entry(client.kind, test="never")
    if verb in client.statements:
        return Entry(client.kind, test="statement")
    if verb in client.requests:
        return Entry(client.kind, test="http-method", places=(0, "method"))
    modes: tuple[tuple[Mode, tuple[str, ...]], ...] = (
        ("opens", client.opens),
        ("write", client.writes),
        ("read", client.reads),
    )
    # A verb that is written out wins over a pattern: `get_bucket` opens, `get_*` reads.
    for matches in (_listed, _matches):
        for mode, verbs in modes:
            if matches(verb, verbs):
                return Entry(client.kind, mode=mode)
    return Entry(client.kind, mode=client.otherwise) if client.otherwise else None


def judge(entry: Entry, arguments: tuple[Argument, ...], writing: frozenset[str], made: Maker | None) -> Mode | None:
    """Return the mode of a call with ``arguments``, or None when it is neither source nor operation."""
    return _JUDGES[entry.test](entry, arguments, writing, made)


def _unless_given(entry: Entry, arguments: tuple[Argument, ...], *_: object) -> Mode | None:
    return None if given(arguments, entry.places) else entry.mode


def _when_given(entry: Entry, arguments: tuple[Argument, ...], *_: object) -> Mode | None:
    return entry.mode if given(arguments, entry.places) else None


def _when_literal(entry: Entry, arguments: tuple[Argument, ...], *_: object) -> Mode | None:
    return entry.mode if literal(arguments, entry.places) in entry.texts else None


def _file_mode(entry: Entry, arguments: tuple[Argument, ...], *_: object) -> Mode | None:
    return "write" if writes_file(arguments, entry.places) else "read"


def _http_method(entry: Entry, arguments: tuple[Argument, ...], *_: object) -> Mode | None:
    return "write" if writes_http(arguments, entry.places) else "read"


def _write_when_given(entry: Entry, arguments: tuple[Argument, ...], *_: object) -> Mode | None:
    return "write" if given(arguments, entry.places) else "read"


def _statement(
    entry: Entry, arguments: tuple[Argument, ...], writing: frozenset[str], made: Maker | None
) -> Mode | None:
    return statement_mode(arguments, writing, made)


_Judge = Callable[[Entry, "tuple[Argument, ...]", "frozenset[str]", "Maker | None"], "Mode | None"]
_JUDGES: Mapping[Test, _Judge] = {
    "always": lambda entry, *_: entry.mode,
    "never": lambda *_: None,
    "unless-given": _unless_given,
    "when-given": _when_given,
    "when-literal": _when_literal,
    "file-mode": _file_mode,
    "http-method": _http_method,
    "write-when-given": _write_when_given,
    "statement": _statement,
}


def _listed(verb: str, verbs: Iterable[str]) -> bool:
    return verb in verbs


def _matches(verb: str, patterns: Iterable[str]) -> bool:
    return any(
        verb.startswith(pattern[:-1])
        if pattern.endswith("*")
        else verb.endswith(pattern[1:])
        if pattern.startswith("*")
        else verb == pattern
        for pattern in patterns
    )
