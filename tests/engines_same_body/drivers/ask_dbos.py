"""`ask_dbos.py start N` queues runs, `ask_dbos.py end N` waits for them and prints what DBOS recorded of each."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from crash_bodies import order
from traces import answer

from steplint.runtime.engines.dbos import DbosRuntime

verb, number = sys.argv[1], int(sys.argv[2])
runs = [f"order-{each}" for each in range(number)]
with DbosRuntime(os.environ["STEPLINT_DATABASE"], [order], worker="asks", works=False) as runtime:
    if verb == "start":
        answer([runtime.start(order, {}, id=run) for run in runs])
    else:
        deadline = time.monotonic() + 120
        while any(row.status not in ("SUCCESS", "ERROR") for row in runtime.client.list_workflows(load_input=False)):
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        found: dict[str, Any] = {}
        for row in runtime.client.list_workflows(load_input=False):
            steps = runtime.client.list_workflow_steps(row.workflow_id)
            recorded = [[each["function_name"], each["completed_at_epoch_ms"] / 1000] for each in steps]
            found[row.workflow_id] = {"status": row.status, "result": row.output, "steps": recorded}
        answer(found)
