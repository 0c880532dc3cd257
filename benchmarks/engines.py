"""Measures steps per second on each engine through steplint's adapter beside the engine used directly.

    python benchmarks/engines.py                    all engines that can be had here
    python benchmarks/engines.py --quick            fewer rounds
    python benchmarks/engines.py dbos-sqlite restate
    python benchmarks/engines.py -o json=out.json

The SDKs are installed into virtual environments below `STEPLINT_ENGINE_VENVS`, or a temporary folder; PostgreSQL and
the Restate server are started on loopback. Both ways take turns in one process: a busy machine is unfair to both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.engines import environments  # noqa: E402 - the repository is put on the path first
from tests.engines_same_body.test_same_body import ENGINES  # noqa: E402

DRIVER = Path(__file__).parent / "engines_driver.py"
SERVERS = {
    "dbos-sqlite": ("dbos", "sqlite"),
    "dbos-sqlite, sync": ("dbos-sync", "sqlite"),
    "dbos-postgres": ("dbos", "postgres"),
    "dbos-postgres, sync": ("dbos-sync", "postgres"),
    "restate": ("restate", "restate"),
    "inngest": ("inngest", ""),
}
WAYS = ("direct", "adapter")
PACKAGES = {each.driver: each.packages for each in ENGINES}


def measured(name: str, folder: Path, rounds: int, steps: int) -> dict[str, list[float]]:
    driver, kind = SERVERS[name]
    sdk = driver.partition("-")[0]
    python = environments.python(folder, f"body-{sdk}", PACKAGES[sdk], (3, 10))
    with server(kind, folder) as address:
        done = subprocess.run(
            [str(python), str(DRIVER), driver, str(rounds), str(steps)],
            env=os.environ | address | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, list[float]] = json.loads(done.stdout.rstrip().splitlines()[-1])
    return found


@contextmanager
def server(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as place:
        if kind == "sqlite":
            yield {"STEPLINT_DATABASE": f"sqlite:///{place}/direct.sqlite"}
        elif kind == "postgres":
            with environments.postgres() as url:
                yield {"STEPLINT_DATABASE": f"{url}/bench"}
        elif kind == "restate":
            with environments.restate(folder) as addresses:
                yield {"STEPLINT_RESTATE": addresses}
        else:
            yield {}


def summary(found: dict[str, list[float]], steps: int) -> dict[str, Any]:
    """Return rates, and by how much the adapter is slower, of the fastest quarter of the rounds.

    What else the machine does only ever makes a round slower: the fastest ones are least about that.
    """
    direct, adapter = (statistics.mean(sorted(each)[: max(len(each) // 4, 1)]) for each in (found[way] for way in WAYS))
    return {
        "direct steps/s": steps / direct,
        "adapter steps/s": steps / adapter,
        "overhead %": 100 * (adapter / direct - 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", choices=[*SERVERS, []], help="which ones; all if none is named")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("-o", metavar="json=PATH", default="")
    given = parser.parse_args()
    rounds = 5 if given.quick else 15
    folder = Path(os.environ.get("STEPLINT_ENGINE_VENVS") or tempfile.mkdtemp(prefix="steplint-engines-"))
    results = dict[str, dict[str, Any]]()
    print(
        f"{'engine':20} {'direct':>10} {'adapter':>10} {'overhead':>9}   steps/s; {given.steps} steps, {rounds} rounds"
    )
    for name in given.engines or SERVERS:
        try:
            results[name] = summary(measured(name, folder, rounds, given.steps), given.steps)
        except environments.AbsentError as absent:
            print(f"{name:20} {absent}")
            continue
        direct, adapter, overhead = results[name].values()
        print(f"{name:20} {direct:10.0f} {adapter:10.0f} {overhead:8.1f}%", flush=True)
    if given.o:
        Path(given.o.removeprefix("json=")).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
