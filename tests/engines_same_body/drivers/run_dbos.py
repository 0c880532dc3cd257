"""DBOS, on the database that `STEPLINT_DATABASE` names."""

from __future__ import annotations

import os

from bodies import WORKFLOWS
from traces import all_traces, answer, run_id

from steplint.runtime.engines.dbos import DbosRuntime

by_id = {each.id: each for each in WORKFLOWS}
with DbosRuntime(os.environ["STEPLINT_DATABASE"], WORKFLOWS, backoff=(0.01,), poll=0.05) as runtime:
    answer(
        all_traces(
            lambda name, data: runtime.start(by_id[name], data, id=run_id(name)),
            runtime.result,
            runtime.steps,
            runtime.send,
            runtime.is_waiting,
        )
    )
