"""Measures the bundled runtime beside DBOS on SQLite and beside bare commits, and prints ratios.

    python benchmarks/runtime.py                  everything, several minutes
    python benchmarks/runtime.py --quick          shorter, for a look
    python benchmarks/runtime.py -o json=out.json

DBOS is installed from the package index into a virtual environment of its own (`--dbos DIR`, made on first use).
The competitors take turns round by round, so that a busy machine is unfair to all of them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from steplint.runtime import Context, Runtime, workflow

FULL, NORMAL = "power", "process"


@workflow("sequential")
def sequential(ctx: Context) -> int:
    for number in range(ctx.event.data["steps"]):
        ctx.step.run(f"step-{number}", lambda: {"n": 1})
    return ctx.event.data["steps"]


@workflow("resumed")
def resumed(ctx: Context) -> int:
    for number in range(ctx.event.data["steps"]):
        ctx.step.run(f"step-{number}", lambda: {"n": 1})
    ctx.step.wait_for_event("gate", event="go")
    return ctx.step.run("last", lambda: 1)


@workflow("sleeper")
def sleeper(ctx: Context) -> None:
    ctx.step.sleep("long", timedelta(hours=1))


def drive(folder: Path, steps: int, durability: str, mode: str = "checkpoint") -> float:
    """Return the seconds that one run of so many steps takes on a new ledger."""
    with Runtime(folder / "ledger.sqlite", mode=mode, durability=durability) as runtime:
        run_id = runtime.start(sequential, {"steps": steps})
        begin = time.perf_counter()
        runtime.result(run_id)
        return time.perf_counter() - begin


def bare(folder: Path, steps: int, durability: str) -> float:
    """Return the seconds for committing the same rows, one by one, with nothing around it."""
    drive(folder, steps, NORMAL)  # the rows to repeat, and the tables to put them into
    source = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    rows = source.execute("SELECT * FROM steps ORDER BY position").fetchall()
    schema = source.execute("SELECT sql FROM sqlite_master WHERE name = 'steps'").fetchone()[0]
    source.close()
    target = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    target.execute("PRAGMA journal_mode = WAL")
    target.execute(f"PRAGMA synchronous = {'FULL' if durability == FULL else 'NORMAL'}")
    if durability == FULL:
        target.execute("PRAGMA wal_autocheckpoint = 100")  # as the runtime has it: faster than the default
    target.execute(schema)
    insert = f"INSERT INTO steps VALUES ({', '.join('?' * len(rows[0]))})"
    begin = time.perf_counter()
    for row in rows:
        target.execute(insert, row)
    taken = time.perf_counter() - begin
    target.close()
    return taken


DBOS_SCRIPT = """
import json, sys, time
from dbos import DBOS
DBOS(config={"name": "bench-app", "system_database_url": "sqlite:///" + sys.argv[1], "run_admin_server": False,
             "log_level": "ERROR"})

@DBOS.step()
def step():
    return {"n": 1}

@DBOS.workflow()
def sequential(steps):
    for _ in range(steps):
        step()

DBOS.launch()
sequential(20)
begin = time.perf_counter()
sequential(int(sys.argv[2]))
print(time.perf_counter() - begin)
DBOS.destroy()
"""


def dbos(folder: Path, steps: int, python: Path) -> float:
    """Return the seconds that DBOS takes for one workflow of so many steps on a new SQLite file."""
    command = [str(python), "-c", DBOS_SCRIPT, str(folder / "dbos.sqlite"), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.strip().splitlines()[-1])


def dbos_python(place: Path) -> Path:
    """Return the interpreter of an environment with DBOS in it, made if it is not there."""
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "dbos==3.4.0"], check=True)
    return python


def rounds(count: int, competitors: dict[str, Callable[[Path], float]]) -> dict[str, float]:
    """Return the median seconds of each competitor; they take turns, each on a new folder."""
    times: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(count):
        for name, run in competitors.items():
            with tempfile.TemporaryDirectory(prefix="steplint-bench-") as folder:
                times[name].append(run(Path(folder)))
    return {name: statistics.median(each) for name, each in times.items()}


def waiting_load(runs: int, seconds: float) -> tuple[float, float]:
    """Return the share of a core, and the memory in MiB, of a worker beside so many sleeping runs."""
    with tempfile.TemporaryDirectory(prefix="steplint-bench-") as folder:
        with Runtime(Path(folder) / "ledger.sqlite", durability=NORMAL, mode="checkpoint") as runtime:
            for _ in range(runs):
                runtime.start(sleeper)
            runtime.work(until_idle=True)
        code = (
            "import sys, threading, time\n"
            "from benchmarks.runtime import Runtime, peak, sleeper\n"
            "runtime = Runtime(sys.argv[1], [sleeper], durability='process')\n"
            "threading.Timer(float(sys.argv[2]), runtime.stop).start()\n"
            "begin = time.process_time(); runtime.work(); print(time.process_time() - begin)\n"
            "print(peak()); runtime.close()\n"
        )
        command = [sys.executable, "-c", code, f"{folder}/ledger.sqlite", str(seconds)]
        root = Path(__file__).parents[1]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
        spent, memory = map(float, done.stdout.split())
        return spent / seconds, memory


def resume(folder: Path, steps: int) -> float:
    """Return the seconds from waking a run with so many memos to its end."""
    path = folder / "ledger.sqlite"
    with Runtime(path, mode="checkpoint", durability=NORMAL) as runtime:
        run_id = runtime.start(resumed, {"steps": steps})
        runtime.work(until_idle=True)
        runtime.send({"name": "go"})
    with Runtime(path, [resumed], mode="checkpoint") as runtime:
        begin = time.perf_counter()
        runtime.result(run_id)
        return time.perf_counter() - begin


def peak() -> float:
    """Return the peak memory of this process in MiB; Linux only: `ru_maxrss` may be that of the parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def disk() -> float:
    """Return the milliseconds that the disk takes to sync one page: below 1 where nobody else writes.

    Where it takes long, every FULL number is this one in disguise: DBOS syncs about four times a step, steplint once.
    """
    with tempfile.TemporaryFile(prefix="steplint-bench-") as file:
        begin = time.perf_counter()
        for number in range(50):
            os.pwrite(file.fileno(), b"x" * 4096, number * 4096)
            os.fdatasync(file.fileno())
        return (time.perf_counter() - begin) / 50 * 1000


