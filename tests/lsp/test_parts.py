"""The parts of the server that need no connection: positions, documents, edits, literals, commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from steplint.cli import main
from steplint.lock.file import LockError
from steplint.lock.named import RecordError
from steplint.lsp import literals, rename
from steplint.lsp.documents import Documents
from steplint.lsp.edits import text_edits
from steplint.lsp.hover import code
from steplint.lsp.places import Places, file_path
from steplint.lsp.records import _decision
from steplint.lsp.root import Open, Root, mistake
from steplint.lsp.shift import Shift
from steplint.lsp.units import Encoding, Text
from steplint.model.place import Span

from .projects import ORDERS, project

TEXTS = st.text(st.sampled_from("ab\n\r\t é😋\u2028\x0c"), max_size=40)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@given(TEXTS, ENCODINGS, st.integers(1, 9), st.integers(0, 9))
def test_a_place_survives_the_way_to_the_client_and_back(text: str, encoding: Encoding, line: int, column: int) -> None:
    shown = Text(text, encoding)
    there = shown.position(line, column)
    back = shown.at(there)
    assert shown.position(*back) == there


@given(TEXTS, ENCODINGS, st.integers(0, 9), st.integers(0, 99))
def test_any_position_is_an_offset_within_the_text(text: str, encoding: Encoding, line: int, column: int) -> None:
    assert 0 <= Text(text, encoding).offset(Position(line, column)) <= len(text)


@given(TEXTS, TEXTS, ENCODINGS)
def test_the_edits_between_two_texts_make_one_of_the_other(before: str, after: str, encoding: Encoding) -> None:
    documents = Documents(encoding)
    documents.open("a", 1, before)
    edits = sorted(text_edits(before, after, encoding), key=lambda each: each.range.start, reverse=True)
    assert documents.change("a", 2, [(each.range, each.new_text) for each in edits]) == ""
    document = documents.get("a")
    assert document is not None
    assert document.text == after


@given(TEXTS, st.text(max_size=5))
def test_every_document_has_bytes(text: str, more: str) -> None:
    documents = Documents()
    documents.open("a", 1, f"# coding: {more}\n{text}\ud800")
    (document,) = documents
    assert isinstance(document.content, bytes)


def test_a_document_keeps_the_encoding_of_its_cookie() -> None:
    documents = Documents()
    documents.open("a", 1, "# coding: latin-1\né\n")
    (document,) = documents
    assert document.content == b"# coding: latin-1\n\xe9\n"


def test_lines_before_and_after_an_edit_move_with_it() -> None:
    shift = Shift("a\nb\nc\nd\n", "a\nb1\nb2\nc\nd\n")
    assert shift.span(Span(1, 0, 1, 1)) == Span(1, 0, 1, 1)
    assert shift.span(Span(2, 0, 2, 1)) is None
    assert shift.span(Span(3, 0, 4, 1)) == Span(4, 0, 5, 1)
    assert [shift.back(line) for line in range(1, 6)] == [1, None, None, 3, 4]


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_a_line_that_moved_has_the_same_text(before: list[str], after: list[str]) -> None:
    shift = Shift("".join(f"{each}\n" for each in before), "".join(f"{each}\n" for each in after))
    for number, text in enumerate(before, 1):
        span = shift.span(Span(number, 0, number, 1))
        assert span is None or after[span.line - 1] == text
        assert span is None or shift.back(span.line) == number


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"load"', "load"),
        ("'load'", "load"),
        ('r"a\\b"', "a\\b"),
        ('"""load"""', "load"),
        ('"lo" "ad"', None),
        ('"a\\n"', None),
        ('f"load-{x}"', None),
        ('b"load"', None),
        ("LOAD", None),
    ],
)
def test_only_plain_literals_are_read(source: str, value: str | None) -> None:
    assert literals.content(source) == value


@pytest.mark.parametrize(
    ("source", "new", "written"),
    [
        ('"load"', "ship", '"ship"'),
        ("'load'", "ship", "'ship'"),
        ("'load'", "it's", '"it\'s"'),
        ('"load"', 'a"b', "'a\"b'"),
        ('"load"', "a\\b\n", "'a\\\\b\\n'"),
        ('r"load"', "ship", 'r"ship"'),
    ],
)
def test_a_literal_keeps_its_style_where_it_can(source: str, new: str, written: str) -> None:
    assert literals.rewritten(source, new) == written


def test_constants_are_found_at_the_top_level_only() -> None:
    text = 'A = "x"\nA: str = "x"  # one\ndef f():\n    A = "x"\nA = "y"\nA = f("x")\nA == "x"\n'
    assert [text[start:end] for start, end in literals.constants(text, "A", "x")] == ['"x"', '"x"']


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("ship", rename.Asked("ship")),
        (" ship -- wording ", rename.Asked("ship", "", "wording")),
        ("ship -- drained: no run", rename.Asked("ship", "drained", "no run")),
        ("ship -- see #4: wording", rename.Asked("ship", "", "see #4: wording")),
        ("a--b", rename.Asked("a--b")),
    ],
)
def test_what_is_typed_has_an_id_a_policy_and_a_reason(typed: str, asked: rename.Asked) -> None:
    assert rename.asked(typed) == asked


@pytest.mark.parametrize(
    "words",
    [
        ["rm", "-rf", "/"],
        ["steplint", "lock", "rename", "a", "b"],
        ["steplint", "lock", "prune"],
        ["steplint", "lock", "remove"],
        ["steplint", "lock", "restore", "--workflow", "a", "b"],
    ],
)
def test_a_command_that_is_none_of_the_lock_is_refused(words: list[str]) -> None:
    with pytest.raises(RecordError, match="is no command about the lock"):
        _decision(words, "why")


def test_code_spans_hold_any_text() -> None:
    assert code("a") == "`a`"
    assert code("`a") == "`` `a ``"
    assert code("") == "` `"
    assert code("a\n<b>") == "`a <b>`"
    assert len(code("x" * 1_000)) < 210


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c.py", "/a/b c.py"),
        ("file:///a/../b.py", "/b.py"),
        ("file:///a/x%23y.py", "/a/x#y.py"),
        ("file:///a/x;y.py", "/a/x;y.py"),
        ("file://localhost/a.py", "/a.py"),
        ("file:///a%00b.py", None),
        ("untitled:a", None),
        ("file:a.py", None),
        ("http://[broken", None),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows have drives")
def test_uris_are_paths(uri: str, path: str | None) -> None:
    found = file_path(uri)
    assert (None if found is None else found.as_posix()) == path


def test_the_nearest_settings_decide_about_a_file(tmp_path: Path) -> None:
    for name in ("one", "two/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "two" / "steplint.toml").write_text("", "utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    places = Places([tmp_path])
    one, two = (places.where((tmp_path / name).as_uri()) for name in ("one/a.py", "two/deep/a.py"))
    assert one is not None
    assert (one.root, one.path) == (tmp_path, "one/a.py")
    assert two is not None
    assert (two.root, two.path) == (tmp_path / "two", "deep/a.py")
    (tmp_path / "two" / "steplint.toml").write_text("nonsense = [", "utf-8")
    places.forget()
    again = places.where((tmp_path / "two/deep/a.py").as_uri())
    assert again is not None
    assert again.root == tmp_path / "two"


def test_an_edit_that_parses_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def again(source: bytes) -> None:
        raise AssertionError("the analysis reads it, and nobody else")

    root = Root(project(tmp_path, {"flows.py": ORDERS}), trusted=False)
    monkeypatch.setattr("steplint.read.module.summarize", again)
    for version, text in enumerate((ORDERS, ORDERS.replace("load-order", "fetch-order"))):
        shown = root.snapshot({"flows.py": Open(text.encode(), version)}, lambda: False)
        assert len(shown.analysis.graph.workflows[0].steps) == 4
    monkeypatch.undo()
    shown = root.snapshot({"flows.py": Open((text + "def (").encode(), 3)}, lambda: False)
    assert [each.place.path for each in shown.unreadable] == ["flows.py"]
    assert len(shown.analysis.graph.workflows[0].steps) == 4
    root.close()


def test_a_mistake_is_shown_in_the_file_that_it_names(tmp_path: Path) -> None:
    found = mistake(LockError("steplint.lock:41 has conflict markers", "steplint lock --resolve"), tmp_path)
    assert (found.path, found.line) == ("steplint.lock", 41)
    assert found.message == "has conflict markers\nhelp: steplint lock --resolve"
    outside = mistake(LockError("/elsewhere/a.toml:3: wrong"), tmp_path)
    assert (outside.path, outside.message) == ("", "/elsewhere/a.toml:3: wrong")


def test_the_server_without_its_extra_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pygls", None)
    assert main(["server"]) == 2
    assert "pip install 'steplint[lsp]'" in capsys.readouterr().err


def test_no_other_verb_imports_the_protocol(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text("import inngest\n", "utf-8")
    program = (
        "import sys; from steplint.cli import main; main(['check', '--no-cache', '-q']); main(['--help']);"
        "sys.exit(any(each in sys.modules for each in ('lsprotocol', 'pygls', 'cattrs')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
