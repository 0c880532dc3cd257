"""Compares the speed of steplint with that of other tools, on this machine, and prints which targets are met.

    python benchmarks/speed.py                       every row, three runs each: about half an hour
    python benchmarks/speed.py --small               smaller trees, one run: about a minute, for CI
    python benchmarks/speed.py --only warm           one row, or those whose name has the text; `--list`
    python benchmarks/speed.py --json before.json    also write the figures; `--against before.json` compares with them
    python benchmarks/speed.py --commit HEAD         measure a commit, not the work tree
    python benchmarks/speed.py --prefilter FOLDER    findings of the repositories there with the prefilter and without

Everything is made in one folder (`--folder`, by default below the user's cache): environments with steplint as users
install it and with pinned competitors, a monorepo of libraries with workflow modules among them, generated trees.
Commands that are compared run in turns. `uv` and `git` are needed, and a package index the first time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import synthetic
from speed_folder import CHECKOUT, Folder, Tree, versions
from speed_runs import Command, CommandError, Sample, Times, in_turns, must, once, output, peak, say

MEGABYTES = 400
SMALL_LOCK = 0.15  # seconds of `lock --check` in a small repository
REACHED = 0.1
LINEAR = 1.1  # the exponent up to which growth counts as linear
TELLING = 0.1  # seconds below which an exponent says nothing
FIXIT_RULE = "fixit.rules:UseFstring"
_PYLINT = range(32)  # its exit codes are bits, one for each kind of message


class Sizes(NamedTuple):
    """How large the trees are, and how often each command runs."""

    generated: int = synthetic.FILES
    files: tuple[int, ...] = (1_000, 4_000, 16_000)
    lines: tuple[int, ...] = (1_000, 4_000, 16_000)
    steps: tuple[int, ...] = (250, 1_000, 4_000)
    libraries: bool = True


SMALL = Sizes(400, (100, 400), (500, 2_000), (100, 400), libraries=False)


@dataclass
class Row:
    """A line of the table. ``value`` is what is compared with ``target``, and may not be more than it, or less."""

    name: str
    work: str
    target: float
    unit: str = "x"
    other: str = ""
    steplint: list[Sample] = field(default_factory=list)
    competitor: list[Sample] = field(default_factory=list)
    value: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None where it could not be measured."""
        if self.value is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


Measure = Callable[["Bench"], Iterator[Row]]
ROWS: dict[str, Measure] = {}


def row(measure: Measure) -> Measure:
    """Register what measures one or a few rows, under the name of the function."""
    ROWS[measure.__name__.replace("_", "-")] = measure
    return measure


class Bench:
    """What the rows need: programs, trees, and how often to run."""

    def __init__(self, folder: Folder, sizes: Sizes, runs: int, commit: str) -> None:
        self.folder, self.sizes, self.runs = folder, sizes, runs
        self.own, self.tools = folder.programs(commit)

    @cached_property
    def monorepo(self) -> Tree:
        """The monorepo that most rows are about."""
        return self.folder.monorepo() if self.sizes.libraries else self.generated

    @cached_property
    def generated(self) -> Tree:
        """The tree that nobody wrote."""
        return self.folder.generated(self.sizes.generated)

    @cached_property
    def single(self) -> Tree:
        """One workflow module of 500 lines."""
        return self.folder.module("single-500", lambda: synthetic.single(500))

    def steplint(self, tree: Tree, cache: str, *arguments: str, before: Callable[[], None] | None = None) -> Command:
        """Return a command of steplint over a tree, with a cache of that name."""
        program = (self.own / "steplint", "--cache-dir", self.folder.cache(cache))
        return Command(f"steplint {' '.join(arguments)}", (*program, *arguments), tree.root, before)

    def cold(self, tree: Tree, *arguments: str) -> Command:
        """Return `steplint check` with an empty cache, which it fills for the rows that need a full one."""
        name = tree.root.name
        return self.steplint(tree, name, *(arguments or ("check",)), before=lambda: self.folder.forget(name))

    def tool(self, name: str, tree: Tree, *arguments: str | Path, before: Callable[[], None] | None = None) -> Command:
        """Return a command of a competitor over a tree."""
        fine = _PYLINT if name == "pylint" else (0, 1)
        return Command(name, (self.tools / name, *arguments), tree.root, before, fine)

    def ruff(self, tree: Tree, before: Callable[[], None] | None = None) -> Command:
        """Return ruff with a cache, which is filled."""
        command = self.tool("ruff", tree, "check", "--cache-dir", self.folder.cache("ruff"), before=before)
        once(command._replace(before=None))
        return command

    def python(self, tree: Tree, code: str) -> Command:
        """Return a program in the environment of steplint."""
        return Command("python", (self.own / "python", "-c", code), tree.root, fine=(0,))

    def warm(self, tree: Tree, *arguments: str) -> Command:
        """Return `steplint check`, or another command, with a full cache."""
        command = self.steplint(tree, tree.root.name, *(arguments or ("check",)))
        once(command)
        return command

    def compare(self, name: str, work: str, target: float, own: Command, other: Command, title: str) -> Row:
        """Run two commands in turns and return their row."""
        mine, theirs = in_turns((own, other), self.runs, say)
        found = Row(name, work, target, other=title, value=mine.median / theirs.median)
        found.steplint, found.competitor = list(mine.samples), list(theirs.samples)
        return found


