"""The step graph and the timeline of runs in a real browser: looked at, searched, folded, clicked, walked through."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from steplint.contract.runs import Fault
from steplint.model.graph import StepGraph
from steplint.report.graph import html, svg
from steplint.report.runs import page
from steplint.report.view import GraphView
from tests.pictures.browser import Browser
from tests.report import shop
from tests.report.graph import samples
from tests.report.runs import ledger

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
EVIL = '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>\'&amp;</svg></details>`${1}`'
LONG = "x" * 10_000
WIDE = "注文を処理する-données-🚚"


def changes() -> GraphView:
    return GraphView(changes=tuple(replace(each, workflow="refunds") for each in shop.diff().changes))


def named(label: str) -> tuple[str, str]:
    """Return a graph and a timeline in which everything has one name."""
    steps = (shop.step(label, 0), shop.step("x{}" + label, 1))
    flow = shop.workflow(*steps, name=label, dialect=label, source=label)
    fault, run = Fault(label, label), ledger.completed()
    run = replace(
        run,
        summary=ledger.summary(id=label, workflow=label, error=fault),
        steps=tuple(replace(each, id=label, error=fault) for each in run.steps),
        tries=tuple(replace(each, label=label, error=fault) for each in run.tries),
        notes=(label,),
    )
    return html.render(StepGraph((flow,)), GraphView()), page.render_runs([run], ledger.VIEW)


PAGES: dict[str, Callable[[], str]] = {
    "graph": lambda: html.render(samples.graph(), changes()),
    "runs": lambda: page.render_runs([ledger.completed(), ledger.waiting()], ledger.VIEW),
}


@pytest.fixture(params=PAGES)
def shown(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Browser:
    """One of the two pages in a wide, light window."""
    opened(chromium, tmp_path, PAGES[request.param]())
    return chromium


def opened(chromium: Browser, folder: Path, text: str, scheme: str = "light", width: int = 1200) -> Path:
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    chromium.look(scheme, width)
    chromium.open(path)
    return path


def focused(browser: Browser) -> str:
    """Return what has the focus: the name of an element, and which of its kind it is."""
    found: str = browser.value(
        "(at => { const kind = at.tagName.toLowerCase();"
        " const same = [...document.querySelectorAll(kind === 'g' ? 'g[data-step]' : kind)];"
        " return `${kind}${at.id ? '#' + at.id : ''} ${same.indexOf(at)}`; })(document.activeElement)"
    )
    return found


def details(browser: Browser) -> dict[str, str] | None:
    """Return what the panel tells, None where it is not shown."""
    found: dict[str, str] | None = browser.value(
        "detail.hidden || !detail.getClientRects().length ? null"
        " : Object.fromEntries([...detail.querySelectorAll('dt')]"
        ".map(each => [each.textContent, each.nextSibling.textContent]))"
    )
    return found


def too_faint(browser: Browser) -> list[tuple[str, float]]:
    found = browser.value(CONTRAST)
    assert len(found) > 20
    return [(text, contrast) for text, contrast in found if contrast < 4.5]


# Looked at


def test_a_page_asks_for_nothing_but_itself(shown: Browser, tmp_path: Path) -> None:
    assert shown.requests == [(tmp_path / "page.html").as_uri()]
    assert shown.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_in_light_and_dark(shown: Browser, scheme: str) -> None:
    shown.look(scheme)
    assert too_faint(shown) == []
    dark = shown.value("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
    assert dark is (scheme == "dark")
    shown.press("t")
    assert shown.value("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128") is not dark
    shown.value("box.value = 'l'; search(); pick(document.querySelector('tr[data-step]'))")
    assert too_faint(shown) == []


@pytest.mark.parametrize("width", [1200, 420])
def test_no_page_scrolls_sideways(shown: Browser, width: int) -> None:
    shown.look("light", width)
    shown.value("pick(document.querySelector('tr[data-step]'))")
    assert shown.value("document.documentElement.scrollWidth") <= width
    assert (
        shown.value("Math.max(...[...document.querySelectorAll('header *')].map(_ => _.getBoundingClientRect().right))")
        <= width
    )


def test_text_stays_inside_its_box(chromium: Browser, tmp_path: Path) -> None:
    wide = shop.workflow(shop.step(WIDE, 0), shop.step(LONG, 1), name="wide")
    opened(chromium, tmp_path, html.render(StepGraph((samples.rich(), wide)), GraphView()))
    outside = chromium.value(
        "[...document.querySelectorAll('main g')].flatMap(group => {"
        " const rect = group.querySelector(':scope > rect').getBoundingClientRect();"
        " return [...group.querySelectorAll(':scope > text')].filter(text => {"
        "  const at = text.getBoundingClientRect();"
        "  return at.left < rect.left || at.right > rect.right || at.top < rect.top || at.bottom > rect.bottom + 1; })"
        " .map(text => text.textContent); })"
    )
    assert outside == []


def test_ticks_of_the_timeline_are_evenly_apart_and_do_not_touch(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, tmp_path, PAGES["runs"]())
    for picture in chromium.value(
        "[...document.querySelectorAll('main .scroll > svg')].map(svg => [...svg.querySelectorAll('text.sub')]"
        ".map(text => [text.getBoundingClientRect().left, text.getBoundingClientRect().right]))"
    ):
        apart = [then[0] - first[0] for first, then in pairwise(picture)]
        assert len(apart) >= 2
        assert max(apart) - min(apart) < 1
        assert all(then[0] > first[1] for first, then in pairwise(picture))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lone_svg_can_be_read_in_light_and_dark(chromium: Browser, tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "graph.svg"
    path.write_text(svg.render(samples.graph(), changes()), "utf-8")
    chromium.look(scheme)
    chromium.open(path)
    assert chromium.requests == [path.as_uri()]
    assert too_faint(chromium) == []


# Searched


def test_a_search_shows_what_has_the_words_and_marks_it(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, tmp_path, PAGES["graph"]())
    chromium.press("/")
    assert focused(chromium) == "input#search 0"
    chromium.write("charge net")
    visible = chromium.value(
        "flows.filter(each => !each.hidden).map(each => each.querySelector('summary').firstChild.data)"
    )
    assert visible == ["order-fulfilment"]
    assert chromium.value("told.textContent") == "1 shown, 1 found"
    assert chromium.value("[...document.querySelectorAll('g.hit text.head')].map(each => each.textContent)") == [
        "charge-card"
    ]
    chromium.press("Enter")
    assert focused(chromium) == "g 1"
    chromium.press("Escape")
    assert chromium.value(
        "[box.value, flows.every(each => !each.hidden), document.querySelectorAll('.hit').length]"
    ) == ["", True, 0]


def test_a_search_looks_into_values_and_errors_of_runs(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, tmp_path, PAGES["runs"]())
    chromium.press("/")
    chromium.write("oserror")
    assert chromium.value("flows.map(each => each.hidden)") == [True, False]
    assert chromium.value("document.querySelectorAll('tr.hit').length") == 1


def test_a_search_for_what_is_not_there_says_so(shown: Browser) -> None:
    shown.press("/")
    shown.write("zzz")
    assert shown.value("told.textContent") == "0 shown, 0 found"
    shown.press("Enter")
    assert shown.problems == []


# Folded


def test_everything_is_folded_and_unfolded_by_button_and_by_key(shown: Browser) -> None:
    def state() -> set[bool]:
        return set(shown.value("flows.map(each => each.open)"))

    assert state() == {True}
    shown.click("#close")
    assert state() == {False}
    shown.press("e")
    assert state() == {True}
    shown.press("c")
    assert state() == {False}
    shown.click("#open")
    assert state() == {True}


def test_one_workflow_is_folded_by_a_click_and_by_keys(shown: Browser) -> None:
    shown.click("summary")
    assert shown.value("flows[0].open") is False
    assert shown.value("flows[1].open") is True
    shown.press("Enter")
    assert shown.value("flows[0].open") is True
    shown.press("ArrowLeft")
    assert shown.value("flows[0].open") is False
    shown.press("ArrowRight")
    assert shown.value("flows[0].open") is True


# Clicked


def test_a_click_on_a_step_tells_everything_about_it(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, tmp_path, PAGES["graph"]())
    assert details(chromium) is None
    chromium.click('g[data-step="1"]')
    assert details(chromium) == {
        "#": "1", "step": "charge-card", "kind": "run", "runs": "maybe", "callable": "flows.orders:charge",
        "effects": "network: requests.post", "place": "flows/orders.py:13",
    }  # fmt: skip
    assert chromium.value("[...document.querySelectorAll('.picked')].map(each => each.tagName.toLowerCase())") == [
        "g",
        "tr",
    ]
    chromium.click('g[data-step="3"]')
    assert (details(chromium) or {})["step"] == "free-of-charge"
    chromium.click("#shut")
    assert details(chromium) is None
    assert chromium.value("document.querySelectorAll('.picked').length") == 0


def test_a_click_on_a_row_finds_its_box(shown: Browser) -> None:
    shown.click('main>details:last-child tr[data-step="0"]')
    assert shown.value("document.querySelector('g.picked').closest('details') === flows[flows.length - 1]")
    at = shown.value(
        "(at => [at.top, at.bottom, innerHeight])(document.querySelector('g.picked').getBoundingClientRect())"
    )
    assert at[0] >= 0
    assert at[1] <= at[2]


def test_a_click_on_a_bar_tells_of_its_tries(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, tmp_path, PAGES["runs"](), width=420)
    chromium.click('g[data-step="1"] rect')
    found = details(chromium)
    assert found is not None
    assert found["tries"] == "2"
    assert found["value or error"].startswith("try 1 failed: TimeoutError: no answer")
    chromium.press("Escape")
    assert details(chromium) is None


# By keyboard alone


def test_tab_reaches_search_buttons_workflows_and_steps_in_order(shown: Browser) -> None:
    reached = []
    for _ in range(8):
        shown.press("Tab")
        reached.append(focused(shown))
    assert reached[:5] == ["input#search 0", "button#open 0", "button#close 1", "button#theme 2", "summary 0"]
    assert reached[5:] == ["g 0", "g 1", "g 2"]
    assert shown.value("getComputedStyle(document.activeElement).outlineWidth") == "2px"
    shown.press("Tab", shift=True)
    assert focused(shown) == "g 1"


def test_arrows_walk_from_workflow_to_steps_and_back(shown: Browser) -> None:
    shown.press("j")
    assert focused(shown) == "summary 0"
    shown.press("ArrowDown")
    assert focused(shown) == "g 0"
    shown.press("ArrowRight")
    shown.press("ArrowDown")
    assert focused(shown) == "g 2"
    shown.press("ArrowLeft")
    assert focused(shown) == "g 1"
    shown.press("End")
    last = focused(shown)
    shown.press("ArrowDown")
    assert focused(shown) == last
    shown.press("Home")
    shown.press("ArrowUp")
    assert focused(shown) == "summary 0"
    shown.press("j")
    assert focused(shown) == "summary 1"
    shown.press("k")
    assert focused(shown) == "summary 0"


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_enter_and_space_tell_about_a_step(shown: Browser, key: str) -> None:
    shown.press("j")
    shown.press("ArrowDown")
    shown.press(key)
    assert (details(shown) or {})["#"] == "0"
    assert shown.value("document.activeElement.getAttribute('role')") == "button"
    shown.press("Escape")
    assert details(shown) is None


# Hostile text


@pytest.mark.parametrize(
    "text", [EVIL, LONG, WIDE, "a\u202eb\x1b[31m\n\tc"], ids=["markup", "long", "wide", "controls"]
)
@pytest.mark.parametrize("which", [0, 1], ids=["graph", "runs"])
def test_hostile_ids_are_shown_as_text(chromium: Browser, tmp_path: Path, text: str, which: int) -> None:
    path = opened(chromium, tmp_path, named(text)[which], width=420)
    assert chromium.requests == [path.as_uri()]
    assert chromium.problems == []
    assert chromium.value("window.hit === undefined && !document.querySelector('img')")
    assert chromium.value("document.querySelectorAll('main>details').length") == 1
    assert chromium.value("document.documentElement.scrollWidth") <= 420
    chromium.click("g[data-step]")
    found = details(chromium)
    assert found is not None
    if text.isprintable():
        assert text in found["step"]
        assert text in chromium.value("document.querySelector('summary').textContent")
    assert chromium.value("detail.getBoundingClientRect().height <= innerHeight / 2")
    chromium.press("Escape")
    chromium.press("/")
    chromium.write(text[:1])
    assert chromium.value("document.querySelectorAll('tr.hit').length") >= 1
    assert chromium.value("window.hit === undefined")
