"""Mermaid text that parses whatever the IDs are, within mermaid's limits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steplint.model.graph import StepGraph
from steplint.report import markdown
from steplint.report.graph import mermaid
from steplint.report.view import GraphView
from tests.report import shop

STATEMENT = re.compile(
    r"""
    flowchart\ TD
    | \s*subgraph\ wf\d+\["[^"]*"\]
    | \s*direction\ TB
    | \s*(?P<node>n\d+|wf\d+none)(\["|\(\["|\{\{"|\[\["|\{")[^"]*("\]|"\]\)|"\}\}|"\]\]|"\}):::(?P<look>\w+)
    | \s*end
    | \s*(?P<edge>n\d+\ (-->|-\.->)\ n\d+)
    | \s*classDef\ [a-z]+\ [a-z0-9:,#\- ]+
    | %%\ [\w ,:]+
    """,
    re.VERBOSE,
)
EVIL = st.text(
    alphabet=st.one_of(st.sampled_from('"`{}[]()<>|#;&\\/-_*~.:\n\r\t%@1. '), st.characters(codec="utf-8")), max_size=80
)
KNOWN_TRAPS = [
    'say "hi"', "end", "graph", "1. first", "- item", "+ item", "*bold*", "_under_", "`code`", "https://x.org/a?b=c",
    "www.example.org", "me@example.org", "<script>alert(1)</script>", "{{sku}}", "a|b", "a\nb", "click n1 call",
    "%% comment",
    "#quot;", "&amp;", "\\n", "🎉 party", "x" * 10_000, "", " ", "\u202e", "~~~", "A[B]", "o--o", "x-->y", "::: class",
]  # fmt: skip


def drawn(*labels: str) -> str:
    steps = [shop.step(label, index) for index, label in enumerate(labels)]
    return mermaid.render(StepGraph((shop.workflow(*steps),)), GraphView())


def statements(text: str) -> list[re.Match[str]]:
    found = list[re.Match[str]]()
    for line in text.splitlines():
        match = STATEMENT.fullmatch(line)
        assert match is not None, line
        found.append(match)
    return found


def counts(text: str) -> tuple[int, int]:
    found = statements(text)
    return sum(each["node"] is not None for each in found), sum(each["edge"] is not None for each in found)


def test_a_changed_workflow_is_drawn_with_its_changes() -> None:
    graph = StepGraph((shop.after(),))
    text = mermaid.render(graph, GraphView(changes=shop.diff().changes))
    assert text.startswith(
        "flowchart TD\n"
        '  subgraph wf1["order-fulfilment (inngest)"]\n'
        "    direction TB\n"
        '    n1["validate-cart"]:::same\n'
        '    n2["charge-card<br/>was: charge-customer"]:::renamed\n'
        '    n3["reserve-stock"]:::added\n'
        '    n4["ship-order"]:::same\n'
        '    n5["notify-#123;#125;"]:::dyn\n'
        '    n6["send-receipt"]:::removed\n'
        "  end\n"
        "  n1 --> n2\n"
    )


@given(st.lists(EVIL, min_size=1, max_size=5))
def test_every_line_is_a_known_statement_whatever_the_ids_are(labels: list[str]) -> None:
    assert counts(drawn(*labels))[0] == len(labels)


@given(EVIL)
def test_a_label_holds_nothing_that_is_obeyed(text: str) -> None:
    label = re.sub(r"#(quot|\d+);", "", mermaid.escape(text))
    assert not set(label) & set('"`{}[]<>|#;&\\*~@%\n\r\t')


def test_a_label_is_cut_at_sixty_characters() -> None:
    assert mermaid.escape("x" * 10_000) == "x" * 59 + "…"


@pytest.mark.parametrize("count", [1, 59, 60, 61, 200, 1_000])
def test_a_diagram_never_exceeds_its_limits(count: int) -> None:
    told = list[str]()
    steps = [shop.step(f"s{index}", index) for index in range(count)]
    text = mermaid.render(StepGraph((shop.workflow(*steps),)), GraphView(warn=told.append))
    nodes, edges = counts(text)
    assert nodes <= 60
    assert edges <= 90
    assert len(text) < 50_000
    assert bool(told) == (count > 60)


def test_dense_order_is_drawn_as_a_chain() -> None:
    steps = [shop.step(f"s{index}", index) for index in range(40)]
    order = tuple((one, other) for one in range(40) for other in range(40) if one != other)
    nodes, edges = counts(mermaid.render(StepGraph((shop.workflow(*steps, order=order),)), GraphView()))
    assert (nodes, edges) == (40, 39)


def test_workflows_beyond_the_limit_are_named() -> None:
    told = list[str]()
    flows = [shop.workflow(*[shop.step(f"s{n}", n) for n in range(25)], name=f"flow-{index}") for index in range(4)]
    text = mermaid.render(StepGraph(tuple(flows)), GraphView(warn=told.append))
    assert counts(text)[0] == 50
    assert "%% 2 workflows left out: a diagram holds 60 steps\n" in text
    assert told == ["mermaid: 2 workflows left out, name the one to draw: flow-2, flow-3"]


def test_many_removed_steps_stay_within_the_limits() -> None:
    changes = tuple(shop.removed(old=shop.manifest_step(f"old{index}", index)) for index in range(200))
    told = list[str]()
    text = mermaid.render(StepGraph((shop.after(),)), GraphView(changes=changes, warn=told.append))
    assert counts(text)[0] == 6
    assert '["200 removed"]:::removed' in text
    assert told == ["mermaid: 200 steps of `order-fulfilment` share a box"]


def rendered(text: str) -> str:
    """Return what mermaid itself makes of ``text``; it raises on a syntax error."""
    oracle: Any = pytest.importorskip("mermaidx", reason="mermaidx runs mermaid's own parser and is not installed")
    svg: str = oracle.render(text).svg()
    return svg


def test_mermaid_itself_parses_every_trap_and_shows_it_as_text() -> None:
    svg = rendered(drawn(*KNOWN_TRAPS))
    assert "Unsupported markdown" not in svg
    assert "<script" not in svg.replace("<script>alert", "") or "alert(1)" not in svg
    for shown in ("1. first", "- item", "https://x.org/a?b=c", "party"):
        assert shown in svg


def test_mermaid_itself_parses_the_picture_of_a_diff() -> None:
    text = markdown.render(shop.diff(), shop.shop_view())
    picture = text.partition("```mermaid\n")[2].partition("\n```")[0]
    assert "charge-card" in rendered(picture)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVIL, min_size=20, max_size=30))
def test_mermaid_itself_parses_whatever_the_ids_are(labels: list[str]) -> None:
    assert rendered(drawn(*labels)).startswith("<svg")


def test_sizes_at_the_limits_are_accepted_by_mermaid_itself() -> None:
    assert rendered(drawn(*[f"step-{index}" for index in range(200)])).startswith("<svg")
