"""Makes fixes in rounds: what was deferred, or shows only after another fix, has its turn on the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from steplint.check.fix import ROUNDS, Refused, Round, apply, policy
from steplint.model.report import Reported
from steplint.project import lockfile, texts
from steplint.project.analysis import Analysis
from steplint.project.check import Checked, Wanted, check


class Fixed(NamedTuple):
    """The result of all rounds: the project as it is then, and the new contents of the files that changed."""

    analysis: Analysis
    checked: Checked
    contents: Mapping[str, bytes]
    applied: tuple[Reported, ...]
    refused: tuple[Refused, ...]


def fix(analysis: Analysis, wanted: Wanted, *, unsafe: bool = False, published: bool = False) -> Fixed:
    """Return the project with its findings fixed; nothing is written.

    ``unsafe`` also makes fixes that change what runs do, ``published`` those of workflows that the lock has.
    """
    checked = check(analysis, wanted)
    permitted = policy(
        checked.ruleset.packs.rules, analysis.loaded.settings.lint, apply_unsafe=unsafe, published=published
    )
    contents: dict[str, bytes] = {}
    applied, refused = list[Reported](), list[Refused]()
    now = analysis
    for _ in range(ROUNDS):
        done = apply(checked.report.findings, _text(now), parses, permitted, is_published(analysis))
        refused = done.refused
        if not done.texts:
            break
        applied += done.applied
        contents |= _encoded(now, done)
        now = analysis.edited(contents)
        checked = check(now, wanted)
    return Fixed(now, checked, contents, tuple(applied), tuple(refused))


def parses(path: str, text: str) -> bool:
    """Return whether ``text`` is valid as the file at ``path``; only Python is judged."""
    if not path.endswith((".py", ".pyi")):
        return True
    from steplint.read.module import summarize

    return summarize(text.encode("utf-8", "surrogatepass")).problem is None


def is_published(analysis: Analysis) -> Callable[[Reported], bool]:
    """Return what tells whether the lock has the workflow of a finding."""
    lock = lockfile.locked(analysis)
    known = {(each.dialect, each.id) for each in lock.lock.workflow if each.live} if lock is not None else set()
    return lambda reported: (reported.finding.dialect, reported.finding.workflow) in known


def _text(analysis: Analysis) -> Callable[[str], str]:
    return lambda path: analysis.text(path) or ""


def _encoded(analysis: Analysis, done: Round) -> dict[str, bytes]:
    return {path: texts.encode(text, analysis.tree.read(path)) for path, text in done.texts.items()}
