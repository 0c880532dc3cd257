"""One mermaid diagram of a compared workflow: the new sequence, with what was removed beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from steplint.contract.change import Change
from steplint.model.report import Compared, Report
from steplint.report import wording
from steplint.report.graph.changes import look
from steplint.report.graph.mermaid import CLASSES, MOST_EDGES, MOST_NODES, Node, escape, node
from steplint.report.graph.tree import computed, readable
from steplint.report.sequence import Entry, entries

_RUN = 3


def picture(compared: Compared, report: Report) -> str:
    """Return the flowchart of ``compared``, or empty text where there is nothing to draw or too much."""
    listed = entries(compared, report)
    if any(entry.step is None and entry.change is None for entry in listed):
        return ""
    boxes = [*_boxes(listed, report.changes)]
    arrows = [*_arrows(boxes)]
    if not boxes or len(boxes) > MOST_NODES or len(arrows) > MOST_EDGES:
        return ""
    title = escape(f"{compared.id} ({compared.dialect})")
    drawn = [f"    {node(each)}" for each in boxes]
    return "\n".join(
        ["flowchart TD", f'  subgraph wf["{title}"]', "    direction TB", *drawn, "  end", *arrows, CLASSES]
    )


def _boxes(listed: Sequence[Entry], changes: Sequence[Change]) -> Iterator[Node]:
    number = 0
    for same, group in groupby(listed, key=lambda entry: entry.change is None):
        run = list(group)
        if same and len(run) > _RUN:
            number += 1
            yield Node(f"n{number}", (f"{len(run)} unchanged",), "same")
            continue
        for entry in run:
            number += 1
            yield _box(f"n{number}", entry, changes[entry.change] if entry.change is not None else None)


def _box(name: str, entry: Entry, change: Change | None) -> Node:
    step = entry.step
    if step is None:
        return Node(name, (wording.old_label(change) if change is not None else "",), "removed")
    lines = [readable(step)]
    if change is not None and change.kind == "renamed" and change.old is not None:
        lines.append(f"was: {change.old.label}")
    return Node(name, tuple(lines), look(change, dynamic=computed(step)), step.kind)


def _arrows(boxes: Sequence[Node]) -> Iterator[str]:
    kept = [box for box in boxes if box.look != "removed"]
    yield from (f"  {one.name} --> {other.name}" for one, other in pairwise(kept))
    before = kept[0] if kept else None
    for box in boxes:
        if box.look != "removed":
            before = box
        elif before is not None:
            yield f"  {before.name} -.-> {box.name}"