# -- the monorepo ------------------------------------------------------------------------------------------------------


@row
def cold(bench: Bench) -> Iterator[Row]:
    """Measure a first run, with an empty cache."""
    for tree in _trees(bench):
        other = bench.tool("ruff", tree, "check", "--no-cache")
        found = bench.compare("cold", f"{_named(tree)}: cold", 1.5, bench.cold(tree), other, "ruff, no cache")
        found.note = _described(bench, tree)
        yield found


@row
def warm(bench: Bench) -> Iterator[Row]:
    """Measure a run in which nothing has changed."""
    for tree in _trees(bench):
        own, other = bench.warm(tree), bench.ruff(tree)
        yield bench.compare("warm", f"{_named(tree)}: nothing changed", 0.2, own, other, "ruff, warm")


@row
def changed(bench: Bench) -> Iterator[Row]:
    """Measure a run after an edit of one module with workflows; ruff finds it changed as well."""
    for tree in _trees(bench):
        edit = _Edit(tree)
        own = bench.warm(tree)._replace(before=edit)
        other = bench.ruff(tree, before=edit)
        yield bench.compare("changed", f"{_named(tree)}: one workflow module changed", 0.3, own, other, "ruff, warm")
        edit.undo()


class _Edit:
    """Adds another line to a module each time."""

    def __init__(self, tree: Tree) -> None:
        self._file = tree.root / tree.flow
        self._before = self._file.read_text("utf-8")
        self._times = 0

    def __call__(self) -> None:
        self._times += 1
        self._file.write_text(f"{self._before}\n# {self._times}\n", "utf-8")

    def undo(self) -> None:
        """Write what was there."""
        self._file.write_text(self._before, "utf-8")


# -- one file ----------------------------------------------------------------------------------------------------------


@row
def file_warm(bench: Bench) -> Iterator[Row]:
    """Measure a run over one module, as a hook checks it."""
    tree = bench.single
    own, other = bench.warm(tree), bench.tool("flake8", tree, "flow_0.py")
    found = bench.compare("file-warm", "one workflow file of 500 lines, warm", 0.7, own, other, "flake8")
    code = (
        "import sys; from steplint.cli import main; "
        f"main(['--cache-dir', {str(bench.folder.cache(tree.root.name))!r}, 'check', '-q']); "
        "print(*[n for n in ('libcst', 'rich') if n in sys.modules], file=sys.stderr); "
        "sys.exit('libcst' in sys.modules or 'rich' in sys.modules)"
    )
    try:
        once(bench.python(tree, code))
        found.note = "neither libcst nor rich is imported"
    except CommandError:
        found.note, found.value = "libcst or rich is imported", math.inf
    yield found


@row
def file_cold(bench: Bench) -> Iterator[Row]:
    """Measure the same without a cache."""
    tree, work = bench.single, "one workflow file of 500 lines, cold"
    fixit = bench.tool("fixit", tree, "--rules", FIXIT_RULE, "lint", "flow_0.py")
    yield bench.compare("file-cold", work, 1.0, bench.cold(tree), fixit, "fixit, one rule")
    pylint = bench.tool("pylint", tree, "flow_0.py")
    yield bench.compare("file-cold", work, 0.25, bench.cold(tree), pylint, "pylint")


@row
def flows_cold(bench: Bench) -> Iterator[Row]:
    """Measure modules with workflows and nothing else, in one process, against the parser alone."""
    tree = bench.folder.flows_of(bench.monorepo)
    parse = (
        "import pathlib, libcst\n"
        "for path in sorted(pathlib.Path().rglob('*.py')): libcst.parse_module(path.read_bytes())"
    )
    own, work = bench.cold(tree, "-j", "1", "check"), f"{len(tree.flows)} workflow files only, cold, one process"
    yield bench.compare("flows-cold", work, 1.5, own, bench.python(tree, parse), "libcst.parse_module")


