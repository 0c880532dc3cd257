"""A thread with a large stack: long sums and chains of calls are trees as deep as they are long."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_STACKS = (512 << 20, 64 << 20, 0)
_RECURSION = 1_000_000
_lock = threading.Lock()
_here = threading.local()


def deeply(task: Callable[[], T]) -> T:
    """Return the result of ``task``, run where recursion as deep as a source file may go."""
    if getattr(_here, "deep", False):
        return task()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        _here.deep = True
        try:
            results.append(task())
        except BaseException as error:  # handed on to the caller below
            errors.append(error)

    # Stack size, recursion limit and garbage collection belong to the process. Trees have no cycles: collecting while
    # they are built costs a tenth of the time and frees nothing.
    with _lock:
        limit, collecting = sys.getrecursionlimit(), gc.isenabled()
        sys.setrecursionlimit(max(limit, _RECURSION))
        gc.disable()
        try:
            _start(run).join()
        finally:
            sys.setrecursionlimit(limit)
            if collecting:
                gc.enable()
    if errors:
        raise errors[0]
    return results[0]


def _start(run: Callable[[], None], sizes: tuple[int, ...] = _STACKS) -> threading.Thread:
    """Start ``run`` on the largest stack that the system grants."""
    before = threading.stack_size(sizes[0])
    try:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
    except RuntimeError:
        if len(sizes) == 1:
            raise
    else:
        return thread
    finally:
        threading.stack_size(before)
    return _start(run, sizes[1:])
