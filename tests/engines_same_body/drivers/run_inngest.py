"""The Inngest SDK: real functions, served by FastAPI, called by the front that plays Inngest's server."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import fastapi
import inngest
import inngest.fast_api
from bodies import WORKFLOWS
from ledgers import recorded
from serving import free
from traces import all_traces, answer, run_id

from steplint.runtime.engines.inngest import begin, functions
from steplint.runtime.fronts.inngest_http import InngestApp, InngestRuntime

PORT = free()
os.environ["INNGEST_DEV"] = f"http://127.0.0.1:{PORT}"
by_id = {each.id: each for each in WORKFLOWS}
client = inngest.Inngest(app_id="shop", logger=logging.getLogger("sdk"))
app = fastapi.FastAPI()
inngest.fast_api.serve(app, client, functions(client, WORKFLOWS))
with (
    tempfile.TemporaryDirectory() as folder,
    InngestApp(app, port=PORT) as found,
    InngestRuntime(Path(folder) / "ledger.sqlite", found, backoff=(0.01,)) as runtime,
):

    def start(name: str, data: Any) -> str:
        runtime.send(begin(by_id[name], data, id="same"))
        return run_id(name)

    threading.Thread(target=runtime.work, daemon=True).start()
    answer(
        all_traces(
            start,
            runtime.result,
            lambda run: recorded(runtime.store, run),
            runtime.send,
            lambda run: any(timer.event for timer in runtime.store.timers(run)),
        )
    )
