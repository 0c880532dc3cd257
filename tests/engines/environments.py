"""What an engine needs to run here: an SDK in an environment of its own, a PostgreSQL or Restate server on loopback.

Everything is made once below `STEPLINT_ENGINE_VENVS`, or in a temporary folder of the test run. What cannot be had is
`AbsentError`, with the reason.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import venvs
from tests.venvs import AbsentError, done

RESTATE_SERVER = "1.7.12"
_QUIET = {"capture_output": True, "text": True, "check": False}


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let no other process work below ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def python(folder: Path, pins: Sequence[str], oldest: tuple[int, int] = (3, 10)) -> Path:
    """Return a Python that has ``pins`` and nothing else, made below ``folder`` for all who want the same."""
    wanted = "\n".join([_base(oldest), *sorted(set(pins))])
    home = folder / hashlib.sha256(wanted.encode()).hexdigest()[:12]
    with alone(home):
        found, made = home / "venv" / "bin" / "python", home / "made"
        if not made.is_file():
            venvs.install(venvs.empty(home / "venv", _base(oldest)), pins)
            made.write_text(wanted)
    return found


def _base(oldest: tuple[int, int]) -> str:
    if sys.version_info >= oldest:
        return sys.executable
    names = [f"python3.{minor}" for minor in range(oldest[1], oldest[1] + 3)]
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for name in names:
        for found in (shutil.which(name), *map(str, sorted(versions.glob(f"*/bin/{name}")))):
            if found and subprocess.run([found, "-c", "import venv"], **_QUIET).returncode == 0:  # type: ignore[call-overload]
                return found
    raise AbsentError(f"needs Python {oldest[0]}.{oldest[1]}")


def free_ports(number: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


@contextmanager
def postgres() -> Iterator[str]:
    """Start a PostgreSQL server with an empty data directory; gives its URL without a database."""
    programs = _postgres_programs()
    top = Path(tempfile.mkdtemp(prefix="steplint-postgres-"))
    data, (port,) = str(top / "data"), free_ports(1)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories="
    start: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        start = ["runuser", "-u", "postgres", "--"]
        os.chown(top, pwd.getpwnam("postgres").pw_uid, -1)
    try:
        done([*start, str(programs / "initdb"), "-A", "trust", "-U", "postgres", "-D", data], "a PostgreSQL cluster")
        control = [*start, str(programs / "pg_ctl"), "-D", data, "-l", str(top / "log")]
        done([*control, "-o", options, "-w", "start"], "a PostgreSQL server")
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **_QUIET)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(top, ignore_errors=True)


def _postgres_programs() -> Path:
    found = _initdb()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update"], timeout=venvs.LIMIT, **_QUIET)  # type: ignore[call-overload]
        done(["apt-get", "install", "-y", "--no-install-recommends", "postgresql"], "Debian's postgresql")
        found = _initdb()
    if found is None:
        raise AbsentError("PostgreSQL is not installed; `apt-get install postgresql`")
    return found.parent


def _initdb() -> Path | None:
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    return known[0] if known else Path(on_path) if on_path else None


@contextmanager
def restate(folder: Path) -> Iterator[str]:
    """Start a Restate server; gives the addresses of its ingress and its admin API."""
    program = _restate_program(folder / "restate-server")
    top = folder / f"restate-{os.getpid()}"
    ingress, admin, node = free_ports(3)
    environment = {
        **os.environ,
        "RESTATE_INGRESS__BIND_PORT": str(ingress),
        "RESTATE_ADMIN__BIND_PORT": str(admin),
        "RESTATE_BIND_PORT": str(node),
        "RESTATE_DISABLE_TELEMETRY": "true",
    }
    command = [str(program), "--no-logo", "--listen-mode", "tcp", "--bind-ip", "127.0.0.1", "--base-dir", str(top)]
    command += ["--node-name", "n1", "--advertised-host", "127.0.0.1"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{admin}/health", server)
        yield f"http://127.0.0.1:{ingress} http://127.0.0.1:{admin}"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(top, ignore_errors=True)


def _restate_program(folder: Path) -> Path:
    with alone(folder):
        made = folder / RESTATE_SERVER
        if not made.exists():
            package = f"@restatedev/restate-server@{RESTATE_SERVER}"
            done(["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), package], package)
            made.touch()
    programs = folder.glob("node_modules/@restatedev/*/bin/restate-server")
    found = [path for path in programs if os.access(path, os.X_OK)]
    if not found:
        raise AbsentError("the npm package of Restate has no server for this machine")
    return found[0]


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not _answers(url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise AbsentError("the Restate server does not start here")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False
