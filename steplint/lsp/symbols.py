"""What an editor shows of workflows beside the code: the outline, the lens above each, the hints at IDs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lsprotocol.types import CodeLens, Command, DocumentSymbol, InlayHint, InlayHintKind, Position, Range, SymbolKind

from steplint.contract.change import Change
from steplint.contract.identity import Family
from steplint.lock.policy import undecided
from steplint.lsp.diagnostics import Writer
from steplint.lsp.edits import Editor
from steplint.lsp.session import Found
from steplint.model.graph import Step, Workflow
from steplint.report.graph.tree import readable

SHOW_GRAPH, SHOW_DIFF = "steplint.graph", "steplint.diff"

_KINDS = {"run": SymbolKind.Event, "sleep": SymbolKind.Constant, "wait": SymbolKind.Interface}


def symbols(found: Found, editor: Editor) -> list[DocumentSymbol]:
    """Return the workflows of a document with their steps, in order of the text."""
    writer = Writer(found.snapshot, editor)
    listed = list[DocumentSymbol]()
    for workflow in found.snapshot.workflows:
        if workflow.place.path != found.path or (own := writer.range(workflow.place)) is None:
            continue
        steps = list(_steps(found, workflow, writer))
        everything = [own, *(each.range for each in steps)]
        whole = Range(min(each.start for each in everything), max(each.end for each in everything))
        detail = f"{workflow.dialect}, {_count(len(workflow.steps), 'step')}"
        listed.append(DocumentSymbol(_named(workflow.id), SymbolKind.Function, whole, own, detail, children=steps))
    return sorted(listed, key=lambda each: each.range.start)


def lenses(found: Found, editor: Editor, uri: str) -> list[CodeLens]:
    """Return a line above each workflow: how many steps it has, and what the lock says."""
    writer = Writer(found.snapshot, editor)
    listed = list[CodeLens]()
    for workflow in found.snapshot.workflows:
        if workflow.place.path != found.path or (range_ := writer.range(workflow.place)) is None:
            continue
        arguments = [uri, workflow.dialect, workflow.id]
        steps = _count(len(workflow.steps), "step")
        listed.append(CodeLens(range_, Command(steps, SHOW_GRAPH, arguments=arguments)))
        for title in _standing(found, workflow):
            listed.append(CodeLens(range_, Command(title, SHOW_DIFF, arguments=arguments)))
    return listed


def hints(found: Found, editor: Editor, wanted: Range) -> list[InlayHint]:
    """Return the number of each repeat of an ID, and of each step whose position is its identity."""
    writer = Writer(found.snapshot, editor)
    labels: dict[tuple[int, int, bool], _Label] = {}
    for workflow, step in found.snapshot.steps(found.path):
        label = _label(found, workflow, step)
        place = (step.id_place or step.place) if workflow.family == "keyed" else step.place
        range_ = writer.range(place) if label and place.path == found.path else None
        if range_ is None or range_.start < wanted.start or wanted.end < range_.start:
            continue
        keyed = workflow.family == "keyed"
        at = range_.end if keyed else range_.start
        known = labels.setdefault((at.line, at.character, keyed), _Label(at, workflow.family, []))
        if label not in known.parts:
            known.parts.append(label)
    return [_hint(label) for _, label in sorted(labels.items(), key=lambda item: item[0])]


@dataclass
class _Label:
    at: Position
    family: Family
    parts: list[str]


def _hint(label: _Label) -> InlayHint:
    at = label.at
    text = " | ".join(label.parts)
    if label.family == "keyed":
        tip = "a repeat of this ID: its memo is stored under a key of its own, counted in the order of the calls"
        return InlayHint(at, text, InlayHintKind.Parameter, tooltip=tip)
    tip = "the position of this operation in the history: an operation before it moves it"
    return InlayHint(at, text, InlayHintKind.Parameter, tooltip=tip, padding_right=True)


def _label(found: Found, workflow: Workflow, step: Step) -> str:
    if workflow.family != "keyed":
        return str(step.position + 1)
    number = found.snapshot.occurrence(workflow, step)
    repeat = found.snapshot.analysis.dialects[workflow.dialect].repeat
    return repeat.suffix.format(n=repeat.first + number - 1) if number else ""


def _steps(found: Found, workflow: Workflow, writer: Writer) -> Iterator[DocumentSymbol]:
    for step in workflow.steps:
        if step.place.path != found.path or (whole := writer.range(step.place)) is None:
            continue
        kind = _KINDS.get(step.kind, SymbolKind.Event)
        own = writer.range(step.id_place) if step.id_place and step.id_place.path == found.path else None
        inside = own is not None and whole.start <= own.start and own.end <= whole.end
        yield DocumentSymbol(_named(readable(step)), kind, whole, own if own and inside else whole, step.kind)


def _standing(found: Found, workflow: Workflow) -> Iterator[str]:
    """Yield what the lock has to say about a workflow."""
    if found.snapshot.lock is None:
        return
    mine = [each for each in found.snapshot.report.changes if _of(each, workflow)]
    waiting = [each for each in mine if undecided(each) and each.kind != "unlocked"]
    unlocked = sum(each.kind == "unlocked" for each in mine)
    if waiting:
        yield f"{_count(len(waiting), 'change')} to decide vs {found.snapshot.loaded.settings.lock.path}"
    if unlocked:
        yield f"{unlocked} not in {found.snapshot.loaded.settings.lock.path}"


def _of(change: Change, workflow: Workflow) -> bool:
    return (change.dialect, change.workflow) == (workflow.dialect, workflow.id) and change.app in ("", workflow.app)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _named(text: str) -> str:
    """Return a name that an outline can show: the protocol permits no empty one."""
    return " ".join(text.split()) or "?"
