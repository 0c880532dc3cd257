"""Where the tables, keys and comments of a lock stand: what a TOML reader does not say."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

Path = tuple[str | int, ...]
"""``("workflow", 0, "step", 2, "was", 0)``; the empty path is the top."""

HEADER = (
    "# Step identities that runs in flight may have memoized. Reviewed in pull requests.",
    "# Update: steplint lock    Conflict: steplint lock --resolve    Meaning: steplint rule lock",
)

_TABLE = re.compile(r"\s*\[\[?\s*(?P<names>[\w-]+(?:\s*\.\s*[\w-]+)*)\s*\]\]?\s*(?P<comment>#.*)?")
_KEY = re.compile(r"\s*(?P<name>[\w-]+)\s*=\s*(?P<value>.*)")
_TRAILING = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w.+-]+|\[[^#"']*\])\s*(?P<comment>\#.*)""")


class Table(Struct, frozen=True):
    """One table header: its line, the lines of its keys, and the comment lines directly above it."""

    path: Path
    line: int
    keys: Mapping[str, int]
    comments: tuple[str, ...]


class Comment(Struct, frozen=True):
    """A comment that belongs to no table: it is printed and dropped when the lock is written."""

    line: int
    text: str


class Scan(Struct, frozen=True):
    """Every table by path, and the comments that will be dropped."""

    tables: Mapping[Path, Table]
    stray: tuple[Comment, ...]

    def line(self, path: Path, key: str = "") -> int:
        """Return the line of ``key``, of its table, or of the nearest table around it."""
        while path and path not in self.tables:
            path = path[:-1]
        table = self.tables.get(path)
        return 1 if table is None else table.keys.get(key, table.line)

    def comments(self, path: Path) -> tuple[str, ...]:
        """Return the comment lines directly above the table."""
        return self.tables[path].comments if path in self.tables else ()


def scan(text: str) -> Scan:
    """Return the tables, keys and comments of ``text``, which need not be canonical."""
    tables, stray = dict[Path, Table](), list[Comment]()
    keys = dict[str, int]()
    tables[()] = Table((), 1, keys, ())
    above, counters, quote = list[Comment](), dict[Path, int](), ""
    for number, line in enumerate(text.split("\n"), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        line = line.rstrip("\r")
        stripped = line.strip()
        if stripped.startswith("#"):
            above.append(Comment(number, stripped))
            continue
        if header := _TABLE.fullmatch(line):
            path = _path(header["names"], counters)
            keys = dict[str, int]()
            tables[path] = Table(path, number, keys, tuple(each.text for each in above))
            above = []
            stray += [Comment(number, header["comment"])] if header["comment"] else []
            continue
        stray += above
        above = []
        if found := _KEY.fullmatch(line):
            keys.setdefault(found["name"], number)
            quote = _opened(found["value"])
            trailing = None if quote else _TRAILING.fullmatch(found["value"])
            stray += [Comment(number, trailing["comment"])] if trailing else []
    stray += above
    return Scan(tables, tuple(each for each in stray if each.text not in HEADER))


def _path(names: str, counters: dict[Path, int]) -> Path:
    """Return the path of a header; a header without a parent counts from its own start."""
    parts = [each.strip() for each in names.split(".")]
    path: Path = ()
    for part in parts[:-1]:
        path = (*path, part)
        path = (*path, max(counters.get(path, 0) - 1, 0))
    path = (*path, parts[-1])
    counters[path] = counters.get(path, 0) + 1
    return (*path, counters[path] - 1)


def _opened(value: str) -> str:
    """Return the quotes of a string that goes on in the next line, or ""."""
    for quote in ('"""', "'''"):
        if value.startswith(quote):
            return "" if value.count(quote) > 1 else quote
    return ""
