"""Logging commands of Azure Pipelines."""

from __future__ import annotations

import re

from steplint.model.report import Report, Reported
from steplint.report.view import View

_COMMAND = re.compile(r"##(?=vso\[|\[)")


def render(report: Report, view: View) -> str:
    """Return one line a finding; notes are plain lines, since Azure knows errors and warnings only."""
    lines = [_line(each) for each in report.findings]
    lines += [f"##vso[task.logissue type=error]{_data(f'{each.where}: {each.message}')}" for each in report.errors]
    return "".join(f"{line}\n" for line in lines)


def _line(reported: Reported) -> str:
    finding, rule = reported.finding, reported.rule
    span = finding.place.span
    message = _data(f"{finding.message} ({rule.name})")
    if reported.severity == "info":
        return f"{_data(finding.place.path)}:{max(1, span.line)}:{span.column + 1}: {message}"
    properties = {
        "type": reported.severity,
        "sourcepath": finding.place.path,
        "linenumber": str(max(1, span.line)),
        "columnnumber": str(span.column + 1),
        "code": rule.code,
    }
    listed = "".join(f"{key}={_property(value)};" for key, value in properties.items())
    return f"##vso[task.logissue {listed}]{message}"


def _data(text: str) -> str:
    escaped = text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
    return _COMMAND.sub("# #", "".join(char if char >= " " else "\ufffd" for char in escaped))


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
