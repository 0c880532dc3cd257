"""What makes a function or class worth reading by itself, taken from the dialects of a run."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.model.dialect import Dialect
from steplint.project.tables import Known
from steplint.read.asked import Marks


def marks(known: Known) -> Marks:
    """Return the texts, calls and paths by which code declares, registers or looks like a workflow."""
    words = known.words.union(*(each.pinned_by for each in known.dialects.values()))
    verbs: set[str] = set()
    durable: set[str] = set()
    for dialect in known.dialects.values():
        verbs.update(_verbs(dialect))
        durable.update(_durable(dialect))
    return Marks(tuple(sorted(words)), tuple(sorted(verbs)), tuple(sorted(durable)))


def _verbs(dialect: Dialect) -> Iterator[str]:
    """Yield the last names of what is called to declare a workflow or publish a function."""
    for form in dialect.workflow:
        for name in (form.decorator, form.call, form.named):
            if name:
                yield name.rpartition(".")[2]
    for reference in dialect.reference:
        if reference.call:
            yield reference.call.rpartition(".")[2]


def _durable(dialect: Dialect) -> Iterator[str]:
    """Yield the paths of steps as they are written on a parameter of a known name."""
    for name, base in dialect.parameters.items():
        prefix = f"{base}." if base else ""
        for form in dialect.step:
            if form.method.startswith(prefix) and form.method != prefix:
                yield f"{name}.{form.method.removeprefix(prefix)}"
