"""Projects that an editor opens."""

from __future__ import annotations

import subprocess
from pathlib import Path

from steplint.config import load
from steplint.lock.verbs import lock_update
from steplint.project import locking
from steplint.project.analysis import analyze

ORDERS = '''\
"""Orders."""

import random

import httpx
import inngest

client = inngest.Inngest(app_id="shop")


def charge(order: str, token: float) -> str:
    return httpx.post("https://pay.example", json={"order": order}, headers={"idempotency-key": order}).text


def load(order: str) -> str:
    return httpx.get(f"https://shop.example/{order}").text


@client.create_function(fn_id="place-order", trigger=inngest.TriggerEvent(event="order/placed"))
async def place_order(ctx: inngest.Context) -> None:
    order = await ctx.step.run("load-order", load, "1")
    token = random.random()
    await ctx.step.run("charge-customer", charge, order, token)
    await ctx.step.run("load-stock", load, "2")
    await ctx.step.run("load-stock", load, "3")  # steplint: ignore[body-time] -- the clock is logged only
'''

JOBS = """\
import httpx
from dbos import DBOS


@DBOS.step()
def fetch(name: str) -> str:
    return httpx.get(f"https://shop.example/{name}").text


@DBOS.workflow()
def reindex(name: str) -> None:
    fetch(name)
    fetch(name)
"""


def project(root: Path, files: dict[str, str], *, lock: bool = True, git: bool = True) -> Path:
    """Write files, lock their steps and commit everything: what is locked is published."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    if not (root / "steplint.toml").exists():
        (root / "steplint.toml").write_text('[lock]\npublished = "main"\n')
    if git:
        run_git(root, "init", "--quiet", "--initial-branch=main")
    if lock:
        text = lock_update(locking.given(analyze(load(root)))).text
        assert text is not None
        (root / "steplint.lock").write_text(text, "utf-8")
    if git:
        run_git(root, "add", ".")
        run_git(root, "commit", "--quiet", "--message", "start")
    return root


def run_git(root: Path, *arguments: str) -> None:
    """Run git as somebody, whatever the machine is configured for."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)
