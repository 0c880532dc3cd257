"""Compares public commits with their parents: `steplint diff` should say what each did to runs in flight.

    python benchmarks/real_history.py FOLDER                 all commits of real_history.toml; FOLDER holds `owner+name`
    python benchmarks/real_history.py FOLDER --only Kue      those whose repository has the text
    python benchmarks/real_history.py FOLDER --show REPO COMMIT [UNDER]   print what is said about one commit

Each entry says what a reader of the commit concludes for one workflow: the class of each change and its verdict, or
nothing for a commit that changes no identity. Changes of bodies alone are not listed; no code of others is kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import tomli
from real_code import extract, git_folder, steplint

HERE = Path(__file__).parent
LIST = HERE / "real_history.toml"
QUIET = frozenset({"rebodied", "expression", "unpinned"})


class Commit(NamedTuple):
    """A commit and what is expected of it; an empty ``workflow`` stands for all. ``under``: only these files."""

    repo: str
    commit: str
    expect: tuple[str, ...]
    why: str
    workflow: str = ""
    under: str = ""


def commits() -> tuple[Commit, ...]:
    """Return the list with its expectations."""
    table = tomli.loads(LIST.read_text("utf-8"))
    return tuple(Commit(**{**each, "expect": tuple(each["expect"])}) for each in table["commit"])


def changes(git: Path, commit: str, under: str) -> list[dict[str, Any]]:
    """Return what the diff between the parent and ``commit`` lists; RuntimeError carries the message of a failure."""
    parent = subprocess.run(
        ["git", "-C", str(git), "rev-parse", f"{commit}^"], check=True, capture_output=True, text=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as place:
        before, after = Path(place, "before"), Path(place, "after")
        for folder, revision in ((before, parent), (after, commit)):
            folder.mkdir()
            extract(git, revision, folder, under)
        manifest, code, errors = steplint(before, "manifest")
        if code:
            raise RuntimeError(f"manifest of the parent ended with {code}: {errors.strip()}")
        Path(place, "old.json").write_text(manifest, "utf-8")
        text, code, errors = steplint(after, "diff", "--against", "../old.json", "-o", "json", "--exit-zero")
        if code:
            raise RuntimeError(f"diff ended with {code}: {errors.strip()}")
    found: list[dict[str, Any]] = json.loads(text)["changes"]
    return found


def told(found: list[dict[str, Any]], workflow: str) -> Iterator[str]:
    """Yield the changes of a workflow as the list writes them: `renamed load -> fetch: reruns`."""
    for each in found:
        if each["kind"] in QUIET or (workflow and each["workflow"] != workflow):
            continue
        old, new = (_label(each[side]) for side in ("old", "new"))
        names = old if not new or new == old else new if not old else f"{old} -> {new}"
        if each["kind"].startswith("workflow-"):
            names = each["workflow"] + (f" -> {each['successor']}" if each["successor"] else "")
        where = "" if workflow or each["kind"].startswith("workflow-") else f"{each['workflow']}: "
        yield f"{where}{each['kind']} {names}: {each['verdict']}"


def _label(step: dict[str, Any] | None) -> str:
    if step is None:
        return ""
    name = step["id"] if step["id"] is not None else step["template"] if step["template"] is not None else "?"
    return f"{name} #{step['occurrence'] + 1}" if step["occurrence"] else str(name)


def judge(folder: Path, entry: Commit) -> bool:
    """Print where the diff says something else than the list; return whether it says the same."""
    said = sorted(told(changes(git_folder(folder, entry.repo), entry.commit, entry.under), entry.workflow))
    expected = sorted(entry.expect)
    print(f"{'ok   ' if said == expected else 'WRONG'} {entry.repo} {entry.commit[:10]} {entry.workflow}")
    for line in sorted({*said, *expected}):
        if said.count(line) != expected.count(line):
            print(f"      {'said    ' if line in said else 'expected'} {line}")
    return said == expected


def main() -> int:
    """Run the command line; returns 1 when the diff says something else than the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="repositories whose name has this text")
    parser.add_argument("--show", nargs="+", help="a repository, a commit and a folder to look at")
    options = parser.parse_args()
    if options.show:
        repo, commit, under = (*options.show, "")[:3]
        for line in told(changes(git_folder(options.folder, repo), commit, under), ""):
            print(line)
        return 0
    chosen = [each for each in commits() if options.only in each.repo]
    right = [judge(options.folder, each) for each in chosen]
    print(f"{sum(right)} of {len(right)} as expected")
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