def memory_of(steps: int) -> float:
    """Return the peak memory in MiB of a process that drives one run of so many steps."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom benchmarks.runtime import drive, peak\n"
        "drive(Path(sys.argv[1]), int(sys.argv[2]), 'process')\n"
        "print(peak())\n"
    )
    with tempfile.TemporaryDirectory(prefix="steplint-bench-") as folder:
        root = Path(__file__).parents[1]
        command = [sys.executable, "-c", code, folder, str(steps)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout)


def measure(place: Path, quick: bool) -> dict[str, Any]:
    python, before = dbos_python(place), disk()
    steps, turns = (300, 3) if quick else (1000, 7)
    times = rounds(
        turns,
        {
            "DBOS on SQLite": lambda folder: dbos(folder, steps, python),
            "bare commits, FULL": lambda folder: bare(folder, steps, FULL),
            "steplint, FULL": lambda folder: drive(folder, steps, FULL),
            "bare commits, NORMAL": lambda folder: bare(folder, steps, NORMAL),
            "steplint, NORMAL": lambda folder: drive(folder, steps, NORMAL),
        },
    )
    syncing = (before + disk()) / 2
    rates = {name: steps / seconds for name, seconds in times.items()}
    growth = rounds(
        3 if quick else 5,
        {
            "1000": lambda folder: drive(folder, 1000, NORMAL),
            "10000": lambda folder: drive(folder, 10_000, NORMAL),
            "every-step": lambda folder: drive(folder, 1000, NORMAL, "every-step"),
            "resume": lambda folder: resume(folder, 1000),
        },
    )
    share, worker_memory = waiting_load(10_000, 10 if quick else 60)
    return {
        "steps per second": {name: round(rate) for name, rate in rates.items()},
        "sync of one page during these, ms": (syncing, "< 1"),
        "FULL / DBOS": (rates["steplint, FULL"] / rates["DBOS on SQLite"], ">= 6"),
        "FULL / bare commits": (rates["steplint, FULL"] / rates["bare commits, FULL"], ">= 0.7"),
        "NORMAL / DBOS": (rates["steplint, NORMAL"] / rates["DBOS on SQLite"], ">= 30"),
        "10,000 steps / 1,000 steps": (growth["10000"] / growth["1000"], "<= 11"),
        "resume of 1,000 steps, ms": (growth["resume"] * 1000, "< 50"),
        "10,000 waiting runs, % of a core": (share * 100, "< 1"),
        "every-step: microseconds per memo recalled": (growth["every-step"] / (1000 * 1000 / 2) * 1e6, "quadratic"),
        "memory of a worker beside 10,000 waiting runs, MiB": (worker_memory, ""),
        "memory of a run of 10 steps, MiB": (memory_of(10), ""),
        "memory of a run of 10,000 steps, MiB": (memory_of(10_000), ""),
    }


def render(found: dict[str, Any]) -> str:
    lines = [f"{rate:>10,} steps/s  {name}" for name, rate in found["steps per second"].items()]
    rest = {name: value for name, value in found.items() if name != "steps per second"}
    return "\n".join([*lines, "", *(f"{value:>10.2f} {wanted:>10}  {name}" for name, (value, wanted) in rest.items())])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer steps and rounds")
    parser.add_argument("--dbos", type=Path, default=Path(tempfile.gettempdir()) / "steplint-bench-dbos")
    parser.add_argument("-o", "--output", default="", help="json=PATH")
    options = parser.parse_args()
    found = measure(options.dbos, options.quick)
    print(render(found))
    print(f"\npython {sys.version.split()[0]}, sqlite {sqlite3.sqlite_version}, load {os.getloadavg()[0]:.1f}")
    if options.output.startswith("json="):
        Path(options.output.removeprefix("json=")).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
