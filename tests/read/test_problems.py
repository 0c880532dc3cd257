from __future__ import annotations

import pytest

from steplint.model.place import Span
from steplint.model.summary import ModuleSummary
from steplint.read.excerpt import understood
from steplint.read.module import summarize

from .given import cut, shown


def problem(source: bytes) -> tuple[str, int, int]:
    summary = summarize(source)
    assert summary.problem is not None
    assert (summary.functions, summary.classes, summary.imports, summary.pragmas) == ((), (), (), ())
    assert len(summary.problem.message) <= 100
    return summary.problem.message, summary.problem.span.line, summary.problem.span.column


UNDECODABLE = "byte 0x{} is not `{}`: declare the encoding or save the file as UTF-8"
SURROGATES = "the text holds lone surrogates, which no encoding can write"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"x = 1\ny = \xff\n", (UNDECODABLE.format("ff", "utf-8"), 2, 4)),
        (b"# coding: ascii\n\n#\xc3\xa9\n", (UNDECODABLE.format("c3", "ascii"), 3, 1)),
        (b"# coding: nope\n", ("unknown encoding `nope`", 1, 0)),
        (b"# coding: hex\n", ("the coding `hex` is not one for text", 1, 0)),
        (b"\xef\xbb\xbf# coding: latin-1\n", ("encoding problem `utf-8`", 1, 0)),
        (b"# coding: unicode_escape\n'\\ud800'\n", (SURROGATES, 1, 0)),
    ],
)
def test_bytes_that_their_own_encoding_cannot_decode_are_a_problem(
    source: bytes, expected: tuple[str, int, int]
) -> None:
    assert problem(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"x = 1\ny = = 2\n", ("syntax error at `=`", 2, 4)),
        (b"if a:\npass\n", ("syntax error at `pass`: expected INDENT", 2, 0)),
        (b"print 'a'\n", ("syntax error at `'`", 1, 8)),
        (b"f(a=1, b)\n", ("syntax error at `)`: expected =", 1, 8)),
        (b"\nx = 'abc\n", ("syntax error: unterminated string literal", 2, 4)),
        (b"if a:\n  b\n c\n", ("syntax error: no matching outer block for dedent", 3, 2)),
        (b"x = 1\x00\n", ("syntax error: '\\0' is not a valid character in this position", 1, 0)),
    ],
)
def test_a_syntax_error_names_the_token_where_the_parser_gave_up(source: bytes, expected: tuple[str, int, int]) -> None:
    assert problem(source) == expected


@pytest.mark.parametrize("depth", [201, 1_500, 100_000])
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda n: "x = " + "(" * n + ")" * n, id="parentheses"),
        pytest.param(lambda n: "x = " + "[" * n + "]" * n, id="lists"),
        pytest.param(lambda n: "x = " + "f(" * n + ")" * n, id="calls"),
        pytest.param(lambda n: "x = " + "{1:" * n + "}" * n, id="dicts"),
        pytest.param(lambda n: "x = " + "(" * n, id="never closed"),
        pytest.param(lambda n: "x = f'{" + "(" * n + ")" * n + "}'", id="inside an f-string"),
        pytest.param(lambda n: "x = rF'''{" + "(" * n + ")" * n + "}'''", id="inside a long raw f-string"),
        pytest.param(lambda n: "x = " + "(')', " * n + ")" * n, id="around strings that close brackets"),
        pytest.param(lambda n: "x = " + "(  # )\n" * n + ")" * n, id="around comments that close brackets"),
    ],
)
def test_deep_brackets_are_refused_before_the_parser_sees_them(source: object, depth: int) -> None:
    assert callable(source)
    message, _, _ = problem(source(depth).encode())
    assert message == "brackets nest more than 200 deep"


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 200 + ")" * 200,
        "x = '" + "(" * 5_000 + "'",
        "x = b'''" + "([{" * 5_000 + "'''",
        "# " + "(" * 5_000,
        "x = [" + "(1, 2), " * 5_000 + "]",
        "x = " + "()\nx = " * 5_000 + "0",
    ],
)
def test_other_brackets_are_read(source: str) -> None:
    assert summarize(source.encode()).problem is None


