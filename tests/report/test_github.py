"""Annotations that GitHub shows, and shows where they belong."""

from __future__ import annotations

import re

from msgspec.structs import replace

from steplint.model.finding import Finding
from steplint.model.place import Place, Span
from steplint.model.report import Failure, Report
from steplint.report import github
from steplint.report.view import View
from tests.report import shop

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def plain(line: int, severity: str = "error", path: str = "flows/orders.py") -> Finding:
    return Finding(f"finding {line} of {severity}", Place(path, Span(line, 0, line, 4)))


def many(count: int, severity: str) -> list[object]:
    return [shop.reported(plain(line, severity), severity=severity) for line in range(1, count + 1)]


def test_an_annotation_has_place_title_message_and_trace() -> None:
    (line,) = github.render(shop.check(), shop.shop_view()).splitlines()
    match = COMMAND.fullmatch(line)
    assert match is not None
    assert match[2] == "file=flows/orders.py,line=10,endLine=10,col=17,endColumn=35,title=body-random SL102"
    assert match[3].startswith("`random.randint` runs in the body of workflow `order-fulfilment`%0A")
    assert "lib/ids.py:9:12 random_tail -> random.randint(0, 9999)" in match[3]
    assert "%0Ahelp: make it a step" in match[3]


def test_a_level_holds_ten_annotations_and_the_tenth_counts_the_rest() -> None:
    told = list[str]()
    findings = [*many(500, "error"), *many(10, "warning"), *many(11, "info")]
    lines = github.render(Report("check", tuple(findings)), View(warn=told.append)).splitlines()  # type: ignore[arg-type]
    levels = [line.partition(" ")[0] for line in lines]
    assert {level: levels.count(level) for level in set(levels)} == {"::error": 10, "::warning": 10, "::notice": 10}
    assert lines[9] == "::error title=steplint::and 491 more; the step summary or the log has all of them"
    assert "and" not in lines[19].partition("title")[2].partition("::")[2][:4]
    assert "and 2 more" in lines[29]
    assert told == ["github: 491 of 500 error annotations left out", "github: 2 of 11 notice annotations left out"]


def test_findings_on_changed_lines_come_first() -> None:
    view = View(changed_lines={"flows/orders.py": frozenset({400})})
    lines = github.render(Report("check", tuple(many(500, "error"))), view).splitlines()  # type: ignore[arg-type]
    assert "line=400," in lines[0]
    assert "line=1," in lines[1]


def test_special_characters_are_escaped() -> None:
    finding = Finding("100% of\r\n::error::x", Place("a,b:c%.py", Span(1, 0, 1, 1)))
    text = github.render(Report("check", (shop.reported(finding),)), View())
    assert text == (
        "::error file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=1,title=body-random SL102::"
        "100%25 of%0D%0A::error::x\n"
    )


def test_a_span_of_several_lines_has_no_columns() -> None:
    finding = replace(plain(3), place=Place("a.py", Span(3, 8, 5, 2)))
    assert "file=a.py,line=3,endLine=5,title=" in github.render(Report("check", (shop.reported(finding),)), View())


def test_line_zero_is_never_emitted() -> None:
    finding = replace(plain(1), place=Place("a.py", Span(0, 0, 0, 0)))
    assert ",line=1,endLine=1," in github.render(Report("check", (shop.reported(finding),)), View())


def test_a_crash_is_an_annotation_too() -> None:
    text = github.render(Report("check", errors=(Failure("rule body-time", "ValueError"),)), View())
    assert text == "::error title=steplint::rule body-time: ValueError\n"
