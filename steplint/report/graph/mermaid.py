"""A mermaid flowchart, one box a workflow; renders on GitHub and GitLab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from steplint.contract.change import Change
from steplint.model.graph import Step, StepGraph, Workflow
from steplint.report import wording
from steplint.report.cells import cut
from steplint.report.graph.changes import look, of_workflow
from steplint.report.graph.tree import computed, readable
from steplint.report.view import GraphView

MOST_NODES, MOST_EDGES, _MOST_REMOVED, _LABEL = 60, 90, 10, 60
"""Mermaid itself refuses 500 edges and 50,000 characters; a picture is unreadable long before."""

CLASSES = """\
  classDef same fill:#f6f8fa,stroke:#57606a,color:#24292f
  classDef added fill:#dafbe1,stroke:#1a7f37,color:#0b3d1a
  classDef removed fill:#ffebe9,stroke:#cf222e,color:#82071e,stroke-dasharray:4 3
  classDef renamed fill:#fff8c5,stroke:#9a6700,color:#4d2d00,stroke-width:3px
  classDef dyn fill:#ddf4ff,stroke:#0969da,color:#0a3069,stroke-dasharray:2 2"""

_SHAPES = {
    "sleep": ('(["', '"])'),
    "wait": ('{{"', '"}}'),
    "invoke": ('[["', '"]]'),
    "child": ('[["', '"]]'),
    "send": ('(["', '"])'),
    "patch": ('{"', '"}'),
}


class Node(Struct, frozen=True):
    """A box: its name in the diagram, its lines of text, its look and kind of step."""

    name: str
    lines: tuple[str, ...]
    look: str
    kind: str = "run"


_SAFE = set(" -_.:,/()+!?=")
_RISKY = re.compile(r"^\s*(\d+[.)]|[-+_])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=//)|www\.")
"""Where mermaid would see a list, emphasis or a link in plain text."""


def escape(text: str) -> str:
    """Return ``text`` as the inside of a quoted label: at most 60 characters, nothing that mermaid or HTML obeys."""
    plain = "".join(" " if char.isspace() else char for char in text)
    plain = cut("".join(char for char in plain if char.isprintable()), _LABEL)
    risky = {at for match in _RISKY.finditer(plain) for at in range(*match.span())}
    return "".join(_entity(char) if _obeyed(char, at in risky) else char for at, char in enumerate(plain))


def _obeyed(char: str, risky: bool) -> bool:
    if char.isalnum() or char > "\x7f":
        return False
    return char not in _SAFE or (risky and char != " ")


def _entity(char: str) -> str:
    return "#quot;" if char == '"' else f"#{ord(char)};"


def node(each: Node) -> str:
    """Return the statement that draws ``each``."""
    left, right = _SHAPES.get(each.kind, ('["', '"]'))
    text = "<br/>".join(escape(line) for line in each.lines) or " "
    return f"{each.name}{left}{text}{right}:::{each.look}"


def render(graph: StepGraph, view: GraphView) -> str:
    """Return ``graph`` as a flowchart within 60 nodes and 90 edges; a comment says what is left out."""
    lines, nodes, edges, left = ["flowchart TD"], 0, 0, list[str]()
    for number, workflow in enumerate(graph.workflows, 1):
        boxes, arrows, hidden = _picture(workflow, view.changes, nodes)
        if nodes + len(boxes) > MOST_NODES or edges + len(arrows) > MOST_EDGES:
            left.append(workflow.id)
            continue
        nodes, edges = nodes + len(boxes), edges + len(arrows)
        lines += _drawn(f"wf{number}", workflow, boxes, arrows)
        if hidden:
            view.warn(f"mermaid: {hidden} steps of `{workflow.id}` share a box")
    lines.append(CLASSES)
    if left:
        view.warn(f"mermaid: {len(left)} workflows left out, name the one to draw: {', '.join(left[:5])}")
        lines.append(f"%% {len(left)} workflows left out: a diagram holds {MOST_NODES} steps")
    return "\n".join(lines) + "\n"


def _drawn(name: str, workflow: Workflow, boxes: Sequence[Node], arrows: Sequence[str]) -> Iterator[str]:
    yield f'  subgraph {name}["{escape(f"{workflow.id} ({workflow.dialect})")}"]'
    yield "    direction TB"
    for each in boxes or [Node(f"{name}none", ("no steps",), "same")]:
        yield f"    {node(each)}"
    yield "  end"
    yield from (f"  {each}" for each in arrows)


def _picture(workflow: Workflow, changes: Sequence[Change], base: int) -> tuple[list[Node], list[str], int]:
    """Return boxes and arrows of ``workflow``, and how many steps share a box because there are too many."""
    present, gone = of_workflow(workflow, changes)
    removed = [wording.old_label(each) for each in gone]
    if len(removed) > _MOST_REMOVED:
        removed = [f"{len(removed)} removed"]
    groups, hidden = _groups(workflow, present, MOST_NODES - len(removed))
    name = {position: f"n{base + index}" for index, group in enumerate(groups, 1) for position in group}
    steps = {step.position: step for step in workflow.steps}
    boxes = [_box(name[group[0]], [steps[each] for each in group], present) for group in groups]
    boxes += [Node(f"n{base + len(boxes) + index}", (label,), "removed") for index, label in enumerate(removed, 1)]
    arrows = _arrows(workflow.order or _chain(workflow), name)
    if len(arrows) > MOST_EDGES:
        arrows = _arrows(_chain(workflow), name)
    return boxes, arrows, hidden + (len(gone) if len(gone) > len(removed) else 0)


def _arrows(order: Iterable[tuple[int, int]], name: Mapping[int, str]) -> list[str]:
    """Return an arrow for each pair; pairs within one box are left out, unless a step follows itself."""
    known = ((name[one], name[other], one == other) for one, other in order if one in name and other in name)
    return list(dict.fromkeys(f"{one} --> {other}" for one, other, itself in known if one != other or itself))


def _chain(workflow: Workflow) -> list[tuple[int, int]]:
    return list(pairwise(step.position for step in workflow.steps))


def _groups(workflow: Workflow, present: dict[int, Change], most: int) -> tuple[list[list[int]], int]:
    """Return the positions that share a box: one each, or the middle in one box where there are too many."""
    positions = [step.position for step in workflow.steps]
    if len(positions) <= most:
        return [[each] for each in positions], 0
    runs = list[list[int]]()
    for each in positions:
        if runs and each not in present and runs[-1][-1] not in present and present:
            runs[-1].append(each)
        else:
            runs.append([each])
    if len(runs) > most:
        first, last = (most - 1) // 2, most - 1 - (most - 1) // 2
        middle = [position for run in runs[first : len(runs) - last] for position in run]
        runs = [*runs[:first], middle, *runs[len(runs) - last :]]
    return runs, sum(len(run) for run in runs if len(run) > 1)


def _box(name: str, steps: list[Step], present: dict[int, Change]) -> Node:
    if len(steps) > 1:
        return Node(name, (f"{len(steps)} steps",), "same")
    step = steps[0]
    change = present.get(step.position)
    lines = [readable(step)]
    if change is not None and change.kind == "renamed" and change.old is not None:
        lines.append(f"was: {change.old.label}")
    return Node(name, tuple(lines), look(change, dynamic=computed(step)), step.kind)
