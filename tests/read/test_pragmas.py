from __future__ import annotations

import pytest

from steplint.model.summary import Pragma

from .given import cut, read

SOURCE = """\
x = 1  # steplint: ignore[a, SL101] -- both
# steplint: ignore[b] -- above
y = f(
    1,  # steplint: ignore[c] -- inside
)
s = "# steplint: ignore[no]"
if x:  # steplint: ignore[d] -- header
    pass
z = 3  # type: ignore  # steplint: ignore[e] -- one -- two
"""


def pragmas(source: str) -> list[Pragma]:
    return list(read(source).pragmas)


def covered(source: str) -> list[tuple[str, str]]:
    return [(f"{each.verb}[{','.join(each.names)}]", cut(source, each.covers)) for each in pragmas(source)]


def test_a_comment_covers_the_logical_statement_it_trails_or_stands_above() -> None:
    assert covered(SOURCE) == [
        ("ignore[a,SL101]", "x = 1"),
        ("ignore[b]", "y = f(\n    1,  # steplint: ignore[c] -- inside\n)"),
        ("ignore[c]", "y = f(\n    1,  # steplint: ignore[c] -- inside\n)"),
        ("ignore[d]", "if x:"),
        ("ignore[e]", "z = 3"),
    ]


def test_verb_names_reason_and_place_of_a_comment_are_kept() -> None:
    found = pragmas(SOURCE)
    assert (found[0].verb, found[0].names, found[0].reason) == ("ignore", ("a", "SL101"), "both")
    assert found[-1].reason == "one -- two"
    assert cut(SOURCE, found[-1].span) == "# steplint: ignore[e] -- one -- two"


DECORATED = """\
# steplint: {0}
@outer  # steplint: ignore[decorator]
# steplint: {1}
def f(
    a,
):  # steplint: {2}
    return a
"""


def test_on_a_def_a_comment_covers_the_function_with_its_decorators() -> None:
    source = DECORATED.format("ignore[x]", "ignore[y]", "ignore[z]")
    whole = source.partition("\n")[2].rstrip("\n")
    assert covered(source) == [
        ("ignore[x]", whole),
        ("ignore[decorator]", "@outer"),
        ("ignore[y]", whole),
        ("ignore[z]", whole),
    ]


@pytest.mark.parametrize("verb", ["deterministic", "pure"])
def test_a_promise_covers_exactly_the_function(verb: str) -> None:
    source = DECORATED.format(f"{verb} -- r", f"{verb} -- r", f"{verb} -- r")
    summary = read(source)
    promises = [each for each in summary.pragmas if each.verb == verb]
    assert [each.covers for each in promises] == [summary.functions[1].span] * 3
    assert {each.reason for each in promises} == {"r"}


def test_a_file_comment_covers_the_file() -> None:
    source = "x = 1\n# steplint: file-ignore[a] -- generated\ny = 2\n"
    assert covered(source) == [("file-ignore[a]", source)]


REGIONS = """\
def f():
    # steplint: disable[a, b] -- region
    g()
    # steplint: enable[a]
    if x:
        h()  # steplint: disable[c] -- to the end of the block
        k()
    m()

n()
# steplint: disable[d]
o()
"""


def test_a_region_ends_at_its_enable_or_at_the_end_of_its_block() -> None:
    a, b, enable, c, d = covered(REGIONS)
    assert a == ("disable[a]", "# steplint: disable[a, b] -- region\n    g()\n    ")
    assert b[0] == "disable[b]"
    assert b[1].endswith("    m()")
    assert enable == ("enable[a]", "# steplint: enable[a]")
    assert c == ("disable[c]", "h()  # steplint: disable[c] -- to the end of the block\n        k()")
    assert d == ("disable[d]", "# steplint: disable[d]\no()\n")


def test_a_comment_at_the_end_of_a_block_does_not_cover_what_follows_the_block() -> None:
    source = "def f():\n    x\n    # steplint: ignore[a]\ny\n# steplint: ignore[b]\n"
    assert covered(source) == [("ignore[a]", "# steplint: ignore[a]"), ("ignore[b]", "# steplint: ignore[b]")]


@pytest.mark.parametrize(
    ("comment", "verb", "names", "reason"),
    [
        ("#steplint:ignore[a]--why", "ignore", ("a",), "why"),
        ("# steplint: ignore [ a , b ]", "ignore", ("a", "b"), ""),
        ("# steplint: ignore -- blanket", "ignore", (), "blanket"),
        ("# steplint: ignore[]", "ignore", (), ""),
        ("# steplint: ignroe[a] -- why", "ignroe", ("a",), "why"),
        ("# steplint: ignore a", "malformed", (), "ignore a"),
        ("# steplint: ignore[a b]", "malformed", (), "ignore[a b]"),
        ("# steplint: ignore[a] because", "malformed", (), "ignore[a] because"),
        ("# steplint:", "malformed", (), ""),
    ],
)
def test_a_comment_is_kept_as_it_is_written(comment: str, verb: str, names: tuple[str, ...], reason: str) -> None:
    (found,) = pragmas(f"x = 1  {comment}\n")
    assert (found.verb, found.names, found.reason) == (verb, names, reason)


def test_other_comments_and_strings_are_no_pragmas() -> None:
    assert pragmas("x = 1  # see steplint: docs\n'''\n# steplint: ignore[a]\n'''\n") == []
