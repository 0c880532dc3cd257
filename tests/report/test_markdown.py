"""The pull-request text: what it says, what it cuts, what it never lets through."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from steplint.contract.change import Change, Record
from steplint.model.finding import Finding
from steplint.model.graph import StepGraph
from steplint.model.place import Place, Span
from steplint.model.report import Base, Compared, Failure, Report, Suppression
from steplint.report import markdown, markup
from tests.report import shop
from tests.report.goldens import golden

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(text: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def recorded() -> Report:
    diff = shop.diff()
    changes = (
        shop.renamed(recorded=Record("was", "reexecute", "billing wording, #412")),
        shop.removed(recorded=Record("gone", "", "nobody reads receipts")),
        diff.changes[2],
    )
    return replace(diff, findings=(), changes=changes)


def test_a_diff_becomes_a_table_a_picture_and_commands() -> None:
    golden("diff.md", markdown.render(shop.diff(), shop.shop_view()))


def test_a_check_becomes_a_list_of_findings() -> None:
    golden("check.md", markdown.render(shop.check(), shop.shop_view()))


def test_recorded_decisions_show_their_reasons_and_ask_nothing() -> None:
    text = markdown.render(recorded(), shop.shop_view())
    assert "### steplint: all breaking step changes are recorded\n" in text
    assert "recorded as `reexecute`: billing wording, &#35;412" in text
    assert "nobody reads receipts" in text
    assert "How to decide" not in text


def test_pure_additions_need_no_decision() -> None:
    diff = replace(shop.diff(), findings=(), changes=(shop.added(),))
    text = markdown.render(replace(diff, compared=(replace(diff.compared[0], changes=(0,)),)), shop.shop_view())
    assert "### steplint: no breaking step changes\n" in text


def test_nothing_changed_says_so_without_table_and_picture() -> None:
    text = markdown.render(Report("diff", compared=shop.diff().compared[1:]), shop.shop_view())
    assert text.splitlines()[1:] == ["### steplint: no step changes", "", "Also: 1 workflow unchanged"]


def test_a_stale_lock_is_no_breaking_change() -> None:
    text = markdown.render(shop.unlocked(), shop.shop_view())
    assert "### steplint: the lock is out of date: run `steplint lock`\n" in text
    assert "| 🟠 | `order-fulfilment` | not in the lock | `reserve-stock` | execute it once |" in text
    assert "    steplint lock\n</details>" in text


def test_no_findings_say_so() -> None:
    text = markdown.render(Report("check"), shop.shop_view())
    assert "### steplint: no findings\n" in text
    assert "|--|" not in text


def test_the_marker_is_the_first_line_and_cannot_be_left() -> None:
    text = markdown.render(shop.diff(), shop.shop_view(marker="ci --> <script>:job:x"))
    first = text.splitlines()[0]
    assert first.count("-->") == 1
    assert first.endswith(" -->")
    assert "<script>" not in first


def test_without_emoji_words_stand_in_their_place() -> None:
    text = markdown.render(shop.diff(), shop.shop_view(emoji=False))
    assert "| decide | `order-fulfilment` | renamed? |" in text
    assert "| fine | `order-fulfilment` | added |" in text
    assert not set(text) & set("🔴🟠🟡🟢⚪")


def test_lint_findings_of_a_diff_are_folded_and_counted_by_changed_lines() -> None:
    diff = shop.diff()
    both = replace(diff, findings=(*diff.findings, shop.reported(shop.random_finding())))
    text = markdown.render(both, shop.shop_view(changed_lines={"flows/orders.py": frozenset({10})}))
    assert "<details><summary>1 lint finding</summary>" in text
    assert "Also: 1 lint finding on changed lines, 0 elsewhere · 1 workflow unchanged · base `4f1c9d2`" in text


def test_a_crash_is_said() -> None:
    text = markdown.render(Report("check", errors=(Failure("rule body-time", "ValueError: <b>"),)), shop.shop_view())
    assert "**Internal error** in `rule body-time`: ValueError: &lt;b&gt;" in text


def test_suppressed_findings_are_listed_on_request() -> None:
    report = Report(
        "check", suppressed=(shop.reported(shop.random_finding(), suppressed=Suppression("comment", "seeded")),)
    )
    assert "seeded" not in markdown.render(report, shop.shop_view())
    assert "suppressed by comment: seeded" in markdown.render(report, shop.shop_view(show_suppressed=True))


def test_one_picture_for_a_changed_workflow_and_none_for_an_unchanged_one() -> None:
    assert markdown.render(shop.diff(), shop.shop_view()).count("```mermaid") == 1


def test_a_workflow_too_large_for_a_picture_gets_a_sentence() -> None:
    count = 80
    steps = [shop.step(f"s{index}", index) for index in range(count)]
    changes = tuple(shop.added(new=shop.manifest_step(f"s{index}", index)) for index in range(count))
    report = Report(
        "diff",
        changes=changes,
        compared=(Compared("order-fulfilment", "inngest", "keyed", "x.py", tuple(range(count)), 0),),
        graph=StepGraph((shop.workflow(*steps),)),
    )
    text = markdown.render(report, shop.shop_view())
    assert "```mermaid" not in text
    assert "No diagram of `order-fulfilment`: see the table." in text
    assert text.count("| added |") == count


def test_runs_of_unchanged_steps_share_a_box() -> None:
    steps = [shop.step(f"s{index}", index) for index in range(50)]
    change = shop.added(new=shop.manifest_step("s49", 49))
    report = Report(
        "diff",
        changes=(change,),
        compared=(Compared("order-fulfilment", "inngest", "keyed", "x.py", (0,), 49),),
        graph=StepGraph((shop.workflow(*steps),)),
    )
    text = markdown.render(report, shop.shop_view())
    assert 'n1["49 unchanged"]:::same\n    n2["s49"]:::added\n' in text


def large(breaking: int, lint: int) -> Report:
    changes = tuple(shop.removed(old=shop.manifest_step(f"step-number-{index}", index)) for index in range(breaking))
    place = Place("flows/orders.py", Span(1, 0, 1, 1))
    removed = tuple(
        shop.reported(
            Finding("gone", place, "order-fulfilment", step=f"step-number-{index}"),
            "removed-step",
            "SL302",
            change=index,
        )
        for index in range(breaking)
    )
    linted = tuple(shop.reported(Finding(f"finding {index}", place)) for index in range(lint))
    return Report(
        "diff",
        (*removed, *linted),
        changes=changes,
        compared=(
            Compared("order-fulfilment", "inngest", "keyed", "flows/orders.py", tuple(range(breaking)), 0),
            Compared("refunds", "inngest", "keyed", "flows/refund.py", (), 4),
        ),
        base=Base("origin/main", "4f1c9d2a77"),
        graph=StepGraph((shop.workflow(shop.step("a", 0)),)),
    )


def test_sections_are_cut_from_the_least_important_on() -> None:
    signs = ["```mermaid", "<summary>30 lint findings", "1 workflow unchanged", "How to decide"]
    cap = 1_000_000
    for cut in range(len(signs) + 1):
        text = markdown.render(large(30, 30), shop.shop_view(max_characters=cap))
        assert len(text) <= cap
        assert [sign in text for sign in signs] == [False] * cut + [True] * (len(signs) - cut)
        assert text.count("| removed |") == 30
        cap = len(text) - 1
    text = markdown.render(large(30, 30), shop.shop_view(max_characters=cap))
    assert text.count("| removed |") < 30


def test_the_table_is_cut_last_and_says_how_many_rows_are_missing() -> None:
    told = list[str]()
    text = markdown.render(large(2_000, 500), shop.shop_view(warn=told.append))
    assert len(text) <= 60_000
    rows = text.count("| removed |")
    assert rows > 300
    assert f"**{2_000 - rows} more rows are left out because of the length.**" in text
    assert "Left out because of the length: diagrams, lint findings, unchanged workflows, commands." in text
    left = f"diagrams, lint findings, unchanged workflows, commands, {2_000 - rows} rows"
    assert told == [f"markdown: left out because of the length: {left}"]


EVIL = st.text(
    alphabet=st.one_of(st.sampled_from("`|@<>[]()*_#\\&!~-:\n\r\x1b\u202e"), st.characters(codec="utf-8")), max_size=40
)
KNOWN_HTML = re.compile(r"</?details>|</?summary>|<br>|<!-- steplint:comment:[^<>]* -->\n?")


def evil_report(text: str) -> Report:
    change: Change = shop.renamed(
        workflow=text,
        old=shop.manifest_step(text, 0, f"m:{text}"),
        new=shop.manifest_step(text + "2", 1, f"m:{text}"),
        commands=(f"steplint lock rename {text}",),
    )
    done: Change = shop.removed(workflow=text, recorded=Record("gone", text, text), old=shop.manifest_step(text, 3))
    finding = Finding(text, Place(text or "a", Span(1, 0, 1, 1)), text, step=text, hint=text)
    return Report(
        "diff",
        (shop.reported(finding, "renamed-step", "SL301", change=0), shop.reported(finding)),
        changes=(change, done),
        compared=(Compared(text, "inngest", "keyed", text, (0, 1), 0),),
        base=Base(text, "", text),
        errors=(Failure(text, text),),
        graph=StepGraph((shop.workflow(shop.step("a", 0), shop.step(text, 1), name=text),)),
    )


@given(EVIL)
def test_text_from_the_project_stays_text(text: str) -> None:
    document = markdown.render(evil_report(text), shop.shop_view(marker=text))
    assert "\x1b" not in document
    html = list[str]()
    for token in tokens(document):
        if token.type in ("html_inline", "html_block"):
            html.append(token.content)
        assert token.type not in ("link_open", "image", "em_open", "s_open")
        if token.type == "text":
            assert not re.search(r"@\w", token.content)
    assert (
        not re.sub(KNOWN_HTML, "", "".join(html))
        .replace("How to decide (copy and paste)", "")
        .replace("1 lint finding", "")
        .strip()
    )
    assert sum(token.type == "tr_open" for token in tokens(document)) == 5
    assert sum(token.type == "heading_open" for token in tokens(document)) == 1


@given(EVIL)
def test_a_code_span_holds_its_text_in_a_table(text: str) -> None:
    row = f"| a | b |\n|--|--|\n| {markup.code(text)} | end |\n"
    cells = [token for token in MARKDOWN.parse(row) if token.type == "inline"]
    assert len(cells) == 4
    assert cells[3].content == "end"


@given(EVIL)
def test_plain_text_has_no_markup(text: str) -> None:
    inline = [token for token in tokens("x " + markup.text(text)) if token.type != "inline"]
    assert {token.type for token in inline} <= {"paragraph_open", "paragraph_close", "text", "text_special"}


def test_a_message_keeps_its_names_as_code() -> None:
    assert markup.message("step `a|b` of <x> calls @me") == "step `a\\|b` of &lt;x&gt; calls @&#8203;me"


def test_ordinary_text_reads_as_it_is_written() -> None:
    plain = "use a well-known name: it is the same (at every replay), isn't it? 100% + 1 = 2"
    assert markup.text(plain) == plain


def test_addresses_and_shortcodes_are_no_links() -> None:
    assert markup.text("https://x.org www.x.org :tada:") == "https&#58;//x.org www&#46;x.org &#58;tada:"


def test_an_unbalanced_backtick_is_text() -> None:
    assert markup.message("a ` b") == "a &#96; b"
