"""The rules about values that differ between two executions: what they say depends on where the value goes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from steplint.api import Finding
from steplint.check.fix import edited
from steplint.testing import check_source
from tests.graphs import (
    DBOS,
    RESONATE,
    RESTATE,
    at,
    effect,
    frame,
    hop,
    project,
    run_check,
    step,
    use,
    workflow,
)

NOW = "datetime.datetime.now"


def body_time(*uses: Any, api: str = "time.time", dialect: Any = None, **fields: Any) -> list[Finding]:
    flow = {"context": "ctx"} | ({"dialect": dialect} if dialect else {})
    steps = (step("send-digest", line=10), step("wait", "sleep", line=20))
    return run_check("body_time", project(workflow(*steps, effects=[effect("time", api, 5, uses, **fields)], **flow)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            use("control", 9, step=0, decides="whether step `send-digest` runs"),
            "`time.time` decides at line 9 whether step `send-digest` runs",
        ),
        (use("identity", 10, step=0), "`time.time` is part of the ID of step `send-digest` at line 10"),
        (use("outside-effect", 8, api="db.insert"), "`time.time` goes into `db.insert` at line 8, outside every step"),
        (use("step-argument", 10, step=0), "`time.time` is an argument of step `send-digest` at line 10"),
        (use("capture", 10, step=0), "`time.time` is read by step `send-digest` at line 10"),
        (use("timer", 20, step=1), "`time.time` is the length of timer `wait` at line 20"),
        (use("state", 12), "`time.time` is stored in the run's state at line 12"),
        (use("unknown", 12, api="helper"), "`time.time` in the body goes to `helper` at line 12"),
        (use("logged", 12), "`time.time` in the body only reaches a log at line 12"),
    ],
)
def test_the_message_says_where_the_value_goes(given: Any, message: str) -> None:
    (found,) = body_time(given)
    assert found.message == message
    assert (found.flow, found.place) == (given.role, at(5))


def test_an_unused_value_has_a_flow_of_its_own() -> None:
    (found,) = body_time()
    assert found.flow == "unused"


def test_the_worst_use_leads() -> None:
    (found,) = body_time(use("logged", 6), use("step-argument", 10, step=0), use("control", 9, step=0))
    assert found.flow == "control"


def test_a_sink_in_another_file_is_named_with_it() -> None:
    (found,) = body_time(use("control", place=at(7, path="lib/gate.py"), step=0, decides="whether it runs"))
    assert found.message == "`time.time` decides at lib/gate.py:7 whether it runs"


@pytest.mark.parametrize(
    ("role", "dialect", "consequence"),
    [
        ("control", None, "a replay that reads another time takes the other path here"),
        ("identity", None, "another ID at every replay: the memo is never found and the step runs again"),
        ("identity", DBOS, "replay compares names: another ID makes the run fail"),
        ("identity", RESONATE, "replay shows another name than the one recorded"),
        ("step-argument", None, "step keeps the first value, code outside it sees another one at every replay"),
        ("step-argument", RESTATE, "step keeps the first value, code outside it sees another one at every replay"),
    ],
)
def test_the_note_says_what_the_engine_makes_of_it(role: str, dialect: Any, consequence: str) -> None:
    (found,) = body_time(use(role, 10, step=0), dialect=dialect)
    assert [note.message for note in found.notes] == [consequence]


def test_an_argument_that_replay_compares_makes_the_run_fail() -> None:
    def level(kind: Any, role: Any) -> tuple[str, str]:
        given = effect("time", "time.time", 5, [use(role, 10, step=0)])
        (found,) = run_check("body_time", project(workflow(step("x", kind), effects=[given], dialect=RESTATE)))
        return found.level, found.notes[0].message

    fails = "replay compares this with what it recorded: the run fails"
    assert level("invoke", "step-argument") == ("compared", fails)
    assert level("state", "state") == ("compared", fails)
    assert level("run", "step-argument")[0] == ""
    assert level("run", "capture")[0] == ""


def test_a_workflow_without_durable_operations_is_left_to_the_rules_about_steps() -> None:
    given = workflow(effects=[effect("time", "time.time", 5, [use("control", 6)])])
    assert run_check("body_time", project(given)) == []


def test_a_source_inside_the_expression_of_an_id_is_left_to_unstable_step_id() -> None:
    inside = at(10, column=20, width=4)
    assert body_time(use("identity", 10, step=0), place=inside) == []
    (found,) = body_time(use("identity", 10, step=0), use("logged", 12), place=inside)
    assert found.flow == "logged"


def test_what_a_table_excuses_is_silent_and_what_it_plays_down_has_its_level() -> None:
    assert body_time(use("control", 9, step=0), level="off") == []
    (found,) = body_time(use("control", 9, step=0), level="info")
    assert found.level == "info"


def test_the_trace_is_given_when_the_source_is_called_indirectly() -> None:
    trail = (hop(5, "flow", "stamp()"), hop(70, "stamp", "time.time"))
    (found,) = body_time(use("control", 9, step=0), trail=trail, origin=at(70))
    assert found.trace == trail
    (direct,) = body_time(use("control", 9, step=0))
    assert direct.trace == ()


def test_other_calls_that_reach_the_source_are_notes() -> None:
    (found,) = body_time(use("control", 9, step=0), also=(at(8),))
    assert found.notes[-1].place == at(8)


def test_the_least_certain_link_decides_the_confidence() -> None:
    (found,) = body_time(use("control", 9, step=0, confidence="medium"))
    assert found.confidence == "medium"


def test_the_hint_uses_the_words_of_the_dialect() -> None:
    (found,) = body_time(use("control", 9, step=0))
    assert found.hint == ('use `ctx.event.ts`, or make it a step: `ctx.step.run("read-clock", lambda: time.time(...))`')


def applied(found: Finding, line: str) -> str:
    assert found.fix is not None
    return edited("\n" * 4 + line, found.fix.edits)[4:]


def test_the_fix_makes_the_call_a_step() -> None:
    (found,) = body_time(use("control", 9, step=0), place=at(5, column=4, width=11))
    assert found.fix is not None
    assert found.fix.changes_steps
    assert not found.fix.safe
    assert applied(found, "x = time.time()") == 'x = (await ctx.step.run("read-clock", lambda: time.time()))'


def test_the_fix_takes_an_id_that_is_free() -> None:
    given = workflow(
        step("draw-value"),
        step("x"),
        effects=[effect("random", "random.random", 5, [use("control", 20, step=1)], place=at(5, 4, width=15))],
        context="c",
    )
    (found,) = run_check("body_random", project(given))
    assert applied(found, "x = random.random()") == 'x = (await c.step.run("draw-value-2", lambda: random.random()))'


@pytest.mark.parametrize(
    ("calls", "text", "expected"),
    [
        (
            "uuid.uuid4",
            "uuid.uuid4()",
            'uuid.UUID(await ctx.step.run("generate-id", lambda: str(uuid.uuid4())))',
        ),
        ("uuid4", "uuid4()", '(await ctx.step.run("generate-id", lambda: str(uuid4())))'),
    ],
)
def test_a_uuid_is_stored_as_text(calls: str, text: str, expected: str) -> None:
    uses = [use("step-argument", 10, step=0)]
    source = effect("uuid", "uuid.uuid4", 5, uses, place=at(5, 0, width=len(text)), trail=(hop(5, "flow", calls),))
    (found,) = run_check("body_uuid", project(workflow(step("x"), effects=[source], context="ctx")))
    assert applied(found, text) == expected


def test_a_datetime_is_stored_as_text() -> None:
    text = "dt.datetime.now(tz)"
    uses = [use("control", 10, step=0)]
    source = effect("time", NOW, 5, uses, place=at(5, 0, width=len(text)), trail=(hop(5, "flow", "dt.datetime.now"),))
    (found,) = run_check("body_time", project(workflow(step("x"), effects=[source], context="ctx")))
    assert applied(found, text) == (
        'dt.datetime.fromisoformat(await ctx.step.run("read-clock", lambda: dt.datetime.now(tz).isoformat()))'
    )


def test_a_helper_becomes_a_step_under_its_own_name() -> None:
    trail = (hop(5, "flow", "lib.new_reference"), hop(70, "new_reference", "uuid.uuid4"))
    given = workflow(
        step("x"),
        effects=[effect("uuid", "uuid.uuid4", 5, [use("step-argument", 10, step=0)], trail=trail, consumed="await")],
        context="ctx",
    )
    (found,) = run_check("body_uuid", project(given))
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == ['ctx.step.run("new-reference", lambda: ', ")"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"api": NOW, "trail": (hop(5, "flow", "now"),)}, id="the class of a time has no name here"),
        pytest.param({"inside": (frame("for"),)}, id="each turn of a loop needs another ID"),
        pytest.param({"inside": (frame("deferred"),)}, id="a lambda cannot await"),
    ],
)
def test_no_fix_is_offered_where_it_would_not_work(fields: dict[str, Any]) -> None:
    (found,) = body_time(use("control", 9, step=0), **fields)
    assert found.fix is None


def test_no_fix_is_offered_without_the_name_of_the_context() -> None:
    given = workflow(step("x"), effects=[effect("time", "time.time", 5, [use("control", 9, step=0)])])
    (found,) = run_check("body_time", project(given))
    assert found.fix is None


@pytest.mark.parametrize(
    ("stem", "kind", "api"),
    [
        ("body_random", "random", "random.choice"),
        ("body_uuid", "uuid", "uuid.uuid4"),
        ("body_env", "env", "os.getenv"),
        ("body_process", "host", "os.getpid"),
        ("hash_or_identity", "hash", "builtins.hash"),
        ("shared_rng", "shared-rng", "random.Random.random"),
        ("external_state_read", "state", "flows.SEEN"),
        ("import_time_nondeterminism", "import", "uuid.uuid4"),
    ],
)
def test_each_kind_of_source_has_its_rule(stem: str, kind: str, api: str) -> None:
    given = effect(kind, api, 5, [use("control", 9, step=0, decides="whether step `x` runs")])
    (found,) = run_check(stem, project(workflow(step("x"), effects=[given])))
    assert found.flow == "control"
    assert len(found.message) <= 100
    assert found.hint
    other = "body_time" if stem != "body_time" else "body_random"
    assert run_check(other, project(workflow(step("x"), effects=[given]))) == []


def test_a_variable_of_the_environment_is_named() -> None:
    given = effect("env", "os.environ.get", 5, [use("control", 9, step=0)], argument="NEW_FLOW")
    (found,) = run_check("body_env", project(workflow(step("x"), effects=[given])))
    assert found.hint.startswith("read `NEW_FLOW` in a step")
    assert found.subject == "os.environ.get NEW_FLOW"


def test_the_time_zone_of_the_machine_is_played_down() -> None:
    given = effect("time-zone", "datetime.datetime.fromtimestamp", 5, [use("control", 9, step=0)])
    (found,) = run_check("body_env", project(workflow(step("x"), effects=[given])))
    assert found.level == "time-zone"


def test_a_constant_of_the_module_that_reaches_no_step_is_silent() -> None:
    given = effect("import", "uuid.uuid4", 5, [use("logged", 9)])
    assert run_check("import_time_nondeterminism", project(workflow(step("x"), effects=[given]))) == []


def test_state_of_the_process_matters_in_branches_over_steps_only() -> None:
    given = effect("state", "flows.SEEN", 5, [use("step-argument", 9, step=0)])
    assert run_check("external_state_read", project(workflow(step("x"), effects=[given]))) == []


def test_a_value_in_an_effect_after_the_last_step_is_judged_like_that_effect() -> None:
    source = effect("time", "time.time", 29, [use("outside-effect", 30, api="db.insert")])
    last = effect("write", "db.insert", 30, tail=True, before=True)
    (found,) = run_check("body_time", project(workflow(step("x"), effects=[source, last])))
    assert (found.flow, found.level) == ("outside-effect", "tail")
    (found,) = run_check("body_time", project(workflow(step("x"), effects=[source, replace(last, tail=False)])))
    assert found.level == ""


def test_each_call_of_a_function_that_stamps_and_writes_is_judged_by_its_own_write() -> None:
    source = effect("time", "time.time", 12, [use("outside-effect", 90)])
    last = effect("write", "db.insert", 12, origin=at(90), tail=True, before=True)
    early = replace(last, place=at(6), tail=False)
    (found,) = run_check("body_time", project(workflow(step("x"), effects=[source, last, early])))
    assert found.level == "tail"


def test_the_environment_read_at_import_is_played_down() -> None:
    given = effect("import", "os.getenv", 5, [use("step-argument", 9, step=0), use("identity", 9, step=0)])
    (found,) = run_check("import_time_nondeterminism", project(workflow(step("x"), effects=[given])))
    assert found.level == "environment"
    assert run_check("unstable_step_id", project(workflow(step("x"), effects=[given]))) == []


@pytest.mark.parametrize(
    ("api", "shown"),
    [
        ("builtins.hash", "hash"),
        ("datetime.datetime.now", "datetime.now"),
        ("time.time", "time.time"),
        ("sqlalchemy.ext.asyncio.session.AsyncSession.scalars", "AsyncSession.scalars"),
        ("numpy.random.default_rng", "numpy.random.default_rng"),
        ("a.very.long.chain.of.lower.case.packages.call", "packages.call"),
    ],
)
def test_names_are_shown_as_people_write_them(api: str, shown: str) -> None:
    (found,) = body_time(use("logged", 9), api=api)
    assert found.message.startswith(f"`{shown}` ")


def test_one_call_that_reads_several_times_is_one_finding_about_the_worst() -> None:
    def reached(line: int, role: Any) -> Any:
        trail = (hop(5, "flow", "day_before"), hop(line, "day_before", "time.time"))
        return effect("time", "time.time", 5, [use(role, 9, step=0)], trail=trail, origin=at(line))

    given = workflow(step("x"), effects=[reached(70, "logged"), reached(71, "timer"), reached(72, "unknown")])
    (found,) = run_check("body_time", project(given))
    assert (found.flow, found.trace[-1].place) == ("timer", at(71))
    assert [note.place for note in found.notes if note.message == "the same call reads `time.time`"] == [at(72), at(70)]


def test_a_time_that_is_read_on_its_own_is_a_finding_beside_the_effect_that_takes_it() -> None:
    # A step around the write alone would still take another time at each replay.
    source = """\
from datetime import UTC, datetime

import inngest
from shop import db

client = inngest.Inngest(app_id="shop")


def stamp() -> str:
    return datetime.now(UTC).isoformat()


def log(order: str, at: str) -> None:
    db.log.insert_one({"order": order, "at": at})


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    now = stamp()
    log(str(ctx.event.data["number"]), now)
    await ctx.step.run("load-orders", list)
"""
    found = check_source({"flow.py": source}).findings
    assert {each.rule.name for each in found if each.severity == "error"} == {"body-time", "effect-outside-step"}
