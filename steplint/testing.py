"""For tests: projects given as text, annotated files against what their comments say, and workflows against a replay.

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
from typing import TYPE_CHECKING, Any, NamedTuple

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

if TYPE_CHECKING:
    from steplint.contract.runs import Progress
    from steplint.runtime import Event, Runtime, Workflow

__all__ = [
    "Counted",
    "Mismatch",
    "Result",
    "assert_replay_safe",
    "check_source",
    "mismatches",
    "recorded",
    "run_fixture",
]

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
    `lint.select` wins over ``rules``. ``dialects`` are names; empty activates all that the files mention. Raises
    ConfigError, KnowledgeError and LockError.
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


def run_fixture(path: Path, *, rules: Sequence[str] = ("default",)) -> None:
    """Check an annotated file, or a folder as one project; raises AssertionError that shows each line that is wrong."""
    wrong, result = _compared(path, rules)
    if wrong or result.errors:
        raise AssertionError("\n" + explained(wrong, result.text, [each.message for each in result.errors]))


def mismatches(path: Path, *, rules: Sequence[str] = ("default",)) -> list[Mismatch]:
    """Return where an annotated file or folder says something else than what is found."""
    return _compared(path, rules)[0]


def assert_replay_safe(
    workflow: Workflow, event: Event | Mapping[str, Any] | None = None, *, most_steps: int = 1_000
) -> Any:
    """Run a workflow once, enter its body again, and return its result; raises AssertionError for what differs then.

    ``event`` is the data of the run, or an `Event` that triggers it. Each step executes once, waits take no time. A run
    that fails raises what `Runtime.result` raises; one that executes more than ``most_steps`` steps does not end.
    """
    from steplint.runtime import MemoryStore, Runtime, SkippingClock

    clock, seen = SkippingClock(), Counted(most_steps)
    with Runtime(MemoryStore(), [workflow], mode="checkpoint", clock=clock, observe=seen) as runtime:
        result, run_id = recorded(runtime, workflow, event)
        wrong = _differences(runtime, workflow, run_id)
    if wrong:
        listed = "\n".join(f"  {each}" for each in wrong)
        raise AssertionError(f"a replay of workflow `{workflow.id}` goes another way:\n{listed}")
    return result


def recorded(runtime: Runtime, workflow: Workflow, event: Event | Mapping[str, Any] | None = None) -> tuple[Any, str]:
    """Return the result of a run of ``workflow``, driven in this thread, and the ID of the run."""
    run_id = _begun(runtime, workflow, event)
    try:
        return runtime.result(run_id), run_id
    except _Endless:
        message = f"workflow `{workflow.id}` executes step after step: their IDs change whenever the body is entered"
        raise AssertionError(message) from None


def _begun(runtime: Runtime, workflow: Workflow, event: Event | Mapping[str, Any] | None) -> str:
    from steplint.runtime import Event

    if not isinstance(event, Event):
        return runtime.start(workflow, {} if event is None else dict(event))
    if workflow.trigger != event.name:
        trigger = f"its trigger is `{workflow.trigger}`" if workflow.trigger else "it has no trigger"
        raise ValueError(f"event `{event.name}` does not start workflow `{workflow.id}`; {trigger}")
    runtime.know(workflow)
    before = {run.id for run in runtime.store.runs(workflow.id)}
    runtime.send(event)
    return next(run.id for run in runtime.store.runs(workflow.id) if run.id not in before)


class Counted:
    """Ends a run that executes more and more steps: their IDs change from one entry of the body to the next."""

    def __init__(self, most: int) -> None:
        """Permit ``most`` steps."""
        self._most, self._count = most, 0

    def __call__(self, progress: Progress) -> None:
        """Count a step that was executed."""
        self._count += progress.what in ("recorded", "waits")
        if self._count > self._most:
            raise _Endless


class _Endless(BaseException):
    """Not an Exception: neither the body nor the retries of a run may catch it."""


def _differences(runtime: Runtime, workflow: Workflow, run_id: str) -> list[str]:
    """Return what another entry of the body does differently from the recorded run, and from one more entry."""
    from steplint.runtime.binding import Bound
    from steplint.runtime.rehearse import SETTINGS, RehearsalEntry
    from steplint.runtime.visit import Visit

    run = runtime.store.run(run_id)
    assert run is not None
    first, second = (RehearsalEntry(Visit(runtime.store, run, SETTINGS, workflow, Bound()), run.open) for _ in range(2))
    stopped = first.follow(workflow)
    second.follow(workflow)
    wrong = [each.text for each in first.divergences(stopped)] + ([stopped] if stopped else [])
    for one, other in zip(first.calls, second.calls, strict=False):
        if one.key == other.key and _text(one.args) != _text(other.args):
            wrong.append(f"an argument of step `{one.label}` changes from entry to entry")
    return wrong


def _text(arguments: Sequence[object]) -> list[str]:
    """Return arguments as they can be compared: objects are told apart by their type only."""
    from steplint.runtime.values import encode

    def written(value: object) -> str:
        try:
            return encode(value)
        except TypeError:
            return type(value).__qualname__

    return [written(each) for each in arguments]


def _compared(path: Path, rules: Sequence[str]) -> tuple[list[Mismatch], Result]:
    files = _files(path)
    result = check_source(files, rules=rules, config=_configuration(path))
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
