"""The linter's manifest and the runtime agree: same keys, and what the linter calls a rename the runtime notices."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from steplint.contract.manifest import Manifest, decode
from steplint.runtime import MemoryStore, RunHeldError, Runtime, SkippingClock
from tests.runtime import examples
from tests.runtime.conftest import MakeRuntime

BEFORE = """
from steplint.runtime import Context, workflow

def charge(): return "charged"
def mail(): return "mailed"

@workflow("order")
def order(ctx: Context):
    paid = ctx.step.run("charge", charge)
    ctx.step.wait_for_event("gate", event="go")
    return [paid, ctx.step.run("mail", mail)]
"""


def manifest_of(folder: Path) -> Manifest:
    command = [sys.executable, "-m", "steplint", "--no-cache", "manifest"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return decode(done.stdout)


def load(folder: Path, source: str, name: str) -> ModuleType:
    (folder / "app.py").write_text(source)
    spec = importlib.util.spec_from_file_location(name, folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_recorded_key_is_in_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(Path(examples.__file__).read_text())
    deployed = manifest_of(tmp_path)
    known = {each.id: each for each in deployed.workflows}
    assert known.keys() == {workflow.id for workflow, _, _ in examples.EXAMPLES}
    for workflow, data, _ in examples.EXAMPLES:
        with Runtime(MemoryStore(), [workflow], clock=SkippingClock(), manifest=deployed) as runtime:
            runtime.result(runtime.start(workflow, data, id="r"))
            keys = {step.key for step in known[workflow.id].steps}
            templates = [step.template for step in known[workflow.id].steps if step.template]
            for step in runtime.store.steps("r"):
                templated = any(re.fullmatch(re.escape(each).replace(r"\{\}", ".+"), step.id) for each in templates)
                assert step.key in keys or templated, step.label


@pytest.mark.parametrize("guard", [{}, {"reruns": "refuse"}])
def test_a_rename_in_the_source_is_noticed_before_the_body_is_entered(
    tmp_path: Path, make_runtime: MakeRuntime, guard: dict[str, str]
) -> None:
    before = load(tmp_path, BEFORE, "before")
    runtime = make_runtime(before.order, manifest=manifest_of(tmp_path))
    runtime.start(before.order, id="r")
    runtime.work(until_idle=True)
    runtime.send({"name": "go"})
    after = load(tmp_path, BEFORE.replace('"charge"', '"charge-card"'), "after")
    runtime = make_runtime(after.order, manifest=manifest_of(tmp_path), guard=guard)
    if guard:
        with pytest.raises(RunHeldError, match="`charge` -> `charge-card`: renamed, reruns"):
            runtime.result("r")
        return
    assert runtime.result("r") == ["charged", "mailed"]
    assert [note.text for note in runtime.store.notes("r")] == [
        "warn: step `charge` -> `charge-card`: renamed, reruns, looks like `charge-card`"
    ]


def test_a_rename_recorded_in_the_lock_finds_the_old_memo(tmp_path: Path, make_runtime: MakeRuntime) -> None:
    def steplint(*arguments: str) -> None:
        command = [sys.executable, "-m", "steplint", "--no-cache", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    before = load(tmp_path, BEFORE, "before")
    steplint("lock")
    runtime = make_runtime(before.order, manifest=manifest_of(tmp_path))
    runtime.start(before.order, id="r")
    runtime.work(until_idle=True)
    runtime.send({"name": "go"})
    after = load(tmp_path, BEFORE.replace('"charge", charge', '"charge-card", lambda: "again"'), "after")
    steplint("lock", "rename", "order", "charge", "charge-card", "--accept", "alias", "--why", "clearer")
    runtime = make_runtime(after.order, manifest=manifest_of(tmp_path), guard={"reruns": "refuse"})
    assert runtime.result("r") == ["charged", "mailed"]
