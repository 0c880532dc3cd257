"""Many files, in several processes when that pays for their start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from functools import partial
from typing import TypeVar

import msgspec

from steplint.model.summary import ModuleSummary
from steplint.read.asked import Asked, Marks, Reading
from steplint.read.deep import deeply
from steplint.read.excerpt import excerpt, understood
from steplint.read.module import summarize
from steplint.read.processes import processes

Key = TypeVar("Key")

# Reading costs about this much a line; a worker pays for its own import of LibCST first.
_SECONDS_A_LINE = 100e-6
_EXCERPT = 0.25  # the part of the lines that is left where names are asked for
_WORTH_A_POOL = 0.5
_CHUNK = 0.25


def summarize_many(items: Iterable[tuple[Key, bytes]], jobs: int) -> Iterator[tuple[Key, ModuleSummary]]:
    """Yield each key with the summary of its whole source, in the given order; ``jobs`` bounds the processes."""
    asked = ((key, Asked(source)) for key, source in items)
    for key, reading in read_many(asked, Marks(), jobs):
        yield key, reading.summary


def read_many(items: Iterable[tuple[Key, Asked]], marks: Marks, jobs: int) -> Iterator[tuple[Key, Reading]]:
    """Yield each key with what its source says, in the given order; ``jobs`` bounds the number of processes."""
    given = list(items)
    keys = iter([key for key, _ in given])
    chunks = list(_chunks([asked for _, asked in given]))
    work = sum(map(_seconds, (asked for _, asked in given)))
    read = partial(_read, marks=marks)
    readings = _elsewhere(chunks, read, jobs) if jobs > 1 and len(chunks) > 1 and work > _WORTH_A_POOL else None
    yield from zip(keys, _here(chunks, read) if readings is None else readings, strict=True)


def _seconds(asked: Asked) -> float:
    lines = asked.source.count(b"\n") + 1
    return lines * _SECONDS_A_LINE * (1 if asked.names is None else _EXCERPT)


def _chunks(given: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Yield neighbors that take a moment together, so that progress shows and no process is left with the rest."""
    chunk: list[Asked] = []
    seconds = 0.0
    for asked in given:
        chunk.append(asked)
        seconds += _seconds(asked)
        if seconds >= _CHUNK:
            yield chunk
            chunk, seconds = [], 0.0
    if chunk:
        yield chunk


def _here(chunks: Iterable[list[Asked]], read: Callable[[list[Asked]], list[Reading]]) -> Iterator[Reading]:
    for chunk in chunks:
        yield from deeply(partial(read, chunk))


def _read(chunk: list[Asked], marks: Marks) -> list[Reading]:
    return [_reading(asked, marks) for asked in chunk]


def _reading(asked: Asked, marks: Marks) -> Reading:
    if asked.names is not None:
        part = excerpt(asked.source, asked.names, marks)
        if part.omitted and (not asked.root or understood(asked.source)):
            summary = summarize(part.source)
            if summary.problem is None:
                return Reading(summary, part.omitted)
    return Reading(summarize(asked.source))


def _elsewhere(chunks: list[list[Asked]], read: Callable[[list[Asked]], list[Reading]], jobs: int) -> Iterator[Reading]:
    done = 0
    try:
        with processes(min(jobs, len(chunks))) as pool:
            for encoded in pool.map(partial(_encoded, read), chunks):
                yield from msgspec.msgpack.decode(encoded, type=list[Reading])
                done += 1
    except (BrokenExecutor, ImportError, OSError):
        # The same result, only slower.
        yield from _here(chunks[done:], read)


def _encoded(read: Callable[[list[Asked]], list[Reading]], chunk: list[Asked]) -> bytes:
    return msgspec.msgpack.encode(deeply(partial(read, chunk)))
