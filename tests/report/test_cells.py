"""Cells of a terminal are counted as terminals count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from steplint.report import cells


@pytest.mark.parametrize("text", ["plain", "日本語", "cafe\u0301", "ｆｕｌｌ", "한국어", "🎉", "→ × …", "ß", "Ω"])
def test_width_is_what_rich_says(text: str) -> None:
    assert cells.width(text) == cell_len(text)


@given(st.text(max_size=60))
def test_visible_text_is_one_line_that_no_terminal_obeys(text: str) -> None:
    shown = cells.visible(text)
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
    assert cells.visible(text, ascii_only=True).isascii()


@given(st.text(max_size=60), st.integers(4, 40))
def test_cut_text_fits(text: str, size: int) -> None:
    shown = cells.visible(text)
    cut = cells.cut(shown, size)
    assert cells.width(cut) <= size
    assert cut == shown or cut.endswith("…")


def test_padding_counts_cells() -> None:
    assert cells.pad("日", 4) == "日  "
