"""Checks projects given as text, and annotated files against what their comments say: for tests of rules and dialects.

An annotated file says on its lines what is found there:

    # expect: body-time "runs again"     a finding of this rule starts here and its message has the text
    # step: item-{} many                 a step with this ID or template is here; once, unless `maybe` or `many` follows
    # workflow: place-order              the function below is a workflow with this ID
    # effects: time uuid                 the effects of the function below, a workflow or the callable of a step
    # todo: SL101                        a known miss: fails on the day it is found

Findings, steps and workflows without a comment are failures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from steplint.config import Loaded, Settings
from steplint.config.layers import Layer, checked
from steplint.config.problems import Source
from steplint.model.dialect import Dialect
from steplint.model.graph import StepGraph
from steplint.model.report import Failure, Reported
from steplint.project.analysis import Analysis, analyze
from steplint.project.annotations import Mismatch, compare, explained
from steplint.project.check import check
from steplint.project.tree import Memory

__all__ = ["Mismatch", "Result", "check_source", "mismatches", "run_fixture"]

_CONFIGURATION = "steplint.toml"


class Result(NamedTuple):
    """What a check came to. ``text`` gives a file by path."""

    findings: tuple[Reported, ...]
    suppressed: tuple[Reported, ...]
    graph: StepGraph
    dialects: Mapping[str, Dialect]
    errors: tuple[Failure, ...]
    text: Callable[[str], str | None]
    analysis: Analysis


def check_source(
    files: Mapping[str, str],
    *,
    rules: Sequence[str] = ("default",),
    config: Mapping[str, Any] | None = None,
    dialects: Sequence[str] = (),
) -> Result:
    """Return what ``rules`` say about a project that exists only as text, by path.

    A `steplint.lock` and a baseline may be among the ``files``. ``config`` is what a `steplint.toml` would hold; its
    `lint.select` wins over ``rules``. ``dialects`` are names and files; empty activates all that the files mention.
    Raises ConfigError, KnowledgeError and LockError.
    """
    tree = Memory({path: text.encode("utf-8", "surrogateescape") for path, text in files.items()})
    loaded = _loaded(config or {}, rules, dialects)
    analysis = analyze(loaded, tree, jobs=1)
    done = check(analysis)
    report = done.report
    return Result(
        report.findings,
        report.suppressed,
        analysis.graph,
        analysis.dialects,
        report.errors,
        analysis.text,
        analysis,
    )


def run_fixture(path: Path, *, rules: Sequence[str] = ("default",), dialects: Sequence[str] = ()) -> None:
    """Check an annotated file, or a folder as one project; raises AssertionError that shows each line that is wrong.

    ``dialects`` are names and files, as in a configuration.
    """
    wrong, result = _compared(path, rules, dialects)
    if wrong or result.errors:
        raise AssertionError("\n" + explained(wrong, result.text, [each.message for each in result.errors]))


def mismatches(path: Path, *, rules: Sequence[str] = ("default",)) -> list[Mismatch]:
    """Return where an annotated file or folder says something else than what is found."""
    return _compared(path, rules, ())[0]


def _compared(path: Path, rules: Sequence[str], dialects: Sequence[str]) -> tuple[list[Mismatch], Result]:
    files = _files(path)
    result = check_source(files, rules=rules, config=_configuration(path), dialects=dialects)
    return compare(
        {name: text for name, text in files.items() if name.endswith(".py")}, result.graph, result.findings
    ), result


def _files(path: Path) -> dict[str, str]:
    paths = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    root = path.parent if path.is_file() else path
    return {
        each.relative_to(root).as_posix(): each.read_bytes().decode("utf-8", "surrogateescape")
        for each in paths
        if "__pycache__" not in each.parts
    }


def _configuration(path: Path) -> dict[str, Any]:
    import tomli

    file = path / _CONFIGURATION
    return tomli.loads(file.read_text("utf-8")) if path.is_dir() and file.is_file() else {}


def _loaded(config: Mapping[str, Any], rules: Sequence[str], dialects: Sequence[str]) -> Loaded:
    values: dict[str, Any] = {**config, "lint": {"select": list(rules), **config.get("lint", {})}}
    if dialects:
        values["dialects"] = list(dialects)
    layer = checked(Layer(Source("--config", ""), values))
    return Loaded(msgspec.convert(values, Settings), Path(), None, {}, (layer,))
