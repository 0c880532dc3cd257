"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from steplint.api import FileUse, Finding, Note, Place, Project, Step, Workflow, follows

from ._options import texts
from ._text import sentence, short


class _Pair(NamedTuple):
    made: FileUse
    writer: Step
    read: FileUse
    reader: Step


def check(project: Project) -> Iterator[Finding]:
    """Yield local paths that one step writes and a later one reads."""
    shared = texts(project, "shared-paths")
    for workflow in project.graph.workflows:
        together = project.dialect(workflow).shared_process
        seen = set[Place]()
        for pair in _pairs(workflow):
            if pair.read.place in seen or _elsewhere(pair.made.path, shared):
                continue
            seen.add(pair.read.place)
            yield _finding(workflow, pair, "shared-process" if together else "")


def _pairs(workflow: Workflow) -> Iterator[_Pair]:
    steps = [(step, step.body.files) for step in workflow.steps if step.body and step.body.files]
    for reader, files in steps:
        own = {(each.path, each.literal) for each in files if each.mode == "write"}
        for read in files:
            if read.mode != "read" or (read.path, read.literal) in own:
                continue
            for writer, written in steps:
                if writer is reader or not follows(workflow, writer, reader):
                    continue
                made = next((each for each in written if _same(each, writer, read, reader)), None)
                if made:
                    yield _Pair(made, writer, read, reader)


def _same(made: FileUse, writer: Step, read: FileUse, reader: Step) -> bool:
    if made.mode == "write":
        return (made.path, made.literal) == (read.path, read.literal)
    return made.mode == "returned" and not read.literal and writer.position in reader.reads


def _elsewhere(path: str, shared: tuple[str, ...]) -> bool:
    """Return whether ``path`` is an address, or lies below a folder that all workers mount."""
    folders = (each.rstrip("/") for each in shared)
    return "://" in path or any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _finding(workflow: Workflow, pair: _Pair, level: str) -> Finding:
    path = f"`{short(pair.made.path)}`" if pair.made.literal else f"the file at `{pair.made.path}`"
    return Finding(
        sentence(
            f"step `{short(pair.reader.label)}`",
            f"reads {path}, which step `{short(pair.writer.label)}` wrote locally",
            "reads a file that another step wrote locally",
        ),
        pair.read.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=pair.reader.label,
        level=level,
        label="on another machine, or after a restart, the file is not there",
        notes=(Note(pair.made.place, f"step `{pair.writer.label}` writes it here"),),
        hint="do both in one step, or put the file into shared storage and pass its key",
        subject=pair.made.path,
    )
