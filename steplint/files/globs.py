"""Globs over relative paths with `/`, with the meaning they have in a `.gitignore`.

`*` and `?` stay within a name, `**` crosses folders. A glob without `/` matches at any depth, a leading or inner `/`
ties it to the root, a trailing one means folders only. What matches a folder matches everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=1024)
def pattern(glob: str) -> str:
    """Return the regular expression of the paths that a glob names, without what lies below them."""
    glob = glob.removeprefix("./").rstrip("/")
    anchored = "/" in glob
    parts = glob.lstrip("/").split("/")
    pieces = [] if anchored else ["(?:.*/)?"]
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        if part == "**":
            pieces.append(".+" if last else "(?:.*/)?")
        else:
            pieces.append(_name(part) + ("" if last else "/"))
    return "".join(pieces)


@lru_cache(maxsize=256)
def tree(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches, as a whole, the paths that one of the globs names and those below; folders end in `/`."""
    bodies = [pattern(glob) + ("/.*" if glob.endswith("/") else "(?:/.*)?") for glob in globs if glob.strip("/")]
    return re.compile("|".join(bodies) or "(?!)", re.DOTALL)


@lru_cache(maxsize=64)
def sources(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches, as a whole, the files that one of the globs includes.

    A folder, and a glob for everything in one, includes Python files only.
    """
    bodies = []
    for glob in globs:
        if not glob.strip("/"):
            continue
        body = pattern(glob)
        everything = glob.rstrip("/").rpartition("/")[2] in ("*", "**")
        if not glob.endswith("/"):
            bodies.append(body + r"(?<=\.py)" if everything else body)
        bodies.append(body + r"/.*\.py")
    return re.compile("|".join(bodies) or "(?!)", re.DOTALL)


def covers(globs: Sequence[str] | str, path: str) -> bool:
    """Return whether a file is named by one of the globs, or lies below a folder that is; `!glob` is the opposite."""
    every = (globs,) if isinstance(globs, str) else globs
    return any(
        not tree((glob[1:],)).fullmatch(path) if glob.startswith("!") else bool(tree((glob,)).fullmatch(path))
        for glob in every
    )


def _name(part: str) -> str:
    if part == "*":
        return "[^/]+"
    result, at = "", 0
    while at < len(part):
        char = part[at]
        at += 1
        if char == "*":
            run = len(part) - len(part[at:].lstrip("*")) - at
            at += run
            result += ".*" if run else "[^/]*"
        elif char == "?":
            result += "[^/]"
        elif char == "[" and (end := _class_end(part, at)):
            result += _class(part[at:end])
            at = end + 1
        elif char == "\\" and at < len(part):
            result += re.escape(part[at])
            at += 1
        else:
            result += re.escape(char)
    return result


def _class_end(part: str, start: int) -> int:
    """Return where the `]` of a character class stands; 0 when there is none, the `[` is then itself."""
    first = start + (part[start : start + 1] in ("!", "^"))
    return max(part.find("]", first + 1), 0)


def _class(text: str) -> str:
    negated = text[0] in "!^"
    text = text[1:] if negated else text
    members, at = "", 0
    while at < len(text):
        low = text[at]
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            high = text[at + 2]
            members += f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""
            at += 3
        else:
            members += re.escape(low)
            at += 1
    if not members:
        return "[^/]" if negated else "(?!)"
    return f"(?!/)[{'^' if negated else ''}{members}]"
