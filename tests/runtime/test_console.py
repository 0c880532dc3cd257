"""What the verbs `run` and `runs` get to show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest

from steplint.contract.runs import Progress
from steplint.runtime import LedgerError, RunConflictError, Runtime, UnknownRunError, console
from steplint.runtime.target import TargetError, load_workflow

APP = """
    import os, signal
    from datetime import timedelta
    from steplint.runtime import Context, NonRetriableError, workflow

    def act(name):
        with open(os.environ["STEPLINT_TEST_LOG"], "a") as log:
            log.write(name + "\\\\n")
        return name

    @workflow("order", trigger="order/placed", retries=2)
    def order(ctx: Context):
        ctx.step.run("reserve", act, "reserve")
        if ctx.event.data.get("die") and not os.path.exists("died"):
            open("died", "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        ctx.step.run("charge", act, "charge")
        return {"paid": ctx.event.data.get("amount")}

    @workflow("flaky", retries=2)
    def flaky(ctx: Context):
        def fail():
            if ctx.attempt < 2:
                raise OSError("down")
            return 1
        ctx.step.run("a:b", fail)
        return ctx.step.run("late", lambda: 2)

    @workflow("hopeless", retries=0)
    def hopeless(ctx: Context):
        ctx.step.run("fine", lambda: 1)
        ctx.step.run("broken", lambda: 1 / 0)

    @workflow("waiting")
    def waiting(ctx: Context):
        ctx.step.run("first", lambda: 1)
        ctx.step.wait_for_event("gate", event="go", timeout=timedelta(hours=1))
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEPLINT_TEST_LOG", str(tmp_path / "log"))
    name = f"app_{abs(hash(request.node.name))}.py"
    Path(name).write_text(dedent(APP).replace("\\\\n", "\\n"))
    return name


LEDGER = "ledger.sqlite"


def test_a_run_ends_with_its_result(app: str) -> None:
    ended = console.run(f"{app}:order", {"amount": 5}, ledger=LEDGER, run_id="o1")
    assert (ended.run, ended.status, ended.error) == ("o1", "completed", None)
    assert msgspec.json.decode(ended.result) == {"paid": 5}


def test_the_same_id_again_gives_the_result_without_executing(app: str) -> None:
    for data in ({"amount": 5}, None):
        ended = console.run(f"{app}:order", data, ledger=LEDGER, run_id="o1")
    assert msgspec.json.decode(ended.result) == {"paid": 5}
    assert Path("log").read_text() == "reserve\ncharge\n"
    with pytest.raises(RunConflictError):
        console.run(f"{app}:order", {"amount": 6}, ledger=LEDGER, run_id="o1")


def test_a_killed_run_goes_on_where_it_was(app: str) -> None:
    call = f"console.run('{app}:order', {{'die': 1}}, ledger='{LEDGER}', run_id='o1')"
    code = f"from steplint.runtime import console; {call}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -signal.SIGKILL
    assert console.show(LEDGER, "o1").summary.status == "running"
    assert console.run(f"{app}:order", ledger=LEDGER, run_id="o1", timeout=20).status == "completed"
    assert Path("log").read_text() == "reserve\ncharge\n"
    assert [visit.outcome for visit in console.show(LEDGER, "o1").visits] == ["", "completed"]


def test_a_whole_event_is_taken_apart(app: str) -> None:
    Path("event.json").write_text('{"name": "order/placed", "data": {"amount": 7}}')
    ended = console.run(f"{app}:order", console.read_event("event.json"), ledger=LEDGER)
    assert msgspec.json.decode(ended.result) == {"paid": 7}
    Path("event.json").write_text("{")
    with pytest.raises(ValueError, match=r"`event.json` is no JSON"):
        console.read_event("event.json")


def test_a_failed_run_says_why_and_can_be_tried_again(app: str) -> None:
    ended = console.run(f"{app}:hopeless", ledger=LEDGER, run_id="h")
    assert ended.error is not None
    assert (ended.status, ended.error.name, ended.error.step) == ("failed", "ZeroDivisionError", "broken")
    assert console.retry(LEDGER, "h")
    assert not console.retry(LEDGER, "h")
    assert [(run.id, run.status) for run in console.listed(LEDGER)] == [("h", "queued")]
    assert console.run(f"{app}:hopeless", ledger=LEDGER, run_id="h").status == "failed"
    assert console.state(LEDGER, "h")["fine"] == {"data": 1, "index": 0}
    assert console.state(LEDGER, "h")["broken"]["error"]["name"] == "ZeroDivisionError"


def test_a_run_is_shown_with_its_tries_waits_and_visits(app: str) -> None:
    console.run(f"{app}:flaky", ledger=LEDGER, run_id="f", backoff=(0.0,), mode="checkpoint")
    view = console.show(LEDGER, "f")
    assert [(step.label, step.attempts, msgspec.json.decode(step.data)) for step in view.steps] == [
        ("a:b", 3, 1),
        ("late", 1, 2),
    ]
    assert [(row.label, row.attempt, row.error.name) for row in view.tries] == [
        ("a:b", 0, "OSError"),
        ("a:b", 1, "OSError"),
    ]
    assert (view.summary.steps, view.summary.failures) == (2, 2)
    assert view.visits[-1].outcome == "completed"
    console.run(f"{app}:waiting", ledger=LEDGER, run_id="w", timeout=0.0)
    [wait] = console.show(LEDGER, "w").waits
    assert (wait.label, wait.kind, wait.event) == ("gate", "wait", "go")
    assert wait.at == pytest.approx(wait.since + 3600)
    assert msgspec.json.decode(msgspec.json.encode(console.show(LEDGER, "w")))["event"]["data"] == {}


def test_runs_are_listed_by_workflow_and_status(app: str) -> None:
    console.run(f"{app}:order", {}, ledger=LEDGER, run_id="o")
    console.run(f"{app}:hopeless", ledger=LEDGER, run_id="h")
    assert [run.id for run in console.listed(LEDGER)] == ["h", "o"]
    assert [run.id for run in console.listed(LEDGER, workflow="order")] == ["o"]
    assert [run.id for run in console.listed(LEDGER, status="failed")] == ["h"]


def test_a_run_can_be_cancelled(app: str) -> None:
    console.run(f"{app}:waiting", ledger=LEDGER, run_id="w", timeout=0.0)
    assert console.cancel(LEDGER, "w")
    assert console.run(f"{app}:waiting", ledger=LEDGER, run_id="w").status == "cancelled"
    with pytest.raises(UnknownRunError):
        console.cancel(LEDGER, "x")


def test_the_four_metrics(app: str) -> None:
    console.run(f"{app}:flaky", ledger=LEDGER, run_id="f", backoff=(0.0,), mode="every-step")
    console.run(f"{app}:order", {}, ledger=LEDGER, run_id="o", mode="checkpoint")
    measured = console.measure(LEDGER)
    flaky, order = measured.workflows
    assert (flaky.workflow, flaky.runs, flaky.completed, flaky.failed, flaky.open) == ("flaky", 1, 1, 0, 0)
    # entries: a:b fails, fails, is recorded; then recalled with `late`; then both are recalled
    assert (flaky.calls, flaky.recalls, flaky.hit_rate) == (7, 3, pytest.approx(3 / 7))
    assert (order.calls, order.recalls, order.hit_rate) == (2, 0, 0.0)
    assert flaky.duration.count == 1
    assert flaky.duration.total >= flaky.in_steps.total > 0
    steps = {(step.workflow, step.step): step for step in measured.steps}
    assert (steps["flaky", "a:b"].tries, steps["flaky", "a:b"].failures) == (3, 2)
    assert steps["flaky", "a:b"].retry_rate == pytest.approx(2 / 3)
    assert steps["flaky", "a:b"].time.count == 3
    assert steps["order", "charge"].retry_rate == 0.0
    assert [each.workflow for each in console.measure(LEDGER, workflow="order").workflows] == ["order"]


def test_progress_is_told_as_it_happens(app: str) -> None:
    seen: list[tuple[str, str]] = []
    observe: Any = lambda progress: seen.append((progress.what, progress.step))  # noqa: E731
    console.run(f"{app}:flaky", ledger=LEDGER, run_id="f", backoff=(0.0,), observe=observe, mode="checkpoint")
    assert seen == [
        ("begins", "a:b"),
        ("failed", "a:b"),
        ("begins", "a:b"),
        ("failed", "a:b"),
        ("begins", "a:b"),
        ("recorded", "a:b"),
        ("begins", "late"),
        ("recorded", "late"),
        ("ended", ""),
    ]


def test_steps_that_runs_in_flight_depend_on_are_counted(app: str) -> None:
    for number in range(3):
        console.run(f"{app}:waiting", ledger=LEDGER, run_id=f"w{number}", timeout=0.0)
    console.cancel(LEDGER, "w0")
    assert [(row.step, row.runs) for row in console.drained(LEDGER, "waiting")] == [("first", 2), ("gate", 2)]
    assert [(row.step, row.runs) for row in console.drained(LEDGER, "waiting", ["old", "first"])] == [
        ("first", 2),
        ("old", 0),
    ]


def test_a_worker_drives_the_workflows_of_a_file(app: str) -> None:
    with Runtime(LEDGER) as runtime:
        runtime.start(load_workflow(f"{app}:order"), {"amount": 1}, id="o")
    told: list[Progress] = []
    console.work([app], ledger=LEDGER, until_idle=True, workers=2, observe=told.append)
    assert console.show(LEDGER, "o").summary.status == "completed"
    assert told[-1].what == "ended"
    console.work([app], ledger=LEDGER, ready=lambda runtime: runtime.stop())


def test_a_ledger_can_be_copied_while_it_is_used(app: str) -> None:
    console.run(f"{app}:order", {}, ledger=LEDGER, run_id="o")
    console.export(LEDGER, "copy.sqlite")
    assert console.show("copy.sqlite", "o") == console.show(LEDGER, "o")


def test_a_missing_ledger_is_not_created(app: str) -> None:
    for call in (console.listed, console.measure):
        with pytest.raises(LedgerError, match=r"there is no ledger `no.sqlite`; name it with --store"):
            call("no.sqlite")
    assert not Path("no.sqlite").exists()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("{app}", "names no workflow; write `app.py:function`"),
        ("{app}:ordr", "has no workflow `ordr`; did you mean `order`?"),
        ("{app}:zzz", "has no workflow `zzz`; it has `order`, `flaky`"),
        ("no.py:order", "there is no file `no.py`"),
        ("no_such_module:order", "there is no module `no_such_module`"),
    ],
)
def test_a_target_that_is_wrong_is_explained(app: str, target: str, message: str) -> None:
    with pytest.raises(TargetError, match=message.replace("?", r"\?")):
        load_workflow(target.format(app=app))


def test_a_target_may_be_a_module_or_a_workflow_id(app: str) -> None:
    by_file, by_module = load_workflow(f"{app}:order"), load_workflow(f"{app.removesuffix('.py')}:order")
    assert by_file is by_module
    Path("pack").mkdir()
    Path("pack/__init__.py").write_text("")
    Path("pack/flow.py").write_text(
        "from steplint.runtime import workflow\nfrom . import __name__ as me\n"
        "@workflow('in-pack')\ndef f(ctx): return me\n"
    )
    ended = console.run("pack/flow.py:in-pack", ledger=LEDGER)
    assert msgspec.json.decode(ended.result) == "pack"
