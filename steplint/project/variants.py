"""Several dialects for one SDK, one a version line: the one that fits the release that the project uses is active."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from steplint.config.version import satisfies
from steplint.model.dialect import Dialect
from steplint.project.requirements import Release, normal, release, releases


def chosen(dialects: Mapping[str, Dialect], root: Path) -> dict[str, Dialect]:
    """Return ``dialects`` with one for each version line; where no release is known, the newest of each claimed name.

    Dialects that were verified with the same release are no versions but styles of one SDK: all of them stay.
    """
    shared = [group for group in _groups(dialects.values()) if len({_newest(each) for each in group}) > 1]
    if not shared:
        return dict(dialects)
    known = releases(root, (name for group in shared for each in group for name, _ in verified(each)))
    left = dict(dialects)
    for group in shared:
        best = _best(group, known)
        certain = any(name in known for each in group for name, _ in verified(each))
        for each in group:
            # Without a known release, the names that the code uses tell: both stay unless they claim the same ones.
            if each.name != best.name and (certain or _names(each) & _names(best)):
                del left[each.name]
    return left


def verified(dialect: Dialect) -> Iterator[tuple[str, Release]]:
    """Yield the distributions that ``dialect`` was verified with, and their releases."""
    for each in dialect.verified_with:
        name, _, version = each.rpartition(" ")
        if found := release(version):
            yield normal(name), found


def _names(dialect: Dialect) -> frozenset[str]:
    """Return the names of the SDK that declare workflows."""
    return frozenset(name for form in dialect.workflow for name in (form.decorator, form.call, form.base) if name)


def _groups(dialects: Iterable[Dialect]) -> list[list[Dialect]]:
    """Return the dialects that describe one distribution, each group together."""
    groups: dict[str, list[Dialect]] = {}
    for each in dialects:
        for name in sorted({name for name, _ in verified(each)}):
            groups.setdefault(name, []).append(each)
    return list({tuple(each.name for each in group): group for group in groups.values()}.values())


def _newest(dialect: Dialect) -> Release:
    return max((version for _, version in verified(dialect)), default=())


def _best(group: list[Dialect], known: Mapping[str, Release]) -> Dialect:
    newest = max(group, key=_newest)
    used = next((known[name] for each in group for name, _ in verified(each) if name in known), ())
    if not used:
        return newest
    text = ".".join(map(str, used))
    said = [each for each in group if each.versions and satisfies(text, each.versions)]
    same = [each for each in group if any(_line(version) == _line(used) for _, version in verified(each))]
    return (said or same or [newest])[0]


def _line(version: Release) -> Release:
    """Return what releases that fit each other share: the first number, the first two below 1."""
    return version[:1] if version[0] else version[:2]
