from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from steplint.api import Finding, Note, Place, Span
from steplint.check.comments import reasonless, unknown, unused
from steplint.check.suppress import by_comments, by_files
from steplint.config.settings import LintSettings
from steplint.model.report import Reported
from steplint.model.rule import Rule
from steplint.model.summary import Pragma
from tests.graphs import at, hop

RULES = {
    rule.name: rule
    for rule in (
        Rule(code="SL001", name="unused-suppression", severity="warning", since="1"),
        Rule(code="SL101", name="body-time", severity="flow", since="1", aliases=("body-clock",)),
        Rule(code="SL102", name="body-random", severity="flow", since="1"),
        Rule(code="SL301", name="renamed-step", severity="error", since="1"),
    )
}


def pragma(
    line: int, *names: str, verb: str = "ignore", reason: str = "known", covers: tuple[int, int] = (0, 0)
) -> Pragma:
    first, last = covers if covers != (0, 0) else (line, line)
    return Pragma(verb, names, reason, Span(line, 40, line, 80), Span(first, 0, last, 99))


def reported(line: int = 5, rule: str = "body-time", **fields: Any) -> Reported:
    return Reported(Finding("a message", fields.pop("place", at(line)), **fields), RULES[rule], "error", "")


def lines(pragmas: Mapping[str, tuple[Pragma, ...]], *findings: Reported) -> list[int]:
    """Return the lines of the findings that comments leave."""
    return [each.finding.place.span.line for each in by_comments(findings, pragmas, RULES).kept]


@pytest.mark.parametrize("name", ["body-time", "SL101", "body-clock"])
def test_a_comment_silences_by_name_code_or_former_name(name: str) -> None:
    done = by_comments([reported(5)], {"flows.py": (pragma(5, name),)}, RULES)
    assert done.kept == []
    why = done.suppressed[0].suppressed
    assert why is not None
    assert (why.by, why.reason, why.place) == ("comment", "known", Place("flows.py", Span(5, 40, 5, 80)))


def test_a_comment_names_its_rule_and_its_line() -> None:
    pragmas = {"flows.py": (pragma(5, "body-time"),)}
    assert lines(pragmas, reported(5, "body-random"), reported(6)) == [5, 6]


def test_a_comment_covers_what_the_reader_says_it_covers() -> None:
    assert lines({"flows.py": (pragma(4, "body-time", covers=(5, 8)),)}, reported(7), reported(9)) == [9]


def test_a_comment_inside_a_call_over_several_lines_counts() -> None:
    place = Place("flows.py", Span(5, 0, 9, 1))
    assert lines({"flows.py": (pragma(7, "body-time", covers=(7, 7)),)}, reported(place=place)) == []


def test_a_comment_at_the_source_silences_every_path() -> None:
    paths = [reported(line, trace=(hop(line, "f", "g()"), hop(40, "g", "time.time"))) for line in (5, 9)]
    assert lines({"flows.py": (pragma(40, "body-time"),)}, *paths) == []
    assert lines({"flows.py": (pragma(5, "body-time"),)}, *paths) == [9]


def test_a_comment_at_a_note_counts() -> None:
    found = reported(5, notes=(Note(at(12, path="lib.py"), "the branch"),))
    assert lines({"lib.py": (pragma(12, "body-time"),)}, found) == []


def test_a_comment_for_the_file_counts_anywhere_in_it() -> None:
    assert lines({"flows.py": (pragma(1, "body-time", verb="file-ignore"),)}, reported(99)) == []


def test_a_region_covers_its_lines() -> None:
    region = pragma(3, "body-time", verb="disable", covers=(3, 20))
    assert lines({"flows.py": (region,)}, reported(10), reported(30)) == [30]


def test_a_comment_never_silences_the_lock() -> None:
    pragmas = {"flows.py": (pragma(5, "renamed-step"),)}
    assert lines(pragmas, reported(5, "renamed-step")) == [5]


def idle(
    *pragmas: Pragma, ran: tuple[str, ...] = ("body-time", "body-random"), findings: tuple[Reported, ...] = ()
) -> list[Finding]:
    table = {"flows.py": pragmas}
    return list(unused(table, by_comments(findings, table, RULES).used, RULES, ran))


def test_a_comment_without_a_finding_is_unused_and_its_fix_removes_it() -> None:
    (found,) = idle(pragma(5, "body-time"))
    assert found.message == "`body-time` finds nothing here any more; the comment has nothing to silence"
    assert found.fix is not None
    assert found.fix.safe
    assert [edit.text for edit in found.fix.edits] == [""]


def test_a_comment_of_use_is_not_unused() -> None:
    assert idle(pragma(5, "body-time"), findings=(reported(5),)) == []


