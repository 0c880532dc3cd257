"""One self-contained page: a picture and a table of every workflow, with search."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.model.graph import Effect, Step, StepGraph, Workflow
from steplint.report import wording
from steplint.report.cells import count
from steplint.report.graph.changes import of_workflow
from steplint.report.graph.layout import layout
from steplint.report.graph.svg import picture
from steplint.report.graph.tree import computed, effects_of, readable
from steplint.report.page import page
from steplint.report.view import GraphView
from steplint.report.xmltext import attribute, text

_OPEN = 12
"""With more workflows than this they start folded."""


def render(graph: StepGraph, view: GraphView) -> str:
    """Return ``graph`` as a page; everything from the project is escaped."""
    steps = sum(len(each.steps) for each in graph.workflows)
    flows = "\n".join("\n".join(_workflow(each, graph, view)) for each in graph.workflows)
    heading = f"{count(len(graph.workflows), 'workflow')}, {count(steps, 'step')}"
    return page("step graph", heading, "search IDs, callables, effects", flows, _looks(graph, view))


def _looks(graph: StepGraph, view: GraphView) -> dict[str, str]:
    looks = dict[str, str]()
    if any(computed(each) for workflow in graph.workflows for each in workflow.steps):
        looks["dyn"] = "ID is computed"
    if any(workflow.effects for workflow in graph.workflows):
        looks["effect"] = "effect in the body, outside any step"
    if view.changes:
        looks |= {"added": "added", "renamed": "changed", "removed": "removed"}
    return looks


def _workflow(workflow: Workflow, graph: StepGraph, view: GraphView) -> Iterator[str]:
    state = " open" if len(graph.workflows) <= _OPEN else ""
    about = f"{workflow.dialect} · {workflow.family} · {workflow.place.path}:{workflow.place.span.line}"
    yield f"<details{state}><summary>{text(workflow.id)}<small>{text(about)}</small></summary>"
    if not workflow.steps:
        yield "<p>No steps.</p>"
    yield f'<div class="scroll">{picture(layout(workflow, view.changes), f"steps of {workflow.id}")}</div>'
    yield '<div class="scroll"><table><thead><tr><th>#</th><th>step</th><th>kind</th><th>runs</th><th>callable</th>'
    yield "<th>effects</th><th>place</th><th>change</th></tr></thead><tbody>"
    present, gone = of_workflow(workflow, view.changes)
    for step in workflow.steps:
        change = present.get(step.position)
        yield _row(step, f"{wording.TITLES[change.kind]}, {change.verdict}" if change is not None else "")
    for each in gone:
        yield f"<tr><td></td><td><code>{text(wording.old_label(each))}</code></td>{'<td></td>' * 5}"
        yield f"<td>{text(wording.TITLES[each.kind])}, {each.verdict}</td></tr>"
    yield "</tbody></table></div>"
    yield from _effects(workflow.effects)
    if workflow.unresolved:
        yield "<p>Not followed:</p><ul>"
        yield from (
            f"<li>{text(f'{each.place.path}:{each.place.span.line}: {each.reason}')}</li>"
            for each in workflow.unresolved
        )
        yield "</ul>"
    yield "</details>"


def _effects(effects: tuple[Effect, ...]) -> Iterator[str]:
    if not effects:
        return
    yield "<p>In the body, outside any step:</p><ul>"
    for each in effects:
        uses = ", ".join(dict.fromkeys(use.decides or use.role for use in each.uses)) or "unused"
        where = f"{each.place.path}:{each.place.span.line}"
        yield f"<li><code>{text(each.api)}</code> {text(f'{each.kind}, {uses}, {where}')}</li>"
    yield "</ul>"


def _row(step: Step, change: str) -> str:
    effects = ", ".join(dict.fromkeys(f"{each.kind}: {each.api}" for each in effects_of(step)))
    body = step.body.name if step.body is not None else ""
    runs = {"once": "once", "maybe": "maybe", "many": "many times"}[step.times]
    cells = [
        str(step.position),
        f"<code>{text(readable(step))}</code>" + (f" (use {step.occurrence + 1})" if step.occurrence else ""),
        text(step.kind),
        runs,
        f"<code>{text(body)}</code>",
        text(effects),
        text(f"{step.place.path}:{step.place.span.line}"),
        text(change),
    ]
    return f"<tr data-step={attribute(str(step.position))}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
