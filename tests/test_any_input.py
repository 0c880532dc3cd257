"""Any text is analyzed or named as unreadable: damaged files, and legal code that no one would write."""

from __future__ import annotations

import ast
import random
import re
import time
from collections.abc import Mapping
from textwrap import indent

import pytest

from steplint.testing import check_source
from tests.corpus import cases, parsed

HEAD = """\
import inngest

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
"""


def flow(body: str, before: str = "") -> dict[str, str]:
    """Return a module with one workflow, below other code."""
    return {"shop.py": before + HEAD + indent(body.lstrip("\n"), "    ")}


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_never_crashes(seed: int) -> None:
    draw = random.Random(seed)
    names = sorted(parsed())
    for _ in range(4):
        case = cases()[draw.choice(names)]
        files = {path: _damaged(text, draw) if path.endswith(".py") else text for path, text in case.files.items()}
        case.check(files)


def _damaged(text: str, draw: random.Random) -> str:
    """Return a text that was cut, in which lines were moved, or in which words took the place of others."""
    lines = text.split("\n")
    match draw.randrange(6):
        case 0:
            return text[: draw.randrange(len(text) + 1)]
        case 1:
            at = draw.randrange(len(lines))
            return "\n".join(lines[:at] + lines[at + draw.randint(1, 3) :])
        case 2:
            draw.shuffle(lines)
            return "\n".join(lines)
        case 3:
            words = re.findall(r"[A-Za-z_]\w*", text)
            return re.sub(r"[A-Za-z_]\w*", lambda each: draw.choice(words) if draw.random() < 0.05 else each[0], text)
        case 4:
            tree = ast.parse(text)
            _shuffled(tree, draw)
            return ast.unparse(tree)
        case _:
            junk = "".join(chr(draw.choice((9, 10, 34, 35, 39, 40, 91, 92, 123, 0, 228, 0x1F600))) for _ in range(5))
            at = draw.randrange(len(text) + 1)
            return text[:at] + junk + text[at:]


def _shuffled(tree: ast.Module, draw: random.Random) -> None:
    """Exchange expressions of a module with each other, so that it still parses."""
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    values = [each for each in ast.walk(tree) if isinstance(each, (ast.Constant, ast.Name, ast.Lambda, ast.Call))]
    values = [each for each in values if not isinstance(getattr(each, "ctx", None), (ast.Store, ast.Del))]
    for each in calls:
        if each.args and draw.random() < 0.3:
            other = draw.choice(values)
            if not any(inner is each for inner in ast.walk(other)):
                each.args[draw.randrange(len(each.args))] = other


