"""All stages of `check` in order: rules, comments, merging, per-file ignores, baseline, and the rules about those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from steplint.api import Project
from steplint.check import baseline, comments, meta, suppress
from steplint.check.pack import Packs
from steplint.check.run import Run, confident, finish, merged, run, stamp
from steplint.check.select import options, select
from steplint.config.settings import LintSettings
from steplint.contract.change import Change
from steplint.contract.manifest import Manifest
from steplint.model.dialect import Dialect
from steplint.model.finding import Finding
from steplint.model.graph import StepGraph
from steplint.model.report import Failure, Reported
from steplint.model.rule import Rule
from steplint.model.summary import Pragma, Problem


class Case(Struct, frozen=True):
    """Everything that is judged. ``text`` gives a file by path, ``exists`` tells whether the project has one."""

    graph: StepGraph
    dialects: Mapping[str, Dialect]
    settings: LintSettings
    text: Callable[[str], str]
    exists: Callable[[str], bool]
    pragmas: Mapping[str, tuple[Pragma, ...]] = {}
    problems: Mapping[str, Problem] = {}
    locked: Manifest | None = None
    changes: tuple[Change, ...] = ()
    knowledge: Mapping[str, tuple[str, ...]] = {}
    """What the project knows, by key of `[tool.steplint.knowledge]`; an option of the same name is longer by it."""
    baseline: str | None = None
    """Text of the baseline, if there is one."""
    baseline_path: str = ".steplint-baseline.json"
    ci: bool = False


class Judgment(Struct, frozen=True):
    """Findings to report and suppressed ones, both in order; ``accepted`` and ``shrunk`` are baselines to write."""

    reported: tuple[Reported, ...]
    suppressed: tuple[Reported, ...]
    failures: tuple[Failure, ...]
    seconds: Mapping[str, float]
    baselined: int
    unused: int
    accepted: baseline.Baseline
    shrunk: baseline.Baseline | None


def judge(case: Case, packs: Packs, rules: Iterable[Rule] | None = None) -> Judgment:
    """Return what ``rules`` say about ``case``; without ``rules``, those that its settings select.

    A comment silences one call or one source, so comments count before findings of one source are merged.
    """
    selected = {rule.name: rule for rule in (select(packs.rules, case.settings) if rules is None else rules)}
    done = run(_applicable(selected.values(), case), packs.check, lambda rule: _project(case, rule), case.settings)
    commented = suppress.by_comments(done.findings, case.pragmas, packs.rules)
    joined = merged(confident(commented.kept, case.settings))
    remarks = _stamped(_about_comments(case, packs, done, commented), selected, case)
    kept, ignored = suppress.by_files([*joined, *remarks], packs.rules, case.settings)
    accepted = baseline.accept(kept, case.text)
    hidden, about = _baseline(kept, case, done)
    left = [*(hidden.kept if hidden else kept), *_stamped(about, selected, case)]
    silenced = [*commented.suppressed, *ignored, *(hidden.suppressed if hidden else ())]
    return Judgment(
        reported=finish(left, case.text),
        suppressed=finish(silenced, case.text),
        failures=done.failures,
        seconds=done.seconds,
        baselined=len(hidden.suppressed) if hidden else 0,
        unused=sum(each.rule.name == "unused-suppression" for each in left),
        accepted=accepted,
        shrunk=_shrunk(case, hidden, done),
    )


def _applicable(rules: Iterable[Rule], case: Case) -> Iterator[Rule]:
    for rule in rules:
        if rule.group != "meta" and not (rule.lock and case.locked is None and not case.changes):
            yield rule


def _project(case: Case, rule: Rule) -> Project:
    return Project(
        graph=case.graph,
        dialects=case.dialects,
        options={name: _known(case, name, value) for name, value in options(rule, case.settings).items()},
        locked=case.locked,
        changes=case.changes,
        strict=case.settings.strict,
    )


def _known(case: Case, name: str, value: Any) -> Any:
    return [*case.knowledge.get(name, ()), *value] if isinstance(value, list) else value


def _about_comments(
    case: Case, packs: Packs, done: Run, commented: suppress.Suppressed
) -> Iterator[tuple[str, Iterator[Finding]]]:
    """Yield the findings of the meta rules that need no baseline, by rule."""
    judged = {path: found for path, found in case.pragmas.items() if path not in case.problems}
    yield "unparsable-file", meta.unparsable(case.problems)
    yield "unused-suppression", comments.unused(judged, commented.used, packs.rules, done.ran)
    yield "unknown-rule", comments.unknown(judged, packs.rules)
    yield "missing-reason", comments.reasonless(judged, case.settings)
    yield "nothing-found", meta.nothing_found(case.graph, case.dialects)


def _baseline(
    findings: list[Reported], case: Case, done: Run
) -> tuple[baseline.Matched | None, Iterator[tuple[str, Iterator[Finding]]]]:
    if case.baseline is None:
        return None, iter(())
    old = baseline.decode(case.baseline, case.baseline_path)
    matched = baseline.match(findings, old, case.text, case.exists)
    gone = baseline.stale(old, matched.unmatched, done.ran, case.baseline_path, case.baseline, ci=case.ci)
    return matched, iter((("stale-baseline", gone),))


def _shrunk(case: Case, matched: baseline.Matched | None, done: Run) -> baseline.Baseline | None:
    if case.baseline is None or matched is None:
        return None
    return baseline.shrunk(baseline.decode(case.baseline, case.baseline_path), matched.unmatched, done.ran)


def _stamped(
    found: Iterable[tuple[str, Iterator[Finding]]], selected: Mapping[str, Rule], case: Case
) -> list[Reported]:
    return [
        each
        for name, findings in found
        if name in selected
        for each in stamp(findings, selected[name], case.dialects, case.settings)
    ]
