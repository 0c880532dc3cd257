"""Runs steplint on public repositories at fixed commits, and keeps verdicts on a seeded sample of what it says.

    python benchmarks/real_code.py FOLDER                  run on all, print counts; FOLDER holds `owner+name`
    python benchmarks/real_code.py FOLDER --only inngest   those whose name or engine has the text
    python benchmarks/real_code.py FOLDER --sample         also draw findings into the file of verdicts
    python benchmarks/real_code.py --precision             only count the verdicts
    python benchmarks/real_code.py FOLDER --fixes          revisions before and after public determinism fixes

`FOLDER/owner+name` is a bare repository, or has one in `repo`. Nothing of it is executed. The file of verdicts holds
where a finding is and our words about it, never code of the repository.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tomli
import tomlkit

HERE = Path(__file__).parent
VERDICTS = HERE / "real_code_verdicts.toml"
SEED = "steplint-real-code-1"
SAMPLED = 64  # findings drawn from all of them
A_RULE = 20  # and so many of each rule
GRANULAR = 20  # of SL401, notes included
SLOW = 30.0  # seconds for one repository
SUFFIXES = (".py", ".toml", ".txt", ".cfg", ".yaml", ".yml")


class Repository(NamedTuple):
    """A public repository, or its files ``under`` a folder. ``labelled``: hand labels exist for some of its files."""

    name: str
    commit: str
    engine: str
    under: str = ""
    labelled: bool = False


class Run(NamedTuple):
    """What steplint said about a repository. ``code`` is the exit code, ``seconds`` the wall time of `check`."""

    repository: Repository
    report: dict[str, Any]
    seconds: float
    code: int
    errors: str


class Key(NamedTuple):
    """Where a finding is, whatever it says."""

    repo: str
    path: str
    line: int
    rule: str


def repositories() -> tuple[Repository, ...]:
    """Return the list that was written down before the first run."""
    table = tomli.loads((HERE / "real_repositories.toml").read_text("utf-8"))
    return tuple(Repository(**each) for each in table["repository"])


def git_folder(folder: Path, name: str) -> Path:
    """Return the git folder of a repository; FileNotFoundError says which one is missing."""
    base = folder / name.replace("/", "+")
    for each in (base / "repo", base / ".git", base):
        if (each / "HEAD").is_file():
            return each
    raise FileNotFoundError(
        f"no git repository for `{name}` at `{base}`: clone it there, or leave it out with `--only`"
    )


def extract(git: Path, commit: str, target: Path, under: str = "") -> None:
    """Write the Python and configuration files of a commit to a folder; objects that a partial copy lacks stay out."""
    for path, content in contents(git, commit, under):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def contents(git: Path, commit: str, under: str) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of the files that matter."""
    listed = subprocess.run(
        ["git", "-C", str(git), "ls-tree", "-r", "-z", commit], check=True, capture_output=True
    ).stdout.decode("utf-8", "surrogateescape")
    entries = [entry.partition("\t") for entry in listed.split("\0") if entry.startswith("100")]
    wanted = [
        (head.split()[2], path) for head, _, path in entries if path.startswith(under) and path.endswith(SUFFIXES)
    ]
    command = ["git", "-C", str(git), "cat-file", "--batch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name, path in wanted:
            process.stdin.write(f"{name}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if header[1] == b"missing":
                print(f"    {path} is not in this copy", file=sys.stderr)
                continue
            yield path, process.stdout.read(int(header[2]))
            process.stdout.read(1)
        process.stdin.close()


def steplint(folder: Path, *arguments: str) -> tuple[str, int, str]:
    """Return what the command prints, its exit code and its messages."""
    command = [sys.executable, "-m", "steplint", "--isolated", "--no-cache", "-q", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout, done.returncode, done.stderr


def check(repository: Repository, git: Path, select: Sequence[str] = ()) -> Run:
    """Return what the default rules, and those of ``select``, say about a repository."""
    with tempfile.TemporaryDirectory() as place:
        extract(git, repository.commit, Path(place), repository.under)
        extra = [word for each in select for word in ("--extend-select", each)]
        begin = time.perf_counter()
        text, code, errors = steplint(Path(place), "check", "-o", "json", "--exit-zero", *extra, ".")
        seconds = time.perf_counter() - begin
    report = json.loads(text) if text.startswith("{") else {"findings": [], "summary": {}, "errors": []}
    return Run(repository, report, seconds, code, errors)


def keys(run: Run) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Yield the findings of a run with their places."""
    for finding in run.report["findings"]:
        place = finding["place"]
        yield Key(run.repository.name, place["path"], place["line"], finding["rule"]), finding


def drawn(runs: Iterable[Run]) -> list[tuple[Key, dict[str, Any]]]:
    """Return a sample that hardly changes when findings come and go: each has its own place in a fixed lottery."""
    found = {key: finding for run in runs if not run.repository.labelled for key, finding in keys(run)}
    ordered = sorted(found, key=_ticket)
    serious = [key for key in ordered if found[key]["severity"] != "info"]
    chosen = dict.fromkeys(serious[:SAMPLED])
    for rule in sorted({key.rule for key in serious}):
        chosen.update(dict.fromkeys([key for key in serious if key.rule == rule][:A_RULE]))
    chosen.update(dict.fromkeys([key for key in ordered if key.rule == "step-too-granular"][:GRANULAR]))
    return [(key, found[key]) for key in sorted(chosen)]


def _ticket(key: Key) -> str:
    return hashlib.sha256("\0".join((SEED, *map(str, key))).encode()).hexdigest()


def verdicts() -> dict[Key, dict[str, Any]]:
    """Return what was judged so far: `true`, `false` or `debatable`, or empty when it waits."""
    if not VERDICTS.is_file():
        return {}
    table = tomli.loads(VERDICTS.read_text("utf-8"))
    return {Key(each["repo"], each["path"], each["line"], each["rule"]): each for each in table.get("finding", [])}


def keep(sample: Sequence[tuple[Key, dict[str, Any]]], commits: dict[str, str]) -> int:
    """Add what is not in the file of verdicts yet; return how many."""
    document = tomlkit.parse(VERDICTS.read_text("utf-8")) if VERDICTS.is_file() else tomlkit.document()
    array = document.setdefault("finding", tomlkit.aot())
    known = verdicts()
    new = [(key, finding) for key, finding in sample if key not in known]
    for key, finding in new:
        entry = tomlkit.table()
        entry.update({**key._asdict(), "commit": commits[key.repo], "severity": finding["severity"]})
        entry.update({"verdict": "", "reason": ""})
        array.append(entry)
    VERDICTS.write_text(tomlkit.dumps(document), "utf-8")
    return len(new)


def print_counts(runs: Sequence[Run]) -> None:
    """Print a line for each repository and one for each rule."""
    print(f"{'repository':<62} {'s':>6} {'files':>5} {'flows':>5} {'steps':>5} {'err':>4} {'warn':>4} {'info':>4}")
    for run in runs:
        summary = collections.Counter(run.report["summary"])
        counts = [summary[each] for each in ("files", "workflows", "steps", "errors", "warnings", "infos")]
        shown = " ".join(f"{count:>{width}}" for count, width in zip(counts, (5, 5, 5, 4, 4, 4), strict=True))
        print(f"{run.repository.name:<62} {run.seconds:>6.1f} {shown}")
        for error in run.report["errors"]:
            print(f"    ERROR {error}")
        if run.code != 0:
            print(f"    exit code {run.code}: {run.errors.strip()[-300:]}")
        if run.seconds > SLOW:
            print(f"    slower than {SLOW:.0f} s")
    print()
    total: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for run in runs:
        for finding in run.report["findings"]:
            total[f"{finding['code']} {finding['rule']}"][finding["severity"]] += 1
    print(f"{'rule':<42} {'error':>6} {'warning':>8} {'info':>6}")
    for rule, counted in sorted(total.items()):
        print(f"{rule:<42} {counted['error']:>6} {counted['warning']:>8} {counted['info']:>6}")


def print_precision(judged: Mapping[Key, Mapping[str, Any]], said: Mapping[Key, str] | None = None) -> None:
    """Print how many of the judged findings are right, by rule and in all; what is debatable counts as half.

    ``said`` gives the severity of what is found now: then only what is still said, as seriously as when it was judged,
    counts.
    """
    by_rule: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for key, each in judged.items():
        if said is not None and said.get(key) != each["severity"]:
            continue
        for name in (each["rule"], "errors and warnings" if each["severity"] != "info" else "notes"):
            by_rule[name][each["verdict"] or "open"] += 1
    print(f"{'rule':<36} {'true':>5} {'false':>6} {'debatable':>10} {'open':>5} {'precision':>10}")
    for name, counted in sorted(by_rule.items(), key=lambda item: (" " in item[0] or item[0] == "notes", item[0])):
        judged_count = counted["true"] + counted["false"] + counted["debatable"]
        share = (counted["true"] + counted["debatable"] / 2) / judged_count if judged_count else 0.0
        columns = f"{counted['true']:>5} {counted['false']:>6} {counted['debatable']:>10} {counted['open']:>5}"
        print(f"{name:<36} {columns} {share:>10.0%}")


def main() -> int:
    """Run the command line; returns 1 when a run failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--only", default="", help="repositories whose name or engine has this text")
    parser.add_argument("--sample", action="store_true", help="draw findings into the file of verdicts")
    parser.add_argument("--precision", action="store_true", help="count the verdicts and run nothing")
    parser.add_argument("--select", action="append", default=[], help="also run these rules")
    parser.add_argument("-o", "--output", type=Path, help="write all findings to this JSON file")
    options = parser.parse_args()
    if options.precision:
        print_precision(verdicts())
        return 0
    if options.folder is None:
        parser.error("name the folder of the repositories")
    chosen = [each for each in repositories() if options.only in each.name or options.only == each.engine]
    runs = []
    for each in chosen:
        print(f"\r{each.name:<70}", end="", file=sys.stderr, flush=True)
        runs.append(check(each, git_folder(options.folder, each.name), options.select))
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr)
    print_counts(runs)
    if options.output:
        rows = [{**key._asdict(), "finding": finding} for run in runs for key, finding in keys(run)]
        options.output.write_text(json.dumps(rows, indent=1), "utf-8")
    said = {key: finding["severity"] for run in runs for key, finding in keys(run)}
    print("\nverdicts on what is still said")
    print_precision(verdicts(), said)
    if options.sample:
        added = keep(drawn(runs), {each.name: each.commit for each in chosen})
        print(f"\n{added} findings added to {VERDICTS.name}; give each a verdict and a reason")
    return 1 if any(run.code for run in runs) else 0


if __name__ == "__main__":
    raise SystemExit(main())
