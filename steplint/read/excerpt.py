"""A source without the functions and classes that nobody asks for: what is parsed then is a fraction of the file.

Most of a module that a workflow reaches has nothing to do with it. A function or class at the top level is left out
unless it is asked for, mentioned by what is kept, or may declare, register or change something by itself. In its place
stands a stub of the same name and length, so that every place in the rest is the one of the whole file. Whoever finds
that a stub is needed after all asks again with its name.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from symtable import symtable
from typing import NamedTuple

from steplint.model.summary import Problem
from steplint.read.asked import Marks
from steplint.read.decode import decode

_SMALLEST = 40  # lines; a smaller file is read whole
_WORTH = 0.3  # the part of the lines that must go, else the file is read whole

_HARMLESS = (
    rb"(?:dataclass|dataclasses|functools|lru_cache|cache|cached_property|property|staticmethod|classmethod|abc"
    rb"|abstractmethod|contextmanager|asynccontextmanager|contextlib|overload|override|final|typing|pytest|wraps"
    rb"|\w+\.(?:setter|getter|deleter))\b"
)
_PLAIN_BASES = frozenset(
    b"object Exception BaseException ValueError TypeError RuntimeError LookupError KeyError IndexError OSError IOError "
    b"NotImplementedError AttributeError ConnectionError TimeoutError PermissionError ABC Enum IntEnum StrEnum Flag "
    b"str int float bytes dict list tuple set NamedTuple TypedDict Protocol Generic BaseModel Struct TestCase".split()
)
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_STRING = re.compile(
    rb"""
    \#[^\n]*
    | "{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}
    | '{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}
    | "[^"\\\n]*(?:\\.[^"\\\n]*)*"
    | '[^'\\\n]*(?:\\.[^'\\\n]*)*'
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTES = re.compile(rb'"""|\'\'\'')
_START = re.compile(
    rb"^(?:(?P<mark>@)|(?:async[ \t]+)?def[ \t]+(?P<function>[\w\x80-\xff]+)"
    rb"|class[ \t]+(?P<class>[\w\x80-\xff]+)|[^\s#)\]}])",
    re.MULTILINE,
)
_INDENT = re.compile(rb":[ \t]*(?:#[^\n]*)?\r?\n([ \t]+)[^\s#]")
_BASES = re.compile(rb"class[ \t]+[\w\x80-\xff]+[ \t]*(?:\(([^()]*)\)[ \t]*)?:")
_IMPORT = re.compile(rb"^(?:from\b[^\n(]*(?:\([^)]*\))?|import\b[^\n]*)", re.MULTILINE)
_EXPORTS = re.compile(rb"^__all__\b[^\[(\n]*[\[(][^\])]*[\])]", re.MULTILINE)
_CODING = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=]")
_FILLS = rb"append|extend|add|update|insert|pop|remove|clear|setdefault|discard|popitem|appendleft"


class Excerpt(NamedTuple):
    """The source to parse, and the names at the top level that are only stubs in it."""

    source: bytes
    omitted: tuple[str, ...]


class _Chunk(NamedTuple):
    """A function or class at the top level: offsets from its first decorator to the next statement."""

    start: int
    definition: int
    end: int
    name: bytes
    kind: str


def excerpt(source: bytes, wanted: Iterable[str], marks: Marks) -> Excerpt:
    """Return what of ``source`` matters when ``wanted`` names at its top level are asked for."""
    whole = Excerpt(source, ())
    if source.count(b"\n") < _SMALLEST or b"\f" in source or _lone_returns(source) or _CODING.search(source[:200]):
        return whole
    texts = _long_strings(source)
    chunks = _chunks(source, texts)
    if chunks is None or not chunks:
        return whole
    kept = _kept(source, chunks, texts, {each.encode() for each in wanted}, marks)
    left_out = [each for at, each in enumerate(chunks) if at not in kept]
    pieces, done, gone = [], 0, 0
    omitted = []
    for each in left_out:
        stub = _stub(source, each)
        if stub is not None:
            pieces += [source[done : each.start], stub]
            done = each.end
            gone += stub.count(b"\n")
            omitted.append(each.name.decode("utf-8", "replace"))
    if gone < _WORTH * source.count(b"\n"):
        return whole
    return Excerpt(b"".join([*pieces, source[done:]]), tuple(sorted(set(omitted))))


def understood(source: bytes) -> bool:
    """Return whether this Python sees no mistake in a whole source: one may hide where nobody looks.

    Its table of symbols is what is had for the least: no tree is made of Python objects.
    """
    text = decode(source)
    if isinstance(text, Problem):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symtable(text, "<source>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _lone_returns(source: bytes) -> bool:
    return b"\r" in source and source.count(b"\r") != source.count(b"\r\n")


def _long_strings(source: bytes) -> list[tuple[int, int]]:
    """Return the spans of strings over several lines, in order."""
    found: list[tuple[int, int]] = []
    opened: re.Match[bytes] | None = None
    for each in _QUOTES.finditer(source):
        if opened is None:
            before = source[source.rfind(b"\n", 0, each.start()) + 1 : each.start()]
            if b"#" in before or b'"' in before or b"'" in before:
                return _scanned(source)
            opened = each
        elif opened[0] == each[0]:
            if source[each.start() - 1 : each.start()] == b"\\":
                return _scanned(source)
            if source.find(b"\n", opened.start(), each.end()) >= 0:
                found.append((opened.start(), each.end()))
            opened = None
    return found if opened is None else _scanned(source)


def _scanned(source: bytes) -> list[tuple[int, int]]:
    """Return the same by looking at every string and comment."""
    return [
        each.span()
        for each in _STRING.finditer(source)
        if source[each.start() : each.start() + 1] != b"#" and b"\n" in each[0]
    ]


def _chunks(source: bytes, texts: list[tuple[int, int]]) -> list[_Chunk] | None:
    """Return the functions and classes at the top level; None where that is not certain."""
    found: list[_Chunk] = []
    starts = [start for start, _ in texts]
    decorators = -1
    opened: tuple[int, int, bytes, str] | None = None
    for each in _START.finditer(source):
        at = each.start()
        inside = bisect_right(starts, at) - 1
        if inside >= 0 and at < texts[inside][1]:
            continue
        if source[at - 2 : at] == b"\\\n" or source[at - 3 : at] == b"\\\r\n":
            return None
        if opened is not None:
            found.append(_Chunk(opened[0], opened[1], at, opened[2], opened[3]))
            opened = None
        if each["mark"]:
            decorators = at if decorators < 0 else decorators
            continue
        name = each["function"] or each["class"]
        if name:
            start = decorators if decorators >= 0 else at
            opened = (start, at, name, "function" if each["function"] else "class")
        elif decorators >= 0:
            return None
        decorators = -1
    if opened is not None:
        found.append(_Chunk(opened[0], opened[1], len(source), opened[2], opened[3]))
    return None if decorators >= 0 else found


def _kept(
    source: bytes, chunks: list[_Chunk], texts: list[tuple[int, int]], wanted: set[bytes], marks: Marks
) -> set[int]:
    """Return the positions of the chunks that are asked for, matter by themselves, or belong to one that does."""
    between = _between(source, chunks, texts)
    bound = set(_WORD.findall(_IMPORT.sub(b"", between)))
    words = wanted | set(_WORD.findall(between))
    kept: set[int] = set()
    waiting = _marked(source, chunks, marks)
    waiting += [at for at, each in enumerate(chunks) if each.name in words or _declares(source, each)]
    by_name: dict[bytes, list[int]] = {}
    for at, each in enumerate(chunks):
        by_name.setdefault(each.name, []).append(at)
    changed: set[bytes] = set()
    while waiting:
        fresh: set[bytes] = set()
        for at in waiting:
            if at not in kept:
                kept.add(at)
                fresh |= set(_WORD.findall(source, chunks[at].start, chunks[at].end))
        fresh -= words
        words |= fresh
        waiting = [at for name in fresh & by_name.keys() for at in by_name[name]]
        variables = (words & bound) - changed - by_name.keys()
        if variables:
            changed |= variables
            waiting += _changing(source, chunks, kept, variables)
    return kept


def _between(source: bytes, chunks: list[_Chunk], texts: list[tuple[int, int]]) -> bytes:
    """Return the statements at the top level that are no definitions, without long strings and lists of exports."""
    gaps = [*((each.start, each.end) for each in chunks), *texts]
    pieces, done = [], 0
    for start, end in sorted(gaps):
        pieces.append(source[done:start])
        done = max(done, end)
    return _EXPORTS.sub(b"", b"".join([*pieces, source[done:]]))


def _declares(source: bytes, chunk: _Chunk) -> bool:
    """Return whether a class may be a workflow by its bases, or a function leaves something in the module."""
    if chunk.kind == "function":
        return _lambda_in_header(source, chunk)
    bases = _BASES.match(source, chunk.definition)
    return bases is None or not _PLAIN_BASES.issuperset(_plain(bases[1] or b""))


def _marked(source: bytes, chunks: list[_Chunk], marks: Marks) -> list[int]:
    """Return the chunks that hold a mark. A search for one text after the other is much faster than a pattern."""
    found: set[int] = set()
    starts = [each.start for each in chunks]
    for text, pattern in _patterns(marks):
        at = source.find(text)
        while at >= 0:
            position = bisect_right(starts, at) - 1
            if position >= 0 and at < chunks[position].end and position not in found and pattern.match(source, at):
                found.add(position)
            at = source.find(text, at + 1)
    return sorted(found)


def _plain(bases: bytes) -> list[bytes]:
    """Return the last names of the bases of a class, subscripts left out."""
    return [each.strip().rpartition(b".")[2] for each in re.sub(rb"\[[^\]]*\]", b"", bases).split(b",") if each.strip()]


def _lambda_in_header(source: bytes, chunk: _Chunk) -> bool:
    """Return whether a default of a function is a lambda, which belongs to the module."""
    body = _INDENT.search(source, chunk.definition, chunk.end)
    return b"lambda" in source[chunk.definition : body.end() if body else chunk.end]


def _changing(source: bytes, chunks: list[_Chunk], kept: set[int], variables: set[bytes]) -> list[int]:
    """Return the chunks not kept that may fill or change one of the variables of the module."""
    names = b"|".join(re.escape(each) for each in sorted(variables))
    changes = re.compile(
        rb"\b(?:%b)\s*(?:\[|\.\s*(?:%b)\s*\(|(?:\.\s*[\w\x80-\xff]+\s*)+(?![\w\x80-\xff\s(.]))" % (names, _FILLS)
    )
    return [
        at for at, each in enumerate(chunks) if at not in kept and changes.search(source, each.definition, each.end)
    ]


def _stub(source: bytes, chunk: _Chunk) -> bytes | None:
    """Return as many lines as the chunk has that define its name and nothing else."""
    text = source[chunk.start : chunk.end]
    indent = _INDENT.search(source, chunk.definition, chunk.end)
    lines = text.count(b"\n")
    if indent is None or lines < 4 or not text.endswith(b"\n"):
        return None
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    head = b"def %b():" if chunk.kind == "function" else b"class %b:"
    return b"".join(
        [head % chunk.name, newline, indent[1], b'"""', newline * (lines - 2), b'"""', newline],
    )


@cache
def _patterns(marks: Marks) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
    """Return texts to look for, each with what must match there."""
    found = [(b"@", re.compile(rb"(?<![^\s])@(?!%b)" % _HARMLESS)), (b"global", re.compile(rb"\bglobal\b"))]
    found += [(each.encode(), re.compile(b"")) for each in marks.words]
    found += [(each.encode(), re.compile(rb"\b%b\s*\(" % re.escape(each.encode()))) for each in marks.verbs]
    paths: dict[bytes, list[bytes]] = {}
    for each in marks.durable:
        head, _, rest = each.encode().partition(b".")
        paths.setdefault(head, []).append(rb"\s*\.\s*".join(map(re.escape, rest.split(b"."))))
    found += [
        (head, re.compile(rb"\b%b\s*\.\s*(?:%b)\s*\(" % (re.escape(head), b"|".join(rests))))
        for head, rests in paths.items()
    ]
    return tuple(found)
