"""Every example of a lock rule's page is executed: `Before` is analyzed and locked, `After` is compared with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from steplint.api import Project
from steplint.check import pack
from steplint.check.page import Page
from steplint.check.run import stamp
from steplint.config import load
from steplint.config.settings import LintSettings
from steplint.lock.policy import Policy
from steplint.lock.read import read
from steplint.lock.update import update
from steplint.lock.verbs import BaseState, Given, Published, diff_against
from steplint.model.report import Reported
from steplint.project.analysis import Analysis, analyze
from steplint.project.lockfile import evidence

BUNDLED = pack.load(pack.bundled())
PAGES = {name: page for name, page in BUNDLED.pages.items() if page.rule.lock}
BLOCK = re.compile(r"^(Before|After|After \(fine\)|Lock):\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARKER = re.compile(r"  # error$", re.MULTILINE)
MESSAGE = re.compile(r"[a-z`0-9][^\n]{0,99}(?<!\.)")


class Pair(Struct, frozen=True):
    """What a page compares: the text before, or a lock, with the text after it."""

    before: str
    lock: str
    after: str

    @property
    def errors(self) -> set[int]:
        return {number for number, line in enumerate(self.after.splitlines(), 1) if line.endswith("  # error")}


def pairs(page: Page) -> Iterator[Pair]:
    before = lock = ""
    for title, text in BLOCK.findall(page.rule.text):
        if title == "Before":
            before, lock = text, ""
        elif title == "Lock":
            before, lock = "", text
        else:
            assert bool(MARKER.search(text)) == (title == "After"), "an `After` has an error, an `After (fine)` none"
            yield Pair(before, lock, text)


CASES = [
    pytest.param(page, pair, id=f"{name}-{number}")
    for name, page in PAGES.items()
    for number, pair in enumerate(pairs(page), 1)
]


def analyzed(folder: Path, text: str) -> Analysis:
    folder.mkdir()
    (folder / "flows.py").write_text(text)
    return analyze(load(folder))


def findings(page: Page, pair: Pair, root: Path) -> list[Reported]:
    """Return what the rule of ``page`` says about the text after, compared with the one before."""
    now = analyzed(root / "after", MARKER.sub("", pair.after))
    policy = Policy(now.dialects)
    tree = None
    if pair.before:
        tree = evidence(analyzed(root / "before", pair.before), None)
        text = update(None, None, tree, policy).text
    else:
        text = pair.lock
    base = read(text.encode())
    given = Given(root, evidence(now, base.lock), policy, text.encode(), Published(base.lock, base.lines))
    diffed = diff_against(given, BaseState(base.lock, policy, tree, base.lines))
    rule = page.rule
    found = BUNDLED.check(rule.name)(Project(now.graph, now.dialects, changes=diffed.changes))
    return list(stamp(found, rule, now.dialects, LintSettings()))


def test_every_lock_rule_has_a_page_with_both_kinds_of_example() -> None:
    assert [page.rule.code for page in sorted(PAGES.values(), key=lambda each: each.rule.code)] == [
        *(f"SL30{n}" for n in range(1, 10)),
        "SL310",
        "SL311",
        "SL320",
    ]
    for page in PAGES.values():
        assert {bool(pair.errors) for pair in pairs(page)} == {True, False}


@pytest.mark.parametrize(("page", "pair"), CASES)
def test_an_example_gives_the_marked_findings(page: Page, pair: Pair, tmp_path: Path) -> None:
    found = findings(page, pair, tmp_path)
    assert {each.finding.place.span.line for each in found if each.finding.place.path == "flows.py"} == pair.errors
    assert [each.finding.message for each in found if not pair.errors] == []
    for each in found:
        assert MESSAGE.fullmatch(each.finding.message), each.finding.message
        assert each.finding.workflow == "place-order" or each.finding.dialect == "dbos"
