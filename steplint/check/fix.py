"""Applies the fixes of findings to source texts: whole or not at all, without overlaps, one step change at a time."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from steplint.check.select import chosen
from steplint.check.text import offsets
from steplint.config.settings import LintSettings
from steplint.model.finding import Edit, Fix
from steplint.model.report import Reported
from steplint.model.rule import Rule

ROUNDS = 10
"""A driver that applies, analyzes again and applies what was deferred stops after this many rounds."""


class Refused(NamedTuple):
    """A fix that may not be applied, and why."""

    reported: Reported
    reason: str


class Round(NamedTuple):
    """One round of fixes: the new text of each changed file; ``deferred`` may be applied in the next round."""

    texts: dict[str, str]
    applied: list[Reported]
    deferred: list[Reported]
    refused: list[Refused]


class Policy(NamedTuple):
    """Which fixes are wanted: ``fixable`` by rule name, ``published`` whether unsafe fixes may touch deployed steps."""

    fixable: frozenset[str]
    safe: frozenset[str]
    unsafe: frozenset[str]
    apply_unsafe: bool = False
    published: bool = False


def policy(
    rules: Mapping[str, Rule], settings: LintSettings, *, apply_unsafe: bool = False, published: bool = False
) -> Policy:
    """Return the policy that ``settings`` and the flags ask for; raises `ConfigError` for an unknown selector."""
    fixable = chosen(settings.fixable, rules, "lint.fixable") - chosen(settings.unfixable, rules, "lint.unfixable")
    safe = chosen(settings.extend_safe_fixes, rules, "lint.extend-safe-fixes")
    unsafe = chosen(settings.extend_unsafe_fixes, rules, "lint.extend-unsafe-fixes")
    return Policy(fixable, safe, unsafe, apply_unsafe, published)


def is_safe(reported: Reported, wanted: Policy) -> bool:
    """Return whether the fix counts as safe; one that changes steps never does."""
    fix = reported.finding.fix
    if fix is None or fix.changes_steps or reported.rule.name in wanted.unsafe:
        return False
    return fix.safe or reported.rule.name in wanted.safe


def apply(
    findings: Iterable[Reported],
    text: Callable[[str], str],
    parses: Callable[[str, str], bool],
    wanted: Policy,
    is_published: Callable[[Reported], bool] = lambda _: False,
) -> Round:
    """Return one round of fixes of ``findings``, in their order.

    ``text`` gives a file by path, ``parses`` tells whether (path, text) is still valid. ``is_published`` tells whether
    the lock has the finding's workflow: a fix that changes steps there is refused.
    """
    taken = dict[str, list[Edit]]()
    done = Round({}, [], [], [])
    changed_steps = False
    for each in findings:
        fix = each.finding.fix
        if fix is None or each.rule.name not in wanted.fixable or not (is_safe(each, wanted) or wanted.apply_unsafe):
            continue
        if fix.changes_steps and is_published(each) and not wanted.published:
            done.refused.append(Refused(each, "the lock says that this workflow is deployed; see --fix-published"))
        elif (fix.changes_steps and changed_steps) or _overlaps(fix, taken):
            done.deferred.append(each)
        elif not _valid(fix, taken, text, parses):
            done.refused.append(Refused(each, "the result would not parse"))
        else:
            changed_steps = changed_steps or fix.changes_steps
            for edit in fix.edits:
                edits = taken.setdefault(edit.place.path, [])
                if edit not in edits:
                    edits.append(edit)
            done.applied.append(each)
    done.texts.update({path: edited(text(path), edits) for path, edits in taken.items()})
    return done


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with ``edits`` made; a line that a removal leaves blank goes, and so does trailing space.

    Insertions at one place keep their order.
    """
    spans = [(offsets(text, each.place.span), each.text) for each in edits]
    ordered = sorted(enumerate(spans), key=lambda item: (item[1][0], item[0]), reverse=True)
    for _, ((start, end), new) in ordered:
        if not new and start != end:
            start, end = _tidy(text, start, end)
        text = text[:start] + new + text[end:]
    return text


def diff(path: str, before: str, after: str) -> str:
    """Return the change of one file as a unified diff; empty when there is none."""
    rows = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def _overlaps(fix: Fix, taken: Mapping[str, list[Edit]]) -> bool:
    return any(_collide(edit, other) for edit in fix.edits for other in taken.get(edit.place.path, ()) if edit != other)


def _collide(one: Edit, other: Edit) -> bool:
    first, second = sorted((one.place.span, other.place.span))
    end = (first.end_line, first.end_column)
    start = (second.line, second.column)
    return start < end or start == (first.line, first.column)


def _valid(
    fix: Fix, taken: Mapping[str, list[Edit]], text: Callable[[str], str], parses: Callable[[str, str], bool]
) -> bool:
    for path in dict.fromkeys(edit.place.path for edit in fix.edits):
        mine = [edit for edit in fix.edits if edit.place.path == path]
        others = [edit for edit in taken.get(path, ()) if edit not in mine]
        if not parses(path, edited(text(path), [*others, *mine])):
            return False
    return True


def _tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a removal to the white space before it, and to the whole line where nothing else is left."""
    line_end = end
    while line_end < len(text) and text[line_end] in " \t":
        line_end += 1
    if line_end < len(text) and text[line_end] not in "\r\n":
        return start, end
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    alone = start == 0 or text[start - 1] in "\r\n"
    if not alone:
        return start, line_end
    if text.startswith("\r\n", line_end):
        return start, line_end + 2
    return start, min(line_end + 1, len(text))
