"""What a driver reads and prints: each edit with its two sources, and what became of the run."""

from __future__ import annotations

import itertools
import json
import linecache
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from journal import notes

_LOADED = itertools.count(1)
AT_ONCE = 6


class Given(NamedTuple):
    """One edit: the modules before and after it, the calls that the run has recorded, both manifests, a folder."""

    name: str
    before: str
    after: str
    recorded: list[list[Any]]
    manifests: list[str]
    folder: Path


class Seen(NamedTuple):
    """The end of the run: ``completed``, ``failed`` or ``stuck``; what each call got; what the engine said."""

    status: str
    got: list[list[Any]]
    why: str = ""


def serve(perform: Callable[[Given], Seen]) -> None:
    """Answer for each edit given on standard input."""
    serve_all(lambda edits: [perform(each) for each in edits])


def serve_forked(perform: Callable[[Given], Seen]) -> None:
    """The same, each edit in a process of its own and some at a time: engines whose timers take their time."""
    serve_all(lambda edits: [Seen(*each) for each in forked_all([partial(perform, edit) for edit in edits])])


def serve_all(perform: Callable[[list[Given]], list[Seen]]) -> None:
    """Answer for all edits at once: engines whose server holds every run."""
    with tempfile.TemporaryDirectory() as top:
        edits = []
        for number, each in enumerate(json.load(sys.stdin)):
            folder = Path(top) / str(number)
            folder.mkdir()
            edits.append(Given(**each, folder=folder))
        answers = [
            {
                **seen._asdict(),
                "ran_before": notes(edit.folder, "before"),
                "ran_after": notes(edit.folder, "after"),
                "name": edit.name,
            }
            for edit, seen in zip(edits, perform(edits), strict=True)
        ]
    sys.stdout.write("\n" + json.dumps(answers) + "\n")


def load(source: str, name: str = "flow") -> ModuleType:
    """Return the module with this text; engines that read the source of a function find it."""
    module = ModuleType(name)
    module.__file__ = f"<{name} {next(_LOADED)}>"
    linecache.cache[module.__file__] = (len(source), None, source.splitlines(keepends=True), module.__file__)
    sys.modules[name] = module
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    return module


def forked(work: Callable[[], Any]) -> Any:
    """Return what ``work`` gives in a process of its own; None if that process ends without an answer."""
    return forked_all([work])[0]


def forked_all(works: list[Callable[[], Any]]) -> list[Any]:
    """Return what each of ``works`` gives; some at a time, each in a process of its own."""
    answers: list[Any] = []
    for start in range(0, len(works), AT_ONCE):
        children = [_start(each) for each in works[start : start + AT_ONCE]]
        answers += [_answer(*each) for each in children]
    return answers


def _start(work: Callable[[], Any]) -> tuple[int, int]:
    receiver, sender = os.pipe()
    child = os.fork()
    if child:
        os.close(sender)
        return child, receiver
    try:
        answer = json.dumps(work())
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    with os.fdopen(sender, "w") as pipe:
        pipe.write(answer)
    os._exit(0)


def _answer(child: int, receiver: int) -> Any:
    with os.fdopen(receiver) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError("the process of the run failed")
    return json.loads(text) if text else None
