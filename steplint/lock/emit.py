"""The canonical text of a lock: one key a line, fixed order, the same bytes on every system."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.lock.file import VERSION, Changed, LockFile, LockStep, LockWorkflow, Was
from steplint.lock.scan import HEADER

_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def emit(lock: LockFile) -> str:
    """Return ``lock`` as text: sorted workflows, a final newline."""
    lines = [*HEADER, f"version = {VERSION}"]
    for each in sorted(lock.workflow, key=lambda workflow: workflow.key):
        lines += _workflow(each)
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return ``text`` as a TOML basic string on one line; what does not print is escaped, so that reviewers see it."""
    return '"' + "".join(_character(each) for each in text) + '"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _workflow(workflow: LockWorkflow) -> Iterator[str]:
    yield from _header("workflow", workflow.comments)
    yield f"id = {quoted(workflow.id)}"
    if workflow.app:
        yield f"app = {quoted(workflow.app)}"
    yield f"dialect = {quoted(workflow.dialect)}"
    yield f"family = {quoted(workflow.family)}"
    if workflow.live:
        if workflow.source:
            yield f"source = {quoted(workflow.source)}"
        if workflow.targets:
            yield f"targets = {_list(workflow.targets)}"
        if workflow.unknown:
            yield f"unknown = {workflow.unknown}"
    yield from _gone(workflow.gone, workflow.accept)
    for was in workflow.was:
        yield from _was("workflow.was", was)
    if workflow.live:
        for step in workflow.step:
            yield from _step(step)


def _step(step: LockStep) -> Iterator[str]:
    yield from _header("workflow.step", step.comments)
    yield f"id = {quoted(step.id)}"
    yield f"kind = {quoted(step.kind)}"
    if step.count > 1:
        yield f"count = {step.count}"
    if step.calls:
        yield f"calls = {_list(step.calls)}"
    if step.call:
        yield f"call = {quoted(step.call)}"
    if step.repeats:
        yield "repeats = true"
    yield from _gone(step.gone, step.accept)
    for was in step.was:
        yield from _was("workflow.step.was", was)
    for change in step.change:
        yield from _change(change)


def _gone(reason: str | None, accept: str) -> Iterator[str]:
    if reason is None:
        return
    yield f"gone = {quoted(reason)}"
    if accept:
        yield f"accept = {quoted(accept)}"


def _was(table: str, was: Was) -> Iterator[str]:
    yield from _header(table, was.comments)
    yield f"id = {quoted(was.id)}"
    yield f"accept = {quoted(was.accept)}"
    if was.why:
        yield f"why = {quoted(was.why)}"


def _change(change: Changed) -> Iterator[str]:
    yield from _header("workflow.step.change", change.comments)
    yield f"kind = {quoted(change.kind)}"
    yield f"accept = {quoted(change.accept)}"
    if change.why:
        yield f"why = {quoted(change.why)}"


def _header(table: str, comments: tuple[str, ...]) -> Iterator[str]:
    yield ""
    yield from comments
    yield f"[[{table}]]"


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(quoted(each) for each in words) + "]"
