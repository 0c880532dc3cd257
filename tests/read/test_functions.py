from __future__ import annotations

import pytest

from .given import cut, function, named, read, shown, statements


def test_names_are_qualified_and_lambdas_have_ordinals() -> None:
    summary = read(
        """
        top = lambda: 0
        class Orders:
            key = lambda self: 1
            async def ship(self):
                def charge():
                    return lambda: (lambda: 2)
                class Inner: ...
                return (lambda: 3), lambda: 4
        """
    )
    assert [(each.name, each.kind, each.parent) for each in summary.functions] == [
        ("<module>", "module", -1),
        ("<lambda>", "lambda", 0),
        ("Orders", "class", 0),
        ("Orders.<lambda>", "lambda", 2),
        ("Orders.ship", "async", 2),
        ("Orders.ship.<locals>.charge", "function", 4),
        ("Orders.ship.<locals>.charge.<lambda>", "lambda", 5),
        ("Orders.ship.<locals>.charge.<lambda>.<lambda>", "lambda", 6),
        ("Orders.ship.<locals>.Inner", "class", 4),
        ("Orders.ship.<lambda>", "lambda", 4),
        ("Orders.ship.<lambda>#2", "lambda", 4),
    ]


def test_parameters_have_kinds_annotations_and_defaults() -> None:
    scope = function("def f(a, /, b: int = 1, *args: str, c=d, **kw) -> Result[int]: ...")
    assert [(each.name, each.kind, shown(each.annotation), shown(each.default)) for each in scope.parameters] == [
        ("a", "positional", "-", "-"),
        ("b", "normal", "int", "1"),
        ("args", "variadic", "str", "-"),
        ("c", "keyword", "-", "d"),
        ("kw", "keywords", "-", "-"),
    ]
    assert shown(scope.returns) == "subscript(Result, int)"


def test_a_bare_star_separates_keywords() -> None:
    assert [each.kind for each in function("def f(a, *, b): ...").parameters] == ["normal", "keyword"]


def test_a_lambda_returns_its_body() -> None:
    summary = read("x = lambda a, b=1: a.run(b)")
    assert statements(summary.functions[1]) == ["return #0 @0"]
    assert [each.name for each in summary.functions[1].parameters] == ["a", "b"]


def test_decorators_are_names_or_results_of_the_scope_around() -> None:
    source = "@plain\n@client.create(fn_id='x')\nasync def f(): ...\n"
    scope = function(source)
    assert [(shown(each.value), cut(source, each.span)) for each in scope.decorators] == [
        ("plain", "@plain"),
        ("#0", "@client.create(fn_id='x')"),
    ]


def test_a_function_spans_from_def_to_its_last_statement() -> None:
    source = "@d\nasync  def  f (a):\n    return 1\n    # after\n\nx = 1\n"
    scope = function(source)
    assert cut(source, scope.span) == "async  def  f (a):\n    return 1"
    assert cut(source, scope.name_span) == "f"
    assert (scope.name_span.line, scope.name_span.column) == (2, 12)


def test_the_name_of_a_function_called_like_its_keyword_is_found() -> None:
    source = "def  de(d, e): ...\nclass  a: ...\n"
    assert [each.name_span.column for each in read(source).functions[1:]] == [5, 7]


def test_a_class_has_bases_decorators_and_a_body() -> None:
    source = "@register(1)\nclass Orders(Base, make(), *mixins, metaclass=Meta):\n    limit: int = 3\n"
    (found,) = read(source).classes
    assert found.name == "Orders"
    assert [shown(each) for each in found.bases] == ["Base", "#1", "mixins"]
    assert [shown(each.value) for each in found.decorators] == ["#0"]
    assert statements(read(source).functions[found.body]) == ["assign limit = 3 @0"]
    assert cut(source, found.span) == "class Orders(Base, make(), *mixins, metaclass=Meta):\n    limit: int = 3"


@pytest.mark.parametrize(
    ("source", "free"),
    [
        ("x = 1\ndef f(): return x", ["x"]),
        ("def f(): return x\nx = 1", ["x"]),
        ("def f(): return len(x)", []),
        ("x = 1\ndef f(x): return x", []),
        ("x = 1\ndef f():\n    x = 2\n    return x", []),
        ("x = 1\ndef f(): x.n = 2", ["x"]),
        ("x = 1\ndef f(): x[0] = 2", ["x"]),
        ("x = 1\ndef f(): x += 2", []),
        ("x = 1\ndef f():\n    global x\n    x += 2", ["x"]),
        ("import x\ndef f(): return x.y", ["x"]),
        ("def g(): ...\ndef f(): g()", ["g"]),
        ("x = 1\ndef f(): return [x for x in range(3)]", []),
        ("x = 1\ndef f(): return [y for y in x]", ["x"]),
        ("x = 1\ndef f():\n    def inner(): return x", ["x"]),
        ("x = 1\ndef f():\n    for x in range(3): ...", []),
        ("x = 1\ndef f():\n    with a as x: x", []),
        ("x = 1\ndef f():\n    try: ...\n    except E as x: x", []),
        ("x = 1\ndef f():\n    match 1:\n        case x: x", []),
        ("x = 1\ndef f():\n    import x", []),
        ("x = 1\ndef f(): return (x := 2)", []),
        ("x = 1\ndef f(): y: x = 2", []),
        ("class C:\n    x = 1\n    def f(self): return x", []),
        ("x = 0\nclass C:\n    x = 1\n    def f(self): return x", ["x"]),
    ],
)
def test_free_names_come_from_a_scope_around(source: str, free: list[str]) -> None:
    (found,) = [each for each in read(source).functions if each.name in ("f", "C.f")]
    assert list(found.free) == free


