"""The fixes that pages promise: applied to the failing examples, they parse, remove their finding and then are done."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import convert

from steplint import testing
from steplint.check import fix, pack
from steplint.check.page import Example, Page
from steplint.config.settings import LintSettings
from steplint.model.report import Reported
from steplint.read.module import summarize

BUNDLED = pack.load(pack.bundled())
FIXED = [
    pytest.param(page, id=name)
    for name, page in BUNDLED.pages.items()
    if page.rule.fix in ("safe", "unsafe") and not page.rule.lock
]


def reported(page: Page, example: Example, files: dict[str, str]) -> list[Reported]:
    result = testing.check_source(files, rules=("default", page.rule.name), config=example.settings)
    assert result.errors == ()
    return [each for each in result.findings if each.rule.name == page.rule.name]


def parses(path: str, text: str) -> bool:
    return not path.endswith(".py") or summarize(text.encode()).problem is None


def fixed(page: Page, example: Example) -> tuple[int, dict[str, str]]:
    """Return how many fixes were applied, and the files after them."""
    settings: dict[str, Any] = example.settings.get("lint", {})
    policy = fix.policy(BUNDLED.rules, convert(settings, LintSettings), apply_unsafe=page.rule.fix == "unsafe")
    files, count = {file.path: file.text for file in example.files}, 0
    for _ in range(fix.ROUNDS):
        done = fix.apply(reported(page, example, files), files.__getitem__, parses, policy)
        assert done.refused == []
        if not done.applied:
            return count, files
        count += len(done.applied)
        files.update(done.texts)
    raise AssertionError("the fixes never come to an end")


@pytest.mark.parametrize("page", FIXED)
def test_a_fix_removes_its_finding_and_comes_to_an_end(page: Page) -> None:
    counts = []
    for example in page.examples:
        if example.failing:
            count, files = fixed(page, example)
            counts.append(count)
            left = reported(page, example, files)
            assert all(each.finding.fix is None for each in left), files
            assert count == 0 or len(left) < sum(len(file.errors) for file in example.files), files
    assert any(counts), "no example of this page can be fixed"


@pytest.mark.parametrize("page", FIXED)
def test_a_safe_fix_is_safe_and_an_unsafe_one_is_not(page: Page) -> None:
    for example in page.examples:
        for each in reported(page, example, {file.path: file.text for file in example.files}):
            if each.finding.fix is not None:
                assert each.finding.fix.safe == (page.rule.fix == "safe")
