"""A Restate server, whose addresses `STEPLINT_RESTATE` has; this process serves the workflows."""

from __future__ import annotations

import os

from bodies import WORKFLOWS
from serving import served
from traces import all_traces, answer, run_id

from steplint.runtime.engines.restate import RestateApp, RestateClient

by_id = {each.id: each for each in WORKFLOWS}
client = RestateClient(*os.environ["STEPLINT_RESTATE"].split(" "))
with served(RestateApp(WORKFLOWS, backoff=(0.01,))) as url:
    client.register(url)
    answer(
        all_traces(
            lambda name, data: client.start(by_id[name], data, id=run_id(name)),
            client.result,
            client.steps,
            client.send,
            client.is_waiting,
        )
    )
