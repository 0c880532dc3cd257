from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from steplint.api import Edit, Finding, Fix, Place, Span
from steplint.check.fix import Policy, Round, apply, diff, edited, policy
from steplint.config.settings import LintSettings
from steplint.model.report import Reported
from steplint.model.rule import Rule

RULES = {
    "tidy": Rule(code="SL901", name="tidy", severity="warning", since="1"),
    "wrap": Rule(code="SL902", name="wrap", severity="warning", since="1"),
}


def edit(line: int, start: int, end: int, text: str, path: str = "a.py") -> Edit:
    return Edit(Place(path, Span(line, start, line, end)), text)


def reported(*edits: Edit, rule: str = "tidy", safe: bool = True, steps: bool = False) -> Reported:
    fix = Fix("change it", edits, safe=safe, changes_steps=steps)
    return Reported(Finding("a message", edits[0].place, fix=fix), RULES[rule], "warning", "")


def run(
    text: str, *findings: Reported, parses: Callable[[str, str], bool] = lambda path, text: True, **fields: Any
) -> Round:
    published = fields.pop("is_published", lambda each: False)
    return apply(
        findings, lambda path: text, parses, policy(RULES, LintSettings(**fields.pop("lint", {})), **fields), published
    )


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        pytest.param("abc\n", [edit(1, 0, 1, "x"), edit(1, 2, 3, "z")], "xbz\n", id="two places"),
        pytest.param("f()\n", [edit(1, 0, 0, "(await "), edit(1, 3, 3, ")")], "(await f())\n", id="around a call"),
        pytest.param("f\n", [edit(1, 0, 0, "a"), edit(1, 0, 0, "b")], "abf\n", id="insertions keep their order"),
        pytest.param("x = 1  # gone\ny\n", [edit(1, 7, 13, "")], "x = 1\ny\n", id="a removal takes trailing space"),
        pytest.param("x\n    # gone\ny\n", [edit(2, 4, 10, "")], "x\ny\n", id="a removal takes a blank line"),
        pytest.param("x\r\n# gone\r\ny\r\n", [edit(2, 0, 6, "")], "x\r\ny\r\n", id="with its own newline"),
        pytest.param("# gone", [edit(1, 0, 6, "")], "", id="without a newline at the end"),
        pytest.param("a = b + c\n", [edit(1, 4, 8, "")], "a = c\n", id="a removal within a line"),
        pytest.param("ä = 'ö'\n", [edit(1, 4, 7, "1")], "ä = 1\n", id="columns are code points"),
        pytest.param("a\n\x0cb = 1\n", [edit(2, 1, 2, "c")], "a\n\x0cc = 1\n", id="a form feed is no newline"),
    ],
)
def test_edits_change_what_they_name(text: str, edits: list[Edit], expected: str) -> None:
    assert edited(text, edits) == expected


def test_unsafe_fixes_are_applied_on_request() -> None:
    risky = reported(edit(1, 0, 1, "x"), safe=False)
    assert run("abc", risky).texts == {}
    assert run("abc", risky, apply_unsafe=True).texts == {"a.py": "xbc"}


def test_configuration_moves_fixes_between_safe_and_unsafe() -> None:
    safe, risky = reported(edit(1, 0, 1, "x")), reported(edit(1, 0, 1, "x"), safe=False)
    assert run("abc", risky, lint={"extend_safe_fixes": ("tidy",)}).applied == [risky]
    assert run("abc", safe, lint={"extend_unsafe_fixes": ("SL901",)}).applied == []
    assert run("abc", safe, lint={"unfixable": ("tidy",)}).applied == []
    assert run("abc", safe, lint={"fixable": ("wrap",)}).applied == []


def test_a_fix_that_changes_steps_is_never_safe() -> None:
    steps = reported(edit(1, 0, 1, "x"), steps=True)
    assert run("abc", steps, lint={"extend_safe_fixes": ("tidy",)}).applied == []


def test_one_fix_that_changes_steps_is_applied_in_a_round() -> None:
    first, second = (reported(edit(1, n, n + 1, "x"), safe=False, steps=True) for n in (0, 2))
    done = run("abc", first, second, apply_unsafe=True)
    assert (done.applied, done.deferred) == ([first], [second])
    assert done.texts == {"a.py": "xbc"}


def test_a_published_workflow_keeps_its_steps_unless_forced() -> None:
    steps = reported(edit(1, 0, 1, "x"), safe=False, steps=True)
    done = run("abc", steps, apply_unsafe=True, is_published=lambda each: True)
    assert done.texts == {}
    assert done.refused[0].reason == "the lock says that this workflow is deployed; see --fix-published"
    forced = run("abc", steps, apply_unsafe=True, published=True, is_published=lambda each: True)
    assert forced.texts == {"a.py": "xbc"}


def test_overlapping_fixes_wait_for_the_next_round() -> None:
    first, second = reported(edit(1, 0, 2, "x")), reported(edit(1, 1, 3, "y"))
    third = reported(edit(1, 0, 0, "z"))
    done = run("abc", first, second, third)
    assert (done.applied, done.deferred) == ([first], [second, third])


def test_a_fix_is_applied_whole_or_not_at_all() -> None:
    first = reported(edit(1, 0, 1, "x"))
    both = reported(edit(1, 2, 3, "y"), edit(1, 0, 1, "w"))
    done = run("abc", first, both)
    assert done.texts == {"a.py": "xbc"}


def test_equal_fixes_of_two_findings_are_made_once() -> None:
    first, second = reported(edit(1, 0, 1, "xx")), reported(edit(1, 0, 1, "xx"))
    done = run("abc", first, second)
    assert (done.texts, len(done.applied)) == ({"a.py": "xxbc"}, 2)


def test_a_result_that_does_not_parse_is_refused() -> None:
    broken, whole = reported(edit(1, 0, 1, "(")), reported(edit(1, 2, 3, "y"))
    done = run("abc", broken, whole, parses=lambda path, text: "(" not in text)
    assert done.texts == {"a.py": "aby"}
    assert [each.reason for each in done.refused] == ["the result would not parse"]


def test_the_difference_is_a_unified_diff() -> None:
    assert diff("a.py", "one\ntwo\n", "one\nthree\n") == (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
    )
    assert diff("a.py", "one", "two").endswith(
        "-one\n\\ No newline at end of file\n+two\n\\ No newline at end of file\n"
    )
    assert diff("a.py", "same", "same") == ""


def test_nothing_is_fixable_without_rules() -> None:
    assert Policy(frozenset(), frozenset(), frozenset()).fixable == frozenset()
    assert run("abc", reported(edit(1, 0, 1, "x")), lint={"fixable": ()}).texts == {}