SUM = "".join(f"value_{n} = value_{n - 1} + helper({n})\n" for n in range(1, 10_000))
HELPER = "import time\n\n\ndef helper(n):\n    return n\n\n\n"
ODD: dict[str, Mapping[str, str]] = {
    "recursion": flow(
        """
await ctx.step.run("a-b", again, 3)
again(4)
""",
        """
def again(n):
    return again(n - 1) if n else 0
""",
    ),
    "mutual recursion": flow(
        """
if ping(3):
    await ctx.step.run("a-b", ping, 3)
""",
        """
import time

def ping(n):
    return pong(n)

def pong(n):
    return ping(n) or time.time()
""",
    ),
    "recursion that grows": flow(
        """await ctx.step.run("a-b", grow, [])""",
        """
def grow(x):
    return grow([x, x, lambda: grow(x)])
""",
    ),
    "a helper that calls itself with the context": flow(
        """await descend(ctx, 3)""",
        """
async def descend(ctx, n):
    await ctx.step.run(f"level-{n}", print)
    await descend(ctx, n - 1)
""",
    ),
    "an import cycle": {
        "one.py": "from two import *\nfrom two import second\nfirst = second\n",
        "two.py": "from one import *\nfrom one import first\nsecond = first\n",
        **flow("await ctx.step.run('a-b', first)\nsecond()", "from one import first, second\n"),
    },
    "a module that imports itself": flow(
        """await ctx.step.run("a-b", order)""",
        """
from shop import *
import shop
""",
    ),
    "shadowed builtins": flow(
        """
list = str = dict = sorted = print
for each in sorted(set(list)):
    await ctx.step.run(str(each), dict)
""",
        """
def print(*a):
    return print

def set(x):
    return x

len = None
""",
    ),
    "monkey-patching": flow(
        """
time.time = lambda: 4
ctx.step.run = print
ctx = None
if time.time() > 3:
    await ctx.step.run("a-b", print)
""",
        """
import time, random
random.random = time.time
globals()["x"] = 1
""",
    ),
    "decorators that return other things": flow(
        """
await ctx.step.run("a-b", work)
work.something()[0](1)
Other.run(ctx)
""",
        """
import functools

def five(f):
    return 5

def made(f):
    class A:
        run = f
    return A

@five
@functools.wraps(five)
def work(): ...

@made
def Other(ctx): ...

@(lambda f: f)
def plain(): ...
""",
    ),
    "inheritance in a circle": flow(
        """await ctx.step.run("a-b", B().go)""",
        """
class A(B):
    pass

class B(A):
    x = y
    y = x
""",
    ),
    "aliases in a circle": flow(
        """
a = b
b = a
await ctx.step.run(c, d)
c = d = c
""",
        """
c = d
d = c
""",
    ),
    "many branches": flow(
        "".join(f"if ctx.event.data[{n}]:\n    await ctx.step.run('step-{n}-x', print)\n" for n in range(400))
    ),
    "deep nesting": flow(
        "".join(f"{'    ' * n}for i{n} in range(2):\n" for n in range(15))
        + "    " * 15
        + "await ctx.step.run(f'item-{i14}', lambda: i1)"
    ),
    "many functions that call each other": flow(
        "f0()\nawait ctx.step.run('a-b', f1)",
        "".join(
            f"def f{n}():\n    f{(n + 1) % 300}(); f{(n * 7) % 300}(); f{(n * 13) % 300}()\n\n" for n in range(300)
        ),
    ),
    "a function of 10,000 lines": flow(
        """
await ctx.step.run("a-b", long, 1)
if long(1) > 4:
    await ctx.step.run("b-c", print)
""",
        f"{HELPER}def long(value_0):\n{indent(SUM, '    ')}    return value_9999 + time.time()\n\n\n",
    ),
    "a workflow of 10,000 lines": flow(f"value_0 = 1\n{SUM}await ctx.step.run('a-b', print, value_9999)", HELPER),
    "no code": {"shop.py": "", "inngest.py": "", "__init__.py": "\n"},
    "a package with the name of the SDK": {
        "inngest/__init__.py": "class Inngest:\n    def __init__(self, app_id): ...\n",
        **flow("await ctx.step.run('a-b', print)"),
    },
}


@pytest.mark.parametrize("name", ODD)
def test_odd_code_ends_in_bounded_time_without_a_crash(name: str) -> None:
    start = time.process_time()
    result = check_source(ODD[name], rules=("ALL",))
    assert result.errors == ()
    assert time.process_time() - start < 10
    assert "unparsable-file" not in [each.rule.name for each in result.findings], "the text of this test is wrong"


@pytest.mark.parametrize("name", ["a function of 10,000 lines", "mutual recursion"])
def test_a_clock_behind_odd_code_is_still_found(name: str) -> None:
    assert ("SL101", "error") in [(each.rule.code, each.severity) for each in check_source(ODD[name]).findings]


def test_functions_that_take_the_name_of_another_are_what_they_are() -> None:
    body = "if time() > 5:\n    await ctx.step.run('send-mail', print)"
    assert check_source(flow(body, "def time():\n    return 4\n")).findings == ()
    assert check_source(flow(body, "from time import time\n")).findings != ()
