from __future__ import annotations

import gc
import importlib.util
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steplint.model.summary import ModuleSummary
from steplint.read.module import summarize

PACKAGES = ("click", "rich", "libcst", "hypothesis", "msgspec", "_pytest")

SEED = b'''# -*- coding: utf-8 -*-
"""Doc."""
import inngest, a.b as c
from .m import (f as g, *)  # steplint: ignore[x] -- y
@client.create_function(fn_id=f"item-{sku!r:>{w}}", retries=-1)
async def place(ctx: "inngest.Context", *args, n=default(), **kw) -> None:
    global total; nonlocal_ = 1
    async with a() as b, c: total += await ctx.step.run("a" 'b', lambda: g(ctx), *args)
    for i, (row, *rest) in enumerate(rows): yield [h(x) for x in rows if x for y in x]
    while (n := read()) and n: break
    else: pass
    try: x[0].y, z = {1: 2, **d}, {3}
    except* (A, B) as e: raise E from e
    finally: del x, y[0]
    match p:
        case Point(x=0, y=[1, *_]) | {"k": v, **r} if v: return a if b else c
class C(Base, metaclass=M): x: int = 0xff + 1_000 % 2 if a[1:2, ...] else 2j
'''


def files() -> list[Path]:
    found: list[Path] = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        for folder in spec.submodule_search_locations or ():
            found.extend(sorted(Path(folder).rglob("*.py"))[::3])
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_real_packages_are_read_and_their_summaries_survive_storage(package: str) -> None:
    some = [path for path in files() if package in path.parts]
    assert some
    for path in some:
        summary = summarize(path.read_bytes())
        assert summary.problem is None, path
        consistent(summary)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(summary), type=ModuleSummary) == summary


def consistent(summary: ModuleSummary) -> None:
    """Check what every summary promises: indices point where they should, spans lie within each other."""
    for number, scope in enumerate(summary.functions):
        assert scope.parent < number
        assert scope.blocks[0].parent == -1
        for index, block in enumerate(scope.blocks):
            assert block.parent < index
            assert -1 <= block.statement < len(scope.statements)
            assert block.head is None or block.statement >= 0
            assert index == 0 or scope.span.contains(block.span)
        for statement in scope.statements:
            assert 0 <= statement.block < len(scope.blocks)
            assert scope.span.contains(statement.span)
        for call in scope.calls:
            assert -1 <= call.statement < len(scope.statements)
            assert 0 <= call.block < len(scope.blocks)
            assert all(call.span.contains(argument.span) for argument in call.arguments)
        order = [call.statement for call in scope.calls if call.statement >= 0]
        assert set(order) <= set(range(len(scope.statements)))
    for found in summary.classes:
        assert summary.functions[found.body].kind == "class"


@given(st.integers(0, len(SEED)))
@settings(max_examples=150, deadline=None)
def test_a_truncated_file_is_a_summary_or_a_problem(end: int) -> None:
    summarize(SEED[:end])


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SEED)),
            st.integers(0, 6),
            st.one_of(st.sampled_from([bytes([each]) for each in range(256)]), st.binary(max_size=4)),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=300, deadline=None)
def test_a_damaged_file_is_a_summary_or_a_problem(edits: list[tuple[int, int, bytes]]) -> None:
    source = SEED
    for start, length, piece in edits:
        source = source[:start] + piece + source[start + length :]
    summary = summarize(source)
    consistent(summary)
    msgspec.msgpack.decode(msgspec.msgpack.encode(summary), type=ModuleSummary)


LINES = SEED.splitlines(keepends=True)


@given(
    st.lists(
        st.sampled_from([*LINES, b"    ", b"\t", b"\\\n", b"\f", b"\r", b"(", b")", b"'", b'"""', b"f'{"]), max_size=12
    )
)
@settings(max_examples=300, deadline=None)
def test_lines_in_any_order_are_a_summary_or_a_problem(lines: list[bytes]) -> None:
    summary = summarize(b"".join(lines))
    consistent(summary)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_summary_or_a_problem(source: bytes) -> None:
    summarize(source)


def test_equal_bytes_have_equal_summaries() -> None:
    assert msgspec.msgpack.encode(summarize(SEED)) == msgspec.msgpack.encode(summarize(SEED))


def test_reading_leaves_nothing_behind() -> None:
    source = b"def f(a):\n    return [g(x) for x in a if x]\n" * 200
    summarize(source)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(3):
            summarize(source)
        after = len(gc.get_objects())
    finally:
        gc.enable()
    assert after - before < 1_000
    assert sys.getrecursionlimit() < 100_000
