"""A Graphviz graph, one cluster a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.model.graph import Step, StepGraph, Workflow
from steplint.report import wording
from steplint.report.cells import cut, visible
from steplint.report.graph.changes import look, of_workflow
from steplint.report.graph.tree import computed, readable
from steplint.report.view import GraphView

_LABEL = 60
_LOOKS = {
    "same": 'fillcolor="#f6f8fa", color="#57606a", fontcolor="#24292f"',
    "added": 'fillcolor="#dafbe1", color="#1a7f37", fontcolor="#0b3d1a"',
    "removed": 'fillcolor="#ffebe9", color="#cf222e", fontcolor="#82071e", style="filled,dashed"',
    "renamed": 'fillcolor="#fff8c5", color="#9a6700", fontcolor="#4d2d00", penwidth=3',
    "dyn": 'fillcolor="#ddf4ff", color="#0969da", fontcolor="#0a3069", style="filled,dotted"',
}
_SHAPES = {"sleep": "oval", "wait": "hexagon", "send": "cds", "invoke": "component", "child": "component"}


def render(graph: StepGraph, view: GraphView) -> str:
    """Return ``graph`` in the DOT language."""
    lines = [
        "digraph steplint {",
        "  rankdir=TB; compound=true;",
        '  node [shape=box, style="filled,rounded", fontname="sans-serif"];',
    ]
    for number, workflow in enumerate(graph.workflows, 1):
        lines += _cluster(number, workflow, view)
    return "\n".join([*lines, "}"]) + "\n"


def quote(text: str) -> str:
    """Return ``text`` as a quoted string of the DOT language: on one line, at most 60 characters."""
    shown = cut(visible(text), _LABEL)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cluster(number: int, workflow: Workflow, view: GraphView) -> Iterator[str]:
    present, gone = of_workflow(workflow, view.changes)
    yield f"  subgraph cluster_{number} {{"
    yield f"    label={quote(f'{workflow.id} ({workflow.dialect})')};"
    for step in workflow.steps:
        change = present.get(step.position)
        style = f"shape={_SHAPES.get(step.kind, 'box')}, {_LOOKS[look(change, dynamic=computed(step))]}"
        yield f"    {_name(number, step.position)} [label={quote(_label(step))}, {style}];"
    for index, change in enumerate(gone):
        yield f"    w{number}_gone{index} [label={quote(wording.old_label(change))}, {_LOOKS['removed']}];"
    known = {step.position for step in workflow.steps}
    for one, other in dict.fromkeys(workflow.order):
        if one in known and other in known:
            yield f"    {_name(number, one)} -> {_name(number, other)};"
    yield "  }"


def _name(number: int, position: int) -> str:
    return f"w{number}_s{position}"


def _label(step: Step) -> str:
    return readable(step) if step.times == "once" else f"{readable(step)} ({step.times})"
