"""Serves the workflow of `crash_bodies` on the port of loopback that is given, until it is ended."""

from __future__ import annotations

import sys
import threading

from crash_bodies import order
from serving import served

from steplint.runtime.engines.restate import RestateApp

with served(RestateApp([order], backoff=(0.05,)), int(sys.argv[1])) as url:
    print(url, flush=True)
    threading.Event().wait()
