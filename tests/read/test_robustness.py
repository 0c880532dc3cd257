from __future__ import annotations

import ast
import gc
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steplint.model.place import Span
from steplint.model.summary import ModuleSummary
from steplint.model.value import Group, Member, Result, Template, Value
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
            # Only arms in decorators, defaults and base classes have a head and no statement.
            assert block.head is None or block.statement >= 0 or block.kind in ("if", "else")
            assert index == 0 or scope.span.contains(block.span)
        for statement in scope.statements:
            assert 0 <= statement.block < len(scope.blocks)
            assert scope.span.contains(statement.span)
        for index, call in enumerate(scope.calls):
            assert -1 <= call.statement < len(scope.statements)
            assert 0 <= call.block < len(scope.blocks)
            assert all(call.span.contains(argument.span) for argument in call.arguments)
            assert all(result < index for part in call.arguments for result in results(part.value))
            assert all(result < index for result in results(call.callee))
        heads = [*(block.head for block in scope.blocks), *(statement.value for statement in scope.statements)]
        assert all(result < len(scope.calls) for head in heads for result in results(head))
    for found in summary.classes:
        assert summary.functions[found.body].kind == "class"


def results(value: Value | None) -> Iterator[int]:
    match value:
        case Result():
            yield value.call
        case Group():
            for each in value.items:
                yield from results(each)
        case Template():
            for each in value.parts:
                yield from results(each)
        case Member():
            yield from results(value.base)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_calls_of_a_summary_are_those_that_python_sees(package: str) -> None:
    for path in (path for path in files() if package in path.parts):
        source = path.read_text()
        if not source.isascii():
            continue  # Python counts columns in bytes
        seen = sorted(
            Span(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Call)
        )
        assert sorted(call.span for scope in summarize(source.encode()).functions for call in scope.calls) == seen, path


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
