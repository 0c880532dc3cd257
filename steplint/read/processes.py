"""Further processes that share the work: none of them outlives the one that started it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor


def processes(count: int, prepare: Callable[..., object] | None = None, *given: object) -> ProcessPoolExecutor:
    """Return up to ``count`` processes; each calls ``prepare`` with what is ``given`` before its first task.

    Starting them raises BrokenExecutor, ImportError or OSError where there are no semaphores, no second process or no
    importable main module: whoever asks does the work alone then.
    """
    # Not forked: the caller may run threads.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(prepare, given))


def _begin(prepare: Callable[..., object] | None, given: tuple[object, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare(*given)


def _end_with_parent() -> None:
    """End this process when the one that started it was killed: nothing else would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
