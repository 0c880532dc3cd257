"""Formats of other CI systems: Azure Pipelines, JUnit, reviewdog."""

from __future__ import annotations

import json
from xml.dom import minidom

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from steplint.model.finding import Finding
from steplint.model.graph import StepGraph
from steplint.model.place import Place, Span
from steplint.model.report import Failure, Report
from steplint.report import azure, junit, rdjson
from steplint.report.view import View
from tests.report import shop


def test_azure_issues_have_place_and_code() -> None:
    text = azure.render(replace(shop.check(), errors=(Failure("rule x", "bad"),)), shop.shop_view())
    assert text == (
        "##vso[task.logissue type=error;sourcepath=flows/orders.py;linenumber=10;columnnumber=17;code=SL102;]"
        "`random.randint` runs in the body of workflow `order-fulfilment` (body-random)\n"
        "##vso[task.logissue type=error]rule x: bad\n"
    )


@given(st.text(alphabet=st.sampled_from("#vso[]; %\r\nabc\x1b"), max_size=40))
def test_azure_obeys_no_command_from_the_project(text: str) -> None:
    finding = Finding(text, Place(text, Span(1, 0, 1, 1)))
    for severity in ("error", "info"):
        line = azure.render(Report("check", (shop.reported(finding, severity=severity),)), View())
        assert line.count("\n") == 1
        assert line.count("##vso[") == (severity == "error")
        assert "##[" not in line


def test_junit_has_a_case_for_each_workflow_and_rule() -> None:
    note = shop.reported(shop.random_finding(), "body-uuid", "SL103", "info")
    report = replace(
        shop.check(),
        findings=(*shop.check().findings, note),
        graph=StepGraph((shop.after(), shop.workflow(name="refunds"))),
    )
    document = minidom.parseString(junit.render(report, shop.shop_view()))
    cases = document.getElementsByTagName("testcase")
    assert [(each.getAttribute("classname"), each.getAttribute("name")) for each in cases] == [
        ("order-fulfilment", "body-random"),
        ("order-fulfilment", "body-uuid"),
        ("refunds", "no findings"),
    ]
    assert [len(each.getElementsByTagName("failure")) for each in cases] == [1, 0, 0]
    suite = document.getElementsByTagName("testsuite")[0]
    assert (suite.getAttribute("tests"), suite.getAttribute("failures")) == ("3", "1")


def test_junit_reports_a_crash_as_an_error() -> None:
    document = minidom.parseString(junit.render(Report("check", errors=(Failure("rule x", "bad", "line\n"),)), View()))
    (error,) = document.getElementsByTagName("error")
    assert error.getAttribute("message") == "bad"


@given(st.text(alphabet=st.one_of(st.sampled_from("<>&\"']]\x00\x1b\ud800"), st.characters()), max_size=40))
def test_junit_is_well_formed_whatever_the_project_says(text: str) -> None:
    finding = Finding(text, Place(text, Span(1, 0, 1, 1)), text)
    report = Report("check", (shop.reported(finding),), errors=(Failure(text, text, text),))
    document = minidom.parseString(junit.render(report, View()).encode())
    assert len(document.getElementsByTagName("testcase")) == 2


def test_reviewdog_gets_byte_columns_suggestions_and_related_places() -> None:
    source = "x = '日本'; y = call()\n"
    place = Place("a.py", Span(1, source.index("call"), 1, source.index("call") + 6))
    fix = shop.random_finding().fix
    assert fix is not None
    fix = replace(fix, edits=(replace(fix.edits[0], place=place, text="done()"),))
    finding = replace(shop.random_finding(), place=place, notes=(), fix=fix)
    text = rdjson.render(Report("check", (shop.reported(finding),)), View(read={"a.py": source}.get))
    (found,) = json.loads(text)["diagnostics"]
    start = found["location"]["range"]["start"]["column"] - 1
    assert source.encode()[start : start + 6] == b"call()"
    assert found["severity"] == "ERROR"
    assert found["code"] == {"value": "SL102"}
    assert found["suggestions"] == [{"range": found["location"]["range"], "text": "done()"}]
    assert [each["location"]["path"] for each in found["related_locations"]] == ["lib/ids.py", "lib/ids.py"]


def test_reviewdog_gets_no_suggestion_for_edits_of_other_files() -> None:
    finding = replace(shop.random_finding(), place=shop.place("lib/ids.py", "random_tail()"))
    (found,) = json.loads(rdjson.render(Report("check", (shop.reported(finding),)), shop.shop_view()))["diagnostics"]
    assert "suggestions" not in found
