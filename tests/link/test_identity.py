"""The identity of a step: literals, constants wherever they stand, and templates however they are written."""

from __future__ import annotations

import pytest

from .given import flow, labels


@pytest.mark.parametrize(
    ("written", "before"),
    [
        ("'load-cart'", ""),
        ("'load' '-cart'", ""),
        ("'load-' + 'cart'", ""),
        ("f'load-{PART}'", "PART = 'cart'\n"),
        ("f'{PREFIX}-cart'", "PREFIX = 'load'\n"),
        ("'load-%s' % PART", "PART = 'cart'\n"),
        ("'load-{}'.format(PART)", "PART = 'cart'\n"),
        ("NAME", "NAME = 'load-cart'\n"),
        ("Names.LOAD", "class Names:\n    LOAD = 'load-cart'\n"),
        ("Names.LOAD", "import enum\nclass Names(str, enum.Enum):\n    LOAD = 'load-cart'\n"),
        ("Names.LOAD.value", "import enum\nclass Names(enum.Enum):\n    LOAD = 'load-cart'\n"),
        ("OTHER", "NAME = 'load-cart'\nOTHER = NAME\n"),
        ("ids.LOAD", "import ids\n"),
        ("LOAD", "from ids import LOAD\n"),
        ("'LOAD-CART'.lower()", ""),
    ],
)
def test_an_id_that_is_constant_is_read(written: str, before: str) -> None:
    assert labels(flow(f"await ctx.step.run({written}, print)", before, ids="LOAD = 'load-cart'\n")) == ["load-cart"]


def test_an_id_that_a_local_variable_holds_is_read() -> None:
    assert labels(flow("name = 'load-cart'\nawait ctx.step.run(name, print)")) == ["load-cart"]


def test_an_id_given_by_keyword_is_read() -> None:
    assert labels(flow("await ctx.step.run(step_id='load-cart', handler=print)")) == ["load-cart"]


def test_an_id_that_a_helper_passes_on_is_read_for_each_call() -> None:
    before = "async def load(ctx, what):\n    await ctx.step.run('load-' + what, print)\n"
    assert labels(flow("await load(ctx, 'cart')\nawait load(ctx, 'user')", before)) == ["load-cart", "load-user"]


@pytest.mark.parametrize(
    "written",
    [
        "f'load-{sku}'",
        "'load-' + sku",
        "'load-%s' % sku",
        "'load-{}'.format(sku)",
        "f'load-{str(sku)}'",
        "f'load-{sku:>4}'",
    ],
)
def test_what_varies_is_a_hole_of_a_template(written: str) -> None:
    body = f"for sku in ctx.event.data['skus']:\n    await ctx.step.run({written}, print)"
    found = flow(body)
    assert labels(found) == ["load-{}"]
    assert (found.steps[0].times, [each.kind for each in found.steps[0].id_parts]) == ("many", ["element"])


def test_an_id_without_any_text_is_unknown() -> None:
    found = flow("await ctx.step.run(ctx.event.data['id'], print)")
    assert (found.steps[0].id, found.steps[0].template) == (None, None)


def test_two_values_that_exclude_each_other_are_no_constant() -> None:
    found = flow("name = 'load-cart'\nif ctx.event.data['x']:\n    name = 'load-user'\nawait ctx.step.run(name, print)")
    assert found.steps[0].id is None


def test_uses_of_one_id_are_counted() -> None:
    found = flow("await ctx.step.run('load-cart', print)\nawait ctx.step.run('load-cart', print)")
    assert [each.occurrence for each in found.steps] == [0, 1]
