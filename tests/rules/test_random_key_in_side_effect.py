from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from steplint.testing import check_source
from tests.graphs import body, effect, hop, project, run_check, step, use, workflow


def check(*effects, strict=False):
    flow = workflow(step("create-record", body=body(effects=effects)))
    return run_check("random_key_in_side_effect", project(flow, strict=strict))


def sent(name, slot, verb="create", **fields):
    return use("effect-argument", name=name, slot=slot, api=f"db.records.{verb}", verb=verb, **fields)


def uuid4(*uses, **fields):
    return effect("uuid", "uuid.uuid4", 5, uses, **fields)


def test_a_generated_id_that_a_record_is_made_with_is_an_error():
    [found] = check(uuid4(sent("id", "key")))
    assert found.level == "key"
    assert found.message == "step `create-record` sends another `id` at each attempt, drawn by `uuid.uuid4`"
    assert found.notes[0].message == "`db.records.create` takes it as `id`"
    assert found.hint.endswith('`ctx.step.run("generate-id", lambda: str(uuid.uuid4()))`')


def test_a_random_value_elsewhere_is_less():
    assert [each.level for each in check(uuid4(sent("color", "")))] == ["value"]


def test_the_key_decides_where_one_value_goes_to_several_places():
    assert [each.level for each in check(uuid4(sent("color", ""), sent("id", "key")))] == ["key"]


def test_a_value_that_is_only_returned_is_a_capture():
    assert check(uuid4(use("returned"))) == []


def test_captures_are_listed_when_asked_for():
    assert [each.level for each in check(uuid4(use("returned")), strict=True)] == ["capture"]


def test_returning_the_value_that_was_sent_does_not_help():
    assert [each.level for each in check(uuid4(sent("id", "key"), use("returned")))] == ["key"]


@pytest.mark.parametrize("role", ["delay", "scratch", "logged", "predicate", "branch", "unknown"])
def test_jitter_scratch_names_logs_and_filters_are_silent(role):
    assert check(uuid4(use(role))) == []


def test_an_unused_value_is_silent():
    assert check(uuid4()) == []


def test_a_value_that_only_filters_an_update_is_silent():
    where = use("predicate", api="sqlalchemy.update.where", verb="where")
    values = use("unknown", name="token", api="sqlalchemy.update.where.values", verb="values")
    executed = use("effect-argument", api="session.execute", verb="execute")
    assert check(uuid4(executed, where)) == []
    assert [each.level for each in check(uuid4(replace(executed, slot="key", name="token"), where, values))] == [
        "value"
    ]


@pytest.mark.parametrize(
    ("name", "verb", "level"), [("Key", "put_object", "key"), ("id", "put_item", "key"), ("id", "update_one", "value")]
)
def test_a_new_address_makes_another_object_though_the_verb_overwrites(name, verb, level):
    assert [each.level for each in check(uuid4(sent(name, "key", verb=verb)))] == [level]


def test_a_new_key_makes_another_record_in_a_statement_that_keeps_old_ones():
    statement = effect("write", "conn.execute", 9, argument="INSERT INTO a VALUES (?) ON CONFLICT DO NOTHING")
    executed = use("effect-argument", api="conn.execute", verb="execute", place=statement.place)
    assert [each.level for each in check(uuid4(executed), statement)] == ["value"]


def test_what_a_local_file_holds_is_silent():
    written = use("effect-argument", name="file", api="json.dump", verb="dump")
    assert check(uuid4(written), effect("fs", "json.dump", 9, mode="write")) == []


@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization", "X-Signature"])
def test_a_credential_is_meant_to_be_new(name):
    assert check(uuid4(sent(name, "", verb="post"))) == []


def test_a_trace_header_is_silent():
    assert check(uuid4(sent("x-request-id", "trace", verb="post"))) == []


def test_a_salt_in_an_update_by_key_is_silent():
    assert check(effect("random", "os.urandom", 5, [sent("salt", "", verb="update_one")])) == []


def test_a_key_in_an_update_is_less_than_one_in_a_new_record():
    assert [each.level for each in check(uuid4(sent("token", "key", verb="update_one")))] == ["value"]


def test_a_clock_is_not_random():
    assert check(effect("time", "time.time", 5, [sent("id", "key")])) == []


def test_the_way_to_a_source_in_a_called_function_is_shown():
    trail = (hop(5, "publish", "new_slug"), hop(2, "new_slug", "uuid.uuid4"))
    [found] = check(uuid4(sent("slug", "key"), trail=trail))
    assert found.trace == trail


def test_a_source_that_a_table_excuses_is_silent():
    assert check(uuid4(sent("id", "key"), level="off")) == []


def test_the_weakest_link_decides_the_confidence():
    assert [each.confidence for each in check(uuid4(sent("id", "key", confidence="medium")))] == ["medium"]


def test_a_workflow_without_steps_is_retried_like_one():
    source = uuid4(use("outside-effect", name="id", slot="key", api="db.records.create", verb="create"))
    [found] = run_check("random_key_in_side_effect", project(workflow(effects=[source])))
    assert found.message.startswith("workflow `flow` sends another `id`")


def test_a_body_with_steps_is_the_business_of_the_determinism_rules():
    source = uuid4(use("outside-effect", name="id", slot="key", api="db.records.create", verb="create"))
    assert run_check("random_key_in_side_effect", project(workflow(step("load"), effects=[source]))) == []


def test_an_unresolved_body_has_nothing_to_say():
    unresolved = step("create-record", body=body(resolved=False, effects=(uuid4(sent("id", "key")),)))
    assert run_check("random_key_in_side_effect", project(workflow(unresolved))) == []


@pytest.mark.parametrize("api", ["builtins.open", "pathlib.Path.write_bytes", "openai.OpenAI.responses.create"])
def test_local_files_and_questions_to_a_model_make_nothing_that_lasts(api):
    assert check(uuid4(use("effect-argument", name="file", slot="key", api=api, verb=api.rpartition(".")[2]))) == []


def test_a_function_that_two_steps_run_is_told_once():
    shared = body(effects=(uuid4(sent("id", "key")),))
    [found] = run_check("random_key_in_side_effect", project(workflow(step("a", body=shared), step("b", body=shared))))
    assert found.step == "a"
    assert found.notes[-1].message == "the same in step `b`"


def test_several_sources_behind_one_call_are_told_once_with_the_worst():
    shared = (uuid4(sent("color", "")), effect("random", "random.random", 5, [sent("id", "key")]))
    [found] = check(*shared)
    assert found.level == "key"
    assert found.notes[-1].message == "the same by `uuid.uuid4`"


def test_an_id_is_a_note_where_a_query_did_not_find_the_record_and_an_error_where_it_found_another() -> None:
    folder = Path(__file__).parents[2] / "fixtures" / "rules" / "random_key_in_side_effect"
    result = check_source({"flows.py": (folder / "found_before.py").read_text("utf-8")})
    assert {each.finding.step: each.severity for each in result.findings} == {
        "place": "info",
        "pay": "error",
        "count": "info",
        "visit": "error",
    }
