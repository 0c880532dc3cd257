"""Meta rules about the run itself; those about comments and the baseline stand in `comments` and `baseline`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steplint.model.dialect import Dialect
from steplint.model.finding import Finding
from steplint.model.graph import StepGraph
from steplint.model.place import NOWHERE, Place
from steplint.model.summary import Problem

_LONGEST = 100


def unparsable(problems: Mapping[str, Problem]) -> Iterator[Finding]:
    """Yield SL000 for each file that was not analyzed."""
    for path, problem in sorted(problems.items()):
        reason = " ".join(problem.message.split()).rstrip(".")
        yield Finding(
            _cut(f"not analyzed: {reason[:1].lower()}{reason[1:]}"),
            Place(path, problem.span),
            hint="the steps of this file are unknown to the lock until it parses; `exclude` leaves it out",
            label="here",
            subject="file",
        )


def nothing_found(graph: StepGraph, dialects: Mapping[str, Dialect]) -> Iterator[Finding]:
    """Yield SL005 for each engine that is imported though no workflow of it was recognized."""
    found = {workflow.dialect for workflow in graph.workflows}
    # A file with workflows of one engine may well import an error class of another.
    silent = [module for module in graph.modules if not module.workflows]
    for name in sorted({each for module in silent for each in module.dialects} - found):
        paths = sorted(module.path for module in silent if name in module.dialects)
        sdk = dialects[name].packages[0] if name in dialects and dialects[name].packages else name
        files = "1 file imports" if len(paths) == 1 else f"{len(paths)} files import"
        yield Finding(
            f"{files} `{sdk}` and no workflow was recognized",
            Place(paths[0], NOWHERE),
            dialect=name,
            hint="`steplint graph --all` shows what was seen; a wrapper decorator goes into `decorators`",
            subject=name,
        )


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
