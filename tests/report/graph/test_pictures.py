"""SVG, HTML and DOT: complete, escaped, and nothing lies on top of something else."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser
from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from steplint.model.graph import StepGraph
from steplint.report.graph import dot, html, svg
from steplint.report.graph.layout import Block, layout
from steplint.report.view import GraphView
from tests.report import shop
from tests.report.goldens import golden
from tests.report.graph import samples

ANY = st.text(alphabet=st.one_of(st.sampled_from("<>&\"'`\\/{}[]\n\r\t\x00\x1b\ud800"), st.characters()), max_size=60)


def changed() -> GraphView:
    return GraphView(changes=tuple(replace(each, workflow="refunds") for each in shop.diff().changes))


def named(text: str) -> StepGraph:
    steps = (shop.step(text, 0), shop.step("x{}" + text, 1))
    return StepGraph((shop.workflow(*steps, name=text, dialect=text),))


class Page(HTMLParser):
    """What a browser sees: elements with attributes, and text by element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements = list[tuple[str, dict[str, str | None]]]()
        self.texts = list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def steps_of(block: Block) -> list[tuple[float, float, float, float]]:
    return [(box.x, box.y, box.x + box.width, box.y + box.height) for box in block.boxes if box.kind != "frame"]


def test_no_box_covers_another_one() -> None:
    found = steps_of(layout(samples.rich()))
    assert len(found) == 14
    for index, (left, top, right, bottom) in enumerate(found):
        for x, y, to_x, to_y in found[index + 1 :]:
            assert right <= x or to_x <= left or bottom <= y or to_y <= top


def test_every_box_and_line_lies_within_the_picture() -> None:
    block = layout(samples.rich(), shop.diff().changes)
    for box in block.boxes:
        assert box.x >= 0
        assert box.x + box.width <= block.width + 0.01
        assert box.y >= 0
        assert box.y + box.height <= block.height + 0.01
    for line in block.lines:
        assert all(-0.01 <= x <= block.width + 0.01 and -0.01 <= y <= block.height + 0.01 for x, y in line.points)


def test_steps_of_a_frame_lie_inside_it() -> None:
    block = layout(samples.rich())
    frames = {box.lines[0]: box for box in block.boxes if box.kind == "frame"}
    loop = frames["for sku in cart.skus"]
    inside = [box for box in block.boxes if box.lines[0] in ("notify-{sku}", "log-{sku}")]
    assert len(inside) == 2
    for box in inside:
        assert loop.x < box.x
        assert box.x + box.width < loop.x + loop.width
        assert loop.y < box.y
        assert box.y + box.height < loop.y + loop.height


def test_parallel_steps_stand_side_by_side() -> None:
    boxes = {box.lines[0]: box for box in layout(samples.rich()).boxes if box.position in (7, 8)}
    assert boxes["mail"].y == boxes["text"].y
    assert boxes["mail"].x + boxes["mail"].width < boxes["text"].x


def test_nothing_leads_on_from_an_arm_that_returns() -> None:
    block = layout(samples.rich())
    refund = next(box for box in block.boxes if box.kind == "frame" and box.lines[0].startswith("except"))
    bottom = (refund.x + refund.width / 2, refund.y + refund.height)
    assert not any(line.points[0] == pytest.approx(bottom) for line in block.lines)


def test_deep_nesting_ends_in_a_picture() -> None:
    frames = tuple(samples.around("if", line, group=f"g{line}") for line in range(1, 200))
    block = layout(shop.workflow(shop.step("deep", 0, inside=frames)))
    assert len(steps_of(block)) == 1


def test_svg_is_well_formed() -> None:
    text = svg.render(samples.graph(), changed())
    document = minidom.parseString(text)
    assert document.documentElement is not None
    assert document.documentElement.tagName == "svg"
    assert text.count('tabindex="0"') == sum(len(each.steps) for each in samples.graph().workflows)


@given(ANY)
def test_svg_is_well_formed_whatever_the_ids_are(text: str) -> None:
    minidom.parseString(svg.render(named(text), GraphView()).encode("utf-8"))


@given(ANY)
def test_html_holds_the_same_elements_whatever_the_ids_are(text: str) -> None:
    plain, evil = Page(html.render(named("plain"), GraphView())), Page(html.render(named(text), GraphView()))
    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in plain.elements]
    assert [list(attributes) for _, attributes in evil.elements] == [
        list(attributes) for _, attributes in plain.elements
    ]


def test_html_shows_markup_as_text() -> None:
    page = Page(html.render(named("<script>alert(1)</script>"), GraphView()))
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert "<script>alert(1)</script>" in page.texts


def test_html_loads_nothing_and_allows_its_own_script_and_style_only() -> None:
    text = html.render(samples.graph(), changed())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    for kind in ("script", "style"):
        inline = text.partition(f"<{kind}>")[2].partition(f"</{kind}>")[0]
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
        assert text.count(f"<{kind}") == 1
    elements = Page(text).elements
    assert not any({"src", "href", "style", "onclick"} & set(attributes) for _, attributes in elements)
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_the_script_is_small() -> None:
    text = html.render(StepGraph(()), GraphView())
    assert len(text.partition("<script>")[2].partition("</script>")[0]) < 10_000


def test_html_has_a_table_row_for_every_step_of_the_picture() -> None:
    elements = Page(html.render(samples.graph(), changed())).elements
    rows = [attributes["data-step"] for tag, attributes in elements if tag == "tr" and "data-step" in attributes]
    nodes = [attributes["data-step"] for tag, attributes in elements if tag == "g" and "data-step" in attributes]
    assert rows == nodes


def test_many_workflows_start_folded() -> None:
    flows = tuple(shop.workflow(shop.step("a", 0), name=f"flow-{index}") for index in range(40))
    assert "<details open>" not in html.render(StepGraph(flows), GraphView())
    assert html.render(StepGraph(flows[:3]), GraphView()).count("<details open>") == 3


def test_pages_and_pictures_are_the_same_every_time() -> None:
    for module in (html, svg, dot):
        assert module.render(samples.graph(), changed()) == module.render(samples.graph(), changed())


def test_dot_has_clusters_nodes_and_edges() -> None:
    golden("graph.dot", dot.render(samples.graph(), changed()))


@given(ANY)
def test_dot_strings_end_where_they_should(text: str) -> None:
    quoted = dot.quote(text)
    assert re.fullmatch(r'"(?:[^"\\]|\\["\\])*"', quoted)
    assert "\n" not in quoted


def test_dot_is_accepted_by_graphviz() -> None:
    program = shutil.which("dot")
    if program is None:
        pytest.skip("graphviz is not installed")
    for graph in (samples.graph(), named('a"b\\N\\"<b>{|}')):
        done = subprocess.run(
            [program, "-Tsvg"], input=dot.render(graph, changed()), capture_output=True, text=True, check=True
        )
        assert "<svg" in done.stdout
