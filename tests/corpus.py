"""Projects with findings and without: the examples of every rule page and the fixtures, checked once each."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from steplint.check import pack
from steplint.lock.emit import emit
from steplint.lock.update import assemble
from steplint.model.graph import StepGraph
from steplint.model.report import Reported
from steplint.project.lockfile import evidence
from steplint.testing import Result, check_source

FIXTURES = Path(__file__).parents[1] / "fixtures"
_LINES = re.compile(r"\blines? \d+(?:(?:, \d+)* and \d+)?")
Files = Mapping[str, str]
Row = tuple[Any, ...]


class Case(NamedTuple):
    """A project as text, and the rules that it is about besides the default ones."""

    name: str
    files: dict[str, str]
    settings: dict[str, Any]
    rules: tuple[str, ...]

    def check(self, files: Files | None = None) -> Result:
        """Return what the rules say about the project, or about other ``files`` with its settings."""
        result = check_source(self.files if files is None else files, rules=self.rules, config=self.settings)
        assert result.errors == (), result.errors
        return result

    def edited(self, edit: Callable[[str, StepGraph], str]) -> dict[str, str]:
        """Return the files after ``edit`` of each Python module; those it leaves alone are the same."""
        graph = checked(self.name).graph
        return {
            path: edit(text, _of(graph, path)) if path.endswith(".py") else text for path, text in self.files.items()
        }


@cache
def cases() -> dict[str, Case]:
    """Return every project by name."""
    found = list[Case]()
    for name, page in pack.load(pack.bundled()).pages.items():
        if not page.rule.lock:
            for each in page.examples:
                files = {file.path: file.text for file in each.files}
                found.append(Case(f"{name}:{each.line}", files, dict(each.settings), ("default", name)))
    for folder in sorted((FIXTURES / "rules").iterdir()):
        found.append(Case(folder.name, _files(folder), {}, ("default", folder.name.replace("_", "-"))))
    found.append(Case("seed", _files(FIXTURES / "projects" / "seed"), {}, ("default",)))
    return {each.name: each for each in found}


@cache
def parsed() -> dict[str, Case]:
    """Return the projects of which every file is Python."""
    return {name: case for name, case in cases().items() if all(map(_is_python, case.files.items()))}


def _is_python(file: tuple[str, str]) -> bool:
    path, text = file
    try:
        return not path.endswith(".py") or bool(ast.parse(text))
    except SyntaxError:
        return False


@cache
def checked(name: str) -> Result:
    """Return what is said about a project as it is."""
    return cases()[name].check()


def said(findings: tuple[Reported, ...], *, of: tuple[str, ...] = ()) -> Counter[Row]:
    """Return findings without what depends on where in a file they stand; only those ``of`` some groups, if given."""
    return Counter(
        (
            each.rule.code,
            each.severity,
            each.finding.workflow,
            each.finding.step,
            each.finding.flow,
            _LINES.sub("line", each.finding.message),
            tuple((hop.function.rpartition(":")[2], hop.calls) for hop in each.finding.trace),
        )
        for each in findings
        if not of or each.rule.group in of
    )


def briefly(findings: tuple[Reported, ...]) -> Counter[Row]:
    """Return findings by what they are about: rule, severity, workflow and step."""
    return Counter((each.rule.code, each.severity, each.finding.workflow, each.finding.step) for each in findings)


def lock(result: Result) -> str:
    """Return the lock that a project gets when it is locked for the first time."""
    return emit(assemble(None, None, evidence(result.analysis, None)))


def _of(graph: StepGraph, path: str) -> StepGraph:
    return StepGraph(tuple(each for each in graph.workflows if each.place.path == path))


def _files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}
