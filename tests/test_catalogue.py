"""The rules as a whole: codes, names, pages and the form of their messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steplint.check import pack
from steplint.check.page import Page
from steplint.model import graph

BUNDLED = pack.load(pack.bundled())
PAGES = [pytest.param(page, id=name) for name, page in BUNDLED.pages.items()]
SECTIONS = ("What it does", "Why it is bad", "Examples", "When it is fine", "Limits", "In other SDKs", "References")


def test_every_check_loads_and_every_page_shows_both_kinds_of_example() -> None:
    pack.validate(BUNDLED)


def test_codes_and_names_are_unique() -> None:
    rules = BUNDLED.rules.values()
    assert len({rule.code for rule in rules}) == len(BUNDLED.rules)
    words = [word for rule in rules for word in (rule.name, *rule.aliases)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("page", PAGES)
def test_a_name_reads_as_what_is_allowed(page: Page) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", page.rule.name)
    assert not page.rule.name.startswith(("no-", "use-", "prefer-"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_the_known_sections_in_their_order(page: Page) -> None:
    titles = [title for title in page.sections if title]
    assert titles == [title for title in SECTIONS if title in titles]
    assert {"Why it is bad", "Examples"} <= set(titles)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_in_one_sentence_what_the_rule_finds(page: Page) -> None:
    assert page.rule.summary
    assert page.rule.summary[0].isupper()


@pytest.mark.parametrize("page", PAGES)
def test_levels_are_meant_by_somebody(page: Page) -> None:
    """A level that neither the check, nor a shared module, nor the graph names is a typo."""
    modules = [*pack.bundled().glob("_*.py"), page.path.with_suffix(".py"), Path(graph.__file__)]
    written = "".join(each.read_text() for each in modules if each.is_file())
    if page.rule.group == "meta":
        written = "".join(each.read_text() for each in Path(pack.__file__).parent.glob("*.py"))
    missing = [level for level in page.rule.levels if f'"{level}"' not in written]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_a_fix_that_a_page_promises_exists_in_its_check(page: Page) -> None:
    if page.rule.fix not in ("safe", "unsafe") or page.rule.group == "meta":
        return
    written = page.path.with_suffix(".py").read_text()
    assert re.search(r"\bfix\b|operation_finding|value_finding", written), "no fix is made"


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_lines_that_fit(page: Page) -> None:
    assert [line for line in page.rule.text.splitlines() if len(line) > 150 and "](http" not in line] == []
