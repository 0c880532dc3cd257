"""SARIF that validates and that GitHub can match with files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from msgspec.structs import replace

from steplint.model.finding import Finding, Note
from steplint.model.graph import Hop
from steplint.model.place import Place, Span
from steplint.model.report import Failure, Report, Suppression
from steplint.report import sarif
from steplint.report.view import View
from tests.report import shop
from tests.report.goldens import golden

SCHEMA = os.environ.get("SARIF_SCHEMA", "")
"""Path of the official schema; the npm package @microsoft/jest-sarif ships it as lib/schemas/sarif-2.1.0-rtm.5.json."""


def written(report: Report, **view: object) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif.render(report, shop.shop_view(**view)))
    return log


def run(report: Report, **view: object) -> dict[str, Any]:
    found: dict[str, Any] = written(report, **view)["runs"][0]
    return found


def suppressed() -> Report:
    hidden = Suppression("comment", "seeded", Place("flows/orders.py", Span(10, 0, 10, 4)))
    return Report("check", suppressed=(shop.reported(shop.random_finding(), suppressed=hidden),))


def test_a_finding_is_written_with_flow_fix_and_related_place() -> None:
    golden("check.sarif", sarif.render(shop.check(), shop.shop_view()))


@pytest.mark.skipif(not SCHEMA, reason="set SARIF_SCHEMA to the official schema of SARIF 2.1.0")
@pytest.mark.parametrize(
    "report",
    [Report("check"), shop.check(), shop.diff(), suppressed(), Report("check", errors=(Failure("rule x", "bad"),))],
    ids=["empty", "check", "diff", "suppressed", "crash"],
)
def test_every_log_validates_against_the_official_schema(report: Report) -> None:
    schema = json.loads(Path(SCHEMA).read_text("utf-8"))
    for holder in ("run", "toolComponent"):  # their `language` is published with a bracket too many, which is no regex
        del schema["definitions"][holder]["properties"]["language"]["pattern"]
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(
        written(report, include_suppressed=True, stamp=True, rule_page="https://example.org/rules/{name}")
    )


def test_paths_are_relative_uris() -> None:
    odd = Place("flows/a b#c?:%é.py", Span(1, 0, 1, 1))
    log = sarif.render(Report("check", (shop.reported(Finding("odd", odd)),)), View())
    locations = json.loads(log)["runs"][0]["results"][0]["locations"]
    artifact = locations[0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "flows/a%20b%23c%3F%3A%25%C3%A9.py", "uriBaseId": "SRCROOT"}
    assert "file:" not in log
    assert "uri" not in json.loads(log)["runs"][0]["originalUriBaseIds"]["SRCROOT"]


def test_columns_are_code_points_from_one_and_the_end_is_exclusive() -> None:
    found = run(shop.check())
    assert found["columnKind"] == "unicodeCodePoints"
    region = found["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 10, "startColumn": 17, "endLine": 10, "endColumn": 36}


def test_results_are_sorted_by_severity() -> None:
    findings = [shop.reported(shop.random_finding(), severity=each) for each in ("info", "warning", "error")]
    assert [each["level"] for each in run(Report("check", tuple(findings)))["results"]] == ["error", "warning", "note"]


def test_suppressed_results_are_left_out_unless_asked_for() -> None:
    assert run(suppressed())["results"] == []
    (result,) = run(suppressed(), include_suppressed=True)["results"]
    assert result["suppressions"] == [{"kind": "inSource", "justification": "seeded"}]


def test_beyond_five_thousand_results_the_log_says_what_is_missing() -> None:
    told = list[str]()
    finding = Finding("bad", Place("a.py", Span(1, 0, 1, 1)))
    few = [shop.reported(finding, "body-time", "SL101", "info")] * 3
    found = run(Report("check", (*few, *[shop.reported(finding)] * 5_000)), warn=told.append)
    assert len(found["results"]) == 5_000
    assert {each["level"] for each in found["results"]} == {"error"}
    (note,) = found["invocations"][0]["toolExecutionNotifications"]
    assert note == {"level": "warning", "message": {"text": "3 results left out: 3 SL101"}}
    assert told == ["sarif: 3 of 5003 results left out"]


def test_a_trace_has_a_hundred_frames_at_most_and_keeps_its_last() -> None:
    trace = tuple(Hop(Place("a.py", Span(n, 0, n, 1)), "f", f"call{n}") for n in range(1, 301))
    report = Report("check", (shop.reported(replace(shop.random_finding(), trace=trace)),))
    frames = run(report)["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]
    assert len(frames) == 100
    assert frames[-1]["location"]["message"]["text"] == "f -> call300"


def test_brackets_of_a_message_are_no_links() -> None:
    place = Place("a.py", Span(1, 0, 1, 1))
    finding = Finding("`rows[0](1)` runs", place, notes=(Note(place, "see [here](http://x)"),))
    (result,) = run(Report("check", (shop.reported(finding),)))["results"]
    assert result["message"]["text"] == "`rows\\[0\\](1)` runs\n[see \\[here\\](http://x)](1)"
    assert result["relatedLocations"][0]["id"] == 1


def test_a_crash_makes_the_run_unsuccessful() -> None:
    (invocation,) = run(Report("check", errors=(Failure("rule x", "bad"),), exit_code=70))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 70


def test_categories_keep_uploads_apart() -> None:
    assert run(shop.check(), category="nightly")["automationDetails"]["id"] == "steplint/check/nightly/"


def test_no_time_is_written_unless_asked_for() -> None:
    assert "endTimeUtc" not in run(shop.check())["invocations"][0]
    assert "endTimeUtc" in run(shop.check(), stamp=True)["invocations"][0]
