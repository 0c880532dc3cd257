"""What `lock`, `diff` and `where` start from, and what they found as a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from steplint.config import Loaded, load
from steplint.config.settings import LintSettings
from steplint.contract.change import Change
from steplint.contract.manifest import Manifest, decode
from steplint.lock import base, verbs, view
from steplint.lock.file import LockFile
from steplint.lock.policy import Policy
from steplint.lock.read import read
from steplint.model.report import Base, Compared, Report, Reported, Summary
from steplint.project import keys, lockfile, texts
from steplint.project.analysis import Analysis, analyze
from steplint.project.basis import Revision, settings_at
from steplint.project.outcome import CRASH, FINDINGS, NOTHING, OK, Notice, nothing_analyzed
from steplint.project.rulesets import ruleset


class Other(NamedTuple):
    """The other side of a diff: a state with lock and settings, or a manifest alone."""

    base: Base
    state: verbs.BaseState | Manifest
    lint: LintSettings


def given(analysis: Analysis, *, judged: bool = True) -> verbs.Given:
    """Return what every verb about the lock needs; without ``judged``, the lock of the work tree counts as published.

    Raises `LockError` and `BaseError`.
    """
    settings = analysis.loaded.settings.lock
    data = analysis.lock_bytes
    root = analysis.loaded.root
    text = read(data, settings.path) if data is not None else None
    published = (
        verbs.publish(root, settings, data)
        if judged
        else verbs.Published(text.lock if text else None, text.lines if text else {})
    )
    return verbs.Given(root, code(analysis), Policy(analysis.dialects, settings), data, published)


def code(analysis: Analysis) -> Manifest:
    """Return the manifest that comparing needs, remembered by what it depends on."""
    key = keys.digest("code", analysis.key, analysis.lock_bytes, analysis.loaded.settings.lock.targets)
    kept = analysis.cache.result_get(key)
    if kept is not None:
        try:
            return msgspec.msgpack.decode(kept, type=Manifest)
        except msgspec.DecodeError:
            pass
    text = lockfile.locked(analysis)
    found = lockfile.evidence(analysis, text.lock if text else None)
    if not analysis.failures:
        analysis.cache.result_put(key, msgspec.msgpack.encode(found))
    return found


def merged_code(analysis: Analysis) -> Manifest:
    """Return the manifest of the code alone: the lock has conflicts."""
    return lockfile.evidence(analysis, None)


def published(found: verbs.Given) -> Manifest:
    """Return what is published, as a manifest with the lines of the lock."""
    path = found.policy.settings.path
    return view.published(found.published.lock, path=path, lines=found.published.lines)


def reader(analysis: Analysis, other: Other) -> Callable[[str], str | None]:
    """Return what gives the text of a file at the base: its lock is shown from there."""
    root, commit = analysis.loaded.root, other.base.commit

    def read_base(path: str) -> str | None:
        if not commit:
            return analysis.text(path)
        data = base.file_at(root, commit, path.partition(":")[2] or path)
        return None if data is None else texts.decode(data)

    return read_base


def untracked(analysis: Analysis) -> frozenset[str]:
    """Return the files that git does not know: their steps are listed, and fail nothing."""
    root = analysis.loaded.root
    return base.untracked(root) if base.has_git(root) else frozenset()


def report(
    analysis: Analysis,
    verb: str,
    changes: Sequence[Change],
    compared: Sequence[Compared] = (),
    *,
    other: Base | None = None,
    lint: LintSettings | None = None,
    failing: bool,
) -> Report:
    """Return changes as a report: each that a rule speaks about is a finding."""
    findings = _findings(analysis, changes, lint or analysis.loaded.settings.lint)
    workflows = analysis.graph.workflows if compared or findings else ()
    return Report(
        verb=verb,
        findings=tuple(findings),
        changes=tuple(changes),
        compared=tuple(compared),
        base=other,
        errors=analysis.known_failures,
        summary=Summary(
            files=len(analysis.linked.read) if workflows else 0,
            cached=analysis.cached,
            workflows=len(workflows),
            steps=sum(len(each.steps) for each in workflows),
        ),
        graph=analysis.graph if workflows else None,
        exit_code=FINDINGS if failing else OK,
    )


def vacuous(analysis: Analysis, found: verbs.Given) -> Notice | None:
    """Return why there is nothing to compare, or None."""
    lock = lockfile.locked(analysis)
    live = sum(each.live for each in lock.lock.workflow) if lock is not None else 0
    settings = analysis.loaded.settings
    files = len(analysis.survey.paths)
    return nothing_analyzed(
        True, files, len(found.code.workflows), live, settings.require_workflows, settings.lock.path
    )


def exit_code(report: Report, nothing: Notice | None) -> int:
    """Return the exit code of a verb about the lock."""
    return CRASH if report.errors else NOTHING if nothing is not None else report.exit_code


def against(analysis: Analysis, ref: str | None, *, exact: bool = False, fetch: bool = False) -> Other:
    """Return the other side: a git ref, a manifest, a lock, or a folder; None takes what is published.

    Raises `BaseError`, `LockError` and ConfigError.
    """
    loaded = analysis.loaded
    path = Path(ref) if ref else None
    if path is not None and path.is_dir():
        return _folder(loaded, path)
    if path is not None and path.is_file():
        return _file(analysis, path)
    found = _resolved(loaded, ref, exact=exact, fetch=fetch)
    return _revision(analysis, found)


def compared(analysis: Analysis, found: verbs.Given, other: Other, *, suggest: bool = True) -> verbs.Diffed:
    """Return what the code changes against the other side."""
    if isinstance(other.state, Manifest):
        return verbs.diff_manifests(other.state, found.code, found.policy, suggest=suggest)
    return verbs.diff_against(found, other.state, untracked=untracked(analysis), suggest=suggest)


def _resolved(loaded: Loaded, ref: str | None, *, exact: bool, fetch: bool) -> base.Base:
    root = loaded.root
    if ref is None:
        found = base.published(root, loaded.settings.lock.published)
        if found is None:
            hint = "steplint diff --against REF, or set `lock.published`"
            raise base.BaseError(f"`{loaded.settings.lock.published}` names nothing to compare with", hint)
        return found
    try:
        return base.resolve(root, ref, exact=exact)
    except base.BaseError:
        if not fetch:
            raise
        base.fetch(root, ref)
        return base.resolve(root, ref, exact=exact)


def _revision(analysis: Analysis, found: base.Base) -> Other:
    loaded = analysis.loaded
    before = settings_at(loaded, found)
    there = analyze(before, Revision(loaded.root, found.commit, before.settings), cache=analysis.cache)
    text = verbs.lock_at(loaded.root, found, before.settings.lock)
    policy = Policy({**analysis.dialects, **there.dialects}, before.settings.lock)
    state = verbs.BaseState(
        text.lock if text else None, policy, lockfile.evidence(there, text.lock if text else None),
        text.lines if text else {},
    )  # fmt: skip
    lint = replace(loaded.settings.lint, severity=before.settings.lint.severity)
    return Other(Base(found.ref, found.commit, found.note), state, lint)


def _folder(loaded: Loaded, path: Path) -> Other:
    there = analyze(load(path.resolve()))
    text = lockfile.locked(there)
    policy = Policy(there.dialects, there.loaded.settings.lock)
    state = verbs.BaseState(text.lock if text else None, policy, lockfile.evidence(there, text.lock if text else None))
    return Other(Base(path.as_posix()), state, loaded.settings.lint)


def _file(analysis: Analysis, path: Path) -> Other:
    data = path.read_bytes()
    loaded = analysis.loaded
    shown = Base(path.as_posix())
    if path.suffix == ".json":
        try:
            return Other(shown, decode(data), loaded.settings.lint)
        except ValueError as error:  # a DecodeError is one
            raise base.BaseError(f"{path}: {str(error).lower()}", "steplint manifest -o PATH writes one") from None
    text = read(data, path.as_posix())
    state = verbs.BaseState(text.lock, Policy(analysis.dialects, loaded.settings.lock), None, text.lines)
    return Other(shown, state, loaded.settings.lint)


def _findings(analysis: Analysis, changes: Sequence[Change], lint: LintSettings) -> Sequence[Reported]:
    if not any(each.code for each in changes):
        return ()
    from steplint.check.judge import Case, judge

    packs = ruleset(analysis.loaded, analysis.cache).packs
    rules = sorted((each for each in packs.rules.values() if each.group == "lock"), key=lambda each: each.code)
    text = lockfile.locked(analysis)
    case = Case(
        graph=analysis.graph,
        dialects=analysis.dialects,
        settings=replace(lint, min_confidence="low"),
        text=partial(_text, analysis),
        exists=frozenset(analysis.survey.paths).__contains__,
        locked=view.published(text.lock if text else LockFile()),
        changes=tuple(changes),
    )
    return judge(case, packs, rules).reported


def _text(analysis: Analysis, path: str) -> str:
    return analysis.text(path) or ""