def test_the_fix_keeps_the_names_that_are_of_use() -> None:
    (found,) = idle(pragma(5, "body-random", "SL101"), findings=(reported(5),))
    assert found.fix is not None
    assert found.fix.edits[0].text == "# steplint: ignore[SL101] -- known"


def test_a_rule_that_did_not_run_leaves_its_comments_alone() -> None:
    assert idle(pragma(5, "body-time"), ran=("body-random",)) == []


def test_a_comment_for_a_rule_of_the_lock_says_what_to_do() -> None:
    (found,) = idle(pragma(5, "renamed-step"))
    assert found.message == "`renamed-step` cannot be silenced by a comment, only by a record in the lock"


def test_unknown_names_and_verbs_are_reported_with_the_nearest() -> None:
    pragmas = {
        "flows.py": (
            pragma(1, "body-tim"),
            pragma(2, "body-time", verb="ignroe"),
            pragma(3, "determinism"),
            pragma(4),
            pragma(5, verb="pure"),
        )
    }
    found = list(unknown(pragmas, RULES))
    assert [(each.place.span.line, each.message) for each in found] == [
        (1, "no rule `body-tim`; this comment silences nothing"),
        (2, "no comment `steplint: ignroe`; it has no effect"),
        (3, "no rule `determinism`; this comment silences nothing"),
        (4, "`steplint: ignore` names no rule; it has no effect"),
    ]
    assert [each.hint for each in found[:2]] == ["did you mean `body-time`?", "did you mean `ignore`?"]


def test_a_comment_of_another_shape_is_not_understood() -> None:
    odd = pragma(1, verb="malformed", reason="ignore body-time because of reasons that go on and on")
    (found,) = unknown({"flows.py": (odd,)}, RULES)
    assert found.message == (
        "the comment `steplint: ignore body-time because of reasons tha…` is not understood; it has no effect"
    )


def test_a_region_without_an_end_is_reported() -> None:
    start, end = pragma(3, "body-time", "SL102", verb="disable"), pragma(9, "body-time", verb="enable")
    (found,) = unknown({"flows.py": (start, end)}, RULES)
    assert found.message == "`steplint: disable[SL102]` is never enabled again; it ends with the block"


def test_an_unused_region_is_removed_with_its_end() -> None:
    start, end = pragma(3, "body-time", verb="disable", covers=(3, 9)), pragma(9, "body-time", verb="enable")
    (found,) = idle(start, end)
    assert found.fix is not None
    assert [(edit.place.span.line, edit.text) for edit in found.fix.edits] == [(3, ""), (9, "")]


def test_names_of_one_comment_that_end_apart_are_judged_together() -> None:
    first = pragma(3, "body-time", verb="disable", covers=(3, 5))
    second = pragma(3, "body-random", verb="disable", covers=(3, 9))
    (found,) = idle(first, second, findings=(reported(4),))
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == ["# steplint: disable[body-time] -- known"]


def test_a_comment_gives_a_reason() -> None:
    pragmas = {
        "flows.py": (pragma(1, "body-time", reason=""), pragma(2, verb="deterministic", reason=""), pragma(3, "SL101"))
    }
    found = list(reasonless(pragmas, LintSettings()))
    assert [each.place.span.line for each in found] == [1, 2]
    assert found[0].message == "`# steplint: ignore[body-time]` gives no reason to the next reader"
    assert list(reasonless(pragmas, LintSettings(require_suppression_reason=False))) == []


@pytest.mark.parametrize(
    ("pattern", "path", "silenced"),
    [
        ("tests/**", "tests/a/b.py", True),
        ("tests/**", "src/tests/a.py", False),
        ("tests", "src/tests/a.py", True),
        ("*_test.py", "deep/down/flow_test.py", True),
        ("src/*.py", "src/a/b.py", False),
        ("**/gen/*.py", "gen/a.py", True),
        ("!src/**", "src/a.py", False),
        ("!src/**", "lib/a.py", True),
        ("a?.py", "ab.py", True),
        ("a.py", "axpy", False),
    ],
)
def test_per_file_ignores_are_globs(pattern: str, path: str, silenced: bool) -> None:
    settings = LintSettings(per_file_ignores={pattern: ("determinism",)})
    kept, suppressed = by_files([reported(place=at(3, path=path))], RULES, settings)
    assert (len(kept), len(suppressed)) == ((0, 1) if silenced else (1, 0))


def test_per_file_ignores_never_silence_the_lock() -> None:
    settings = LintSettings(per_file_ignores={"**": ("ALL",)})
    kept, suppressed = by_files([reported(1, "renamed-step"), reported(2)], RULES, settings)
    assert [each.rule.name for each in kept] == ["renamed-step"]
    assert suppressed[0].suppressed is not None
    assert suppressed[0].suppressed.by == "per-file-ignore"
