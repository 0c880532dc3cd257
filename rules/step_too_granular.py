"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project, Step, Workflow

from ._options import number
from ._text import sentence, short


def check(project: Project) -> Iterator[Finding]:
    """Yield chains of pure steps that each only feed the next, and single steps that are one pure expression."""
    minimum = number(project, "min-steps")
    for workflow in project.graph.workflows:
        if project.dialect(workflow).granular:
            continue
        published = project.published(workflow)
        for chain in _chains(workflow):
            if len(chain) >= max(minimum, 2):
                yield _chain(workflow, chain, "chain", published)
            elif chain[0].times == "many":
                continue  # one step an item is how work is divided
            elif len(chain) > 1:
                yield _chain(workflow, chain, "short", published)
            elif chain[0].body and chain[0].body.expression:
                yield _single(workflow, chain[0])


def _chains(workflow: Workflow) -> Iterator[list[Step]]:
    direct = set(workflow.order)
    chain = list[Step]()
    for step in workflow.steps:
        if chain and not (_pure(step) and _continues(direct, chain[-1], step)):
            yield chain
            chain = []
        if _pure(step):
            chain.append(step)
    if chain:
        yield chain


def _pure(step: Step) -> bool:
    body = step.body
    if step.kind != "run" or body is None or not body.resolved or not body.pure:
        return False
    # A step that draws a value is small on purpose: it is there to be memoized.
    return not (body.draws or body.writes or body.nested or any(each.kind != "log" for each in body.effects))


def _continues(direct: set[tuple[int, int]], before: Step, step: Step) -> bool:
    adjacent = (before.position, step.position) in direct and before.inside == step.inside
    return adjacent and before.position in step.reads and not before.read_elsewhere


def _chain(workflow: Workflow, chain: list[Step], level: str, published: frozenset[str]) -> Finding:
    first, *rest = chain
    following = f"{len(rest)} steps after it" if len(rest) > 1 else f"`{short(rest[0].label)}` after it"
    hint = "do the work in one step, or in the body"
    if any(step.label in published for step in chain):
        hint += "; these IDs are published, so merge them once the runs in flight have ended"
    return Finding(
        sentence(
            f"step `{short(first.label)}` and {following}", "do pure work, each only feeding the next", "do pure work"
        ),
        first.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=first.label,
        level=level,
        label=f"pure work, {len(chain)} recorded results, {len(chain)} round trips",
        trace=first.trail,
        notes=tuple(Note(step.place, f"`{step.label}` works on its result") for step in rest),
        hint=hint,
    )


def _single(workflow: Workflow, step: Step) -> Finding:
    return Finding(
        f"step `{short(step.label)}` is one pure expression",
        step.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        level="single",
        label="a recorded result and a round trip for it",
        trace=step.trail,
        hint="compute it in the body: it is the same at every replay",
    )
