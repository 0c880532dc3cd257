"""Posts comments that runs of forks left behind: what they wrote is checked as data, nothing of it is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from comment import marker_of, post


def belongs(repository: str, number: int, head: str) -> bool:
    """Return whether ``head``, the commit of the trusted event, is the head of that pull request."""
    line = ["gh", "api", f"repos/{repository}/pulls/{number}", "--jq", ".head.sha"]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip() == head


def main() -> int:
    """Post every comment of the run whose pull request it was made for."""
    repository, head = os.environ["GITHUB_REPOSITORY"], os.environ["HEAD_SHA"]
    for about in sorted(Path(os.environ["FOLDER"]).glob("**/about.json")):
        said = json.loads(about.read_text(encoding="utf-8"))
        text = (about.parent / "comment.md").read_text(encoding="utf-8")
        number = int(said["number"])
        if not marker_of(text) or not belongs(repository, number, head):
            print(f"::warning::steplint: a comment for #{number} is not from this run's commit; it is left out")
            continue
        print(f"steplint: comment on #{number} {post(repository, str(number), text, create=bool(said['create']))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
