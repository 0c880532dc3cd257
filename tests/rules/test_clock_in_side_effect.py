from __future__ import annotations

from pathlib import Path

import pytest

from steplint.testing import check_source
from tests.graphs import at, body, effect, project, run_check, step, use, workflow


def check(*effects, **fields):
    flow = workflow(step("create-invoice", body=body(effects=effects)))
    return run_check("clock_in_side_effect", project(flow, **fields))


def clock(*uses, **fields):
    return effect("time", fields.pop("api", "time.time"), 5, uses, **fields)


def sent(name="issued_at", verb="create", **fields):
    return use("effect-argument", name=name, slot="clock", api=f"db.invoices.{verb}", verb=verb, **fields)


@pytest.mark.parametrize("verb", ["create", "insert_one", "post", "send", "publish", "add", "execute"])
def test_the_time_of_the_attempt_in_something_new_is_a_warning(verb):
    [found] = check(clock(sent(verb=verb)))
    assert found.level == "create"
    assert found.message == "step `create-invoice` sends the time of the attempt as `issued_at`, read by `time.time`"


@pytest.mark.parametrize("verb", ["update_one", "put", "put_item", "upsert", "patch", "hset", "save", "commit"])
def test_in_something_that_exists_it_is_less(verb):
    assert [each.level for each in check(clock(sent("ended_at", verb)))] == ["update"]


def test_an_update_statement_is_an_update():
    statement = effect("write", "conn.execute", 9, place=at(9), argument="UPDATE jobs SET ended_at = ?")
    written = sent("ended_at", "execute", place=at(9))
    assert [each.level for each in check(clock(written), statement)] == ["update"]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO jobs VALUES (?)\n ON CONFLICT (id) DO UPDATE SET seen = ?",
        "insert or ignore into jobs values (?)",
        "REPLACE INTO jobs VALUES (?)",
    ],
)
def test_a_record_that_is_made_once_is_less(text):
    statement = effect("write", "conn.execute", 9, place=at(9), argument=text)
    assert [each.level for each in check(clock(sent("", "execute", place=at(9))), statement)] == ["update"]


def test_an_insert_statement_is_none():
    statement = effect("write", "conn.execute", 9, place=at(9), argument="INSERT INTO jobs VALUES (?)")
    assert [each.level for each in check(clock(sent("", "execute", place=at(9))), statement)] == ["create"]


@pytest.mark.parametrize(("builder", "level"), [("sqlalchemy.update", "update"), ("sqlalchemy.insert", "create")])
def test_a_built_statement_says_which_it_is(builder, level):
    values = use("unknown", name="ended_at", api=f"{builder}.where.values", verb="values", place=at(9))
    written = sent("ended_at", "execute", place=at(9))
    assert [each.level for each in check(clock(values, written))] == [level]


@pytest.mark.parametrize(
    ("name", "level"), [("updated_at", "update"), ("last_seen", "update"), ("created_at", "create")]
)
def test_a_field_named_for_the_last_write_is_less(name, level):
    assert [each.level for each in check(clock(sent(name, "add")))] == [level]


def test_a_signed_header_is_new_for_each_request():
    assert check(clock(sent("Authorization", "post"))) == []


def test_the_filter_of_a_read_is_silent():
    assert check(clock(use("predicate", verb="find"))) == []


@pytest.mark.parametrize("verb", ["delete_many", "update", "delete"])
def test_the_filter_of_a_change_is_less(verb):
    assert [each.level for each in check(clock(use("predicate", verb=verb)))] == ["update"]


@pytest.mark.parametrize("name", ["iat", "exp", "ttl", "ex", "expires_in", "timeout"])
def test_lifetimes_and_claims_follow_the_attempt_on_purpose(name):
    assert check(clock(sent(name))) == []


@pytest.mark.parametrize("verb", ["setex", "expire", "generate_presigned_url"])
def test_calls_that_set_a_lifetime_are_silent(verb):
    assert check(clock(sent("", verb))) == []


def test_a_field_may_be_allowed():
    assert check(clock(sent("updated_at")), options={"clock-fields-ok": ["updated_at"]}) == []


def test_a_duration_is_no_time():
    assert check(clock(sent("elapsed", duration=True))) == []


@pytest.mark.parametrize("role", ["logged", "returned", "delay", "branch", "control"])
def test_captures_logs_delays_and_branches_are_silent(role):
    assert check(clock(use(role))) == []


def test_captures_are_listed_when_asked_for():
    assert [each.level for each in check(clock(use("returned")), strict=True)] == ["capture"]


def test_the_worst_of_several_uses_is_told():
    assert [each.level for each in check(clock(sent("ended_at", "update_one"), sent()))] == ["create"]


def test_random_values_belong_to_another_rule():
    assert check(effect("random", "random.random", 5, [sent()])) == []


def test_the_insert_of_an_sqlalchemy_dialect_is_an_upsert():
    source = """\
from datetime import datetime

from dbos import DBOS
from sqlalchemy.dialects.{dialect} import insert
from sqlalchemy.orm import Session
from shop.models import Attempt, engine


@DBOS.step()
def begin(number: int) -> None:
    started = datetime.now()
    with Session(engine) as session:
        session.execute(insert(Attempt).values(number=number, started_at=started).on_conflict_do_nothing())


@DBOS.workflow()
def attempt(number: int) -> None:
    begin(number)
"""
    for dialect in ("postgresql", "sqlite"):
        (found,) = check_source({"flow.py": source.replace("{dialect}", dialect)}).findings
        assert (found.rule.name, found.severity) == ("clock-in-side-effect", "info")


def test_a_time_that_is_set_on_a_row_of_a_query_is_a_note_whether_the_row_is_added_again_or_not() -> None:
    rows = Path(__file__).parents[2] / "fixtures" / "rules" / "clock_in_side_effect" / "rows.py"
    result = check_source({"flows.py": rows.read_text("utf-8")})
    assert {each.finding.step: each.severity for each in result.findings} == {
        "mark-uploaded": "info",
        "mark-failed": "info",
    }


def test_what_is_uploaded_again_under_its_name_is_a_note_and_under_a_name_with_the_time_a_warning() -> None:
    uploads = Path(__file__).parents[2] / "fixtures" / "rules" / "clock_in_side_effect" / "uploads.py"
    found = check_source({"flow.py": uploads.read_text("utf-8")}).findings
    assert [each.severity for each in found if each.rule.name == "clock-in-side-effect"] == ["info", "warning"]