# -- other commands ----------------------------------------------------------------------------------------------------


@row
def lock(bench: Bench) -> Iterator[Row]:
    """Measure the check of a lock since which nothing has changed."""
    for tree, large in ((bench.monorepo, True), (bench.single, False)):
        bench.warm(tree, "lock")
        own = bench.warm(tree, "lock", "--check")._replace(fine=(0,))
        status = Command("git status", ("git", "status", "--porcelain"), tree.root, fine=(0,))
        once(status)
        work = "`lock --check`, nothing changed"
        if large:
            yield bench.compare("lock", f"{_named(tree)}: {work}", 3, own, status, "git status")
        else:
            found = bench.compare("lock", f"a small repository: {work}", SMALL_LOCK, own, status, "git status")
            found.value, found.unit = Times(tuple(found.steplint)).median, "s"
            yield found
        (tree.root / "steplint.lock").unlink()


@row
def start(bench: Bench) -> Iterator[Row]:
    """Measure answers that need no project."""
    tree, click = bench.single, "import click"
    for flag in ("version", "--help"):
        own = Command(f"steplint {flag}", (bench.own / "steplint", flag), tree.root, fine=(0,))
        yield bench.compare("start", f"`steplint {flag}`", 2, own, bench.python(tree, click), f"python -c '{click}'")


# -- memory and growth -------------------------------------------------------------------------------------------------


@row
def memory(bench: Bench) -> Iterator[Row]:
    """Measure the most memory that all processes of a first run take together."""
    for tree in _trees(bench):
        say(f"memory, {tree.root.name}")
        found = peak(bench.cold(tree))
        other = peak(bench.tool("ruff", tree, "check", "--no-cache"))
        note = "" if other is None else f"ruff: {other:.0f} MB"
        work = f"{_named(tree)}: memory of all processes, cold"
        yield Row("memory", work, MEGABYTES, "MB", value=found, note=note)


@row
def reached(bench: Bench) -> Iterator[Row]:
    """Count what of the generated tree is reached."""
    tree = bench.generated
    read = json.loads(output(bench.warm(tree, "check", "-o", "json", "--exit-zero")))["summary"]["files"]
    share = len(tree.flows) / tree.files
    note = f"{tree.files:,} files, {len(tree.flows):,} with workflows ({share:.1%})"
    work = "the generated tree: part of the modules that is reached"
    yield Row("reached", work, REACHED, "", value=read / tree.files, at_least=True, note=note)


@row
def growth(bench: Bench) -> Iterator[Row]:
    """Measure how the time of a first run grows; what a run over next to nothing takes is no part of it."""
    kinds: tuple[tuple[str, Sequence[int], Callable[[int], Tree]], ...] = (
        ("files", bench.sizes.files, bench.folder.generated),
        (
            "lines of one workflow module",
            bench.sizes.lines,
            lambda n: bench.folder.module(f"lines-{n}", lambda: synthetic.single(n)),
        ),
        (
            "steps of one workflow",
            bench.sizes.steps,
            lambda n: bench.folder.module(f"steps-{n}", lambda: synthetic.many_steps(n)),
        ),
    )
    nothing = bench.cold(bench.folder.module("nothing", lambda: synthetic.many_steps(1)))
    for title, sizes, tree in kinds:
        times = in_turns([nothing, *(bench.cold(tree(size)) for size in sizes)], bench.runs, say)
        least, *cpu = (each.cpu for each in times)
        shown = ", ".join(f"{size:,}: {each.median:.2f} s" for size, each in zip(sizes, times[1:], strict=True))
        before, after = cpu[-2] - least, cpu[-1] - least
        exponent = math.log(after / before) / math.log(sizes[-1] / sizes[-2]) if before > TELLING else None
        work = f"growth with {title}: exponent of the last step, by CPU time"
        yield Row("growth", work, LINEAR, "", value=exponent, note=shown)


# -- the table ---------------------------------------------------------------------------------------------------------


def _trees(bench: Bench) -> Iterable[Tree]:
    return dict.fromkeys((bench.monorepo, bench.generated))


def _named(tree: Tree) -> str:
    return "monorepo" if tree.root.name == "monorepo" else "generated tree"


def _described(bench: Bench, tree: Tree) -> str:
    summary = json.loads(output(bench.warm(tree, "check", "-o", "json", "--exit-zero")))["summary"]
    share = len(tree.flows) / tree.files
    return (
        f"{tree.files:,} files, {share:.1%} of them import an SDK; {summary['files']:,} are read, "
        f"{summary['workflows']:,} workflows"
    )


