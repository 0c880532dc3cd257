"""What is known of a step ID: its key, whether runs may have it, and what a rename does to them."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol.types import Hover, MarkupContent, MarkupKind, Position

from steplint.contract.identity import Verdict
from steplint.contract.verdicts import verdict
from steplint.lock.build import key
from steplint.lock.file import LockStep, find_workflow
from steplint.lock.policy import Policy, allowed, engine
from steplint.lsp.diagnostics import Writer
from steplint.lsp.edits import Editor
from steplint.lsp.session import Found
from steplint.lsp.snapshot import Snapshot
from steplint.lsp.steps import here
from steplint.model.dialect import Dialect
from steplint.model.graph import Step, Workflow
from steplint.report.graph.tree import readable

_EFFECTS: dict[Verdict, str] = {
    "safe": "no run in flight notices",
    "late": "runs past this point execute it once, after later steps",
    "ignored": "runs in flight keep a memo that nothing reads",
    "reruns": "every run in flight that has passed this point executes it again",
    "stale": "runs in flight receive a memo of another meaning",
    "swaps": "runs in flight receive the memo of another call",
    "wedges": "a run in flight that has passed this point fails when it is recovered",
}


def hover(found: Found, editor: Editor, position: Position) -> Hover | None:
    """Return the card of the step ID at a position, or None where there is none."""
    at = here(found, editor, position)
    if at is None:
        return None
    cards = ["\n".join(_card(found.snapshot, workflow, step)) for workflow, step in at.uses]
    text = "\n\n---\n\n".join(dict.fromkeys(cards))
    return Hover(MarkupContent(MarkupKind.Markdown, text), Writer(found.snapshot, editor).range(at.place))


def code(text: str) -> str:
    """Return ``text`` as a code span of markdown, whatever is in it."""
    shown = " ".join(text.split()) or " "
    shown = shown if len(shown) <= 200 else f"{shown[:199]}…"
    fence = "`"
    while fence in shown:
        fence += "`"
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _card(snapshot: Snapshot, workflow: Workflow, step: Step) -> Iterator[str]:
    dialect = snapshot.analysis.dialects[workflow.dialect]
    home = f"workflow {code(workflow.id)} ({workflow.dialect}, {workflow.family})"
    yield f"**{code(readable(step))}** · {step.kind} · {home}"
    yield ""
    yield from _identity(snapshot, workflow, step, dialect)
    if step.id_source == "missing":
        return  # there is no name that the lock could have, or that anybody could change
    yield from _lock(snapshot, workflow, step)
    yield f"- renaming it: {_EFFECTS[verdict(engine(dialect), 'renamed')]}"


def _identity(snapshot: Snapshot, workflow: Workflow, step: Step, dialect: Dialect) -> Iterator[str]:
    if workflow.family != "keyed":
        compares = ", ".join(dialect.checks) or "nothing"
        yield f"- position {step.position + 1} of {len(workflow.steps)}; a replay compares {compares}"
        return
    number = snapshot.occurrence(workflow, step)
    if step.id is None:
        yield (
            "- one key for each value of the interpolations"
            if step.template not in (None, "{}")
            else ("- the ID is computed at run time, so its key is not known here")
        )
    else:
        yield f"- key {code(key(step.id, number, dialect.repeat))}"
    same = [each for each in workflow.steps if each.label == step.label]
    last = max((snapshot.occurrence(workflow, each) for each in same), default=0)
    if last:
        yield f"- occurrence {number}, counted from 0, of {last + 1} on one path: told apart by order alone"
    elif step.times == "many":
        yield "- in a loop: repeats are told apart by order alone"


def _lock(snapshot: Snapshot, workflow: Workflow, step: Step) -> Iterator[str]:
    path = snapshot.loaded.settings.lock.path
    if snapshot.lock is None:
        yield f"- not published: there is no {code(path)}"
        return
    entry = find_workflow(snapshot.lock.lock, workflow.dialect, workflow.app, workflow.id)
    steps = [each for each in entry.step if each.id == step.label] if entry is not None else []
    live = next((each for each in steps if each.live), None)
    if live is not None:
        yield f"- published: in {code(path)}"
        yield from _records(live)
    elif steps:
        yield f"- removed before, so the ID is reserved: {steps[0].gone}"
    else:
        yield f"- not in {code(path)} yet"
    policy = Policy(snapshot.analysis.dialects, snapshot.loaded.settings.lock)
    offered = allowed("renamed", workflow.family, workflow.dialect, policy)
    if live is not None and offered:
        yield f"- a rename is recorded with {', '.join(code(each) for each in offered)}"


def _records(step: LockStep) -> Iterator[str]:
    for was in step.was:
        yield f"- was {code(was.id)}: {was.accept}" + (f", {was.why}" if was.why else ", no reason given")
    for change in step.change:
        yield f"- {change.kind}: {change.accept}" + (f", {change.why}" if change.why else ", no reason given")
