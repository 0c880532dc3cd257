"""Writes the one comment of a job: edits it in place, makes none for additions, leaves files where it may not write."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_MARKER = re.compile(r"<!-- steplint:comment:.*? -->")
_UNSAFE = re.compile(r"-->|[\r\n<>]")
_MOST = 65_000


def keyed(text: str, key: str) -> str:
    """Return ``text`` with the marker of this job in its first line."""
    marker = f"<!-- steplint:comment:{_UNSAFE.sub(' ', key)} -->"
    rest = text[len(found[0]) :] if (found := _MARKER.match(text)) else f"\n{text}"
    return marker + rest[:_MOST]


def marker_of(text: str) -> str:
    """Return the first line's marker, or ""."""
    found = _MARKER.match(text)
    return found[0] if found else ""


def existing(repository: str, number: str, marker: str) -> int | None:
    """Return the ID of the comment with ``marker``; raises CalledProcessError."""
    pages = _gh(["--paginate", "--slurp", f"repos/{repository}/issues/{number}/comments?per_page=100"])
    for each in (comment for page in pages for comment in page):
        if marker_of(each.get("body") or "") == marker and (each.get("user") or {}).get("type") == "Bot":
            return int(each["id"])
    return None


def post(repository: str, number: str, text: str, *, create: bool) -> str:
    """Edit the comment of this marker, or create one if ``create``; return what was done."""
    known = existing(repository, number, marker_of(text))
    if known is None and not create:
        return "skipped"
    target = f"repos/{repository}/issues/comments/{known}" if known else f"repos/{repository}/issues/{number}/comments"
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body.json"
        body.write_text(json.dumps({"body": text}), encoding="utf-8")
        _gh(["--method", "PATCH" if known else "POST", target, "--input", str(body)])
    return "edited" if known else "created"


def _gh(arguments: list[str]) -> Any:
    done = subprocess.run(["gh", "api", *arguments], capture_output=True, text=True, encoding="utf-8", check=True)
    return json.loads(done.stdout) if done.stdout.strip() else None


def main() -> int:
    """Post the comment, or leave a folder for the workflow that may."""
    given = os.environ
    text = keyed(Path(given["MARKDOWN"]).read_text(encoding="utf-8"), given["KEY"])
    create = given["MODE"] == "always" or given.get("WORTH") == "true"
    try:
        done = post(given["GITHUB_REPOSITORY"], given["NUMBER"], text, create=create)
        posted, folder = "true", ""
        print(f"steplint: comment {done}")
    except subprocess.CalledProcessError as error:
        print(f"::notice::steplint: the comment could not be written ({error.stderr.strip()[:200]})")
        posted, folder = "false", str(_left(given["RUNNER_TEMP"], given["NUMBER"], text, create=create))
    with Path(given["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
        stream.write(f"posted={posted}\nfolder={folder}\n")
    return 0


def _left(temporary: str, number: str, text: str, *, create: bool) -> Path:
    folder = Path(temporary) / "steplint-comment"
    folder.mkdir(exist_ok=True)
    (folder / "comment.md").write_text(text, encoding="utf-8")
    (folder / "about.json").write_text(json.dumps({"number": int(number), "create": create}), encoding="utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
