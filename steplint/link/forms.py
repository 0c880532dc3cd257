"""The active dialects as look-up tables: which name declares, runs, combines or gates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from steplint.link.values import Abstract, Context, Function, Given
from steplint.model.dialect import Dialect, ReferenceForm, StepForm, WorkflowForm
from steplint.model.place import Place


class StepMatch(NamedTuple):
    """A way to write a step, with its dialect."""

    dialect: Dialect
    form: StepForm


class WorkflowMatch(NamedTuple):
    """A way to declare a workflow, with its dialect."""

    dialect: Dialect
    form: WorkflowForm


class Registered(NamedTuple):
    """A function handed to a registering call: `app.create_function(...)(handler)`, `worker.add_orchestrator(fn)`."""

    match: WorkflowMatch
    function: Function
    arguments: tuple[Given, ...]
    receiver: Abstract | None
    place: Place


class Forms:
    """Look-up tables over the active dialects; ``wrappers`` are a project's own names for names of an SDK."""

    def __init__(self, dialects: Iterable[Dialect], wrappers: Mapping[str, str]) -> None:
        self.dialects = {each.name: each for each in dialects}
        self.wrappers = dict(wrappers)
        self.calls: dict[str, list[StepMatch]] = defaultdict(list)
        self.methods: dict[tuple[str, str], StepForm] = {}
        self.step_decorators: dict[str, list[StepMatch]] = defaultdict(list)
        self.named_steps: dict[str, list[StepMatch]] = defaultdict(list)
        self.workflow_decorators: dict[str, list[WorkflowMatch]] = defaultdict(list)
        self.workflow_calls: dict[str, list[WorkflowMatch]] = defaultdict(list)
        self.workflow_bases: dict[str, list[WorkflowMatch]] = defaultdict(list)
        self.workflow_named: dict[str, list[WorkflowMatch]] = defaultdict(list)
        self.references: dict[str, ReferenceForm] = {}
        self.reference_calls: dict[str, ReferenceForm] = {}
        self.contexts: dict[str, Context] = {}
        self.obtained: dict[str, Context] = {}
        self.gates: set[tuple[str, str]] = set()
        self.packages: dict[str, str] = {}
        self.factories: set[tuple[str, str]] = set()
        self.verbs: set[str] = set()
        self.handles: set[str] = set()
        self.marks: set[str] = set()
        for dialect in self.dialects.values():
            self._add(dialect)

    def _add(self, dialect: Dialect) -> None:
        for form in dialect.step:
            match = StepMatch(dialect, form)
            if form.call:
                self.calls[form.call].append(match)
                self.handles.add(form.call.rpartition(".")[0])
            if form.verb:
                self.verbs.add(form.verb)
            if form.method:
                self.methods.setdefault((dialect.name, form.method), form)
            if form.decorator:
                self.step_decorators[form.decorator].append(match)
                self.marks.add(form.decorator)
        for declared in dialect.workflow:
            found = WorkflowMatch(dialect, declared)
            if declared.decorator:
                self.workflow_decorators[declared.decorator].append(found)
                self.marks.add(declared.decorator)
            if declared.call:
                self.workflow_calls[declared.call].append(found)
            if declared.base:
                self.workflow_bases[declared.base].append(found)
            if declared.named:
                self.workflow_named[declared.named].append(found)
            for each in (*declared.entry, *declared.handlers):
                if not each.startswith("."):
                    self.marks.add(each)
        for reference in dialect.reference:
            if reference.decorator:
                self.references[reference.decorator] = reference
                self.marks.add(reference.decorator)
                if any(form.called for form in dialect.step):
                    self.factories.add((dialect.name, reference.decorator))
            if reference.call:
                self.reference_calls[reference.call] = reference
        for name, path in dialect.contexts.items():
            self.contexts.setdefault(name, Context(dialect.name, path))
        for name, path in dialect.obtained.items():
            self.obtained.setdefault(name, Context(dialect.name, path))
        for gate in dialect.gates:
            self.gates.add((dialect.name, gate))
        for package in dialect.packages:
            self.packages.setdefault(package, dialect.name)

    def canonical(self, name: str) -> str:
        """Return the SDK's name for a project's own wrapper, or the name itself."""
        return self.wrappers.get(name, name)

    def step_call(self, name: str, dialect: str) -> StepMatch | None:
        """Return the step that calling ``name`` writes, preferring the dialect at hand."""
        found = self.calls.get(name)
        if not found:
            return None
        return next((each for each in found if each.dialect.name == dialect), found[0])

    def context(self, name: str, dialect: str = "") -> Context | None:
        """Return what a value of type ``name`` stands for."""
        if dialect and name in self.dialects[dialect].contexts:
            return Context(dialect, self.dialects[dialect].contexts[name])
        return self.contexts.get(name)

    def is_gate(self, dialect: str, name: str) -> bool:
        """Return whether calling ``name`` asks for a patch."""
        return (dialect, name) in self.gates

    def dialects_of(self, module: str) -> tuple[str, ...]:
        """Return the dialects of the SDK that an imported module belongs to."""
        at = module
        while at:
            found = tuple(name for name, dialect in self.dialects.items() if at in dialect.packages)
            if found:
                return found
            at = at.rpartition(".")[0]
        return ()

    def package(self, module: str) -> str | None:
        """Return the dialect whose SDK an imported module belongs to."""
        at = module
        while at:
            if at in self.packages:
                return self.packages[at]
            at = at.rpartition(".")[0]
        return None
