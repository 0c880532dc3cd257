"""What a client has open, analyzed in the background: an edit waits for the next, then one thread reads and links.

Everything here runs on the event loop, except what is handed to the thread.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from lsprotocol.types import Diagnostic
from msgspec import Struct

from steplint.lsp.documents import Documents
from steplint.lsp.places import Places, Where
from steplint.lsp.root import MISTAKES, Open, Root, Stopped, mistake
from steplint.lsp.snapshot import Snapshot, Trouble

T = TypeVar("T")

QUIET = 0.05
"""Seconds without an edit before an analysis starts."""
PATIENCE = 0.5
"""Seconds after which it starts although edits go on."""


class Found(Struct, frozen=True):
    """A snapshot and the path of a document in it."""

    snapshot: Snapshot
    path: str


class Entry:
    """A project that is open, as the event loop sees it.

    ``generation`` counts what changed, ``done`` is that of the snapshot. ``published`` and ``said`` are what the client
    was told.
    """

    def __init__(self, root: Root, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.generation = 0
        self.done = -1
        self.snapshot: Snapshot | None = None
        self.trouble: tuple[Trouble, ...] = ()
        self.published: dict[str, list[Diagnostic]] = {}
        self.said: set[str] = set()
        self.changed = asyncio.Event()
        self.finished = asyncio.Condition()
        self.task: asyncio.Task[None] | None = None


class Session:
    """The projects of a client.

    ``publish`` is called with an entry after each analysis, ``log`` with what went wrong.
    """

    def __init__(
        self,
        documents: Documents,
        places: Places,
        *,
        trusted: bool,
        publish: Callable[[Entry], None],
        log: Callable[[str], None],
    ) -> None:
        self.documents, self.places = documents, places
        self._trusted, self._publish, self._log = trusted, publish, log
        self._entries: dict[Path | None, Entry] = {}
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="steplint-analysis")
        self._closed = False

    def touch(self, uri: str) -> None:
        """Analyze the project of a document soon."""
        if (where := self.places.where(uri)) is not None:
            self._changed(self._entry(where))

    def refresh(self) -> None:
        """Read settings and files of every project again: something outside of the editor changed them."""
        self.places.forget()
        for document in self.documents:
            if (where := self.places.where(document.uri)) is not None:
                self._entry(where)
        for entry in self._entries.values():
            self._pool.submit(entry.root.refresh)
            self._changed(entry)

    async def found(self, uri: str) -> Found | None:
        """Return the project with everything that was edited until now, or None for a document outside of projects."""
        where = self.places.where(uri)
        if where is None:
            return None
        entry = self._entry(where)
        if entry.done < 0 and not entry.changed.is_set() and entry.generation == 0:
            self._changed(entry)
        wanted = entry.generation
        async with entry.finished:
            await entry.finished.wait_for(lambda: entry.done >= wanted)
        return Found(entry.snapshot, where.path) if entry.snapshot is not None else None

    async def run(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns in the thread that analyzes: it may use a snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Stop; what runs now is given up."""
        self._closed = True
        for entry in self._entries.values():
            entry.generation += 1
            if entry.task is not None:
                entry.task.cancel()
            self._pool.submit(entry.root.close)
        self._pool.shutdown(wait=False)

    def _entry(self, where: Where) -> Entry:
        if where.folder not in self._entries:
            entry = Entry(Root(where.folder, self._trusted), where.root)
            self._entries[where.folder] = entry
            entry.task = asyncio.get_running_loop().create_task(self._follow(entry))
        return self._entries[where.folder]

    def _changed(self, entry: Entry) -> None:
        entry.generation += 1
        entry.changed.set()

    async def _follow(self, entry: Entry) -> None:
        """Analyze a project whenever it changed, until the session ends."""
        while not self._closed:
            await entry.changed.wait()
            entry.changed.clear()
            await self._settled(entry)
            await self._analyze(entry)

    async def _settled(self, entry: Entry) -> None:
        for _ in range(round(PATIENCE / QUIET)):
            before = entry.generation
            await asyncio.sleep(QUIET)
            if entry.generation == before:
                return

    async def _analyze(self, entry: Entry) -> None:
        entry.changed.clear()
        generation = entry.generation
        documents = self._contents(entry)
        try:
            entry.snapshot = await self.run(
                lambda: entry.root.snapshot(documents, lambda: entry.generation != generation)
            )
            entry.trouble = entry.snapshot.trouble
        except Stopped:
            return  # whatever was edited has set `changed` again
        except MISTAKES as error:
            entry.trouble = (mistake(error, entry.folder),)
        except Exception:  # one edit that cannot be analyzed must not end the session
            self._crashed("the analysis failed")
        entry.done = generation
        try:
            self._publish(entry)
        except Exception:  # whoever waits for this analysis is told all the same
            self._crashed("the diagnostics cannot be shown")
        async with entry.finished:
            entry.finished.notify_all()

    def _crashed(self, what: str) -> None:
        self._log(f"{what}; this is a mistake of steplint, please report it:\n{traceback.format_exc()}")

    def _contents(self, entry: Entry) -> dict[str, Open]:
        found: dict[str, Open] = {}
        for document in self.documents:
            where = self.places.where(document.uri)
            if where is not None and self._entries.get(where.folder) is entry:
                found[where.path] = Open(document.content, document.version)
        return found
