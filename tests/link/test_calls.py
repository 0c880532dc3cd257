"""What a call runs: partials, threads, methods of a class and of its base, properties, factories of functions."""

from __future__ import annotations

import pytest

from .given import body, effects, flow, labels, sources

CLOCK = "import time\ndef clock():\n    return time.time()\n"
BASE = "class Watch:\n    def read(self):\n        return clock()\n"
DECIDES = "if {}:\n    await ctx.step.run('send-mail', print)"


@pytest.mark.parametrize(
    ("called", "before"),
    [
        ("clock()", ""),
        ("functools.partial(clock)()", "import functools\n"),
        ("await asyncio.to_thread(clock)", "import asyncio\n"),
        ("(lambda: clock())()", ""),
        ("made()()", "def made():\n    return clock\n"),
        ("made()()", "def made():\n    def inner():\n        return clock()\n    return inner\n"),
        ("Watch().read()", "class Watch:\n    def read(self):\n        return clock()\n"),
        ("Watch.read()", "class Watch:\n    @staticmethod\n    def read():\n        return clock()\n"),
        ("Watch.read()", "class Watch:\n    @classmethod\n    def read(cls):\n        return clock()\n"),
        ("Watch().now", "class Watch:\n    @property\n    def now(self):\n        return clock()\n"),
        ("Better().read()", BASE + "class Better(Watch): ...\n"),
        (
            "Better().read()",
            BASE + "class Better(Watch):\n    def read(self):\n        return super().read() + 1\n",
        ),
        ("wrapped()", "def same(f):\n    return f\n@same\ndef wrapped():\n    return clock()\n"),
        ("max(clock(), 3)", ""),
        ("[clock() for _ in range(3)][0]", ""),
        ("watch.read()", "class Watch:\n    def read(self):\n        return clock()\nwatch = Watch()\n"),
    ],
)
def test_a_clock_is_found_however_it_is_called(called: str, before: str) -> None:
    found = flow(DECIDES.format(f"{called} > 5"), CLOCK + before)
    assert sources(found).get("time.time") == {"control"}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("charge", "flows:charge"),
        ("lambda: charge()", "flows:order.<lambda>"),
        ("functools.partial(charge, 3)", "flows:charge"),
        ("Shop().charge", "flows:Shop.charge"),
        ("Shop.still", "flows:Shop.still"),
        ("shop.charge", "flows:Shop.charge"),
        ("made()", "flows:made.inner"),
    ],
)
def test_what_a_step_runs_has_a_name_and_its_effects(given: str, name: str) -> None:
    before = """
        import functools
        import httpx

        def charge(n=1):
            httpx.post("https://pay.example", json={"n": n})

        class Shop:
            def charge(self):
                charge()

            @staticmethod
            def still():
                charge()

        shop = Shop()

        def made():
            def inner():
                charge()
            return inner
    """
    found = flow(f"await ctx.step.run('charge-card', {given})", before)
    assert (body(found, "charge-card").name.replace(".<locals>", ""), body(found, "charge-card").resolved) == (
        name,
        True,
    )
    assert set(effects(found, "charge-card")) == {"httpx.post"}


def test_a_callable_that_is_computed_is_unresolved_and_never_guessed() -> None:
    found = flow("await ctx.step.run('charge-card', ctx.event.data['f'])")
    assert (body(found, "charge-card").resolved, body(found, "charge-card").effects) == (False, ())


def test_a_helper_that_receives_the_context_gives_its_steps_to_the_workflow() -> None:
    before = """
        async def notify(step, name):
            await step.run(f"notify-{name}", print)

        async def both(ctx):
            await notify(ctx.step, "buyer")
            await notify(ctx.step, "seller")
    """
    found = flow("await ctx.step.run('load-cart', print)\nawait both(ctx)", before)
    assert labels(found) == ["load-cart", "notify-buyer", "notify-seller"]


def test_a_step_handed_on_through_a_method_keeps_its_place() -> None:
    before = """
        class Mailer:
            def __init__(self, step):
                self.step = step

            async def send(self):
                await self.step.run("send-mail", print)
    """
    assert labels(flow("await Mailer(ctx.step).send()", before)) == ["send-mail"]
