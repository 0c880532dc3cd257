"""Frames point at the right cells of the right lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplint.model.place import Span
from steplint.report.cells import width
from steplint.report.frame import Label, frame, gutter
from steplint.report.source import Source
from steplint.report.view import View


def span(source: str, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = source.index(text, start + 1)

    def position(offset: int) -> tuple[int, int]:
        return source.count("\n", 0, offset) + 1, offset - (source.rfind("\n", 0, offset) + 1)

    return Span(*position(start), *position(start + len(text)))


def drawn(source: str, *labels: Label, context: int = 2, **view: object) -> str:
    lines = Source(source).lines
    size = gutter(label.span for label in labels if label.span.line <= len(lines))
    rows = frame(lines, labels, View(**view), severity="error", size=max(2, size), context=context)  # type: ignore[arg-type]
    assert all(row == row.rstrip() for row in rows)
    return "\n".join(rows) + "\n"


def expect(text: str) -> str:
    return re.sub(r"^ {8}", "", text, flags=re.MULTILINE).removeprefix("\n")


BODY = """\
async def ship(ctx):
    cart = await ctx.step.run("cart", load)

    reference = new_reference(cart)
    await ctx.step.run("charge-card", charge, cart, reference)
"""


def test_two_labels_of_one_frame_stand_below_their_lines() -> None:
    text = drawn(
        BODY,
        Label(span(BODY, "new_reference(cart)"), "runs again on every replay", primary=True),
        Label(span(BODY, "reference", 2), "a new value is used here"),
    )
    assert text == expect("""
           |
         2 |     cart = await ctx.step.run("cart", load)
         3 |
         4 |     reference = new_reference(cart)
           |                 ^^^^^^^^^^^^^^^^^^^ runs again on every replay
         5 |     await ctx.step.run("charge-card", charge, cart, reference)
           |                                                     --------- a new value is used here
           |
        """)


def test_labels_of_one_line_hang_below_each_other_from_the_right() -> None:
    text = drawn(
        BODY,
        Label(span(BODY, "charge", 1), "the callable"),
        Label(span(BODY, "cart", 3), "an argument", primary=True),
        Label(span(BODY, "reference", 2), "another"),
        context=0,
    )
    assert text == expect("""
           |
         5 |     await ctx.step.run("charge-card", charge, cart, reference)
           |                                       ------  ^^^^  --------- another
           |                                       |       |
           |                                       |       an argument
           |                                       the callable
           |
        """)


def test_a_label_inside_another_one_stays_visible() -> None:
    text = drawn(
        BODY,
        Label(span(BODY, 'ctx.step.run("charge-card", charge, cart, reference)'), "the call", primary=True),
        Label(span(BODY, '"charge-card"'), "the ID"),
        context=0,
    )
    assert text == expect("""
           |
         5 |     await ctx.step.run("charge-card", charge, cart, reference)
           |           ^^^^^^^^^^^^^-------------^^^^^^^^^^^^^^^^^^^^^^^^^^
           |           |            |
           |           |            the ID
           |           the call
           |
        """)


def test_a_long_text_hangs_below_its_carets_and_is_wrapped() -> None:
    label = Label(
        span(BODY, "reference", 2), "the step keeps the first value, code outside it sees another one", primary=True
    )
    assert drawn(BODY, label, context=0, width=90) == expect("""
           |
         5 |     await ctx.step.run("charge-card", charge, cart, reference)
           |                                                     ^^^^^^^^^
           |                                                     |
           |                                                     the step keeps the first value,
           |                                                     code outside it sees another one
           |
        """)


def test_equal_spans_show_both_texts() -> None:
    text = drawn("f(x)\n", Label(Span(1, 2, 1, 3), "one", primary=True), Label(Span(1, 2, 1, 3), "two"))
    assert text == expect("""
           |
         1 | f(x)
           |   ^ two
           |   |
           |   one
           |
        """)


CALL = """\
def f():
    result = run(
        first,
        second,
    )
    return result