def value(summary: ModuleSummary) -> str:
    assert summary.problem is None
    return shown(summary.functions[0].statements[-1].value)


def test_a_sum_of_many_terms_is_one_group() -> None:
    assert value(summarize(("x = " + " + ".join(["a"] * 1_000)).encode())).count("a,") == 999


def test_a_chain_of_many_calls_is_followed() -> None:
    summary = summarize(("x = a" + ".b(1)" * 700).encode())
    assert value(summary) == "#699"
    assert len(summary.functions[0].calls) == 700


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("x = a" + ".b" * 1_000, "?text", id="attributes"),
        pytest.param("x = a" + " - b" * 1_000, "binary(" * 12 + "?depth, ?depth", id="differences"),
        pytest.param("x = " + "not " * 900 + "a", "not(" * 12 + "?depth", id="negations"),
        pytest.param(
            "x = " + "a if b else " * 900 + "c", "choice(b, a, " * 11 + "choice(?depth, ?depth, ?depth", id="choices"
        ),
    ],
)
def test_long_chains_are_read_and_kept_as_deep_as_values_go(source: str, expected: str) -> None:
    assert value(summarize(source.encode())).replace(", b", "").rstrip(")") == expected


def test_many_elif_arms_are_read() -> None:
    summary = summarize(("if a: f()\n" + "elif b: g()\n" * 5_000).encode())
    assert summary.problem is None
    assert len(summary.functions[0].blocks) == 5_002
    assert {block.parent for block in summary.functions[0].blocks[1:]} == {0}


def test_many_operands_are_read() -> None:
    summary = summarize(("x = " + " and ".join(["f()"] * 5_000)).encode())
    assert len(summary.functions[0].calls) == 5_000
    assert summary.functions[0].blocks[-1].parent == 4_998


@pytest.mark.parametrize("join", [" ", "\n    ", "  # why\n    ", " \\\n"])
def test_an_implicit_concatenation_longer_than_the_parser_takes_is_read(join: str) -> None:
    source = "def f():\n  x = (" + join.join(["'a'", "f'{b}'"] * 2_500) + ")\n  return g(x)\n"
    summary = summarize(source.encode())
    assert summary.problem is None
    statements = summary.functions[1].statements
    assert [shown(each.value) for each in statements] == ["?text", "#0"]
    assert cut(source, statements[1].span) == "return g(x)"
    assert cut(source, statements[0].span) == source.partition("\n  ")[2].rpartition("\n  return")[0]


@pytest.mark.parametrize(
    "chain",
    [
        "x = " + "a + " * 11_000 + "a",
        "x = a" + "()" * 11_000,
        "x = a" + ".b" * 11_000,
        "x = a" + "[0]" * 11_000,
        "x = (\n" + "a  # why\n+ " * 11_000 + "a)",
        "x = " + "'a' + " * 11_000 + "a",
    ],
)
def test_a_chain_that_would_take_minutes_is_refused(chain: str) -> None:
    message, _, _ = problem(chain.encode())
    assert message == "an expression chains more than 10,000 operators"


@pytest.mark.parametrize(
    "nest",
    [
        "x = " + "-" * 1_100 + "a",
        "x = " + "- ~" * 600 + "a",
        "x = " + "not " * 1_100 + "a",
        "x = (" + "not\n" * 1_100 + "a)",
        "x = " + "lambda: " * 1_100 + "a",
        "x = " + "lambda a, b=c: " * 1_100 + "a",
        "x = " + "a if b else " * 1_100 + "a",
        "x = " + "a ** " * 1_100 + "a",
        "x = " + "a.b ** " * 1_100 + "a",
    ],
)
def test_nesting_that_would_take_gigabytes_is_refused(nest: str) -> None:
    message, _, _ = problem(nest.encode())
    assert message == "an expression nests more than 1,000 deep"


