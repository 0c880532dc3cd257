from __future__ import annotations

import pytest

from .given import body, called, calls, cut, function, shown


def test_receiver_and_arguments_come_before_their_call() -> None:
    scope = body("outer(first(), key=second()).then(third())")
    assert [called(call) for call in scope.calls] == [
        "first()",
        "second()",
        "outer(#0, key=#1)",
        "third()",
        "#2.then(#3)",
    ]


def test_unpacked_arguments_are_marked() -> None:
    assert [called(call) for call in body("f(a, *b, k=c, **d)").calls] == ["f(a, *b, k=c, **d)"]


@pytest.mark.parametrize(
    ("statement", "consumed"),
    [
        ("g()", "dropped"),
        ("(g())", "dropped"),
        ("await g()", "await"),
        ("await (g())", "await"),
        ("x = await g()", "await"),
        ("yield g()", "yield"),
        ("x = yield (g())", "yield"),
        ("x = g()", "value"),
        ("return g()", "value"),
        ("x or g()", "value"),
        ("[g()]", "value"),
        ("await asyncio.sleep(0) if x else g()", "value"),
    ],
)
def test_how_a_call_is_consumed(statement: str, consumed: str) -> None:
    scope = function(f"async def f():\n    {statement}\n")
    assert scope.calls[-1].consumed == consumed


def test_yield_from_consumes_by_yield() -> None:
    scope = function("def f():\n    yield from g()\n")
    assert calls(scope) == ["g() yield @0"]
    assert scope.generator


def test_a_call_of_a_call_is_the_result_of_a_number() -> None:
    scope = body("make(1)(2).run(3)")
    assert [called(call) for call in scope.calls] == ["make(1)", "#0(2)", "#1.run(3)"]


def test_a_call_belongs_to_its_statement() -> None:
    scope = body("a = f()\ng(h())\n")
    assert [call.statement for call in scope.calls] == [0, 1, 1]


def test_calls_of_definitions_belong_to_the_scope_around_without_a_statement() -> None:
    scope = body(
        """
        before()
        @decorate(make())
        def f(a=default(), *, b: note() = 1) -> result(): ...
        class C(base(), metaclass=meta()): ...
        after()
        """
    )
    assert [(shown(call.callee), call.statement) for call in scope.calls] == [
        ("before", 0),
        ("make", -1),
        ("decorate", -1),
        ("default", -1),
        ("note", -1),
        ("result", -1),
        ("base", -1),
        ("meta", -1),
        ("after", 1),
    ]


def test_spans_of_calls_and_arguments_are_exact() -> None:
    source = "x = (a.run(\n    'é', key = b,  # comment\n    *rest\n))\n"
    (call,) = body(source).calls
    assert cut(source, call.span) == "a.run(\n    'é', key = b,  # comment\n    *rest\n)"
    assert [cut(source, each.span) for each in call.arguments] == ["'é'", "key = b", "*rest"]
