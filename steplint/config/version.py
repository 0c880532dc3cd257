"""`required-version`: whether this version of steplint satisfies a list of plain version specifiers."""

from __future__ import annotations

import re

Release = tuple[int, ...]

_CLAUSE = re.compile(r"(?P<operator>===?|~=|!=|<=|>=|<|>)?\s*v?(?P<release>\d+(\.\d+)*)(?P<any>\.\*)?")
_RELEASE = re.compile(r"\d+(\.\d+)*")


def satisfies(version: str, specifier: str) -> bool:
    """Return whether `version` fits every clause of `specifier`: `>=0.1,<0.2`, `~=0.1.3`, `==0.1.*`, `0.1.0`.

    Raises ValueError, with the clause, when one is not understood. Suffixes of `version` such as `rc1` do not count.
    """
    found = _RELEASE.match(version)
    if not found:
        raise ValueError(version)
    release = _numbers(found[0])
    verdicts = [_fits(release, clause.strip()) for clause in specifier.split(",")]  # a wrong clause is never skipped
    return all(verdicts)


def _fits(version: Release, text: str) -> bool:
    clause = _CLAUSE.fullmatch(text)
    if not clause or (clause["any"] and clause["operator"] not in (None, "==", "!=")):
        raise ValueError(text)
    operator, wanted = clause["operator"] or "==", _numbers(clause["release"])
    if operator == "~=" and len(wanted) < 2:
        raise ValueError(text)
    if clause["any"]:
        return (_padded(version, len(wanted))[: len(wanted)] == wanted) == (operator == "==")
    width = max(len(version), len(wanted))
    left, right = _padded(version, width), _padded(wanted, width)
    match operator:
        case "~=":
            return left >= right and left[: len(wanted) - 1] == wanted[:-1]
        case "!=":
            return left != right
        case "<=":
            return left <= right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case ">":
            return left > right
    return left == right


def _numbers(text: str) -> Release:
    return tuple(int(part) for part in text.split("."))


def _padded(release: Release, width: int) -> Release:
    return release + (0,) * (width - len(release))
