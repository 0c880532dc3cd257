"""The rules about operations of a body, outside every step."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from steplint.api import Finding
from steplint.check.fix import edited
from steplint.model.dialect import Standin, WorkflowForm
from tests.graphs import DBOS, INNGEST, at, effect, frame, hop, project, run_check, step, use, workflow

PICKLING = replace(INNGEST, output="pickle")


def check(stem: str, *effects: Any, dialect: Any = INNGEST, **fields: Any) -> list[Finding]:
    steps = fields.pop("steps", (step("charge", line=10), step("ship", line=20)))
    given = workflow(*steps, effects=effects, dialect=dialect, context="ctx", **fields)
    return run_check(stem, project(given, dialects={dialect.name: dialect}))


@pytest.mark.parametrize(
    ("stem", "kind", "api", "mode", "message"),
    [
        (
            "effect_outside_step",
            "write",
            "db.insert_one",
            "write",
            "`db.insert_one` changes the world outside every step: up to 3 times for 2 steps",
        ),
        (
            "effect_outside_step",
            "network",
            "httpx.post",
            "write",
            "`httpx.post` changes the world outside every step: up to 3 times for 2 steps",
        ),
        (
            "body_network",
            "network",
            "httpx.get",
            "read",
            "`httpx.get` talks to the network outside every step: up to 3 times for 2 steps",
        ),
        (
            "body_network",
            "database",
            "db.find",
            "read",
            "`db.find` asks a database outside every step: up to 3 times for 2 steps",
        ),
        (
            "body_filesystem",
            "fs",
            "builtins.open",
            "read",
            "`open` reads files outside every step: up to 3 times for 2 steps",
        ),
        (
            "body_process",
            "process",
            "subprocess.run",
            "",
            "`subprocess.run` starts or signals a process outside every step: up to 3 times for 2 steps",
        ),
        (
            "body_sleep",
            "sleep",
            "time.sleep",
            "",
            "`time.sleep` waits without the engine: repeated at replay, lost on restart",
        ),
        (
            "body_concurrency",
            "concurrency",
            "asyncio.to_thread",
            "",
            "`asyncio.to_thread` runs code beside the body: which part ends first is not recorded",
        ),
    ],
)
def test_each_operation_has_its_rule(stem: str, kind: str, api: str, mode: str, message: str) -> None:
    (found,) = check(stem, effect(kind, api, 5, mode=mode))
    assert found.message == message
    assert (found.level, found.place) == ("process" if stem == "body_process" else "", at(5))


@pytest.mark.parametrize(("before", "level"), [(True, "tail"), (False, "alone")])
def test_after_the_last_step_only_retries_repeat_an_operation(before: bool, level: str) -> None:
    for stem, kind in (("effect_outside_step", "write"), ("body_process", "process"), ("body_sleep", "sleep")):
        (found,) = check(stem, effect(kind, "x.y", 5, tail=True, before=before))
        assert found.level == level


def test_a_workflow_without_steps_is_retried_whole() -> None:
    assert check("effect_outside_step", effect("write", "db.insert"), steps=()) == []


def test_making_a_handle_is_no_operation() -> None:
    assert check("body_network", effect("network", "httpx.Client", mode="opens")) == []
    assert check("body_filesystem", effect("fs", "pathlib.Path", mode="opens")) == []


def test_a_call_is_reported_by_one_rule() -> None:
    both = effect("network", "httpx.request", 5, mode="read"), effect("write", "httpx.request", 5, mode="write")
    assert check("body_network", *both) == []
    assert len(check("effect_outside_step", *both)) == 1
    listing = effect("fs", "os.listdir", 5, mode="read"), effect("fs-order", "os.listdir", 5)
    assert len(check("body_filesystem", *listing)) == 1


def test_making_a_table_that_is_missing_can_be_repeated() -> None:
    made = effect(
        "database", "sqlite3.connect.execute", 15, mode="write", argument="\n CREATE TABLE IF NOT EXISTS a (b)"
    )
    stored = effect("database", "sqlite3.connect.execute", 15, mode="write", argument="INSERT INTO a VALUES (1)")
    commit = effect("database", "sqlite3.connect.commit", 15, mode="write")
    assert check("effect_outside_step", made, commit) == []
    assert check("body_network", made, commit) == []
    [found] = check("effect_outside_step", made, stored, commit)
    assert found.message.startswith("`sqlite3.connect.execute` changes the world")
    assert len(check("effect_outside_step", commit)) == 1


def test_how_often_the_body_runs_depends_on_the_engine_and_on_loops() -> None:
    (found,) = check("effect_outside_step", effect("write", "db.insert"), dialect=DBOS)
    assert found.message == "`db.insert` changes the world outside every step: again at every recovery"
    (found,) = check("effect_outside_step", effect("write", "db.insert"), steps=(step("x", times="many"),))
    assert found.message.endswith("again at every replay")
    (found,) = check("effect_outside_step", effect("write", "db.insert"), steps=(step("x"),))
    assert found.message.endswith("up to 2 times for 1 step")


def test_a_result_that_decides_a_branch_is_noted() -> None:
    (found,) = check("body_network", effect("network", "httpx.get", 5, [use("control", 9, decides="whether it runs")]))
    assert [(note.place.span.line, note.message) for note in found.notes] == [(9, "its result decides whether it runs")]


def test_the_fix_makes_an_operation_a_step_named_after_it() -> None:
    given = effect(
        "write", "pymongo.collection.insert_one", place=at(1, 0, width=24), receiver="db.orders", consumed="dropped"
    )
    (found,) = check("effect_outside_step", given, dialect=PICKLING)
    assert found.hint == 'put it into a step: `ctx.step.run("insert-one-orders", lambda: db.orders.insert_one(...))`'
    assert found.fix is not None
    assert edited("db.orders.insert_one(row)", found.fix.edits) == (
        'await ctx.step.run("insert-one-orders", lambda: db.orders.insert_one(row))'
    )
    assert found.fix.effect == "runs in flight execute the new step once, late"


def test_a_result_that_json_cannot_hold_is_not_returned_from_the_step() -> None:
    (found,) = check("body_process", effect("process", "subprocess.run", place=at(1, 0, width=6), consumed="dropped"))
    assert found.fix is not None
    assert edited("run(1)", found.fix.edits) == 'await ctx.step.run("run", lambda: (run(1), None)[1])'


@pytest.mark.parametrize("consumed", ["value", "await"])
def test_a_result_that_is_used_is_left_to_its_author(consumed: str) -> None:
    given = effect("network", "httpx.get", mode="read", consumed=consumed)
    (found,) = check("body_network", given)
    assert found.fix is None
    (found,) = check("body_network", given, dialect=PICKLING)
    assert found.fix is not None


def test_nothing_is_fixed_after_the_last_step() -> None:
    (found,) = check("effect_outside_step", effect("write", "db.insert", tail=True, before=True))
    assert found.fix is None


def test_a_sleep_of_known_length_becomes_a_timer() -> None:
    (found,) = check("body_sleep", effect("sleep", "asyncio.sleep", 5, argument="3600", consumed="await"))
    assert found.hint == 'let the engine wait: `ctx.step.sleep("wait-3600-seconds", int(3600 * 1000))`'
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == ['ctx.step.sleep("wait-3600-seconds", int(3600 * 1000))']
    (blocking,) = check("body_sleep", effect("sleep", "time.sleep", 5, argument="5", consumed="dropped"))
    assert blocking.fix is not None
    assert blocking.fix.edits[0].text.startswith("await ctx.step.sleep(")


@pytest.mark.parametrize("fields", [{"argument": ""}, {"argument": "3", "inside": (frame("for"),)}])
def test_a_sleep_that_is_not_known_or_repeated_is_not_fixed(fields: dict[str, Any]) -> None:
    (found,) = check("body_sleep", effect("sleep", "time.sleep", 5, **fields))
    assert found.fix is None


def test_a_race_over_steps_is_left_to_the_rule_that_knows_the_engine() -> None:
    race = effect("concurrency", "asyncio.as_completed", 9)
    refusing = replace(INNGEST, unordered={"asyncio.as_completed": "error"})
    inside = step("ask", line=10, inside=(frame("combinator", place=at(9), name="asyncio.as_completed"),))
    assert check("body_concurrency", race, steps=(inside,), dialect=INNGEST) != []
    given = project(workflow(inside, effects=[race]), dialects={"inngest": refusing})
    assert run_check("body_concurrency", given) == []


def test_logging_matters_while_something_can_replay_after_it() -> None:
    (found,) = check("body_logging", effect("log", "builtins.print", 5))
    assert found.message == "`print` in the body writes up to 3 times for 2 steps"
    assert check("body_logging", effect("log", "builtins.print", 5, tail=True)) == []


def test_a_manager_around_steps_is_left_to_the_rule_about_resources() -> None:
    folder = effect("fs", "tempfile.TemporaryDirectory", mode="write", place=at(5, 9, width=29))
    inside = step("unpack", inside=(frame("with", place=at(5, 9, width=39), resource="directory"),))
    assert check("body_filesystem", folder, steps=(inside,)) == []
    assert len(check("body_filesystem", folder)) == 1


def test_what_is_done_with_an_object_follows_from_making_it() -> None:
    handle = effect("fs", "builtins.open", 5, mode="read")
    reading = effect("fs", "builtins.open.read", 6, mode="read")
    assert [found.place for found in check("body_filesystem", handle, reading)] == [at(5)]
    client = effect("network", "httpx.Client", 5, mode="opens")
    asking = effect("network", "httpx.Client.get", 6, mode="read")
    assert [found.place for found in check("body_network", client, asking)] == [at(6)]


def test_a_receiver_is_part_of_its_call() -> None:
    whole = effect("env", "os.environ.get", place=at(5, 4, width=20), uses=[use("control", 9, step=0)])
    part = effect("env", "os.environ", place=at(5, 4, width=10), uses=[use("control", 9, step=0)])
    assert [found.subject for found in check("body_env", part, whole)] == ["os.environ.get"]


@pytest.mark.parametrize(
    ("text", "fields", "offered"),
    [
        ('ctx.step.sleep("{id}", int({source} * 1000))', {}, True),
        ("ctx.sleep(timedelta(seconds={source}))", {}, False),
        ("DBOS.sleep({source})", {"asynchronous": False}, True),
        ("DBOS.sleep({source})", {}, False),
        ("other.sleep({source})", {"asynchronous": False}, False),
    ],
)
def test_a_fix_writes_only_names_that_the_module_has(text: str, fields: Any, offered: bool) -> None:
    forms = (WorkflowForm(decorator="dbos.DBOS.workflow"),)
    dialect = replace(INNGEST, standin=Standin(sleep=text), workflow=forms)
    given = workflow(step("x"), effects=[effect("sleep", "time.sleep", 5, argument="3")], context="ctx", **fields)
    (found,) = run_check("body_sleep", project(given, dialects={"inngest": dialect}))
    assert (found.fix is not None) == offered


def test_a_fix_does_not_write_a_step_that_would_need_a_yield() -> None:
    given = workflow(step("x"), effects=[effect("sleep", "time.sleep", 5, argument="3")], context="ctx")
    (found,) = run_check("body_sleep", project(given, dialects={"inngest": replace(INNGEST, must="yield")}))
    assert found.fix is None


def test_one_call_of_the_body_is_one_finding_whatever_it_reaches() -> None:
    def reached(kind: str, api: str, line: int, **fields: Any) -> Any:
        trail = (hop(5, "flow", "load_all"), hop(line, "load_all", api))
        return effect(kind, api, 5, trail=trail, origin=at(line), **fields)

    reads = reached("network", "httpx.get", 70, mode="read"), reached("network", "httpx.get", 71, mode="read")
    (found,) = check("body_network", *reads)
    assert found.trace[-1].place == at(70)
    assert [(note.place, note.message) for note in found.notes] == [(at(71), "the same call reaches `httpx.get`")]
    file = reached("fs", "os.path.exists", 72)
    assert check("body_filesystem", *reads, file) == []
    assert check("body_network", *reads, reached("write", "httpx.post", 73)) == []


def test_a_file_that_a_with_opens_is_reported_once() -> None:
    inside = (frame("with", place=at(5), resource="file", name="builtins.open"),)
    opened = effect("fs", "builtins.open", place=at(5, 9), mode="write")
    dumped = effect("fs", "json.dump", 6, mode="write", inside=inside)
    assert [found.subject for found in check("body_filesystem", opened, dumped)] == ["builtins.open"]


def test_a_call_is_named_as_it_is_written() -> None:
    api = "motor.motor_asyncio.AsyncIOMotorClient.linkedin.connections.update_one"
    (found,) = check("effect_outside_step", effect("write", api, receiver="db.connections"))
    assert found.message.startswith("`db.connections.update_one` changes the world")
    (found,) = check("effect_outside_step", effect("write", api))
    assert found.message.startswith("`connections.update_one` changes the world")
