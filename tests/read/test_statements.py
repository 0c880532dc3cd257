from __future__ import annotations

import pytest

from .given import body, cut, function, shown, statements


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1", ["assign a = 1 @0"]),
        ("a = b = g()", ["assign a = #0 @0", "assign b = #0 @0"]),
        ("a, (b, *c) = g()", ["assign a, b, *c = #0 @0"]),
        ("a, = g()", ["assign a = subscript(#0, 0) @0"]),
        ("[a] = g()", ["assign a = subscript(#0, 0) @0"]),
        ("*a, = g()", ["assign *a = #0 @0"]),
        ("row.ended_at = now()", ["assign row.ended_at = #0 @0"]),
        ("cache[key] = 1", ["assign cache[] = 1 @0"]),
        ("a.b[0].c[1] = 1", ["assign a.b[].c[] = 1 @0"]),
        ("get().x = 1", ["assign ().x = 1 @0"]),
        ("a: int = 1", ["assign a = 1 @0"]),
        ("a: int", ["assign a = ?undefined @0"]),
        ("a += b", ["augment a = b @0"]),
        ("a.n += 1", ["augment a.n = 1 @0"]),
        ("del a, b[0], c.d", ["delete a, b[], c.d = None @0"]),
        ("assert a", ["assert a @0"]),
        ("assert a, 'why'", ["assert tuple(a, 'why') @0"]),
        ("raise E from e", ["raise E @0"]),
        ("raise", ["raise None @0"]),
        ("a; b()", ["expression a @0", "expression #0 @0"]),
        ("pass", []),
        ("type A = list[int]", ["assign A = subscript(list, int) @0"]),
    ],
)
def test_a_statement_has_kind_targets_and_value(source: str, expected: list[str]) -> None:
    assert statements(body(source)) == expected


def test_an_annotation_is_kept_as_written() -> None:
    (statement,) = body("client: 'inngest.Inngest | None' = make()").statements
    assert shown(statement.annotation) == "'inngest.Inngest | None'"


def test_a_bare_return_returns_none() -> None:
    assert statements(function("def f():\n    return\n")) == ["return None @0"]


def test_a_walrus_is_an_assignment_before_the_statement_around_it() -> None:
    scope = body("g(before(), (n := h(1)), n)")
    assert statements(scope) == ["assign n = #1 @0", "expression #2 @0"]
    assert [(shown(call.callee), call.statement) for call in scope.calls] == [("before", 1), ("h", 0), ("g", 1)]


def test_a_walrus_in_a_condition_comes_before_the_head() -> None:
    scope = body("if (n := read()) and use(n): pass\n")
    assert statements(scope) == ["assign n = #0 @0", "head boolean(#0, #1) @0"]


def test_heads_say_what_they_bind() -> None:
    scope = body(
        """
        for i, row in rows(): pass
        with open(p) as f, lock: pass
        try: pass
        except (A, B) as error: pass
        """
    )
    assert [each for each in statements(scope) if each.startswith("head")] == [
        "head i, row = #0 @0",
        "head f = with(#1) @0",
        "head with(lock) @2",
        "head error = tuple(A, B) @0",
    ]


def test_the_clauses_of_a_comprehension_are_heads_before_their_statement() -> None:
    scope = body("x = [h(a, b) for a in xs() if ok(a) for b in a.parts]")
    assert statements(scope) == [
        "head a = #0 @0",
        "head #1 @1",
        "head b = a.parts @2",
        "assign x = listcomp(#2) @0",
    ]


def test_spans_of_statements_are_exact() -> None:
    source = "if a:  # why\n    x = (1 +\n         2)  ; y = 3\nelif (b\n      or c):\n    pass\n"
    scope = body(source)
    assert [cut(source, each.span) for each in scope.statements] == [
        "if a:",
        "x = (1 +\n         2)",
        "y = 3",
        "elif (b\n      or c):",
    ]