@pytest.mark.parametrize(
    "source",
    [
        "x = [" + "lambda: 0, " * 1_100 + "]",
        "x = [" + "lambda a, b: a, " * 1_100 + "]",
        "x = [" + "a if b else c, " * 1_100 + "]",
        "x = " + "f(lambda: 0)\nx = " * 1_100 + "0",
        "x = " + "a**2 + " * 1_100 + "a",
        "x = " + "a * -b + " * 600 + "a",
        "x = " + "a not in b and " * 1_100 + "not a",
        "x = " + "not a and " * 1_100 + "not a",
        "x = " + "f() and a + b or " * 6_000 + "a",
        "# " + "-" * 5_000,
        "if a: pass\n" * 1_100,
    ],
)
def test_what_only_looks_like_nesting_is_read(source: str) -> None:
    assert summarize(source.encode()).problem is None


def test_a_large_file_is_normal_input() -> None:
    source = "def f(a, b):\n    return a.b(c, d=1) + b\n\n" * 2_000 + "x = [\n" + "    a.b(1) + 2,\n" * 4_000 + "]\n"
    summary = summarize(source.encode())
    assert summary.problem is None
    assert len(summary.functions) == 2_001
    assert len(summary.functions[0].calls) == 4_000


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\n",
        b"# only a comment",
        b"x = 1",
        b"\xef\xbb\xbfx = 1\n",
        b"x = 1\r\n",
        b"x = 1\r",
        b"# coding: latin-1\nx = 1  # \xe9\n",
        b"x = 1  # \xe2\x80\xa8 \x1c \x0b\n",
        b"if x:\n\ty = 1\n",
    ],
)
def test_unusual_files_are_read(source: bytes) -> None:
    assert summarize(source).problem is None


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_places_do_not_depend_on_newlines_or_a_byte_order_mark(newline: bytes, mark: bytes) -> None:
    source = "if a:\n    x = 'é' + f(\n        1)\n".encode()
    summary = summarize(mark + source.replace(b"\n", newline))
    assert summary.functions[0].calls[0].span == Span(2, 14, 3, 10)
    assert summary.layout.newline.encode() == newline


def test_text_in_another_newline_means_the_same() -> None:
    one, other = (summarize(b"x = '''a" + newline + b"b'''\n") for newline in (b"\n", b"\r\n"))
    assert value(one) == value(other) == "'a\\nb'"


def test_continued_empty_lines_do_not_move_places() -> None:
    source = "if a:\n    b\n    \\\nx = f(1)\ny = (g\\\n    (2))\n"
    assert [cut(source, call.span) for call in summarize(source.encode()).functions[0].calls] == [
        "f(1)",
        "g\\\n    (2)",
    ]


def test_form_feeds_do_not_move_places() -> None:
    source = "\fx = f(1)\n\f\nclass A:\n    y = g()\n\f    z = h(\f2) + k()\n"
    summary = summarize(source.encode())
    assert summary.problem is None
    found = [cut(source, call.span) for scope in summary.functions for call in scope.calls]
    assert found == ["f(1)", "g()", "h(\f2)", "k()"]


@pytest.mark.parametrize(
    "source", [b"x = 1\n", b"# coding: latin-1\n# \xe9\n", b"'\\d'\n", b"", b"match x:\n    case 1:\n        pass\n"]
)
def test_what_parses_has_no_problem(source: bytes) -> None:
    assert understood(source)
    assert summarize(source).problem is None


@pytest.mark.parametrize(
    "source", [b"def (", b"\xff", b"x = \0", b"(" * 300 + b")" * 300, b"x = " + b"-" * 100_000 + b"1"]
)
def test_what_does_not_parse_is_left_to_the_reader(source: bytes) -> None:
    assert not understood(source)
