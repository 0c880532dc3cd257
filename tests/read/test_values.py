from __future__ import annotations

import pytest

from steplint.model.value import Group, Value

from .given import body, expression, shown


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("x = 'a'", "'a'"),
        ("x = 'a' \"b\"\\\n  'c'", "'abc'"),
        ("x = r'\\d' '\\n\\x41\\101\\u00e9\\N{BULLET}'", "'\\\\d\\nAAé•'"),
        ("x = '''a\\\nb'''", "'ab'"),
        ("x = '\\d'", "'\\\\d'"),
        ("x = 12_000", "12000"),
        ("x = 0xff", "255"),
        ("x = -1", "-1"),
        ("x = -2.5", "-2.5"),
        ("x = +1", "unary(1)"),
        ("x = -y", "unary(y)"),
        ("x = None", "None"),
        ("x = True", "True"),
        ("x = ctx.step.run", "ctx.step.run"),
        ("x = (ctx).step", "ctx.step"),
        ("x = 'a'.join", "'a'.join"),
        ("x = rows[0].id.hex", "subscript(rows, 0).id.hex"),
        ("x = a, *b", "tuple(a, star(b))"),
        ("x = [a, 1]", "list(a, 1)"),
        ("x = {a, 1}", "set(a, 1)"),
        ("x = {'k': v, **rest}", "dict(pair('k', v), star(rest))"),
        ("x = a + b + c + d", "add(a, b, c, d)"),
        ("x = a + (b + c)", "add(a, add(b, c))"),
        ("x = 'n-%s' % n", "mod('n-%s', n)"),
        ("x = a - b * c", "binary(a, binary(b, c))"),
        ("x = not a", "not(a)"),
        ("x = a and b and c or d", "boolean(boolean(a, b, c), d)"),
        ("x = 1 < a <= b", "compare(1, a, b)"),
        ("x = a if t else b", "choice(t, a, b)"),
        ("x = a[1:n, ::2]", "subscript(a, slice(1, n, None), slice(None, None, 2))"),
        ("x = a[*b]", "subscript(a, star(b))"),
        ("x = [i.id for i in rows]", "listcomp(i.id)"),
        ("x = {i for i in rows}", "setcomp(i)"),
        ("x = {k: v for k, v in rows}", "dictcomp(k, v)"),
        ("x = (i for i in rows)", "generator(i)"),
        ("x = lambda: 0", "lambda:1"),
        ("x = ...", "?Ellipsis"),
        ("x = 2j", "?Imaginary"),
    ],
)
def test_an_expression_is_reduced_to_a_value(source: str, value: str) -> None:
    assert expression(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("x = f'item-{sku}'", "f'item-{}'(sku)"),
        ("x = f'{a.b}-{c!r}-{d:>5}'", "f'{}-{}-{}'(a.b, c, d)"),
        ("x = f'{a:{width}}'", "f'{}'(a)"),
        ("x = f'{a=}'", "f'a={}'(a)"),
        ("x = 'a-' f'{b}' '-c'", "f'a-{}-c'(b)"),
        ("x = f'{{}}\\n'", "'{}\\n'"),
        ("x = rf'\\d{a}'", "f'\\\\d{}'(a)"),
        ("x = f'{get(a)}'", "f'{}'(#0)"),
    ],
)
def test_an_f_string_is_a_template_with_its_holes(source: str, value: str) -> None:
    assert expression(source) == value


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"x = '{'a' * 501}'", "?text"),
        (f"x = f'{'a' * 501}{{b}}'", "?text"),
        ("x = b'bytes'", "?bytes"),
        ("x = b'a' b'b'", "?bytes"),
        (f"x = {1 << 64}", "?integer"),
        (f"x = {'9' * 5000}", "?integer"),
        (f"x = -{(1 << 63) + 1}", "?integer"),
        ("x = '\\ud800'", "?surrogate"),
        ("x = '\\N{no such character}'", "?text"),
        (f"x = {'a.' * 300}b", "?text"),
    ],
)
def test_what_a_summary_cannot_hold_is_opaque_with_a_reason(source: str, reason: str) -> None:
    assert expression(source) == reason


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (f"x = '{'a' * 500}'", repr("a" * 500)),
        (f"x = {(1 << 64) - 1}", str((1 << 64) - 1)),
        (f"x = -{1 << 63}", str(-(1 << 63))),
    ],
)
def test_the_limits_themselves_are_kept(source: str, value: str) -> None:
    assert expression(source) == value


def test_values_nest_twelve_deep() -> None:
    deepest = expression(f"x = {'[' * 20}g(){']' * 20}")
    assert deepest == f"{'list(' * 12}?depth{')' * 12}"


def test_a_path_is_as_deep_as_a_name() -> None:
    assert expression(f"x = {'[' * 11}a.b.c{']' * 11}") == f"{'list(' * 11}a.b.c{')' * 11}"
    assert expression(f"x = {'[' * 12}a.b.c{']' * 12}") == f"{'list(' * 12}?depth{')' * 12}"


def test_calls_below_the_deepest_value_are_kept() -> None:
    scope = body(f"x = {'[' * 20}g(){']' * 20}")
    assert [shown(call.callee) for call in scope.calls] == ["g"]


def test_arguments_start_counting_again() -> None:
    scope = body(f"x = {'[' * 11}g({'[' * 11}1{']' * 11}){']' * 11}")
    assert height(scope.calls[0].arguments[0].value) == 12
    assert height(scope.statements[0].value) == 12


def height(value: Value) -> int:
    return 1 + max(map(height, value.items)) if isinstance(value, Group) else 1
