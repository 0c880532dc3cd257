"""JUnit XML: a test case per workflow and rule with findings, a passing one for every other workflow."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.model.report import Report, Reported
from steplint.report.view import View
from steplint.report.xmltext import attribute, text


def render(report: Report, view: View) -> str:
    """Return one test suite; errors and warnings fail, notes are output of a passing case."""
    cases = _cases(report)
    suites = [*_suite(cases), *_errors(report)]
    failed = sum(_fails(found) for found in cases.values())
    head = f'<testsuites name="steplint" tests="{len(cases)}" failures="{failed}" errors="{len(report.errors)}">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]) + "\n"


def _cases(report: Report) -> dict[tuple[str, str], list[Reported]]:
    """Return the findings by workflow and rule; the rule is empty for a workflow without findings."""
    cases = dict[tuple[str, str], list[Reported]]()
    for each in report.findings:
        cases.setdefault((each.finding.workflow, each.rule.name), []).append(each)
    touched = {workflow for workflow, _ in cases}
    for flow in report.graph.workflows if report.graph is not None else ():
        if flow.id not in touched:
            cases[flow.id, ""] = []
    return cases


def _suite(cases: dict[tuple[str, str], list[Reported]]) -> Iterator[str]:
    failed = sum(_fails(found) for found in cases.values())
    yield f'<testsuite name="steplint" tests="{len(cases)}" failures="{failed}">'
    for (workflow, rule), found in cases.items():
        name, group = attribute(rule or "no findings"), attribute(workflow or "project")
        if not found:
            yield f"<testcase classname={group} name={name}/>"
            continue
        lines = text("\n".join(_line(each) for each in found))
        told = f"<failure message={attribute(found[0].finding.message)}>{lines}</failure>"
        yield f"<testcase classname={group} name={name} file={attribute(found[0].finding.place.path)}>"
        yield told if _fails(found) else f"<system-out>{lines}</system-out>"
        yield "</testcase>"
    yield "</testsuite>"


def _errors(report: Report) -> Iterator[str]:
    if not report.errors:
        return
    yield f'<testsuite name="steplint itself" tests="{len(report.errors)}" errors="{len(report.errors)}">'
    for each in report.errors:
        error = f"<error message={attribute(each.message)}>{text(each.detail)}</error>"
        yield f'<testcase classname="steplint" name={attribute(each.where)}>{error}</testcase>'
    yield "</testsuite>"


def _fails(found: list[Reported]) -> bool:
    return any(each.severity != "info" for each in found)


def _line(reported: Reported) -> str:
    place = reported.finding.place
    return f"{place.path}:{place.span.line}:{place.span.column + 1}: {reported.severity}: {reported.finding.message}"
