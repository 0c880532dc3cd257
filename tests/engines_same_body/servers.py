"""A Restate server that can be killed and started again with what it has stored."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from tests.engines import environments


class RestateServer:
    """A server whose files lie in ``base``."""

    def __init__(self, folder: Path, base: Path) -> None:
        self._program = environments._restate_program(folder / "restate-server")
        self._base = base
        self._ingress, self._admin, self._node = environments.free_ports(3)
        self.addresses = f"http://127.0.0.1:{self._ingress} http://127.0.0.1:{self._admin}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {
            **os.environ,
            "RESTATE_INGRESS__BIND_PORT": str(self._ingress),
            "RESTATE_ADMIN__BIND_PORT": str(self._admin),
            "RESTATE_BIND_PORT": str(self._node),
            "RESTATE_DISABLE_TELEMETRY": "true",
        }
        command = [str(self._program), "--no-logo", "--listen-mode", "tcp", "--bind-ip", "127.0.0.1"]
        command += ["--base-dir", str(self._base), "--node-name", "n1", "--advertised-host", "127.0.0.1"]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        environments._wait_for(f"http://127.0.0.1:{self._admin}/health", self._process)

    def kill(self) -> None:
        """End it without a warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            time.sleep(0.2)
