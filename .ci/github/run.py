"""Runs steplint once with every output that the action needs; its exit code is kept for the last step."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_HARMLESS = {"safe", "late"}


def command(given: Mapping[str, str], folder: Path) -> list[str]:
    """Return the one call: without a base only the findings of the work tree."""
    line = [given["STEPLINT"]]
    if given.get("AGAINST"):
        line += ["diff", "--against", given["AGAINST"], "--exact"]
    else:
        line += ["check"]
    outputs = ["github" if given.get("ANNOTATIONS") == "true" else "full"]
    outputs += [f"markdown={folder / 'steplint.md'}", f"json={folder / 'steplint.json'}"]
    if given.get("SUMMARY") == "true" and given.get("GITHUB_STEP_SUMMARY"):
        outputs.append(f"markdown={given['GITHUB_STEP_SUMMARY']}")
    if given.get("SARIF") == "true":
        outputs.append(f"sarif={folder / 'steplint.sarif'}")
    for each in outputs:
        line += ["-o", each]
    line += ["--fail-on", given.get("FAIL_ON") or "warning", "--no-progress"]
    return [*line, *shlex.split(given.get("ARGS", "")), *shlex.split(given.get("PATHS", ""))]


def fetch(given: Mapping[str, str]) -> None:
    """Bring the base commit if the checkout is too shallow to have it."""
    base = given.get("AGAINST", "")
    if given.get("FETCH_BASE") != "true" or not base or base.startswith("-"):
        return
    there = subprocess.run(["git", "cat-file", "-e", f"{base}^{{commit}}"], capture_output=True, check=False)
    if there.returncode:
        subprocess.run(["git", "fetch", "--quiet", "--depth=1", "--no-tags", "origin", base], check=False)


def counts(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the numbers of the action's outputs; ``worth-a-comment``: something breaks, or was recorded."""
    changes = report.get("changes", [])
    breaking = [each for each in changes if each.get("code") and each.get("verdict") not in _HARMLESS]
    unrecorded = [each for each in breaking if not each.get("recorded")]
    recorded = [each for each in changes if each.get("recorded")]
    return {
        "breaking": str(len(breaking)),
        "unrecorded": str(len(unrecorded)),
        "findings": str(len(report.get("findings", []))),
        "worth-a-comment": "true" if breaking or recorded else "false",
    }


def main() -> int:
    """Run steplint and write the outputs of the step."""
    given = dict(os.environ)
    folder = Path(given["RUNNER_TEMP"]) / "steplint-report"
    folder.mkdir(exist_ok=True)
    fetch(given)
    done = subprocess.run(command(given, folder), check=False)
    found = {"exit-code": str(done.returncode)}
    for name, file in (("markdown", "steplint.md"), ("report-json", "steplint.json"), ("sarif", "steplint.sarif")):
        found[name] = str(folder / file) if (folder / file).is_file() else ""
    if found["report-json"]:
        found |= counts(json.loads((folder / "steplint.json").read_text(encoding="utf-8")))
    with Path(given["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in found.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
