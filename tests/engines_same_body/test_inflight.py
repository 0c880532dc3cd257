"""What `runs replay` says of runs that DBOS or Temporal recorded is what the engine then does with them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from steplint.contract.change import Change
from steplint.contract.diff import diff
from steplint.contract.inflight import Entry, Journal, foretell
from steplint.contract.manifest import Manifest, ManifestStep, ManifestWorkflow, decode
from steplint.contract.runs import Rehearsal
from steplint.lock.policy import Policy
from steplint.runtime.fronts.temporal_history import journal
from steplint.testing import check_source
from tests.engines import environments
from tests.engines.engines import ENGINES, Engine
from tests.engines.observed import Outcome, Seen, outcome
from tests.engines.said import said
from tests.engines.spellings import sources
from tests.engines_same_body.test_same_body import DBOS, DRIVERS, ROOT, folder
from tests.venvs import AbsentError

__all__ = ["folder"]
LIMIT = 200
MEANS: Mapping[str, tuple[Outcome, ...]] = {
    "wedges": ("fails", "hangs"),
    "swaps": ("wrong value",),
    "": ("goes on", "runs late", "memo unused"),
}
CHOSEN = [each for each in ENGINES if each.driver in ("dbos", "temporal") and not each.server]


@pytest.mark.engines
@pytest.mark.parametrize("engine", CHOSEN, ids=[each.name for each in CHOSEN])
def test_the_engine_does_what_is_foretold(engine: Engine, folder: Path, tmp_path: Path) -> None:
    packages = DBOS if engine.driver == "dbos" else (engine.pin, "msgspec")
    try:
        python = environments.python(folder, packages, engine.oldest)
    except AbsentError as absent:
        pytest.skip(str(absent))
    told = {each.name: said(engine.dialect, *sources(engine.spelling, each), each.gone, {}) for each in engine.edits}
    request = []
    for each in engine.edits:
        before, after = sources(engine.spelling, each)
        manifests = list(told[each.name].manifests)
        given = {"before": before, "after": after, "recorded": each.recorded, "manifests": manifests}
        request.append({"name": each.name, **given})
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("STEPLINT_", "PYTEST_"))}
    done = subprocess.run(
        [str(python), str(DRIVERS / "inflight.py"), engine.driver],
        input=json.dumps(request), env=kept | {"PYTHONPATH": str(ROOT)} | dict(engine.settings),
        capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    wrong = dict[str, str]()
    for edit, answer in zip(engine.edits, json.loads(done.stdout.rstrip().splitlines()[-1]), strict=True):
        old, new = (decode(text.encode()) for text in told[edit.name].manifests)
        recorded = read(answer["journal"], tmp_path / "history.json")
        assert len(recorded.entries) == len(edit.recorded)
        found = foretell(
            recorded, new.workflows[0], changes(engine, edit.gone, old, new, sources(engine.spelling, edit)[1])
        )
        did = outcome(edit, msgspec.convert(answer["seen"], Seen))
        print(f"{edit.name:18} foretold {verdict(found) or 'goes on':8} did: {did:12} {reason(found)}")
        if did not in MEANS[verdict(found)]:
            wrong[edit.name] = f"foretold `{verdict(found)}`, did: {did}"
    assert wrong.keys() == engine.accepted.keys(), wrong


def read(given: Any, path: Path) -> Journal:
    """Return what a driver read, or what is read from the history that it wrote."""
    if isinstance(given, str):
        path.write_text(given)
        return journal(path)
    return msgspec.convert(given, Journal)


def changes(engine: Engine, gone: tuple[str, ...], old: Manifest, new: Manifest, source: str) -> list[Change]:
    """Return what the diff says against the state that the run began with."""
    policy = Policy(check_source({"flow.py": source}, rules=(), dialects=(engine.dialect,)).dialects)
    (workflow,) = old.workflows
    left = tuple(step for step in workflow.steps if step.label not in gone)
    before = msgspec.structs.replace(workflow, steps=left, gone=gone)
    return diff(msgspec.structs.replace(old, workflows=(before,)), new, engines=policy.engines)


def verdict(found: Rehearsal) -> str:
    """Return the worst that is foretold."""
    said_ = {each.what for each in found.divergences}
    return "wedges" if "wedges" in said_ else "swaps" if "swaps" in said_ else ""


def reason(found: Rehearsal) -> str:
    return found.divergences[0].text[:80] if found.divergences else ""


def step(label: str, times: Any = "once", kind: str = "run", gate: str = "") -> ManifestStep:
    template = label if "{}" in label else None
    return ManifestStep(None if template else label, template, kind, None, 0, 0, times, gate=gate)


def flow(*steps: ManifestStep, unknown: tuple[str, ...] = ()) -> ManifestWorkflow:
    return ManifestWorkflow("order", "", "dbos", "positional-checked", "flow.py::order", steps, unknown=unknown)


def recorded(*labels: str | None) -> Journal:
    return Journal("w-1", "order", "running", tuple(map(Entry, labels)))


@pytest.mark.parametrize(
    ("labels", "steps"),
    [
        ((), (step("a"),)),
        (("a",), (step("a"), step("b"))),
        (("a", "c"), (step("a"), step("b", "maybe"), step("c"))),
        (("a", "b", "c"), (step("a"), step("b", "maybe"), step("c"))),
        (("x-0", "y", "x-1", "y", "z"), (step("x-{}", "many"), step("y", "many"), step("z"))),
        (("z",), (step("x-{}", "many"), step("y", "many"), step("z"))),
        (("a", "b"), (step("new", gate="p"), step("a"), step("b"))),
        (("a", None, "c"), (step("a"), step("b"), step("c"))),
    ],
)
def test_a_recorded_path_that_the_code_still_has_goes_on(
    labels: tuple[str | None, ...], steps: tuple[ManifestStep, ...]
) -> None:
    assert foretell(recorded(*labels), flow(*steps)).divergences == ()


@pytest.mark.parametrize(
    ("labels", "steps", "text"),
    [
        (("a", "b"), (step("a"), step("c")), "step 2 is recorded as `b`; the code asks for `c` there"),
        (("b",), (step("a"), step("b")), "step 1 is recorded as `b`; the code asks for `a` there"),
        (("a", "b"), (step("a"),), "step 2 is recorded as `b`; the code asks for nothing there"),
        (("c",), (step("a", "maybe"), step("b")), "step 1 is recorded as `c`; the code asks for `a` or `b` there"),
        (("x-0", "y", "q"), (step("x-{}", "many"), step("y", "many"), step("z")), "`x-{}` or `y` or `z`"),
    ],
)
def test_a_recorded_path_that_the_code_lost_wedges(
    labels: tuple[str, ...], steps: tuple[ManifestStep, ...], text: str
) -> None:
    (found,) = foretell(recorded(*labels), flow(*steps)).divergences
    assert found.what == "wedges"
    assert text in found.text


def test_a_run_of_a_workflow_that_is_gone_wedges() -> None:
    (found,) = foretell(recorded("a"), None).divergences
    assert found.text == "the code has no workflow `order`"


def test_steps_without_a_readable_id_leave_it_open() -> None:
    found = foretell(recorded("a", "b"), flow(step("a"), unknown=("run: the ID is a parameter of `f`",)))
    assert found.divergences == ()
    assert not found.followed