def test_a_lambda_captures_variables_of_loops_and_comprehensions() -> None:
    summary = read(
        """
        def f(rows):
            for row in rows:
                run(lambda: row.id)
            return [run(lambda: (item, rows)) for item in rows]
        """
    )
    assert named(summary, "f.<lambda>").free == ("row",)
    assert named(summary, "f.<lambda>#2").free == ("item", "rows")
    assert named(summary, "f").free == ()


def test_rebinds_are_names_declared_global_or_nonlocal() -> None:
    summary = read(
        """
        def f():
            n = 0
            def g():
                nonlocal n
                global total
                n = total = 1
        """
    )
    inner = named(summary, "f.<locals>.g")
    assert inner.rebinds == ("n", "total")
    assert named(summary, "f").rebinds == ()


def test_a_yield_makes_a_generator_but_not_of_the_function_around() -> None:
    summary = read("def f():\n    def g(): yield\n    return lambda: (yield 1)\n")
    assert [each.generator for each in summary.functions] == [False, False, True, True]


def test_imports_are_kept_as_written() -> None:
    summary = read(
        """
        import a.b, c.d as e
        from .m import f as g, h
        from .. import i
        from n.o import *
        def f():
            if x:
                import p
        """
    )
    assert [(each.local, each.module, each.name, each.level) for each in summary.imports] == [
        ("a", "a.b", "", 0),
        ("e", "c.d", "", 0),
        ("g", "m", "f", 1),
        ("h", "m", "h", 1),
        ("i", "", "i", 2),
        ("*", "n.o", "*", 0),
        ("p", "p", "", 0),
    ]
    assert (summary.imports[-1].function, summary.imports[-1].block) == (1, 1)
    assert summary.imports[1].span.column == 12


BODY = """
def f(order, rate):
    '''Charge.'''
    total = order.total * rate
    return run(lambda: send(total, [row.id for row in order.rows if row], note=f"{order.id}"))
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'''Charge.'''", "'''Charge the order.'''"),
        ("    '''Charge.'''\n", ""),
        ("order.total * rate", "( order.total\n      * rate )  # comment"),
        ('f"{order.id}"', "f'{order.id}'"),
        ("total", "amount"),
        ("row", "line"),
        ("order", "purchase"),
        ("def f(order, rate)", "async def f(order, rate: float = default())"),
        ("note=f", "note  =  f"),
    ],
)
def test_a_fingerprint_ignores_layout_comments_docstring_and_local_names(before: str, after: str) -> None:
    changed = BODY.replace(before, after).replace(".amount", ".total").replace(".lines", ".rows")
    assert function(changed).fingerprint == function(BODY).fingerprint


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("* rate", "/ rate"),
        ("order.total", "order.price"),
        ("send", "post"),
        ("note", "memo"),
        ("{order.id}", "{order.id!r}"),
        ("{order.id}", "{order.id}!"),
        ("* rate", "* order"),
        ("return run", "run"),
        ("lambda: send", "lambda: not send"),
    ],
)
def test_a_fingerprint_changes_with_what_the_body_does(before: str, after: str) -> None:
    assert function(BODY.replace(before, after)).fingerprint != function(BODY).fingerprint


def test_a_fingerprint_has_sixteen_digits() -> None:
    assert len(function(BODY).fingerprint) == 16
    assert int(function(BODY).fingerprint, 16)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("if a:\n        b()\n    c()", "if a:\n        b()\n        c()"),
        ("a < b", "a > b"),
        ("a and b", "a or b"),
        ("a[1:]", "a[:1]"),
        ("a += 1", "a -= 1"),
        ("x = 1", "y: int = 2"),
        ("a(b)", "a(*b)"),
        ("a((b, c))", "a(b, c)"),
        ("import a.b", "import a.c"),
        ("break", "continue"),
        ("yield a", "yield from a"),
        (f"x = '{'a' * 600}'", f"x = '{'b' * 600}'"),
        ("match a:\n        case 1: ...", "match a:\n        case 2: ..."),
    ],
)
def test_different_bodies_have_different_fingerprints(one: str, other: str) -> None:
    first, second = (function(f"def f(a, b, c):\n  while a:\n    {each}\n") for each in (one, other))
    assert first.fingerprint != second.fingerprint


def test_the_layout_of_a_file_is_known_to_edits() -> None:
    layout = read("'''Doc.'''\r\nfrom __future__ import annotations\r\n\r\nimport a\r\n\r\nif a:\r\n  b\r\n").layout
    assert (layout.newline, layout.indent, layout.import_line) == ("\r\n", "  ", 5)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("", 1),
        ("# only a comment\n", 2),
        ("#!/usr/bin/env python\n# header\n\nx = 1\n", 4),
        ("'''Doc.'''\nx = 1\n", 2),
        ("'''Doc.\n'''\n\nimport a\nfrom b import (\n    c,\n)\nx = 1\nimport d\n", 8),
    ],
)
def test_an_import_goes_below_the_first_imports(source: str, line: int) -> None:
    assert read(source).layout.import_line == line
