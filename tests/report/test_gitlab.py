"""Code Quality entries as GitLab reads them."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from steplint.model.report import Report
from steplint.report import gitlab
from tests.report import shop


def test_an_entry_has_what_gitlab_asks_for() -> None:
    assert json.loads(gitlab.render(shop.check(), shop.shop_view())) == [
        {
            "description": "`random.randint` runs in the body of workflow `order-fulfilment`",
            "check_name": "body-random",
            "fingerprint": "b2:91c07a5be2d3f410",
            "severity": "critical",
            "location": {"path": "flows/orders.py", "lines": {"begin": 10, "end": 10}},
        }
    ]


@pytest.mark.parametrize(
    ("severity", "confidence", "expected"),
    [
        ("error", "high", "critical"),
        ("error", "medium", "major"),
        ("warning", "medium", "minor"),
        ("info", "high", "info"),
    ],
)
def test_severity_follows_severity_and_confidence(severity: str, confidence: str, expected: str) -> None:
    finding = replace(shop.random_finding(), confidence=confidence)
    report = Report("check", (shop.reported(finding, severity=severity),))
    assert json.loads(gitlab.render(report, shop.shop_view()))[0]["severity"] == expected


def test_no_findings_are_an_empty_array() -> None:
    assert json.loads(gitlab.render(Report("check"), shop.shop_view())) == []
