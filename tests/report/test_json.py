"""The report as JSON: documented fields, right offsets, a schema that holds."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from msgspec.structs import replace

from steplint.contract.change import Record
from steplint.contract.manifest import Generator, Manifest, encode
from steplint.model.place import Place, Span
from steplint.model.report import Failure, Report, Suppression
from steplint.report import json as report_json
from steplint.report import jsonl, schema
from steplint.report.view import View
from tests.report import shop
from tests.report.goldens import golden


def written(report: Report, **view: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report_json.render(report, shop.shop_view(**view)))
    return found


def everything() -> Report:
    """A report in which no field is empty."""
    diff = shop.diff()
    hidden = Suppression("comment", "seeded", Place("flows/orders.py", Span(10, 0, 10, 4)))
    return replace(
        diff,
        findings=(*diff.findings, shop.reported(shop.random_finding())),
        suppressed=(shop.reported(shop.random_finding(), suppressed=hidden),),
        changes=(*diff.changes, shop.removed(recorded=Record("gone", "", "nobody reads it"))),
        errors=(Failure("rule body-time", "ValueError: bad", "Traceback"),),
        statistics={"body-random": 1},
        timings={"read": 0.1},
        files=("flows/orders.py",),
    )


def test_a_diff_is_written_as_documented() -> None:
    golden("diff.json", report_json.render(shop.diff(), shop.shop_view()))


@pytest.mark.parametrize(
    "report", [Report("check"), shop.check(), shop.diff(), shop.inserted(), everything()], ids=lambda each: each.verb
)
def test_every_report_validates_against_its_schema(report: Report) -> None:
    validator = jsonschema_rs.validator_for(schema.schema("report"))
    validator.validate(written(report, show_suppressed=True, stamp=True))
    lines = jsonschema_rs.validator_for(schema.schema("event"))
    for line in jsonl.render(report, shop.shop_view(show_suppressed=True, stamp=True)).splitlines():
        lines.validate(json.loads(line))


def test_the_schema_refuses_what_is_not_written() -> None:
    validator = jsonschema_rs.validator_for(schema.schema("report"))
    report = written(shop.diff())
    report["findings"][0]["severity"] = "fatal"
    assert not validator.is_valid(report)
    report = written(shop.diff())
    del report["findings"][0]["place"]["line"]
    assert not validator.is_valid(report)
    report = written(shop.diff())
    report["findings"][0]["place"]["column"] = 0
    assert not validator.is_valid(report)


def test_bytes_and_columns_cut_out_the_same_text() -> None:
    source = "x = '日本'; y = f(\U0001f389, z)\n"
    place = Place("a.py", Span(1, source.index("z"), 1, source.index("z") + 1))
    report = Report(
        "check", (shop.reported(replace(shop.random_finding(), place=place, trace=(), notes=(), fix=None)),)
    )
    found = json.loads(report_json.render(report, View(read=lambda path: source)))["findings"][0]["place"]
    assert source.encode()[found["start_byte"] : found["end_byte"]] == b"z"
    assert source[found["column"] - 1 : found["end_column"] - 1] == "z"


def test_bytes_are_null_where_the_text_is_gone() -> None:
    place = json.loads(report_json.render(shop.check(), View()))["findings"][0]["place"]
    assert (place["start_byte"], place["end_byte"]) == (None, None)
    behind = replace(shop.random_finding(), place=Place("lib/ids.py", Span(99, 0, 99, 1)), trace=(), notes=(), fix=None)
    place = written(Report("check", (shop.reported(behind),)))["findings"][0]["place"]
    assert (place["line"], place["start_byte"]) == (99, None)


def test_places_in_the_lock_are_those_of_the_base() -> None:
    note = written(shop.diff())["findings"][0]["notes"][0]["place"]
    assert note["path"] == "steplint.lock"
    assert shop.LOCK.encode()[note["start_byte"] : note["end_byte"]] == b'"charge-customer"'


def test_suppressed_findings_appear_on_request_only() -> None:
    assert [each["suppressed"] for each in written(everything())["findings"]] == [None, None, None]
    shown = written(everything(), show_suppressed=True)["findings"]
    assert shown[3]["suppressed"]["reason"] == "seeded"


def test_no_time_is_written_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(shop.check())["created"] == ""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert written(shop.check(), stamp=True)["created"] == "1970-01-01T00:00:00Z"


def test_a_finding_names_its_change_even_when_only_code_and_step_tell() -> None:
    diff = shop.diff()
    loose = replace(diff, findings=tuple(replace(each, change=None) for each in diff.findings))
    assert [each["change"] for each in written(loose)["findings"]] == [0, 1]


def test_suggestions_are_marked_as_such() -> None:
    suggestion = written(shop.diff())["changes"][0]["suggestion"]
    assert suggestion["suggested"] is True
    assert suggestion["score"] == 0.93


def test_events_begin_with_the_run_and_end_with_the_summary() -> None:
    events = [json.loads(line) for line in jsonl.render(everything(), shop.shop_view()).splitlines()]
    assert [each["event"] for each in events] == ["run", *["finding"] * 3, *["change"] * 4, "error", "summary"]
    assert events[0]["schema"] == 1
    assert events[-1]["exit_code"] == 1


def test_the_manifest_has_a_schema_too() -> None:
    manifest = Manifest(Generator("steplint", "0"), ())
    jsonschema_rs.validator_for(schema.schema("manifest")).validate(json.loads(encode(manifest)))


def test_an_unknown_schema_names_the_nearest_one() -> None:
    with pytest.raises(ValueError, match="no schema `reprot`; did you mean `report`"):
        schema.schema("reprot")
