"""Every example of every rule page is executed: it gives exactly the findings that its lines are marked with."""

from __future__ import annotations

import re

import pytest

from steplint import testing
from steplint.check import pack
from steplint.check.page import Example, Page
from steplint.model.report import Reported

BUNDLED = pack.load(pack.bundled())
EXAMPLES = [
    pytest.param(page, example, id=f"{name}:{example.line}")
    for name, page in BUNDLED.pages.items()
    if not page.rule.lock
    for example in page.examples
]
MESSAGE = re.compile(r"[a-z`0-9][^\n]{0,99}(?<!\.)")


def findings(page: Page, example: Example) -> tuple[Reported, ...]:
    """Return what the default rules and the rule of the page say about ``example``."""
    files = {file.path: file.text for file in example.files}
    result = testing.check_source(files, rules=("default", page.rule.name), config=example.settings)
    assert result.errors == ()
    return result.findings


@pytest.mark.parametrize(("page", "example"), EXAMPLES)
def test_an_example_gives_the_marked_findings_and_no_other(page: Page, example: Example) -> None:
    found = findings(page, example)
    expected = {(file.path, line, page.rule.name) for file in example.files for line in file.errors}
    assert {(each.finding.place.path, each.finding.place.span.line, each.rule.name) for each in found} == expected, [
        f"{each.finding.place.span.line}: {each.rule.name}: {each.finding.message}" for each in found
    ]


@pytest.mark.parametrize(("page", "example"), EXAMPLES)
def test_messages_are_one_line_in_lower_case_without_a_full_stop(page: Page, example: Example) -> None:
    for each in findings(page, example):
        assert MESSAGE.fullmatch(each.finding.message), each.finding.message
        assert each.finding.workflow or each.rule.group == "meta"
