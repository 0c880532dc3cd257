"""What one call works on: the folder, the settings with the flags on top, the cache, the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steplint.cli.flags import Globals, of
from steplint.cli.progress import Lines, Progress
from steplint.cli.stop import Stop, warn
from steplint.cli.terminal import Terminal, in_hook, live, terminal

if TYPE_CHECKING:
    from steplint.config import Loaded
    from steplint.project.analysis import Analysis


class Session:
    """The inputs of a command, each read when it is asked for."""

    def __init__(self, flags: Globals, changes: Mapping[str, Any]) -> None:
        """Keep the global ``flags`` and the ``changes`` that flags of the verb make to settings."""
        self.flags = flags
        self._changes = changes
        if flags.directory is not None:
            _enter(flags.directory)
        self.start = Path.cwd()

    @cached_property
    def loaded(self) -> Loaded:
        """The settings, with the flags of the verb on top."""
        from steplint.config import load
        from steplint.project.flags import with_flags

        loaded = with_flags(load(self.start, self.flags.config, self.flags.isolated), self._changes)
        if not loaded.settings.projects:
            return loaded
        from steplint.project.roots import around

        return around(loaded, self.start)

    def projects(self) -> list[Session]:
        """Return a session for each project that the configuration names: usually this one alone."""
        if not self.loaded.settings.projects:
            return [self]
        from steplint.project.roots import roots

        return [self._at(each) for each in roots(self.loaded)]

    def again(self) -> Session:
        """Return the same session with nothing read yet."""
        found = copy(self)
        found.__dict__.pop("loaded", None)
        return found

    def _at(self, loaded: Loaded) -> Session:
        found = copy(self)
        found.__dict__["loaded"] = loaded
        return found

    @cached_property
    def terminal(self) -> Terminal:
        """How text may look on stdout."""
        return terminal(sys.stdout, self.flags.color)

    @cached_property
    def aside(self) -> Terminal:
        """How text may look on stderr."""
        return terminal(sys.stderr, self.flags.color)

    @property
    def quiet(self) -> int:
        """0: everything is said, 1: findings only, 2: nothing."""
        return self.flags.quiet

    def asks(self) -> bool:
        """Return whether questions may be asked."""
        return self.flags.input and live(sys.stdin) and live(sys.stderr)

    @contextmanager
    def analysis(self, *, named: Sequence[str] = (), unsaved: Mapping[str, bytes] | None = None) -> Iterator[Analysis]:
        """Give the project, analyzed as far as it is asked for; ``named`` are files that no setting leaves out."""
        from steplint.cache import Cache
        from steplint.project.analysis import analyze, disk, open_cache
        from steplint.project.tree import Overlay

        loaded, flags = self.loaded, self.flags
        if loaded.settings.projects:
            names = ", ".join(f"`{each}`" for each in loaded.settings.projects)
            raise Stop(
                f"the configuration names several projects: {names}", "steplint -C FOLDER … works on one of them"
            )
        directory = Path(self.start / flags.cache_dir) if flags.cache_dir else None
        listed = disk(loaded, named=named)
        tree = Overlay(listed, unsaved) if unsaved else listed
        cache = open_cache(loaded, directory) if flags.cache else Cache.open(None, "")
        with cache, self._progress() as progress:
            yield analyze(loaded, tree, cache=cache, jobs=flags.jobs, progress=progress)
            told = [each for each in (cache.note, cache.trouble) if each]
        if flags.verbose:
            for note in [*listed.notes, *told]:
                warn(note)

    def _progress(self) -> Progress | Lines:
        shows = self.flags.progress and not self.flags.quiet
        if shows and not live(sys.stderr) and not in_hook():
            return Lines(sys.stderr, keeps=self.flags.cache)
        return Progress(sys.stderr, live=shows and live(sys.stderr))

    def relative(self, path: str) -> str:
        """Return a path as the user wrote it, relative to the root of the project."""
        root = self.loaded.root
        try:
            found = Path(os.path.relpath(os.path.normpath(self.start / path), root))
        except ValueError:  # another drive
            raise self._outside(path) from None
        if found.parts[:1] == ("..",):
            raise self._outside(path)
        return "" if found == Path() else found.as_posix()

    def shown(self, path: str) -> str:
        """Return a path relative to the root of the project, as the user sees it from where they stand."""
        if self.start == self.loaded.root:
            return path
        return Path(os.path.relpath(self.loaded.root / path, self.start)).as_posix()

    def existing(self, paths: Sequence[str]) -> list[str]:
        """Return paths relative to the root; raises `Stop` for one that does not exist."""
        for path in paths:
            if not os.path.lexists(self.start / path):
                raise Stop(f"`{path}` does not exist", "paths are relative to the current folder, or to that of `-C`")
        return [self.relative(path) for path in paths]

    def within(self, paths: Sequence[str]) -> list[str]:
        """Return those of ``paths`` that touch this project, relative to its root; one around it stands for all."""
        root = self.loaded.root
        found = [Path(os.path.normpath(self.start / path)) for path in paths]
        inside = [each.relative_to(root).as_posix() for each in found if each.is_relative_to(root)]
        return ["" if each == "." else each for each in inside] + [""] * any(
            root.is_relative_to(each) for each in found
        )

    def _outside(self, path: str) -> Stop:
        return Stop(f"`{path}` is outside of the project `{self.loaded.root}`", f"steplint -C {path} check")


def session(ctx: click.Context, changes: Mapping[str, Any] | None = None) -> Session:
    """Return what the call works on."""
    return Session(of(ctx), changes or {})


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise Stop(f"-C {directory}: {(error.strerror or str(error)).lower()}") from None
