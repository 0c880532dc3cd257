"""Vercel Workflow in its local world: a run waits for a hook, and another process with the new code takes over."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

os.environ["WORKFLOW_TARGET_WORLD"] = "local"

from journal import begin
from protocol import Given, Seen, forked_all, serve_all
from vercel.workflow import HookNotFoundError, WorkflowRunFailedError, get_hook_by_token, get_run, start

PATIENCE = 15.0


def entered(edit: Given, phase: str) -> ModuleType:
    """Return the code of a phase: a module in a file, since the engine imports it again for each replay."""
    begin(edit.folder, phase)
    os.environ["WORKFLOW_LOCAL_DATA_DIR"] = str(edit.folder / "data")
    home = edit.folder / phase
    home.mkdir()
    (home / "flow.py").write_text(edit.before if phase == "before" else edit.after)
    sys.path.insert(0, str(home))
    return import_module("flow")


async def waits(module: ModuleType) -> str:
    """Start the run and return its ID when it waits for the hook."""
    run = await start(module.order)
    deadline = time.monotonic() + PATIENCE
    while not await waiting():
        if time.monotonic() > deadline:
            raise RuntimeError("the first steps were not recorded")
        await asyncio.sleep(0.05)
    return str(run.run_id)


async def waiting() -> bool:
    """Return whether there is a hook."""
    try:
        await get_hook_by_token("go")
    except HookNotFoundError:
        return False
    return True


async def ends(module: ModuleType, run: str) -> list[Any]:
    """Resume the run and return how it ends."""
    await module.Go(go=True).resume("go")
    try:
        return ["completed", await asyncio.wait_for(get_run(run).return_value(), PATIENCE)]
    except WorkflowRunFailedError as error:
        return ["failed", [], str(error)]
    except asyncio.TimeoutError:
        return ["stuck", [], "no end"]


def first(edit: Given) -> Any:
    """Do the first phase, in a process of its own."""
    return asyncio.run(waits(entered(edit, "before")))


def second(edit: Given, run: str) -> Any:
    """Do the second phase, in a process of its own."""
    return asyncio.run(ends(entered(edit, "after"), run))


def perform(edits: list[Given]) -> list[Seen]:
    """Start each run in one process, end it in another."""
    runs = forked_all([partial(first, edit) for edit in edits])
    return [Seen(*each) for each in forked_all([partial(second, *each) for each in zip(edits, runs, strict=True)])]


serve_all(perform)