HEADER = ("work", "steplint", "competitor", "", "measured", "by CPU", "target", "met")


def cells(each: Row) -> tuple[str, ...]:
    """Return a row of the table as text."""
    cpu = ""
    if each.competitor and each.unit == "x":
        cpu = f"{Times(tuple(each.steplint)).cpu / Times(tuple(each.competitor)).cpu:.2f}x"
    met = {True: "yes", False: "**no**", None: "not measured"}[each.met]
    sign = ">=" if each.at_least else "<="
    return (
        each.work,
        _seconds(each.steplint),
        each.other,
        _seconds(each.competitor),
        "" if each.value is None else _amount(each.value, each.unit),
        cpu,
        f"{sign} {_amount(each.target, each.unit)}",
        met,
    )


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown that is a table as text, too."""
    lines = [HEADER, *map(cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    shown = [" | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines]
    shown.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in shown)


def _seconds(samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    times = Times(tuple(samples))
    return f"{times.median:.2f} s ({times.least:.2f})"


def _amount(value: float, unit: str) -> str:
    if unit == "MB":
        return f"{value:.0f} MB"
    return f"{value:.2f}{' s' if unit == 's' else unit}"


def machine(bench: Bench, commit: str) -> dict[str, Any]:
    """Return what the figures depend on: the code that is measured, the machine, and what is installed."""
    code = must(("git", "log", "-1", "--format=%h %cs", commit or "HEAD"), CHECKOUT).strip()
    if not commit and must(("git", "status", "--porcelain", "steplint", "rules"), CHECKOUT):
        code += ", edited"
    installed = {**versions(bench.tools), **versions(bench.own)}
    names = ("ruff", "flake8", "fixit", "pylint", "libcst", "msgspec", "click")
    return {
        "commit": code,
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {name: installed[name] for name in names},
    }


def against(rows: Sequence[Row], before: Path) -> str:
    """Return how the rows differ from those of an earlier run."""
    old = {(each["work"], each["other"]): each for each in json.loads(before.read_text("utf-8"))["rows"]}
    lines = []
    for each in rows:
        known = old.get((each.work, each.other))
        if known is None or known["value"] is None or each.value is None:
            continue
        change = (each.value / known["value"] - 1) * 100
        was, now = _amount(known["value"], each.unit), _amount(each.value, each.unit)
        lines.append(f"{was:>9} -> {now:>9} {change:+5.0f} %  {each.work}")
    return "\n".join(lines)


def _chooses(name: str) -> Callable[[str], bool]:
    """Return whether a text chooses a row: its name, or a part of it where no row is called so."""
    return lambda text: text == name or (text not in ROWS and text in name)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser.add_argument("--folder", type=Path, default=cache / "steplint-benchmarks", help="where everything is made")
    parser.add_argument("--runs", type=int, default=0, help="runs of each command; 3, or 1 with --small")
    parser.add_argument("--small", action="store_true", help="smaller trees")
    parser.add_argument("--only", action="append", default=[], metavar="ROW", help="rows whose name has the text")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--commit", default="", help="measure this commit instead of the work tree")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with the figures in a file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is not met")
    parser.add_argument("--prefilter", type=Path, metavar="FOLDER", help="compare findings with and without prefilter")
    options = parser.parse_args()
    if options.list:
        for name, measure in ROWS.items():
            print(f"{name:<12} {measure.__doc__}")
        return 0
    if options.prefilter:
        import speed_prefilter

        return speed_prefilter.compare(options.prefilter)
    chosen = [name for name in ROWS if not options.only or any(map(_chooses(name), options.only))]
    if not chosen:
        parser.error(f"no row has that name: {', '.join(ROWS)}")
    bench = Bench(
        Folder(options.folder.absolute()),
        SMALL if options.small else Sizes(),
        options.runs or (1 if options.small else 3),
        options.commit,
    )
    about = machine(bench, options.commit)
    rows: list[Row] = []
    for name in chosen:
        for found in ROWS[name](bench):
            rows.append(found)
            if options.json:  # what was measured is not lost when a later row fails
                written = [{**asdict(each), "met": each.met} for each in rows]
                options.json.write_text(json.dumps({"machine": about, "rows": written}, indent=1), "utf-8")
    say("")
    print(json.dumps(about))
    print(table(rows))
    for each in rows:
        if each.note:
            print(f"{each.work}: {each.note}")
    if options.against:
        print(against(rows, options.against))
    return 1 if options.strict and any(each.met is False for each in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
