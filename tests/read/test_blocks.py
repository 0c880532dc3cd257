from __future__ import annotations

import pytest

from .given import blocks, body, calls, cut, function


def test_arms_of_an_if_share_a_group() -> None:
    scope = body("if a: x()\nelif b(): y()\nelse: z()\n")
    assert blocks(scope) == ["body in -1, 0", "if in 0, 1: a", "if in 0, 1: #1", "else in 0, 1"]
    assert calls(scope) == ["x() dropped @1", "b() value @0", "y() dropped @2", "z() dropped @3"]


def test_the_test_of_a_while_belongs_to_its_loop_and_an_iterable_to_the_block_around() -> None:
    scope = body("while more(): pass\nfor x in rows(): pass\nelse: done()\n")
    assert blocks(scope) == ["body in -1, 0", "while in 0, 1: #0", "for in 0, 2: #1", "else in 0, 3"]
    assert calls(scope) == ["more() value @1", "rows() value @0", "done() dropped @3"]
    assert scope.statements[0].block == 1


def test_a_try_and_its_handlers_share_a_group_and_else_and_finally_do_not() -> None:
    scope = body(
        """
        try: a()
        except E as e: b()
        except: c()
        else: d()
        finally: z()
        """
    )
    assert blocks(scope) == [
        "body in -1, 0",
        "try in 0, 1",
        "except in 0, 1: E",
        "except in 0, 1",
        "else in 0, 2",
        "finally in 0, 3",
    ]
    assert scope.blocks[2].binds == ("e",)
    assert [block.statement for block in scope.blocks] == [-1, -1, 1, -1, -1, -1]


def test_items_of_a_with_nest() -> None:
    scope = function("async def f():\n    async with a() as x, b(x): c()\n")
    assert blocks(scope) == ["body in -1, 0", "with in 0, 1: with(#0)", "with in 1, 2: with(#1)"]
    assert calls(scope) == ["a() value @0", "b(x) value @1", "c() dropped @2"]
    assert [block.asynchronous for block in scope.blocks] == [False, True, True]


def test_cases_share_a_group_and_their_heads_hold_subject_and_guard() -> None:
    scope = body(
        """
        match read():
            case Point(x=0, y=[first, *rest]) as p if ok(p): a()
            case {"k": v, **others} | v: b()
            case Color.RED | None: c()
            case _: d()
        """
    )
    assert blocks(scope) == [
        "body in -1, 0",
        "case in 0, 1: case(#0, #1)",
        "case in 0, 1: case(#0, None)",
        "case in 0, 1: case(#0, None)",
        "case in 0, 1: case(#0, None)",
    ]
    assert [block.binds for block in scope.blocks[1:]] == [("first", "*rest", "p"), ("v", "**others"), (), ()]


def test_arms_of_a_conditional_expression_are_blocks() -> None:
    scope = body("x = a() if t() else b()")
    assert blocks(scope) == ["body in -1, 0", "if in 0, 1: #0", "else in 0, 1"]
    assert calls(scope) == ["t() value @0", "a() value @1", "b() value @2"]
    assert [block.statement for block in scope.blocks] == [-1, 0, 0]


def test_an_arm_in_a_decorator_has_no_statement() -> None:
    scope = body("@a(b() or c())\ndef f(x=d() if e else g()): ...\n")
    assert blocks(scope) == ["body in -1, 0", "else in 0, 1: #0", "if in 0, 2: e", "else in 0, 2"]
    assert {block.statement for block in scope.blocks} == {-1}


def test_arms_without_calls_are_no_blocks() -> None:
    assert blocks(body("x = a if t() else b or c")) == ["body in -1, 0"]


def test_operands_nest_in_the_arms_of_those_before_them() -> None:
    source = "a() and b and c() or d()"
    scope = body(source)
    assert blocks(scope) == ["body in -1, 0", "if in 0, 1: #0", "if in 1, 2: b", "else in 0, 3: boolean(#0, b, #1)"]
    assert calls(scope) == ["a() value @0", "c() value @2", "d() value @3"]
    assert [cut(source, block.span) for block in scope.blocks[1:]] == ["b and c()", "c()", "d()"]


def test_clauses_of_a_comprehension_nest() -> None:
    scope = function("async def f():\n    return {k(a): b async for a in xs() if a for b in ys(a)}\n")
    assert blocks(scope) == [
        "body in -1, 0 -> return",
        "comprehension in 0, 1: #0",
        "if in 1, 2: a",
        "comprehension in 2, 3: #1",
    ]
    assert calls(scope) == ["xs() value @0", "ys(a) value @2", "k(a) value @3"]
    assert [block.binds for block in scope.blocks] == [(), ("a",), (), ("b",)]
    assert [block.asynchronous for block in scope.blocks] == [False, True, False, False]


def test_a_block_spans_its_own_arm() -> None:
    source = "if a:\n    x\nelse:  # no\n    y\nfor i in z:\n    try:\n        q\n    finally:\n        r\n"
    spans = [cut(source, block.span) for block in body(source).blocks[1:]]
    assert spans == [
        "if a:\n    x",
        "else:  # no\n    y",
        "for i in z:\n    try:\n        q\n    finally:\n        r",
        "try:\n        q",
        "finally:\n        r",
    ]


@pytest.mark.parametrize(
    ("statements", "leaves"),
    [
        (["return 1"], "return"),
        (["raise E"], "raise"),
        (["pass"], ""),
        (["if a: return", "else: raise E"], "return"),
        (["if a: return"], ""),
        (["if a: raise E", "elif b: raise F", "else: raise G"], "raise"),
        (["try: return 1", "except E: raise"], "return"),
        (["try: g()", "except E: raise"], ""),
        (["try: g()", "except E: raise", "else: return 1"], "return"),
        (["try: g()", "finally: return 1"], "return"),
        (["with a: return 1"], "return"),
        (["with a: raise E"], "raise"),
        (["with suppress(E): raise E"], ""),
        (["match a:", "  case 1: return", "  case _: raise E"], "return"),
        (["match a:", "  case 1: return", "  case x if x: return"], ""),
        (["match a:", "  case int() | x: return"], "return"),
        (["while True: return"], "return"),
        (["while True:", "  if a: break", "  return"], ""),
        (["while a: return"], ""),
        (["for x in a: return"], ""),
        (["for x in a: pass", "else: return"], "return"),
        (["for x in a: break", "else: return"], ""),
        (["assert False"], "raise"),
        (["return 1", "raise E"], "return"),
    ],
)
def test_how_every_path_through_a_body_ends(statements: list[str], leaves: str) -> None:
    scope = function("def f():\n" + "".join(f"    {each}\n" for each in statements))
    assert scope.blocks[0].leaves == leaves


@pytest.mark.parametrize(
    ("statements", "leaves"),
    [
        (["continue"], "continue"),
        (["break"], "break"),
        (["if a: continue", "else: break"], "continue"),
        (["if a: continue", "else: return"], "continue"),
        (["if a: break", "else: raise E"], "break"),
    ],
)
def test_how_every_path_through_a_turn_ends(statements: list[str], leaves: str) -> None:
    scope = function("def f():\n    for x in y:\n" + "".join(f"        {each}\n" for each in statements))
    assert scope.blocks[1].leaves == leaves
    assert scope.blocks[0].leaves == ""
