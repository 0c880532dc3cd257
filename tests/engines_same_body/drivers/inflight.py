"""`inflight.py dbos` or `temporal`: each run as it is recorded before the code changes, and what then becomes of it."""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "engines" / "drivers"))

import protocol

# The drivers of the verdicts serve as soon as they are imported; here only their parts are wanted.
protocol.serve = protocol.serve_all = lambda perform: None


def dbos(edits: list[protocol.Given]) -> list[tuple[Any, protocol.Seen]]:
    """Record each run until its third step, read the tables, then recover it with the new code."""
    from drive_dbos import copied, recover, seen, start, template

    made = template(edits[0].folder.parent)
    urls = [copied(made, each.folder) for each in edits]
    pairs = list(zip(edits, urls, strict=True))
    protocol.forked_all([partial(start, *each) for each in pairs])
    recorded = protocol.forked_all([partial(read, url) for url in urls])
    ends = protocol.forked_all([partial(recover, *each) for each in pairs])
    return [(journal, seen(*end)) for journal, end in zip(recorded, ends, strict=True)]


def read(url: str) -> Any:
    """Return what the tables of DBOS hold of the run."""
    import msgspec

    from steplint.runtime.fronts.dbos_journals import journals

    (found,) = journals(url)
    return msgspec.to_builtins(found)


def temporal(edits: list[protocol.Given]) -> list[tuple[Any, protocol.Seen]]:
    """Write the history of each run, and replay it with the new code."""
    from drive_temporal import Writer, functions, perform

    found = []
    for edit in edits:
        protocol_begin(edit.folder)
        old, writer = functions(protocol.load(edit.before)), Writer()
        for name, call, kind, argument in edit.recorded:
            if kind == "sleep":
                writer.timer()
            else:
                given = call if name == "load" else argument
                writer.activity(name, given, old[name](given))
        (edit.folder / "journal").unlink(missing_ok=True)
        found.append((writer.text(), perform(edit)))
    return found


def protocol_begin(folder: Path) -> None:
    from journal import begin

    begin(folder, "before")


def main() -> None:
    """Answer for the edits on standard input."""
    from journal import notes

    with tempfile.TemporaryDirectory() as top:
        edits = []
        for number, each in enumerate(json.load(sys.stdin)):
            folder = Path(top) / str(number)
            folder.mkdir()
            edits.append(protocol.Given(**each, folder=folder))
        answers = [
            {
                "journal": journal,
                "seen": {
                    **seen._asdict(),
                    "ran_before": notes(edit.folder, "before"),
                    "ran_after": notes(edit.folder, "after"),
                    "name": edit.name,
                },
            }
            for edit, (journal, seen) in zip(
                edits, {"dbos": dbos, "temporal": temporal}[sys.argv[1]](edits), strict=True
            )
        ]
    sys.stdout.write("\n" + json.dumps(answers) + "\n")


main()
