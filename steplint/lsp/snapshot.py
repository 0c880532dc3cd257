"""A project at one moment: what every answer to an editor is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from msgspec import Struct

from steplint.config import Loaded
from steplint.lock.build import occurrences
from steplint.lock.read import Text
from steplint.lsp.shift import Shift
from steplint.model.finding import Finding
from steplint.model.graph import Step, Workflow
from steplint.model.place import Place, Span
from steplint.model.report import Report
from steplint.project.analysis import Analysis
from steplint.project.check import Checked


class Trouble(Struct, frozen=True):
    """What keeps the project from being analyzed: a file of it and a line, or an empty path for neither."""

    path: str
    line: int
    message: str
    severity: Literal["error", "warning", "info"] = "error"


class Snapshot(Struct, frozen=True, dict=True):
    """An analyzed project.

    ``versions`` are those of the open documents that it contains. A document that does not parse is there with its last
    text that did: ``broken`` has its text now, ``shifts`` says where the lines went, ``unreadable`` what is wrong.
    """

    analysis: Analysis
    checked: Checked
    lock: Text | None
    versions: Mapping[str, int]
    shifts: Mapping[str, Shift] = {}
    broken: Mapping[str, str] = {}
    unreadable: tuple[Finding, ...] = ()
    trouble: tuple[Trouble, ...] = ()

    @property
    def loaded(self) -> Loaded:
        """The settings."""
        return self.analysis.loaded

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self.analysis.loaded.root

    @property
    def report(self) -> Report:
        """What the rules say."""
        return self.checked.report

    @property
    def workflows(self) -> tuple[Workflow, ...]:
        """Every workflow of the project."""
        return self.analysis.graph.workflows

    def text(self, path: str) -> str | None:
        """Return the text that an editor shows of a file, or None."""
        return self.broken.get(path) or self.analysis.text(path)

    def now(self, place: Place) -> Span | None:
        """Return where a place stands in the text that an editor shows; None for lines that were edited since."""
        shift = self.shifts.get(place.path)
        return place.span if shift is None else shift.span(place.span)

    def is_current(self, path: str) -> bool:
        """Return whether the analyzed text of a file is the one that an editor shows, so that edits of it fit."""
        return path not in self.broken

    def steps(self, path: str) -> Iterator[tuple[Workflow, Step]]:
        """Yield the steps that stand in a file, each with every workflow that reaches it."""
        for workflow in self.workflows:
            for step in workflow.steps:
                if step.place.path == path:
                    yield workflow, step

    @cached_property
    def occurrences(self) -> Mapping[int, Mapping[int, int]]:
        """How often the ID of a step was used before it, by index of the workflow and position."""
        return {number: occurrences(each) for number, each in enumerate(self.workflows)}

    def occurrence(self, workflow: Workflow, step: Step) -> int:
        """Return how often the ID of a step was used before it on one path."""
        number = next(n for n, each in enumerate(self.workflows) if each is workflow)
        return self.occurrences[number].get(step.position, 0)
