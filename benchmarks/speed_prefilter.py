"""Compares what is found in repositories with the prefilter and without: it may cost no finding.

Without the prefilter every Python file is read whole and taken for one that may hold workflows. Then comments for
steplint and mistakes in files that have nothing to do with an SDK are told as well; those findings, of the group
`meta`, are not compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import real_code

_PROGRAM = """
import json, sys
from pathlib import Path

from steplint.config import load
from steplint.project import survey
from steplint.project.analysis import Analysis, disk
from steplint.project.check import check
from steplint.cache import Cache

everything = sys.argv[2] == "everything"
if everything:
    survey.mentions = lambda content, words: True
loaded = load(Path(sys.argv[1]), isolated=True)
analysis = Analysis(loaded, disk(loaded), Cache.open(None, ""), whole=everything)
report = check(analysis).report
found = [
    [each.finding.place.path, each.finding.place.span.line, each.rule.name, each.finding.message]
    for each in report.findings
    if each.rule.group != "meta"
]
summary = report.summary
print(json.dumps({
    "files": len(analysis.survey.paths), "read": summary.files, "workflows": summary.workflows, "steps": summary.steps,
    "findings": sorted(found), "errors": [each.message for each in report.errors],
}))
"""


class Difference(NamedTuple):
    """A repository, what was found in it with the prefilter, and without."""

    name: str
    usual: dict[str, Any]
    everything: dict[str, Any]

    @property
    def same(self) -> bool:
        """Return whether the prefilter costs nothing."""
        return all(self.usual[name] == self.everything[name] for name in ("findings", "workflows", "steps", "errors"))


def compare(folder: Path) -> int:
    """Print a line for each repository in a folder, and what differs; return 1 when something does."""
    print(f"| {'repository':<52} | {'files':>6} | {'read':>5} | {'flows':>5} | {'steps':>5} | {'findings':>8} | same |")
    print(f"| {'-' * 52} | {'-' * 6} | {'-' * 5} | {'-' * 5} | {'-' * 5} | {'-' * 8} | ---- |")
    found = []
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        each = _compared(path)
        said = each.usual
        counts = (said["files"], said["read"], said["workflows"], said["steps"], len(said["findings"]))
        shown = " | ".join(f"{count:>{width}}" for count, width in zip(counts, (6, 5, 5, 5, 8), strict=True))
        print(f"| {each.name:<52} | {shown} | {'yes' if each.same else 'NO':<4} |", flush=True)
        found.append(each)
    for each in found:
        if not each.same:
            print(f"\n{each.name}: {_counts(each.usual)} with the prefilter, {_counts(each.everything)} without")
            lines = {tuple(row) for row in each.usual["findings"]} ^ {tuple(row) for row in each.everything["findings"]}
            for place, line, rule, message in sorted(lines):
                print(f"    {place}:{line} {rule}: {message}")
            print(*(f"    {error}" for error in each.usual["errors"] + each.everything["errors"]), sep="\n")
    return 0 if all(each.same for each in found) else 1


def _counts(said: dict[str, Any]) -> str:
    return f"{said['workflows']} workflows and {len(said['findings'])} findings"


def _compared(path: Path) -> Difference:
    """Compare one repository: a work tree, or a bare one whose HEAD is written to a temporary folder."""
    name = path.name.replace("+", "/")
    try:
        git = real_code.git_folder(path.parent, name)
    except FileNotFoundError:
        git = None
    if git is None or git.name == ".git":
        return Difference(name, _said(path, "usual"), _said(path, "everything"))
    with tempfile.TemporaryDirectory() as there:
        real_code.extract(git, "HEAD", Path(there))
        return Difference(name, _said(Path(there), "usual"), _said(Path(there), "everything"))


def _said(folder: Path, how: str) -> dict[str, Any]:
    command = [sys.executable, "-c", _PROGRAM, str(folder), how]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: {folder}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
