"""One worker process: `work_dbos.py NAME`; with a second name it adopts that worker's runs first."""

from __future__ import annotations

import os
import signal
import sys

from crash_bodies import order

from steplint.runtime.engines.dbos import DbosRuntime

with DbosRuntime(os.environ["STEPLINT_DATABASE"], [order], worker=sys.argv[1], concurrency=6, poll=0.1) as runtime:
    signal.signal(signal.SIGTERM, lambda *_: runtime.stop())
    for gone in sys.argv[2:]:
        print(len(runtime.adopt(gone)), flush=True)
    runtime.work()
