"""Seconds from an edit in an editor to the diagnostics, through a real server process.

    python benchmarks/editor.py            a project of one file with 500 lines
    python benchmarks/editor.py 10         and ten more modules of 200 lines

Needs the extra `lsp` and `pytest-lsp`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lsp.client import editor
from tests.lsp.projects import project

EDITS = 20
HEAD = """\
import random

import httpx
import inngest

client = inngest.Inngest(app_id="shop")
"""
FLOW = """

def charge_{n}(order: str) -> str:
    return httpx.post("https://pay.example/{n}", json={{"order": order}}).text


@client.create_function(fn_id="{name}-{n}", trigger=inngest.TriggerEvent(event="e{n}"))
async def flow_{n}(ctx: inngest.Context) -> None:
    order = await ctx.step.run("load-{n}", charge_{n}, "x")
    for item in range(3):
        await ctx.step.run(f"ship-{{item}}", charge_{n}, order)
    token = random.random()
    await ctx.step.run("store-{n}", charge_{n}, str(token))
"""


def module(name: str, lines: int) -> str:
    """Return a module of about ``lines`` lines."""
    text = HEAD
    n = 0
    while text.count("\n") < lines:
        n += 1
        text += FLOW.format(name=name, n=n)
    return text


async def measure(root: Path) -> None:
    start = time.perf_counter()
    async with editor(root) as client:
        client.open("flow.py")
        found = await client.diagnostics("flow.py")
        print(f"start to first diagnostics: {time.perf_counter() - start:.2f} s, {len(found)} findings")
        server = client.connection._server
        assert server is not None
        wall, used = [], []
        for n in range(1, EDITS + 1):
            await asyncio.sleep(0.2)
            before, start = cpu(server.pid), time.perf_counter()
            client.edit("flow.py", f'"store-{n}", charge_{n}, str(token)', f'"store-{n}", charge_{n}, str(1.0)')
            await client.diagnostics("flow.py")
            wall.append((time.perf_counter() - start) * 1000)
            used.append(cpu(server.pid) - before)
        print(f"edit to diagnostics: median {statistics.median(wall):.0f} ms, longest {max(wall):.0f} ms")
        print(f"processor time of the server: median {statistics.median(used):.0f} ms; the pause before it is 50 ms")
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def cpu(process: int) -> float:
    """Return the milliseconds of processor time that a process has used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    more = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    files = {"flow.py": module("flow", 500)} | {f"m{n}.py": module(f"m{n}", 200) for n in range(more)}
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(project(Path(folder), files)))


if __name__ == "__main__":
    main()
