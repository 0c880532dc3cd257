from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steplint.lock.emit import emit
from steplint.lock.file import ACCEPTS, CHANGES, Changed, LockError, LockFile, LockStep, LockWorkflow, Was
from steplint.lock.read import parse, read

TEXT = st.text(max_size=12)
ACCEPT = st.sampled_from(ACCEPTS)
COMMENT = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=8).map(lambda t: f"#{t}".strip())
COMMENTS = st.lists(COMMENT, max_size=2).map(tuple)
WAS = st.lists(st.builds(Was, TEXT, ACCEPT, TEXT, COMMENTS), max_size=2).map(tuple)
CHANGE = st.lists(st.builds(Changed, st.sampled_from(CHANGES), ACCEPT, TEXT, COMMENTS), max_size=2).map(tuple)
STEP = st.builds(
    LockStep,
    id=TEXT,
    kind=TEXT,
    call=TEXT,
    repeats=st.booleans(),
    gone=st.none() | TEXT,
    accept=st.just(""),
    was=WAS,
    change=CHANGE,
    comments=COMMENTS,
)
WORKFLOW = st.builds(
    LockWorkflow,
    id=TEXT,
    dialect=TEXT,
    family=st.sampled_from(["keyed", "positional-checked", "positional-unchecked"]),
    app=TEXT,
    source=TEXT,
    targets=st.lists(TEXT, max_size=2).map(tuple),
    unknown=st.integers(0, 9),
    was=WAS,
    step=st.lists(STEP, max_size=4, unique_by=lambda each: each.id).map(tuple),
    comments=COMMENTS,
)
LOCK = st.lists(WORKFLOW, max_size=3, unique_by=lambda each: each.key).map(
    lambda found: LockFile(tuple(sorted(found, key=lambda each: each.key)))
)


@settings(max_examples=60, deadline=None)
@given(LOCK)
def test_any_unicode_survives_writing_and_reading(lock: LockFile) -> None:
    text = emit(lock)
    assert parse(text.encode()) == lock
    assert emit(parse(text.encode())) == text
    assert all(line.isprintable() for line in text.split("\n") if not line.startswith("#"))


EXAMPLE = """# Step identities that runs in flight may have memoized. Reviewed in pull requests.
# Update: steplint lock    Conflict: steplint lock --resolve    Meaning: steplint rule lock
version = 1

[[workflow]]
id = "reindex"
dialect = "dbos"
family = "positional-checked"
source = "flows/search.py::reindex"

[[workflow.step]]
id = "load_batch"
kind = "run"
call = "load_batch"

# The patch marker may go in autumn.
[[workflow.step]]
id = "dedupe_batch"
kind = "run"

[[workflow.step.change]]
kind = "added"
accept = "patched"
why = "guarded by a patch marker, #431"

[[workflow]]
id = "order-fulfilment"
app = "shop"
dialect = "inngest"
family = "keyed"
source = "flows/orders.py::order_fulfilment"

[[workflow.step]]
id = "charge-card"
kind = "run"

[[workflow.step.was]]
id = "charge-customer"
accept = "reexecute"
why = "billing wording, #412"

[[workflow.step]]
id = "fetch-data"
kind = "run"
count = 2
calls = ["fetch_user", "fetch_orders"]

[[workflow.step]]
id = "send-receipt"
kind = "run"
gone = "moved to the mailer service, #398"
"""


def test_a_canonical_text_is_written_as_it_was_read() -> None:
    found = read(EXAMPLE.encode())
    assert emit(found.lock) == EXAMPLE
    assert found.dropped == ()
    assert found.lock.workflow[0].step[1].comments == ("# The patch marker may go in autumn.",)
    assert EXAMPLE.splitlines()[found.lines[1, 2] - 1] == 'id = "send-receipt"'


def test_windows_newlines_and_a_byte_order_mark_are_read() -> None:
    assert parse(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode()) == parse(EXAMPLE.encode())


def test_comments_elsewhere_are_told_with_their_line() -> None:
    text = EXAMPLE.replace('call = "load_batch"', '# lonely\ncall = "load_batch"  # trailing')
    assert [(each.line, each.text) for each in read(text.encode()).dropped] == [(14, "# lonely"), (15, "# trailing")]


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ('why = "billing', 'wy = "billing', "wy =", "unknown key `wy` in `[[workflow.step.was]]`", "`why`"),
        ("version = 1", "version = 2", "version", "lock version 2 is not known", "newer"),
        ('"reexecute"', '"reexcute"', 'accept = "reex', "unknown policy `reexcute`", "`reexecute`"),
        ("count = 2", "count = 3", "calls", "2 `calls` for a `count` of 3", "steplint lock"),
        ("count = 2", 'count = "2"', "count", "`count` in `[[workflow.step]]`: expected `int`", ""),
        ('"keyed"', '"key"', 'family = "key', "`family` in `[[workflow]]`: invalid enum", ""),
        ('id = "fetch-data"\n', "", 'kind = "run"\ncount', "`[[workflow.step]]` has no `id`", "add"),
        ('"fetch-data"', '"charge-card"', 'id = "charge-card"\nkind = "run"\nco', "step `charge-card` of `ord", "join"),
        ('"fetch-data"', '"fetch-data', '"fetch-data\n', "is not valid TOML", "git checkout"),
        ('id = "order', '<<<<<<< ours\nid = "order', "<<<<<<<", "has conflict markers", "--resolve"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_helps(
    old: str, new: str, line: str, message: str, hint: str
) -> None:
    text = EXAMPLE.replace(old, new)
    number = text[: text.index(line)].count("\n") + 1
    number -= message.endswith("has no `id`")  # the line of the table, which has no such key
    with pytest.raises(LockError) as caught:
        parse(text.encode())
    assert caught.value.message.replace(": ", " ", 1).startswith(f"steplint.lock:{number} {message}")
    assert hint in caught.value.hint


def test_a_lock_without_a_version_is_refused() -> None:
    with pytest.raises(LockError, match=r"steplint\.lock:1: `version` is missing"):
        parse(EXAMPLE.replace("version = 1\n", "").encode())


def test_a_workflow_that_is_there_twice_is_refused() -> None:
    table = '\n[[workflow]]\nid = "a"\ndialect = "inngest"\nfamily = "keyed"\n'
    with pytest.raises(LockError, match=r"steplint\.lock:9: workflow `a` is there twice, first in line 4"):
        parse(("version = 1\n" + table + table).encode())


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(LockError, match="above 16 MiB is refused"):
        parse(b"#" * (16 * 1024 * 1024 + 1))


def test_other_encodings_are_refused_with_their_line() -> None:
    with pytest.raises(LockError, match=r"steplint\.lock:2 is not UTF-8"):
        parse(b"version = 1\nid = \xff\n")