"""


def test_a_span_over_several_lines_gets_a_rail() -> None:
    text = drawn(CALL, Label(span(CALL, "run(\n        first,\n        second,\n    )"), "one call", primary=True))
    assert text == expect("""
           |
         1 |   def f():
         2 |       result = run(
           |  ______________^
         3 | |         first,
         4 | |         second,
         5 | |     )
           | |_____^ one call
           |
        """)


def test_a_span_that_begins_its_line_needs_no_row_to_open() -> None:
    text = drawn(CALL, Label(span(CALL, "    result = run(\n        first"), "begins here", primary=True), context=0)
    assert text == expect("""
           |
         2 | /     result = run(
         3 | |         first,
           | |_____________^ begins here
           |
        """)


def test_rails_and_carets_share_a_frame() -> None:
    text = drawn(
        CALL,
        Label(span(CALL, "run(\n        first,\n        second,\n    )"), "outer"),
        Label(span(CALL, "second"), "inner", primary=True),
    )
    assert text == expect("""
           |
         1 |   def f():
         2 |       result = run(
           |  ______________-
         3 | |         first,
         4 | |         second,
           | |         ^^^^^^ inner
         5 | |     )
           | |_____- outer
           |
        """)


def test_a_long_span_shows_its_ends() -> None:
    source = "".join(f"line {number}\n" for number in range(1, 31))
    text = drawn(source, Label(Span(4, 0, 20, 4), "all of it", primary=True), context=0)
    assert text == expect("""
           |
         4 | / line 4
         5 | | line 5
        ...  |
        19 | | line 19
        20 | | line 20
           | |____^ all of it
           |
        """)


def test_lines_between_distant_labels_are_left_out() -> None:
    source = "".join(f"line {number}\n" for number in range(1, 31))
    text = drawn(source, Label(Span(4, 0, 4, 4), "one", primary=True), Label(Span(9, 0, 9, 4), "two"), context=1)
    assert text == expect("""
           |
         3 | line 3
         4 | line 4
           | ^^^^ one
        ...
         8 | line 8
         9 | line 9
           | ---- two
           |
        """)


def test_a_single_line_is_not_worth_leaving_out() -> None:
    source = "".join(f"line {number}\n" for number in range(1, 31))
    text = drawn(source, Label(Span(4, 0, 4, 4), "one", primary=True), Label(Span(7, 0, 7, 4), "two"), context=1)
    assert "..." not in text
    assert " 5 | line 5" in text


def test_tabs_are_four_cells() -> None:
    assert drawn("\tx = 1\n", Label(Span(1, 1, 1, 2), "here", primary=True)) == expect("""
           |
         1 |     x = 1
           |     ^ here
           |
        """)


def test_wide_characters_keep_carets_in_place() -> None:
    source = '日本 = run("日本", 値)\n'
    assert drawn(source, Label(span(source, "値"), "wide", primary=True)) == expect("""
           |
         1 | 日本 = run("日本", 値)
           |                    ^^ wide
           |
        """)


def test_combining_characters_take_no_cell() -> None:
    source = "cafe\u0301 = x\n"
    assert drawn(source, Label(span(source, "x"), "here", primary=True)) == expect("""
           |
         1 | cafe\u0301 = x
           |        ^ here
           |
        """)


def test_without_unicode_everything_is_ascii() -> None:
    source = 'name = "日本" + value\n'
    text = drawn(source, Label(span(source, "value"), "né", primary=True), unicode=False)
    assert text == expect(r"""
           |
         1 | name = "\u65e5\u672c" + value
           |                         ^^^^^ n\xe9
           |
        """)


def test_control_characters_are_escaped_in_source_and_label() -> None:
    source = "x = '\x1b[31m' # \u202e \x07\n"
    text = drawn(source, Label(span(source, "#"), "a \x1b[0m label\nof two lines", primary=True))
    assert text == expect(r"""
           |
         1 | x = '\x1b[31m' # \u202e \x07
           |                ^ a \x1b[0m label\nof two lines
           |
        """)


def test_a_long_line_is_cut_around_its_caret() -> None:
    source = "x = [" + ", ".join(map(str, range(300))) + ", time.time(), " + ", ".join(map(str, range(300))) + "]\n"
    text = drawn(source, Label(span(source, "time.time()"), "here", primary=True), width=60)
    assert text == expect("""
           |
         1 | … 296, 297, 298, 299, time.time(), 0, 1, 2, 3, 4, 5, …
           |                       ^^^^^^^^^^^ here
           |
        """)


def test_a_long_line_is_cut_at_its_end_when_the_caret_is_at_its_begin() -> None:
    source = "first = " + "x" * 500 + "\n"
    text = drawn(source, Label(span(source, "first"), "here", primary=True), width=60)
    rows = text.splitlines()
    assert rows[1] == " 1 | first = " + "x" * 44 + "…"
    assert rows[2] == "   | ^^^^^ here"


def test_a_long_line_without_unicode_is_cut_with_dots() -> None:
    source = "x" * 500 + " + y + " + "z" * 500 + "\n"
    text = drawn(source, Label(span(source, "y"), "here", primary=True), width=60, unicode=False)
    row, carets = text.splitlines()[1:3]
    assert row.startswith(" 1 | ...xxx")
    assert row.endswith("zzz...")
    assert row[carets.index("^")] == "y"


def test_an_empty_span_shows_one_caret() -> None:
    assert drawn("x = 1\n", Label(Span(1, 4, 1, 4), "insert", primary=True)) == expect("""
           |
         1 | x = 1
           |     ^ insert
           |
        """)


def test_a_span_behind_the_last_character_shows_one_caret() -> None:
    assert drawn("x\n", Label(Span(1, 1, 1, 1), "end", primary=True)) == expect("""
           |
         1 | x
           |  ^ end
           |
        """)


def test_a_span_that_ends_with_its_newline_stays_on_its_line() -> None:
    assert drawn("x = 1\ny = 2\n", Label(Span(1, 0, 2, 0), "all", primary=True)) == expect("""
           |
         1 | x = 1
           | ^^^^^ all
           |
        """)


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_every_newline_ends_a_line(newline: str) -> None:
    text = drawn(f"a = 1{newline}b = 2{newline}", Label(Span(2, 0, 2, 1), "here", primary=True))
    assert text == expect("""
           |
         1 | a = 1
         2 | b = 2
           | ^ here
           |
        """)


def test_the_last_line_needs_no_newline() -> None:
    assert " 2 | b" in drawn("a\nb", Label(Span(2, 0, 2, 1), "here", primary=True))


def test_a_form_feed_is_no_newline() -> None:
    assert r" 2 | \x0cb" in drawn("a\n\x0cb\n", Label(Span(2, 1, 2, 2), "here", primary=True))


def test_a_span_behind_the_text_is_not_drawn() -> None:
    assert drawn("a\n", Label(Span(9, 0, 9, 1), "gone", primary=True)) == "\n"


def test_only_color_brings_escape_bytes() -> None:
    label = Label(span(BODY, "cart"), "here", primary=True)
    assert "\x1b" not in drawn(BODY, label)
    colored = frame(Source(BODY).lines, [label], View(color=True), severity="error", size=2)
    assert any("\x1b[1;31m^^^^ here\x1b[0m" in row for row in colored)


_Drawn = tuple[int, int, int, int, str]


@given(
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=200),
    st.lists(st.tuples(*[st.integers(0, 220)] * 4, st.text(max_size=60)), min_size=1, max_size=4),
    st.integers(20, 120),
)
def test_no_text_and_no_span_breaks_a_frame(source: str, places: list[_Drawn], size: int) -> None:
    lines = Source(source).lines
    labels = [
        Label(Span(1 + line % (len(lines) + 1), column, 1 + line % (len(lines) + 1) + more % 12, end), text, index == 0)
        for index, (line, column, more, end, text) in enumerate(places)
    ]
    labels = [
        each for each in labels if each.span.line < each.span.end_line or each.span.column <= each.span.end_column
    ]
    rows = frame(lines, labels, View(width=size), severity="error", size=3)
    assert all("\x1b" not in row and "\n" not in row and "\r" not in row for row in rows)
    shown = {label.span.line for label in labels if label.span.line <= len(lines)}
    numbers = {int(row[:3]) for row in rows if row[:3].strip().isdigit()}
    assert shown <= numbers
    assert all(width(row) <= max(size, 30) + 40 for row in rows if row[:3].strip().isdigit())
