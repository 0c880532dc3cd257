"""Many files, in several processes when that pays for their start."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import partial
from typing import TypeVar

import msgspec

from steplint.model.summary import ModuleSummary
from steplint.read.deep import deeply
from steplint.read.module import summarize

Key = TypeVar("Key")

# Reading costs about this much a line; a worker pays for its own import of LibCST first.
_SECONDS_A_LINE = 100e-6
_WORTH_A_POOL = 1.5
_CHUNK = 0.25


def summarize_many(items: Iterable[tuple[Key, bytes]], jobs: int) -> Iterator[tuple[Key, ModuleSummary]]:
    """Yield each key with the summary of its source, in the given order; ``jobs`` bounds the number of processes."""
    given = list(items)
    keys = iter([key for key, _ in given])
    chunks = list(_chunks([source for _, source in given]))
    work = sum(map(_seconds, (source for _, source in given)))
    summaries = _elsewhere(chunks, jobs) if jobs > 1 and len(chunks) > 1 and work > _WORTH_A_POOL else _here(chunks)
    yield from zip(keys, summaries, strict=True)


def _seconds(source: bytes) -> float:
    return (source.count(b"\n") + 1) * _SECONDS_A_LINE


def _chunks(sources: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield neighbors that take a moment together, so that progress shows and no process is left with the rest."""
    chunk: list[bytes] = []
    seconds = 0.0
    for source in sources:
        chunk.append(source)
        seconds += _seconds(source)
        if seconds >= _CHUNK:
            yield chunk
            chunk, seconds = [], 0.0
    if chunk:
        yield chunk


def _here(chunks: Iterable[list[bytes]]) -> Iterator[ModuleSummary]:
    for chunk in chunks:
        yield from deeply(partial(_read, chunk))


def _read(chunk: list[bytes]) -> list[ModuleSummary]:
    return [summarize(source) for source in chunk]


def _elsewhere(chunks: list[list[bytes]], jobs: int) -> Iterator[ModuleSummary]:
    done = 0
    try:
        # Not forked: the caller may run threads.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=context) as pool:
            for encoded in pool.map(_encoded, chunks):
                yield from msgspec.msgpack.decode(encoded, type=list[ModuleSummary])
                done += 1
    except (BrokenExecutor, ImportError, OSError):
        # No semaphores, no second process, no importable main module: the same result, only slower.
        yield from _here(chunks[done:])


def _encoded(chunk: list[bytes]) -> bytes:
    return msgspec.msgpack.encode(deeply(partial(_read, chunk)))
