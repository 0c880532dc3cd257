"""Arguments of calls: by the positions that dialects name, as they are handed on, as they are called."""

from __future__ import annotations

from msgspec.structs import replace

from steplint.link.values import UNKNOWN, Abstract, Given, Literal, Mapped, Pattern, Sequence, argument
from steplint.model.dialect import Position, StepForm
from steplint.model.summary import Argument
from steplint.model.value import Const, Template


def argument_at(given: tuple[Given, ...], position: Position) -> Given | None:
    """Return the argument that a dialect's position means: an index, a keyword, or an entry of a dict argument."""
    if isinstance(position, int) or not position.endswith("]"):
        return argument(given, position)
    outer, _, key = position[:-1].partition("[")
    whole = argument(given, int(outer) if outer.isdigit() else outer)
    if whole is None or not isinstance(whole.value.thing, Mapped):
        return None
    entries = dict(whole.value.thing.entries)
    return Given(None, entries[key], whole.written) if key in entries else None


def passed(form: StepForm, given: tuple[Given, ...]) -> tuple[Given, ...]:
    """Return the arguments that the operation hands on to its callable."""
    handed: list[Given] = [Given(None, UNKNOWN, None)] if form.context_first else []
    if form.passes is not None:
        at = 0
        for each in given:
            if each.keyword is None:
                if at >= form.passes:
                    handed.append(each)
                at += 1
            elif each.keyword in ("*", "**"):
                handed.append(each)
    if form.passes_keyword:
        found = argument(given, form.passes_keyword)
        if found is not None and isinstance(found.value.thing, Sequence):
            handed += [Given(None, each, found.written) for each in found.value.thing.items]
        elif found is not None:
            handed.append(Given("*", found.value, found.written))
    return tuple(handed)


def spelled(written: tuple[Argument, ...], given: tuple[Given, ...]) -> tuple[Argument, ...]:
    """Return arguments as written, a variable that holds text replaced by the text: `execute(query)`."""
    texts = {id(each.written): text for each in given if (text := statement(each.value))}
    if not texts:
        return written
    return tuple(
        replace(each, value=Const(texts[id(each)]))
        if id(each) in texts and not isinstance(each.value, Const | Template)
        else each
        for each in written
    )


def statement(value: Abstract) -> str:
    """Return the text that a value is, `{}` for each of its holes; empty for anything but text."""
    thing = value.thing
    if isinstance(thing, Pattern):
        return thing.text
    return thing.value if isinstance(thing, Literal) and isinstance(thing.value, str) else ""


def named_argument(given: Given) -> str:
    """Return the name of a positional argument that is a plain variable: `insert(record_id)` gives `record_id`."""
    text = given.value.text
    return text.rpartition(".")[2] if text and text.replace(".", "").replace("_", "").isalnum() else ""
