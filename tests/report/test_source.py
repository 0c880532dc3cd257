"""Lines, offsets and bytes of a source agree with each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from steplint.model.place import Span
from steplint.report.source import Source, Sources


@given(st.text(alphabet="aé日🎉\n\r\t ", max_size=80), st.integers(0, 100))
def test_bytes_are_those_of_the_text_before(text: str, at: int) -> None:
    source = Source(text)
    line = 1 + at % len(source.lines)
    column = min(at, len(source.lines[line - 1]))
    offset = source.offset(line, column)
    assert source.byte(line, column) == len(text[:offset].encode())


def test_a_span_is_cut_out_of_the_text() -> None:
    assert Source("a\r\nbc\r\nd").cut(Span(2, 1, 3, 1)) == "c\r\nd"


def test_places_behind_the_text_are_its_end() -> None:
    assert Source("ab\n").byte(9, 9) == 3
    assert Source("ab").offset(1, 9) == 2


def test_a_source_is_read_once() -> None:
    asked = list[str]()

    def read(path: str) -> str | None:
        asked.append(path)
        return None

    sources = Sources(read)
    assert sources.get("a.py") is None
    assert sources.get("a.py") is None
    assert asked == ["a.py"]
