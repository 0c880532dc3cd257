"""`check`: the rules over an analyzed project, as a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from steplint.config import ConfigError
from steplint.contract.change import Change
from steplint.model.finding import Finding, Severity
from steplint.model.report import Failure, Report, Reported, Summary, Suppression
from steplint.model.rule import Rule
from steplint.project import keys
from steplint.project.analysis import Analysis
from steplint.project.outcome import Notice, exit_code, nothing_analyzed
from steplint.project.rulesets import Ruleset, ruleset
from steplint.project.scope import Paths, covers, on_lines, within
from steplint.project.selection import selected

if TYPE_CHECKING:
    from steplint.check.baseline import Baseline


class Wanted(Struct, frozen=True):
    """What a run of `check` is asked for. ``paths`` None shows everything, ``lines`` None whatever the line."""

    paths: Paths | None = None
    lines: Mapping[str, frozenset[int]] | None = None
    exit_zero: bool = False
    baseline: bool = True
    ci: bool = False
    lock: bool = True
    """Whether the rules about the lock run; a hook of their own reports them elsewhere."""
    force_exclude: bool = False
    """Paths that the settings exclude are no mistake."""
    fresh: bool = False
    """Whether the rules run even if their result is remembered: a baseline is written from it."""


class Row(Struct, frozen=True, array_like=True):
    """A finding as it is remembered: its rule by name."""

    finding: Finding
    rule: str
    severity: Severity
    fingerprint: str
    suppressed: Suppression | None


class Verdict(Struct, frozen=True):
    """What the rules say about a whole project, before a run filters it."""

    findings: tuple[Row, ...]
    suppressed: tuple[Row, ...]
    changes: tuple[Change, ...]
    summary: Summary
    locked: int
    seconds: Mapping[str, float] = {}
    failures: tuple[Failure, ...] = ()


class Checked(NamedTuple):
    """The report of a run. ``nothing`` says why it is vacuous; baselines are those that it could write."""

    report: Report
    nothing: Notice | None
    accepted: Baseline | None
    shrunk: Baseline | None
    ruleset: Ruleset


def check(analysis: Analysis, wanted: Wanted | None = None) -> Checked:
    """Return what the selected rules say about a project.

    Raises ConfigError, KnowledgeError, PackError and LockError for inputs that cannot be used.
    """
    wanted = wanted or Wanted()
    rules = ruleset(analysis.loaded, analysis.cache)
    run = _Run(analysis, wanted, rules)
    verdict = run.verdict()
    known = rules.packs.rules
    findings = on_lines(within(_reported(verdict.findings, known), wanted.paths), wanted.lines)
    suppressed = on_lines(within(_reported(verdict.suppressed, known), wanted.paths), wanted.lines)
    failures = verdict.failures
    nothing = _nothing(analysis, wanted, verdict)
    report = Report(
        verb="check",
        findings=findings,
        suppressed=suppressed,
        changes=verdict.changes,
        errors=failures,
        summary=replace(verdict.summary, cached=analysis.cached, suppressed=len(suppressed)),
        statistics=_statistics(findings),
        exit_code=exit_code(findings, analysis.loaded.settings.lint.fail_on, failures, nothing, wanted.exit_zero),
    )
    return Checked(report, nothing, run.accepted, run.shrunk, rules)


class _Run:
    """The rules over one project: remembered by everything they depend on, or run now."""

    def __init__(self, analysis: Analysis, wanted: Wanted, rules: Ruleset) -> None:
        self._analysis, self._wanted, self._ruleset = analysis, wanted, rules
        self._settings = analysis.loaded.settings
        self._selected = [
            rule for rule in selected(analysis.loaded, rules.packs.rules) if wanted.lock or rule.group != "lock"
        ]
        self._baseline = self._read(self._settings.baseline.path) if wanted.baseline else None
        self.accepted: Baseline | None = None
        self.shrunk: Baseline | None = None

    def verdict(self) -> Verdict:
        """Return what the rules say; without a baseline to write, it may be remembered."""
        key = self._key()
        kept = None if self._wanted.fresh else self._analysis.cache.result_get(key)
        if kept is not None:
            try:
                verdict = msgspec.msgpack.decode(kept, type=Verdict)
            except msgspec.DecodeError:
                pass
            else:
                self._analysis.cached = verdict.summary.files
                return verdict
        verdict = self._judged()
        if not verdict.failures:
            self._analysis.cache.result_put(key, msgspec.msgpack.encode(verdict))
        return verdict

    def _key(self) -> bytes:
        settings = self._settings
        return keys.digest(
            "check",
            self._analysis.key,
            self._ruleset.digest,
            [rule.name for rule in self._selected],
            settings.lint,
            settings.lock,
            settings.baseline.path,
            self._baseline,
            self._analysis.lock_bytes,
            self._wanted.ci,
        )

    def _judged(self) -> Verdict:
        # What only runs when something changed is imported then.
        from steplint.check.judge import Case, judge
        from steplint.project import lockfile

        analysis = self._analysis
        lock = lockfile.locked(analysis)
        wants_lock = lock is not None and any(rule.group == "lock" or rule.lock for rule in self._selected)
        paths = frozenset(analysis.survey.paths)
        linked = analysis.linked
        with analysis.timed("rules"):
            changes = lockfile.changes(analysis, lock) if lock is not None and wants_lock else ()
            case = Case(
                graph=linked.graph,
                dialects=analysis.dialects,
                settings=self._settings.lint,
                text=lambda path: analysis.text(path) or "",
                exists=paths.__contains__,
                pragmas=linked.pragmas,
                problems=linked.problems,
                locked=lockfile.published(lock) if lock is not None else None,
                changes=changes,
                baseline=self._baseline,
                baseline_path=self._settings.baseline.path,
                ci=self._wanted.ci,
            )
            judgment = judge(case, self._ruleset.packs, self._selected)
        self.accepted, self.shrunk = judgment.accepted, judgment.shrunk
        return Verdict(
            _rows(judgment.reported),
            _rows(judgment.suppressed),
            changes,
            _summary(analysis, judgment.baselined, judgment.unused),
            sum(each.live for each in lock.lock.workflow) if lock is not None else 0,
            judgment.seconds,
            (*analysis.failures, *judgment.failures),
        )

    def _read(self, path: str) -> str | None:
        try:
            return self._analysis.tree.read(path).decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error


def _summary(analysis: Analysis, baselined: int, unused: int) -> Summary:
    workflows = analysis.graph.workflows
    return Summary(
        files=len(analysis.linked.read),
        workflows=len(workflows),
        steps=sum(len(each.steps) for each in workflows),
        unused_suppressions=unused,
        baselined=baselined,
        unresolved_calls=sum(found.kind != "step" for each in workflows for found in each.unresolved),
        unreadable_ids=sum(found.kind == "step" for each in workflows for found in each.unresolved),
    )


def _nothing(analysis: Analysis, wanted: Wanted, verdict: Verdict) -> Notice | None:
    settings = analysis.loaded.settings
    return nothing_analyzed(
        _matched(analysis, wanted),
        len(analysis.survey.paths),
        verdict.summary.workflows,
        verdict.locked,
        settings.require_workflows,
        settings.lock.path,
    )


def _matched(analysis: Analysis, wanted: Wanted) -> bool:
    """Return whether the paths that were given, if any were, hold a file of the project."""
    paths = wanted.paths
    return paths is None or wanted.force_exclude or any(covers(paths, path) for path in analysis.survey.paths)


def _statistics(findings: Iterable[Reported]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in findings:
        counts[each.rule.name] = counts.get(each.rule.name, 0) + 1
    return dict(sorted(counts.items()))


def _rows(findings: Iterable[Reported]) -> tuple[Row, ...]:
    return tuple(
        Row(each.finding, each.rule.name, each.severity, each.fingerprint, each.suppressed) for each in findings
    )


def _reported(rows: Iterable[Row], rules: Mapping[str, Rule]) -> list[Reported]:
    return [Reported(each.finding, rules[each.rule], each.severity, each.fingerprint, each.suppressed) for each in rows]
