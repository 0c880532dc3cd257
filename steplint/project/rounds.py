"""Reads and links a project in rounds: files that may hold workflows first, then what the reached code refers to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from steplint.model.report import Failure
from steplint.model.summary import ModuleSummary
from steplint.project.pieces import Piece, Plan
from steplint.project.reading import Progress, Reader, failure

if TYPE_CHECKING:
    from steplint.link.graph import Linked
    from steplint.link.program import Provide

Link = Callable[
    [Mapping[str, ModuleSummary], Mapping[str, frozenset[str]], "Provide | None", Collection[str]], "Linked"
]
"""Links summaries by path: some have only stubs for some names, more can be provided, some are linked elsewhere."""

_MOST_ROUNDS = 50
_LARGEST = 60
"""Files of a piece that still joins another one. Larger ones link a file that both reach twice."""


class Linking(NamedTuple):
    """What rounds need: the linker, who publishes a name, the dialects whose version some files pin, and hashes."""

    link: Link
    published: Callable[[Mapping[str, ModuleSummary]], Mapping[str, str]]
    pins: Callable[[Iterable[ModuleSummary]], frozenset[str]]
    hash_of: Callable[[str], bytes]
    follow: bool = True


class _Group:
    """A piece in the making: files to link together, and for whose sake."""

    def __init__(self, homes: Iterable[str], files: Iterable[str] = ()) -> None:
        self.homes = set(homes)
        self.files = self.homes.union(files)
        self.linked: Linked | None = None
        self.done = False
        self.open = False


class Rounds:
    """Links homes, files that may hold workflows, with what they lead to; what it has read, it does not read again.

    ``roots`` are all files of the project that may hold workflows, ``files`` all of it. ``failures`` has what crashed.
    """

    def __init__(
        self, reader: Reader, roots: Collection[str], files: Collection[str], linking: Linking, progress: Progress
    ) -> None:
        self.reader = reader
        self._roots, self._files = frozenset(roots), frozenset(files)
        self._linking, self._progress = linking, progress
        self._groups: list[_Group] = []
        self._names: dict[str, set[str]] = {}
        self._summaries: dict[str, ModuleSummary] = {}
        self._tried: set[str] = set()
        self._stale: set[str] = set()
        self._again: set[str] = set()
        self._publishers: Mapping[str, str] | None = None
        self.failures: list[Failure] = reader.failures

    def link(self, homes: Collection[str], plan: Plan | None = None) -> list[Piece]:
        """Return the pieces of ``homes``.

        ``plan`` lists the pieces of the last run: what they reached is read at once, which saves rounds.
        """
        self._groups = []
        self._begin(homes, plan)
        for _ in range(_MOST_ROUNDS):
            if not self._step():
                break
        return [self._piece(each, each.linked) for each in self._groups if each.linked is not None]

    def _begin(self, roots: Collection[str], plan: Plan | None) -> None:
        """Make a group of each piece of the last run that is not true any more, and of every root that is left."""
        left = set(roots)
        for each in plan.pieces if plan is not None else ():
            homes = left & each.homes
            if not homes:
                continue
            left -= homes
            likely = self._files.intersection(each.files) if self._linking.follow else ()
            self._groups.append(_Group(homes, likely))
            for path in likely:
                self._names.setdefault(path, set()).update(each.asked.get(path, ()))
        self._groups += [_Group((path,)) for path in sorted(left)]

    def _step(self) -> bool:
        """Read what is missing and link what is not done; return whether there is more to do."""
        waiting = [each for each in self._groups if not each.done]
        if not waiting:
            return False
        self._read({path for each in waiting for path in each.files})
        wanted: list[tuple[_Group, set[str]]] = []
        for number, group in enumerate(waiting):
            if number % 16 == 0:
                self._progress("link", number, len(waiting))
            wanted.append((group, self._link(group)))
        for group, more in wanted:
            if group in self._groups:
                self._add(group, more)
        return True

    def _read(self, paths: set[str]) -> None:
        """Read what was not, or without names that are asked for by now."""
        missing = {path for path in paths if path not in self._tried or path in self._stale}
        self._summaries |= self.reader.read(missing, self._names) if missing else {}
        self._tried |= missing
        self._stale -= missing

    def _link(self, group: _Group) -> set[str]:
        """Link a group, and return the files that it lacks; it is done when there are none."""
        summaries = {path: self._summaries[path] for path in sorted(group.files) if self._understood(path)}
        provide = self._provided if self._linking.follow else None
        try:
            linked = self._linking.link(summaries, self.reader.omitted, provide, self._roots - group.homes)
        except Exception as error:  # what was linked in the round before is still worth a report
            self.failures.append(failure("the linker", error))
            group.done = True
            return set()
        group.linked = linked
        # A file that nobody can read adds nothing to a further linking.
        group.files |= linked.provided.union(path for path in linked.missing if self._hopeless(path))
        more = self._lacking(group, linked) if self._linking.follow else set[str]()
        group.done = not more
        return more

    def _provided(self, path: str, names: frozenset[str]) -> tuple[ModuleSummary, frozenset[str]] | None:
        """Return a file that a linking met, read for the sake of ``names`` if it was not before."""
        known = self._names.setdefault(path, set())
        if path not in self._tried or (self._understood(path) and not names <= known):
            known |= names
            self._stale.add(path)
            self._read({path})
        if not self._understood(path):
            return None
        return self._summaries[path], self.reader.omitted.get(path, frozenset())

    def _hopeless(self, path: str) -> bool:
        return path in self._tried and not self._understood(path)

    def _understood(self, path: str) -> bool:
        return path in self._summaries and self._summaries[path].problem is None

    def _lacking(self, group: _Group, linked: Linked) -> set[str]:
        more = {path for path in linked.missing if path not in group.files}
        for path, names in linked.asked.items():
            known = self._names.setdefault(path, set())
            if names <= known or self._hopeless(path):
                continue
            # Who misses something a second time may have the whole file: each time costs a linking.
            known |= names | (self.reader.omitted.get(path, frozenset()) if path in self._again else frozenset())
            self._again.add(path)
            self._stale.add(path)
            more.add(path)
        if linked.published:
            group.open = True
            publishers = self._published()
            more |= {publishers[name] for name in linked.published if name in publishers} - group.files
        return more

    def _published(self) -> Mapping[str, str]:
        """Return which of the files that may hold workflows publishes a name; any of them may."""
        if self._publishers is None:
            self._read(set(self._roots))
            understood = {path: self._summaries[path] for path in sorted(self._roots) if self._understood(path)}
            self._publishers = self._linking.published(understood)
        return self._publishers

    def _add(self, group: _Group, paths: set[str]) -> None:
        """Give a group further files; one that has them already joins it as long as both are small."""
        for path in sorted(paths - group.files):
            for other in self._groups:
                if other is not group and path in other.files and len(other.files | group.files) <= _LARGEST:
                    group.homes |= other.homes
                    group.files |= other.files
                    group.open = group.open or other.open
                    group.done = False
                    self._groups.remove(other)
                    break
        group.files |= paths
        group.done = group.done and not paths

    def _piece(self, group: _Group, linked: Linked) -> Piece:
        reached = group.homes.union(linked.used, linked.missing) & group.files
        self.failures += [failure(f"workflow {source}", error) for source, error in linked.failures]
        found = {path: self._summaries[path] for path in sorted(reached & self._summaries.keys())}
        part = linked.part
        dotted = {each.place.path: part.dotted[each.place.path] for each in part.workflows}
        return Piece(
            homes=frozenset(group.homes),
            files={path: self._linking.hash_of(path) for path in found},
            asked={path: tuple(sorted(self._names.get(path, ()))) for path in found},
            part=replace(
                part,
                rejected=tuple(each for each in part.rejected if each.place.path in reached),
                imports={path: said for path, said in part.imports.items() if path in reached},
                dotted=dotted,
            ),
            pragmas={path: each.pragmas for path, each in found.items() if each.pragmas},
            problems={path: each.problem for path, each in found.items() if each.problem},
            answers=linked.answers,
            pins=self._linking.pins(found.values()),
            open=group.open,
        )
