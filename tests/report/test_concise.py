"""One line a finding."""

from __future__ import annotations

from msgspec.structs import replace

from steplint.model.report import Report, Suppression
from steplint.report import concise
from tests.report import shop


def test_a_finding_is_one_line_with_fix_and_origin() -> None:
    assert concise.render(shop.check(), shop.shop_view()) == (
        "flows/orders.py:10:17: error[body-random SL102] `random.randint` runs in the body of workflow "
        "`order-fulfilment` [unsafe fix] (via lib/ids.py:9)\n"
    )


def test_changes_without_a_finding_follow() -> None:
    lines = concise.render(shop.diff(), shop.shop_view()).splitlines()
    assert len(lines) == 3
    assert lines[2] == "order-fulfilment: + reserve-stock  added, late"


def test_a_check_lists_no_changes() -> None:
    assert concise.render(replace(shop.diff(), verb="check"), shop.shop_view()).count("\n") == 2


def test_a_message_of_several_lines_stays_on_one() -> None:
    finding = replace(shop.random_finding(), message="a\nb\x1b[1m")
    text = concise.render(Report("check", (shop.reported(finding),)), shop.shop_view())
    assert text.count("\n") == 1
    assert r"a\nb\x1b[1m" in text


def test_suppressed_findings_say_so() -> None:
    report = Report("check", suppressed=(shop.reported(shop.random_finding(), suppressed=Suppression("baseline", "")),))
    assert concise.render(report, shop.shop_view()) == ""
    assert concise.render(report, shop.shop_view(show_suppressed=True)).endswith("[suppressed by baseline]\n")
