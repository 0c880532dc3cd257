"""Rename of a step ID: the code and the record in the lock change together, or nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lsprotocol.types import Position, PrepareRenamePlaceholder, Range
from msgspec import Struct
from msgspec.structs import replace

from steplint.check.text import offsets, starts
from steplint.lock import verbs
from steplint.lock.file import LockWorkflow, find_workflow
from steplint.lock.named import State, was_published
from steplint.lock.policy import allowed
from steplint.lock.read import read
from steplint.lsp import literals
from steplint.lsp.edits import Editor
from steplint.lsp.records import without_reasons
from steplint.lsp.session import Found
from steplint.lsp.snapshot import Snapshot
from steplint.lsp.steps import Here, here
from steplint.lsp.units import Text
from steplint.model.graph import Step, StepGraph, Workflow
from steplint.model.place import Place, Span
from steplint.project import locking, texts
from steplint.project.analysis import Analysis

SEPARATOR = " -- "
"""What follows in a new name is the reason, after a policy and a colon if one is wanted."""


class RefusedError(Exception):
    """A rename that cannot be made: why, and what to do instead."""


class Asked(Struct, frozen=True):
    """A new ID as it was typed: ``charge-card -- reexecute: billing wording``."""

    id: str
    accept: str = ""
    why: str = ""


class Plan(Struct, frozen=True):
    """A rename that is possible: new texts by path, the project as it is then, and what the lock has to be told.

    ``published`` are the names of workflows whose runs may know the old ID; ``offered`` are the policies that all of
    them may use. ``unpublished`` are those that only the lock of this branch knows, with a policy that passes.
    """

    old: str
    new: str
    contents: Mapping[str, str]
    analysis: Analysis
    published: tuple[str, ...] = ()
    unpublished: tuple[tuple[str, str], ...] = ()
    offered: tuple[str, ...] = ()


def asked(text: str) -> Asked:
    """Return the parts of a new name as it was typed."""
    name, _, rest = text.strip().partition(SEPARATOR)
    accept, colon, why = rest.partition(":")
    if colon and accept.strip().isalpha():
        return Asked(name.strip(), accept.strip(), why.strip())
    return Asked(name.strip(), "", rest.strip())


def prepare(found: Found, editor: Editor, position: Position) -> PrepareRenamePlaceholder | None:
    """Return what a rename at a position would change; None where no step ID is written."""
    at = here(found, editor, position)
    if at is None or at.step.id is None or at.step.id_source not in ("literal", "constant"):
        return None
    if not found.snapshot.is_current(found.path):
        return None
    source = found.snapshot.analysis.text(found.path) or ""
    start, end = offsets(source, at.place.span)
    if literals.content(source[start:end]) is None:
        return PrepareRenamePlaceholder(Text(source, editor.encoding).range(at.place.span), at.step.id)
    return PrepareRenamePlaceholder(_inside(source, at.place.span, editor), at.step.id)


def plan(found: Found, editor: Editor, position: Position, new: str) -> Plan:
    """Return what a rename to ``new`` does; raises `RefusedError`, and what reading the lock raises."""
    at = here(found, editor, position)
    if at is None:
        raise RefusedError("there is no step ID here; place the cursor on the text of the ID")
    old = _old(found.snapshot, at)
    if not new or new == old:
        raise RefusedError(f"type the new ID of `{old}`, and behind `{SEPARATOR}` the reason")
    if at.workflow.family == "keyed" and any(each.label == new for flow, _ in at.uses for each in flow.steps):
        raise RefusedError(f"workflow `{at.workflow.id}` has a step `{new}` already; two steps would share its memo")
    contents = _contents(found.snapshot, at, old, new)
    analysis = found.snapshot.analysis.edited(
        {path: texts.encode(text, found.snapshot.analysis.tree.read(path)) for path, text in contents.items()}
    )
    changed = _changed(found.snapshot.analysis.graph, analysis.graph, old, new)
    return _with_lock(Plan(old, new, contents, analysis), changed)


def lock_text(planned: Plan, accept: str, why: str) -> str | None:
    """Return the lock with the records of a rename, or None where it has nothing to say.

    Raises `RecordError` for a policy that is not allowed.
    """
    given = locking.given(planned.analysis)
    if not why:
        given = without_reasons(given)
    for name in planned.published:
        given = _renamed(given, planned, name, accept, why)
    for name, passes in planned.unpublished:
        given = _renamed(without_reasons(given), planned, name, passes, "")
    data = planned.analysis.lock_bytes
    return texts.decode(given.data) if given.data is not None and given.data != data else None


def _renamed(given: verbs.Given, planned: Plan, name: str, accept: str, why: str) -> verbs.Given:
    written = verbs.lock_rename(given, name, planned.old, planned.new, accept=accept, why=why)
    return given if written.text is None else replace(given, data=written.text.encode())


def _old(snapshot: Snapshot, at: Here) -> str:
    step = at.step
    if step.id_source == "name":
        called = step.body.call if step.body is not None else step.label
        raise RefusedError(f"the ID is the name of `{called}`: rename the function, then record the rename")
    if step.id is None:
        raise RefusedError("the ID is put together from values: edit the text, then record the rename")
    if step.id_source not in ("literal", "constant"):
        raise RefusedError(f"`{step.label}` is no text that stands in the code")
    if not snapshot.is_current(at.place.path):
        raise RefusedError("the file does not parse; mend it first")
    return step.id


def _contents(snapshot: Snapshot, at: Here, old: str, new: str) -> dict[str, str]:
    """Return the new texts: every place where an ID of these workflows is written, as one memo key has one name."""
    found = dict[str, set[tuple[int, int]]]()
    for path, span in _places(snapshot, at, old):
        found.setdefault(path, set()).add(span)
    contents = dict[str, str]()
    for path, spans in found.items():
        text = snapshot.analysis.text(path) or ""
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + literals.rewritten(text[start:end], new) + text[end:]
        contents[path] = text
    return contents


def _places(snapshot: Snapshot, at: Here, old: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for workflow, step in at.uses:
        same = [each for each in workflow.steps if each.id == old] if workflow.family == "keyed" else [step]
        for each in same:
            yield _literal(snapshot, each, old)


def _literal(snapshot: Snapshot, step: Step, old: str) -> tuple[str, tuple[int, int]]:
    place = step.id_place or step.place
    text = snapshot.analysis.text(place.path) or ""
    start, end = offsets(text, place.span)
    if literals.content(text[start:end]) == old:
        return place.path, (start, end)
    name = text[start:end].rpartition(".")[2]
    if name.isidentifier():
        defined = list(_definitions(snapshot, place, name, old))
        if len(defined) == 1:
            return defined[0]
    raise RefusedError(f"`{old}` comes from `{_short(text[start:end])}`: change it there, then record the rename")


def _definitions(snapshot: Snapshot, place: Place, name: str, old: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield where a constant of this name and value is defined; in the same file, if it is there."""
    paths = snapshot.analysis.linked.read
    for path in (place.path, *(each for each in paths if each != place.path)):
        defined = literals.constants(snapshot.analysis.text(path) or "", name, old)
        yield from ((path, span) for span in defined)
        if defined and path == place.path:
            return


