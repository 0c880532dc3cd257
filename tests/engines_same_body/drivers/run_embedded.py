"""The bundled runtime, in the mode that `STEPLINT_REPLAY` names."""

from __future__ import annotations

import threading

from bodies import WORKFLOWS
from ledgers import recorded
from traces import all_traces, answer, run_id

from steplint.runtime import MemoryStore, Runtime

by_id = {each.id: each for each in WORKFLOWS}
with Runtime(MemoryStore(), WORKFLOWS, backoff=(0.01,)) as runtime:
    worker = threading.Thread(target=runtime.work, daemon=True)
    worker.start()
    answer(
        all_traces(
            lambda name, data: runtime.start(by_id[name], data, id=run_id(name)),
            runtime.result,
            lambda run: recorded(runtime.store, run),
            runtime.send,
            lambda run: any(timer.event for timer in runtime.store.timers(run)),
        )
    )
