"""Findings with source frames, traces and ways out; changes step by step (the default)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from steplint.model.report import Report, Reported
from steplint.report.explain import explain
from steplint.report.linked import change_of
from steplint.report.source import Sources
from steplint.report.view import View


def render(report: Report, view: View) -> str:
    """Return ``report`` as text for people; empty when there is nothing to say."""
    findings = [*report.findings, *(report.suppressed if view.show_suppressed else ())]
    if not findings and not report.compared:
        return ""
    cut = bool(view.limit) and len(findings) > view.limit
    first, rest = (findings[: view.limit], findings[view.limit :]) if cut else (findings, [])
    sources, base = Sources(view.read), Sources(view.read_base)

    def blocks(some: Sequence[Reported]) -> list[str]:
        return ["\n".join(explain(each, report, sources, base, view)) for each in some]

    parts, left = list[str](), list(first)
    for compared in report.compared:
        if not compared.changes and not view.show_all:
            continue
        from steplint.report.difference import difference  # most reports compare nothing

        mine = [each for each in left if change_of(each, report) in compared.changes]
        left = [each for each in left if each not in mine]
        parts += ["\n".join(difference(compared, report, view)), *blocks(mine)]
    parts += blocks(left)
    if rest:
        parts.append(_counts(rest))
    return "".join(f"{part}\n\n" for part in parts)


def _counts(rest: Sequence[Reported]) -> str:
    counts = Counter((each.severity, each.rule.name, each.rule.code) for each in rest)
    rows = [f"{number:>6}  {severity}[{name} {code}]" for (severity, name, code), number in sorted(counts.items())]
    return "\n".join([f"{len(rest)} more, by rule (`--no-limit` prints them all):", *rows])