def _changed(before: StepGraph, after: StepGraph, old: str, new: str) -> list[Workflow]:
    """Return the workflows that the new texts rename a step of; refuses texts that change anything else."""
    changed = list[Workflow]()
    if len(before.workflows) != len(after.workflows):
        raise RefusedError(f"`{old}` decides which workflows there are: rename it by hand")
    for one, other in zip(before.workflows, after.workflows, strict=True):
        if (one.id, len(one.steps)) != (other.id, len(other.steps)):
            raise RefusedError(f"the rename changes more of workflow `{one.id}` than this ID: edit it by hand")
        steps = [(was, now) for was, now in zip(one.steps, other.steps, strict=True) if was.label != now.label]
        for was, now in steps:
            if (was.label, now.label) != (old, new) or _body(was) != _body(now):
                raise RefusedError(f"`{was.label}` of workflow `{one.id}` would change as well: edit it by hand")
        if steps:
            changed.append(other)
    if not changed:
        raise RefusedError(f"`{old}` is not decided by this text alone: edit it by hand, then record the rename")
    return changed


def _body(step: Step) -> str:
    return step.body.call if step.body is not None and step.body.resolved else ""


def _with_lock(planned: Plan, changed: list[Workflow]) -> Plan:
    if planned.analysis.lock_bytes is None:
        return planned
    given = locking.given(planned.analysis)
    lock = read(planned.analysis.lock_bytes, given.policy.settings.path).lock
    state = State(lock, given.published.lock if given.published.base is not None else lock, given.code, given.policy)
    published, unpublished = list[str](), list[tuple[str, str]]()
    offered: list[str] | None = None
    for workflow in changed:
        entry = find_workflow(lock, workflow.dialect, workflow.app, workflow.id)
        if entry is None or not entry.has(planned.old):
            continue
        words = allowed("renamed", workflow.family, workflow.dialect, given.policy)
        if was_published(state, entry, planned.old):
            published.append(_name(entry))
            offered = [each for each in (offered or words) if each in words]
        else:
            unpublished.append((_name(entry), words[0] if words else "drained"))
    if published and not offered:
        raise RefusedError(f"no policy of the project allows a rename of `{planned.old}`, which is published")
    return replace(planned, published=tuple(published), unpublished=tuple(unpublished), offered=tuple(offered or ()))


def _name(entry: LockWorkflow) -> str:
    return f"{entry.app}/{entry.id}" if entry.app else f"{entry.dialect}:{entry.id}"


def _inside(source: str, span: Span, editor: Editor) -> Range:
    """Return the range between the quotes of a literal."""
    start, end = offsets(source, span)
    written = source[start:end]
    text = Text(source, editor.encoding)
    value = literals.content(written) or ""
    at = written.find(value) if value else -1
    if at < 0:
        return text.range(span)
    lines = starts(source)
    line = sum(begin <= start + at for begin in lines)
    column = start + at - lines[line - 1]
    first = text.position(line, column)
    last = text.position(line, column + len(value))
    return Range(first, last)


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
