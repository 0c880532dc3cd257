"""Runs commands one after the other in turns, and says how long each took and how much memory it needed.

Wall time is what people wait for. CPU time, of a command and of all processes that it started and waited for, is shown
beside it: on a machine that does other things at the same time it is the steadier of the two.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

TICK = 0.01  # seconds between two looks at the memory
_ALSO_FINE = (0, 1)  # linters end with 1 when they found something


class Command(NamedTuple):
    """What is run, and where; ``before`` happens ahead of each run and is not counted."""

    name: str
    arguments: Sequence[str | Path]
    folder: Path
    before: Callable[[], None] | None = None
    fine: Collection[int] = _ALSO_FINE


class Sample(NamedTuple):
    """One run: seconds on the clock, and seconds of processors."""

    wall: float
    cpu: float


class Times(NamedTuple):
    """Several runs of one command."""

    samples: tuple[Sample, ...]

    @property
    def median(self) -> float:
        """The median on the clock."""
        return statistics.median(each.wall for each in self.samples)

    @property
    def least(self) -> float:
        """The least on the clock."""
        return min(each.wall for each in self.samples)

    @property
    def cpu(self) -> float:
        """The median of the processors' time."""
        return statistics.median(each.cpu for each in self.samples)


class CommandError(Exception):
    """A command that ended in another way than it should have: its time says nothing."""


def environment() -> dict[str, str]:
    """Return the environment of every command: that of an installed program, without what developers set."""
    left_out = ("PYTHON", "STEPLINT", "RUFF", "VIRTUAL_ENV", "PRE_COMMIT", "CI", "GIT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"PYTHONHASHSEED": "0", "NO_COLOR": "1"}


def once(command: Command) -> Sample:
    """Run a command once. Raises CommandError."""
    if command.before is not None:
        command.before()
    start = time.perf_counter()
    process = _start(command)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    _ended(command, process, status)
    return Sample(wall, used.ru_utime + used.ru_stime)


def in_turns(commands: Sequence[Command], runs: int, tell: Callable[[str], None]) -> list[Times]:
    """Run the commands one after the other, ``runs`` times over, so that a slow moment meets all of them."""
    samples: list[list[Sample]] = [[] for _ in commands]
    for number in range(runs):
        for command, taken in zip(commands, samples, strict=True):
            tell(f"{command.name}, run {number + 1} of {runs}")
            taken.append(once(command))
    return [Times(tuple(each)) for each in samples]


def peak(command: Command) -> float | None:
    """Return the most megabytes that a command and the processes below it took at one moment; None where unknown.

    The sum of the proportional set sizes in ``/proc``: memory that several of them share counts once. Only on Linux.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    if command.before is not None:
        command.before()
    process = _start(command)
    most = 0
    while True:
        done, status, _ = os.wait4(process.pid, os.WNOHANG)
        if done:
            break
        most = max(most, sum(map(_size, _family(process.pid))))
        time.sleep(TICK)
    _ended(command, process, status)
    return most / 1024


def output(command: Command) -> str:
    """Return what a command prints. Raises CommandError."""
    arguments = [str(each) for each in command.arguments]
    done = subprocess.run(arguments, cwd=command.folder, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode not in command.fine:
        raise CommandError(f"{command.name}: exit code {done.returncode}: {' '.join(arguments)}\n{done.stderr[-2000:]}")
    return done.stdout


def must(arguments: Sequence[str | Path], folder: Path) -> str:
    """Run a command of the set-up, which has to work, and return what it prints. Raises CommandError."""
    return output(Command(str(arguments[0]), arguments, folder, fine=(0,)))


def say(text: str) -> None:
    """Show what is being done, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _start(command: Command) -> subprocess.Popen[bytes]:
    arguments = [str(each) for each in command.arguments]
    return subprocess.Popen(
        arguments, cwd=command.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _ended(command: Command, process: subprocess.Popen[bytes], status: int) -> None:
    process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for behind the back of `subprocess`
    if process.returncode not in command.fine:
        raise CommandError(f"{command.name}: exit code {process.returncode}: {' '.join(map(str, command.arguments))}")


def _family(pid: int) -> Iterable[int]:
    """Return a process and all below it; one that ends while this looks is left out."""
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        yield each
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue


def _size(pid: int) -> int:
    """Return the proportional set size of a process in kilobytes; 0 for one that has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
