"""Arguments of calls: by the positions that dialects name, as they are handed on, as they are called."""

from __future__ import annotations

from steplint.link.values import Given, Mapped, Sequence, argument
from steplint.model.dialect import Position, StepForm


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
    handed: list[Given] = []
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


def named_argument(given: Given) -> str:
    """Return the name of a positional argument that is a plain variable: `insert(record_id)` gives `record_id`."""
    text = given.value.text
    return text.rpartition(".")[2] if text and text.replace(".", "").replace("_", "").isalnum() else ""
