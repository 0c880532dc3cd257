"""What a run comes to: its exit code, and what it says to whom nothing was found for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from steplint.model.finding import Severity
from steplint.model.report import Failure, Reported

OK, FINDINGS, USAGE, NOTHING, CRASH, INTERRUPTED, CLOSED = 0, 1, 2, 3, 70, 130, 141
"""The exit codes, the same for every verb and format."""

_RANK: Mapping[Severity, int] = {"error": 3, "warning": 2, "info": 1}


class Notice(NamedTuple):
    """Why a run analyzed nothing, and the command that helps."""

    message: str
    hint: str = ""


def exit_code(
    findings: Iterable[Reported], fail_on: Severity, failures: Iterable[Failure], nothing: Notice | None, zero: bool
) -> int:
    """Return the exit code: a crash counts most, then that nothing was analyzed; ``zero`` forgives findings only."""
    if any(True for _ in failures):
        return CRASH
    if nothing is not None:
        return NOTHING
    failing = any(_RANK[each.severity] >= _RANK[fail_on] for each in findings)
    return FINDINGS if failing and not zero else OK


def nothing_analyzed(
    matched: bool, files: int, workflows: int, locked: int, required: bool, lock_path: str
) -> Notice | None:
    """Return why the run is vacuous, or None: a green check that looked at nothing helps nobody.

    ``matched`` says whether paths that were given hold any file of the project, ``locked`` how many workflows the lock
    has.
    """
    if not matched:
        hint = "`steplint check --show-files` lists what is analyzed; `include` and `exclude` decide"
        return Notice("no Python file of the project lies in the paths given", hint)
    if workflows:
        return None
    hint = "`steplint graph --all` shows what was recognized and why files were skipped"
    many = "1 file" if files == 1 else f"{files} files"
    if locked:
        return Notice(f"no workflow found in {many}, but {lock_path} lists {locked}", hint)
    if required:
        return Notice(f"no workflow found in {many}, and `require-workflows` is set", hint)
    return None
