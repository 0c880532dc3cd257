"""A worker process for tests: `python worker.py LEDGER [WORKERS]`; SIGTERM stops it."""

from __future__ import annotations

import signal
import sys

from steplint.runtime import Runtime
from tests.runtime.app import long_step

if __name__ == "__main__":
    with Runtime(sys.argv[1], [long_step], lease=float(sys.argv[2]), mode="checkpoint") as runtime:
        signal.signal(signal.SIGTERM, lambda number, frame: runtime.stop())
        runtime.work(workers=int(sys.argv[3]))
