"""Linking by several processes: each takes some of the files that may hold workflows, and reads what they lead to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

from steplint.cache import Cache
from steplint.config import Loaded
from steplint.model.report import Failure
from steplint.project.pieces import Piece
from steplint.project.survey import Survey
from steplint.project.tree import Disk
from steplint.read.processes import processes

if TYPE_CHECKING:
    from steplint.project.analysis import Analysis
    from steplint.project.rounds import Rounds

# A byte of a file that may hold workflows costs about this much: itself, what it leads to, and linking both.
_SECONDS_A_BYTE = 5e-6
_WORTH_IT = 2.0
_SHARES = 16
"""Shares for each process: none is left with a large one in the end, and an interrupted run waits for small ones."""


class Result(Struct, frozen=True, array_like=True):
    """What linking some files gave: pieces, what crashed, and the files that the cache knew."""

    pieces: tuple[Piece, ...]
    failures: tuple[Failure, ...]
    cached: frozenset[str]


class _Project(NamedTuple):
    """A project as another process opens it."""

    loaded: Loaded
    tree: Disk
    cache: Path
    schema: str
    survey: Survey
    whole: bool


def linked_elsewhere(analysis: Analysis, homes: Collection[str]) -> Iterator[tuple[Sequence[str], Result]]:
    """Yield the results for ``homes``, share by share, as far as other processes can be had and pay for their start."""
    project = _project(analysis)
    shares = list(_shares(analysis, homes))
    if project is None or len(shares) < 2:
        return
    analysis.progress("link", 0, len(homes))
    done = 0
    try:
        with processes(min(analysis.jobs, len(shares)), _open, project) as pool:
            try:
                for share, encoded in zip(shares, pool.map(_linked, shares), strict=True):
                    yield share, msgspec.msgpack.decode(encoded, type=Result)
                    done += len(share)
                    analysis.progress("link", done, len(homes))
            except BaseException:
                # Whoever interrupts a run waits for the shares at work, and for no other.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    except (BrokenExecutor, ImportError, OSError):
        return  # the rest is linked in this process


def _project(analysis: Analysis) -> _Project | None:
    """Return what another process needs; None for contents and caches that only this one has."""
    folder = analysis.cache.folder
    if folder is None or type(analysis.tree) is not Disk:
        return None
    found = msgspec.structs.replace(analysis.survey, contents={})
    return _Project(analysis.loaded, analysis.tree, folder, analysis.cache.schema, found, analysis.whole)


def _shares(analysis: Analysis, homes: Collection[str]) -> Iterator[list[str]]:
    """Yield neighbors, which tend to lead to the same files, in shares of about the same size."""
    sizes = {each.path: each.size for each in analysis.survey.files}
    work = {path: _SECONDS_A_BYTE * sizes.get(path, 0) for path in homes}
    total = sum(work.values())
    if total < _WORTH_IT:
        return
    share: list[str] = []
    spent = 0.0
    for path in sorted(homes):
        share.append(path)
        spent += work[path]
        if spent >= total / (analysis.jobs * _SHARES):
            yield share
            share, spent = [], 0.0
    if share:
        yield share


_rounds: Rounds | None = None
"""What this process has read and linked so far, as one of several."""


def _open(project: _Project) -> None:
    global _rounds
    from steplint.project.analysis import Analysis
    from steplint.project.whole import rounds

    cache = Cache.open(project.cache, project.schema)
    analysis = Analysis(project.loaded, project.tree, cache, jobs=1, whole=project.whole)
    analysis.survey = project.survey
    _rounds = rounds(analysis, analysis.reader())


def _linked(homes: Sequence[str]) -> bytes:
    assert _rounds is not None
    _rounds.failures.clear()
    pieces = _rounds.link(homes)
    return msgspec.msgpack.encode(Result(tuple(pieces), tuple(_rounds.failures), frozenset(_rounds.reader.cached)))
