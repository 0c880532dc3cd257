"""Which lines changed since a git ref, so that a run can show what concerns them."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from pathlib import Path

from steplint.lock import base

_FILE = re.compile(r"\+\+\+ b/(?P<path>.*)")
_HUNK = re.compile(r"@@ -\S+ \+(?P<start>\d+)(?:,(?P<count>\d+))? @@")


def changed_lines(root: Path, ref: str) -> dict[str, frozenset[int]]:
    """Return the lines of the work tree that differ from the merge base of HEAD and ``ref``, by path.

    A file that git does not track is changed as a whole. Raises `BaseError`.
    """
    commit = base.resolve(root, ref).commit
    flags = ["--unified=0", "--no-color", "--no-ext-diff", "--relative", "--src-prefix=a/", "--dst-prefix=b/"]
    found = defaultdict[str, set[int]](set)
    path = ""
    for line in _git(root, "diff", *flags, commit, "--", ".").splitlines():
        if name := _FILE.fullmatch(line):
            path = name["path"].removesuffix("\t")
        elif hunk := _HUNK.match(line):
            start, count = int(hunk["start"]), int(hunk["count"] or 1)
            # Lines that were only removed changed the two around the gap.
            found[path].update(range(start, start + count) if count else (start, start + 1))
    for each in base.untracked(root):
        found[each].update(range(1, _lines(root / each) + 1))
    return {path: frozenset(lines) for path, lines in found.items()}


def changed_paths(root: Path, commit: str) -> frozenset[str]:
    """Return the files that are in ``commit`` and differ from the work tree, or are missing there."""
    return frozenset(filter(None, _git(root, "diff", "--name-only", "-z", "--relative", commit, "--", ".").split("\0")))


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.quotepath=off", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise base.BaseError(f"git {arguments[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "surrogateescape")


def _lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n") + 1
    except OSError:
        return 0
