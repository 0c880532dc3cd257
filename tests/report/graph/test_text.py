"""The plain tree of a workflow."""

from __future__ import annotations

from msgspec.structs import replace

from steplint.contract.change import Record
from steplint.model.graph import StepGraph
from steplint.model.report import Compared
from steplint.report.difference import difference
from steplint.report.graph import text
from steplint.report.graph.tree import computed
from steplint.report.view import GraphView
from tests.report import shop
from tests.report.goldens import golden
from tests.report.graph import samples


def changes() -> tuple[object, ...]:
    done = shop.removed(recorded=Record("gone", "", "nobody reads receipts"))
    return tuple(replace(each, workflow="refunds") for each in (*shop.diff().changes, done))


def test_branches_loops_and_groups_indent_their_steps() -> None:
    golden("graph.txt", text.render(samples.graph(), GraphView(show_all=True, changes=changes())))  # type: ignore[arg-type]


def test_what_was_not_recognized_is_shown_on_request() -> None:
    assert "not recognized" not in text.render(samples.graph(), GraphView())


def test_a_long_workflow_shows_its_ends_unless_all_is_asked_for() -> None:
    graph = StepGraph((shop.workflow(*[shop.step(f"s{index}", index) for index in range(100)]),))
    lines = text.render(graph, GraphView()).splitlines()
    assert len(lines) == 42
    assert lines[21].strip() == "… 60 lines hidden; `--all` shows them …"
    assert len(text.render(graph, GraphView(show_all=True)).splitlines()) == 101


def test_text_without_unicode_is_ascii() -> None:
    graph = StepGraph((shop.workflow(shop.step("日本", 0), name="é"),))
    assert text.render(graph, GraphView(unicode=False)).isascii()


def test_control_characters_of_ids_are_escaped() -> None:
    rendered = text.render(StepGraph((shop.workflow(shop.step("a\x1b[2J\nb", 0)),)), GraphView())
    assert "\x1b" not in rendered
    assert r"a\x1b[2J\nb" in rendered


def test_color_changes_nothing_but_color() -> None:
    plain = text.render(samples.graph(), GraphView(show_all=True))
    assert "\x1b" not in plain
    assert shop.uncolored(text.render(samples.graph(), GraphView(show_all=True, color=True))) == plain


def test_no_workflow_is_empty_text() -> None:
    assert text.render(StepGraph(()), GraphView()) == ""


def test_an_operation_without_a_name_is_shown_by_its_kind_and_an_unread_id_by_a_question_mark() -> None:
    nameless = shop.step("", 0, id=None, kind="sleep", id_source="missing")
    unread = shop.step("", 1, id=None, id_source="unknown")
    flow = shop.workflow(nameless, unread, shop.step("ship", 2))
    graph = StepGraph((flow,))
    assert [line.split()[0] for line in text.render(graph, GraphView()).splitlines()[1:]] == ["(sleep)", "?", "ship"]
    assert [computed(each) for each in flow.steps] == [False, True, False]
    compared = Compared(flow.id, "inngest", "keyed", flow.source, (), 3)
    listed = difference(compared, replace(shop.diff(), graph=graph, changes=()), shop.shop_view())
    assert [line.strip() for line in listed[1:]] == ["= (sleep)", "= ?", "= ship"]
