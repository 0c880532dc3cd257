"""The whole step graph as one JSON object: sequence, branches, loops, parallel groups, effects.

Fields and types: `steplint.report.graph.document`; the schema is printed by `steplint schema graph`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from steplint.model.graph import Effect, Hop, Step, StepGraph, Workflow
from steplint.model.place import Place
from steplint.report.graph import document as out
from steplint.report.graph.tree import Branch, Leaf, title, tree
from steplint.report.view import GraphView


def render(graph: StepGraph, view: GraphView) -> str:
    """Return ``graph`` as JSON with two spaces of indentation and a final newline."""
    return msgspec.json.format(msgspec.json.encode(build(graph)), indent=2).decode() + "\n"


def build(graph: StepGraph) -> out.GraphOut:
    """Return ``graph`` as the structs that are written."""
    return out.GraphOut(
        schema=out.SCHEMA,
        workflows=tuple(_workflow(each) for each in graph.workflows),
        rejected=tuple(
            out.GraphRejected(_place(each.place), each.name, each.reason, each.setting) for each in graph.rejected
        ),
    )


def _workflow(workflow: Workflow) -> out.GraphWorkflow:
    return out.GraphWorkflow(
        id=workflow.id,
        name=workflow.name,
        app=workflow.app,
        dialect=workflow.dialect,
        family=workflow.family,
        source=workflow.source,
        place=_place(workflow.place),
        asynchronous=workflow.asynchronous,
        steps=tuple(_step(each) for each in workflow.steps),
        effects=tuple(_effect(each) for each in workflow.effects),
        order=workflow.order,
        tree=_nodes(tree(workflow)),
        unresolved=tuple(
            out.GraphUnresolved(_place(each.place), each.kind, each.reason) for each in workflow.unresolved
        ),
    )


def _step(step: Step) -> out.GraphStep:
    body = step.body
    return out.GraphStep(
        id=step.id,
        template=step.template,
        kind=step.kind,
        form=step.form,
        position=step.position,
        occurrence=step.occurrence,
        times=step.times,
        place=_place(step.place),
        id_place=_place(step.id_place) if step.id_place is not None else None,
        id_source=step.id_source,
        function=step.function,
        gate=step.gate,
        reads=step.reads,
        callable=out.GraphCallable(
            body.name,
            _place(body.place),
            body.resolved,
            body.fingerprint,
            tuple(_effect(each) for each in body.effects),
        )
        if body is not None
        else None,
        trace=_trace(step.trail),
        confidence=step.confidence,
    )


def _effect(effect: Effect) -> out.GraphEffect:
    return out.GraphEffect(
        kind=effect.kind,
        api=effect.api,
        place=_place(effect.place),
        origin=_place(effect.origin),
        trace=_trace(effect.trail),
        uses=tuple(
            out.GraphUse(use.role, _place(use.place), use.step, use.api, use.name, use.decides) for use in effect.uses
        ),
        mode=effect.mode,
        confidence=effect.confidence,
    )


def _nodes(nodes: Sequence[Branch | Leaf]) -> tuple[out.GraphNode, ...]:
    return tuple(_branch(each) if isinstance(each, Branch) else _leaf(each) for each in nodes)


def _leaf(leaf: Leaf) -> out.GraphNode:
    if leaf.step is not None:
        return out.GraphNode("step", leaf.step)
    return out.GraphNode("effect", leaf.effect)


def _branch(branch: Branch) -> out.GraphNode:
    frame = branch.frame
    return out.GraphNode(
        frame.kind,
        title=title(frame),
        place=_place(frame.place),
        group=frame.group,
        arm=frame.arm,
        endless=frame.endless,
        children=_nodes(branch.children),
    )


def _trace(trail: Sequence[Hop]) -> tuple[out.GraphHop, ...]:
    return tuple(out.GraphHop(_place(hop.place), hop.function, hop.calls) for hop in trail)


def _place(place: Place) -> out.GraphPlace:
    span = place.span
    return out.GraphPlace(place.path, span.line, span.column + 1, span.end_line, span.end_column + 1)
