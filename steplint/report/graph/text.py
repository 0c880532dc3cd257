"""A plain tree: steps in code order, indented by branch, loop and parallel group, effects beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steplint.contract.change import Change
from steplint.model.graph import Effect, Step, StepGraph, Workflow
from steplint.report import cells, wording
from steplint.report.graph.changes import of_workflow
from steplint.report.graph.tree import Branch, Leaf, effects_of, readable, title, tree
from steplint.report.style import paint
from steplint.report.view import GraphView

_INDENT = "    "
_LABEL = 36
_MOST, _KEPT = 60, 20


def render(graph: StepGraph, view: GraphView) -> str:
    """Return every workflow of ``graph`` as an indented list; what was not recognized comes last with ``show_all``."""
    parts = [[*_workflow(each, view)] for each in graph.workflows]
    if view.show_all and graph.rejected:
        lines = ["not recognized:"]
        for each in graph.rejected:
            where = f"{_shown(each.place.path, view)}:{each.place.span.line}"
            lines.append(f"{_INDENT}{where}   {_shown(each.name, view)}: {_shown(each.reason, view)}")
            if each.setting:
                lines.append(f"{_INDENT * 2}setting: {_shown(each.setting, view)}")
        parts.append(lines)
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in parts)


def _shown(text: str, view: GraphView) -> str:
    return cells.visible(text, not view.unicode)


def _workflow(workflow: Workflow, view: GraphView) -> Iterator[str]:
    head = f"{_shown(workflow.id, view)}   {workflow.dialect}   {workflow.family}   "
    where = f"{_shown(workflow.place.path, view)}:{workflow.place.span.line}"
    yield paint(head, "bold", view.color) + where
    present, gone = of_workflow(workflow, view.changes)
    lines = [*_nodes(tree(workflow), workflow, present, view, 1)] or [f"{_INDENT}no steps"]
    if len(lines) > _MOST and not view.show_all:
        dots = "…" if view.unicode else "..."
        hidden = len(lines) - 2 * _KEPT
        lines[_KEPT:-_KEPT] = [f"{_INDENT}{dots} {hidden} lines hidden; `--all` shows them {dots}"]
    yield from lines
    for change in gone:
        yield paint(f"  - {_shown(wording.concerns(change), view)}   {_change(change, view)}", "removed", view.color)
    for each in workflow.unresolved:
        at = f"{_shown(each.place.path, view)}:{each.place.span.line}"
        yield paint(f"{_INDENT}? {at}   {_shown(each.reason, view)}", "dim", view.color)


def _nodes(
    nodes: Sequence[Branch | Leaf], workflow: Workflow, present: dict[int, Change], view: GraphView, depth: int
) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Branch):
            yield _INDENT * depth + paint(_shown(title(node.frame), view), "dim", view.color)
            yield from _nodes(node.children, workflow, present, view, depth + 1)
        elif node.effect is not None:
            yield _INDENT * depth + _effect(workflow.effects[node.effect], view)
        elif node.step is not None:
            step = next(each for each in workflow.steps if each.position == node.step)
            yield _step(step, present.get(step.position), view, depth)


def _step(step: Step, change: Change | None, view: GraphView, depth: int) -> str:
    mark = f"{wording.MARKS.get(change.kind, '~')} " if change is not None else "  "
    repeat = f" #{step.occurrence + 1}" if step.occurrence else ""
    label = cells.pad(_shown(readable(step), view) + repeat, max(8, _LABEL - len(_INDENT) * (depth - 1)))
    words = [step.kind]
    if step.times != "once":
        words.append({"maybe": "maybe", "many": "many times"}[step.times])
    if step.gate:
        words.append(f"gate `{_shown(step.gate, view)}`")
    if step.body is not None and step.body.name:
        words.append(_shown(step.body.name, view))
    line = f"{_INDENT * depth}"[:-2] + f"{mark}{label}  {', '.join(words)}"
    if effects := effects_of(step):
        line += "   " + "; ".join(dict.fromkeys(_brief(each, view) for each in effects))
    if change is not None:
        return paint(f"{line}   {_change(change, view)}", "changed", view.color)
    return line.rstrip()


def _brief(effect: Effect, view: GraphView) -> str:
    return f"[{effect.kind}: {_shown(effect.api, view)}]"


def _effect(effect: Effect, view: GraphView) -> str:
    uses = ", ".join(dict.fromkeys(use.decides or use.role for use in effect.uses))
    line = f"[{effect.kind}: {_shown(effect.api, view)}] in the body" + (f", {_shown(uses, view)}" if uses else "")
    return paint(line, "warning", view.color)


def _change(change: Change, view: GraphView) -> str:
    recorded = f", recorded: {change.recorded.accept or change.recorded.record}" if change.recorded is not None else ""
    was = f", was {wording.old_label(change)}" if change.kind == "renamed" and change.old is not None else ""
    return _shown(f"({wording.TITLES[change.kind]}{was}, {change.verdict}{recorded})", view)
