"""The bundled runtime: a run waits for an event, and another runtime with the new code takes over its ledger.

`STEPLINT_GUARD` is `off` to see what the edits do, or `on` to see what the guard of the runtime refuses.
"""

from __future__ import annotations

import os
from pathlib import Path

from journal import begin
from protocol import Given, Seen, load, serve

from steplint.runtime import RunFailedError, RunHeldError, Runtime
from steplint.runtime.binding import GUARD, Guard

ALLOW: Guard = dict.fromkeys(GUARD, "allow")


def runtime(folder: Path, source: str, manifest: str) -> tuple[Runtime, object]:
    """Return a runtime on the ledger of this edit, and its workflow."""
    module = load(source)
    path = folder / "steps.json"
    path.write_text(manifest)
    guard = GUARD if os.environ["STEPLINT_GUARD"] == "on" else ALLOW
    return Runtime(
        folder / "ledger.sqlite", [module.order], manifest=path, guard=guard, mode="every-step"
    ), module.order


def perform(edit: Given) -> Seen:
    """Record two steps under the old manifest, then go on under the new one."""
    begin(edit.folder, "before")
    first, order = runtime(edit.folder, edit.before, edit.manifests[0])
    with first:
        first.start(order, id="run-1")
        first.work(until_idle=True)
    begin(edit.folder, "after")
    second, _ = runtime(edit.folder, edit.after, edit.manifests[1])
    with second:
        second.send({"name": "go", "data": {}})
        try:
            return Seen("completed", second.result("run-1", timeout=10))
        except (RunHeldError, RunFailedError) as error:
            return Seen("failed", [], str(error))


serve(perform)
