"""Files that are no history of Temporal, or a damaged one, are one error that names the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steplint.runtime.engines.errors import EngineError
from steplint.runtime.fronts.temporal_history import journal

STARTED = {
    "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
    "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "order"}, "workflowId": "o-1"},
}
TIMER = {"eventType": "TimerStarted", "timerStartedEventAttributes": {"timerId": "1"}}
NAMELESS = {"eventType": "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED", "activityTaskScheduledEventAttributes": {}}
TEXT = {"eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "workflowExecutionStartedEventAttributes": "order"}
MARKER = {
    "eventType": "EVENT_TYPE_MARKER_RECORDED",
    "markerRecordedEventAttributes": {
        "markerName": "core_local_activity",
        "details": {"data": {"payloads": [{"data": 7}, {"data": "eyJhY3Rpdml0eV90eXBlIjogImZldGNoIn0="}]}},
    },
}


def written(folder: Path, content: Any) -> Path:
    path = folder / "history.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_history_is_read_in_both_spellings(tmp_path: Path) -> None:
    found = journal(written(tmp_path, {"events": [STARTED, TIMER, MARKER]}))
    assert (found.run, found.workflow, found.status) == ("o-1", "order", "running")
    assert [(each.label, each.kind) for each in found.entries] == [(None, "sleep"), ("fetch", "run")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "is no JSON: Input data was truncated"),
        ('{"events": [', "is no JSON"),
        ("\x00\x01", "is no JSON"),
        ({"events": []}, "has no `events`"),
        ({"other": 1}, "has no `events`"),
        ([1, 2], "has no `events`"),
        ({"events": [TIMER]}, "does not begin with the start of a workflow"),
        ({"events": [STARTED, NAMELESS]}, "is damaged: event 2, `ACTIVITY_TASK_SCHEDULED`, lacks what it is about"),
        ({"events": [TEXT]}, "is damaged: event 1, `WORKFLOW_EXECUTION_STARTED`, lacks what it is about"),
    ],
)
def test_what_is_no_history_is_an_error_that_names_the_file(tmp_path: Path, content: Any, text: str) -> None:
    with pytest.raises(EngineError) as caught:
        journal(written(tmp_path, content))
    assert caught.value.message.startswith(f"`{tmp_path / 'history.json'}` {text}")
    assert caught.value.hint.startswith("temporal workflow show")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be read: No such file or directory"):
        journal(tmp_path / "history.json")
