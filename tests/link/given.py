"""Short Inngest workflows as text, and what the linker makes of them in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent, indent

from steplint.model.graph import Body, Effect, Step, StepGraph, Workflow
from steplint.testing import check_source

HEAD = """\
import inngest

client = inngest.Inngest(app_id="shop")
"""
FLOW = """

@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
"""


def linked(files: Mapping[str, str]) -> StepGraph:
    """Return the linked program of files by path."""
    result = check_source(files)
    assert result.errors == ()
    assert not [each for each in result.findings if each.rule.name == "unparsable-file"], "the text of a test is wrong"
    return result.graph


def source(body: str, before: str = "") -> str:
    """Return a module with the workflow `order`; ``before`` stands above it."""
    return HEAD + "\n" + dedent(before) + FLOW + indent(dedent(body).strip("\n"), "    ") + "\n"


def flow(body: str, before: str = "", **modules: str) -> Workflow:
    """Return the workflow `order`; ``modules`` are other files of the project."""
    files = {f"{name}.py": dedent(text) for name, text in modules.items()}
    graph = linked({**files, "flows.py": source(body, before)})
    return next(each for each in graph.workflows if each.id == "order")


def labels(found: Workflow) -> list[str]:
    """Return the IDs and templates of the steps in order; `?` for those that cannot be read."""
    return [each.label for each in found.steps]


def sources(found: Workflow) -> dict[str, set[str]]:
    """Return each source and operation of the body with the roles of its value."""
    return _roles(found.effects)


def body(found: Workflow, label: str) -> Body:
    """Return what a step runs."""
    found_body = step(found, label).body
    assert found_body is not None
    return found_body


def effects(found: Workflow, label: str) -> dict[str, set[str]]:
    """Return each source and operation of a step with the roles of its value."""
    return _roles(body(found, label).effects)


def step(found: Workflow, label: str) -> Step:
    """Return the step with an ID."""
    return next(each for each in found.steps if each.label == label)


def exclusive(found: Workflow, one: str, other: str) -> bool:
    """Return whether no path leads from one of two steps to the other."""
    return other not in _reached(found, one) and one not in _reached(found, other)


def _reached(found: Workflow, start: str) -> set[str]:
    seen, todo, edges = set[str](), [start], follows(found)
    while todo:
        current = todo.pop()
        new = {then for first, then in edges if first == current} - seen
        seen |= new
        todo += new
    return seen


def follows(found: Workflow) -> set[tuple[str, str]]:
    """Return which step can come directly after which."""
    return {(found.steps[a].label, found.steps[b].label) for a, b in found.order if a >= 0 and b >= 0}


def _roles(given: tuple[Effect, ...]) -> dict[str, set[str]]:
    merged = dict[str, set[str]]()
    for each in given:
        merged.setdefault(each.api, set()).update(use.role for use in each.uses)
    return merged
