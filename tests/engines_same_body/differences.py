"""What engines do otherwise than the bundled runtime: the rows of the table in `docs/engines.md`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
_ROWS = re.compile(r"<!-- differences -->\n(.*?)<!-- end of differences -->", re.DOTALL)


class Difference(NamedTuple):
    """A row. ``seen`` names what a trace shows of it: an unnamed step of this kind; "" for what traces do not show."""

    what: str
    bundled: str
    dbos: str
    restate: str
    inngest: str
    seen: str = ""


SAME = "the same"
DIFFERENCES = (
    Difference(
        "ID of a sleep", "recorded", "not recorded: `DBOS.sleep`, told from others by its position", SAME, SAME, "sleep"
    ),
    Difference(
        "ID of a wait", "recorded", "not recorded: `DBOS.recv`; the attributes of the run have it", SAME, SAME, "wait"
    ),
    Difference(
        "an exception of the body outside steps",
        "the body is tried again, `retries` times",
        "the run fails at once",
        "the run fails at once",
        SAME,
    ),
    Difference(
        "pauses between the tries of a step",
        "the list `backoff`, in the ledger",
        "the first and a factor, in the worker's memory: tries are counted anew after a crash",
        "the first, a factor and the longest, kept by the server",
        "those of Inngest's server",
    ),
    Difference("a wait without `timeout`", "lasts for ever", "ten years", "ten years", "365 days"),
    Difference("`timeout` of a wait", "any", SAME, SAME, "whole seconds, rounded up, at least one"),
    Difference("`ctx.attempt`", "tries of the step so far", SAME, "refused: the run fails", SAME),
    Difference(
        "`ctx.logger` while recorded steps are passed",
        "silent",
        "logs again after a crash",
        SAME,
        "logs at every entry, unless the SDK's middleware is used",
    ),
    Difference("stack of a step's error", "recorded", SAME, "not recorded, only name and message", SAME),
    Difference(
        "the same run ID with other data",
        "`RunConflictError`",
        SAME,
        "the run that exists",
        "the event is known: nothing happens",
    ),
    Difference(
        "IDs that `send_event` returns",
        "of the run and the step, if none are given",
        SAME,
        SAME,
        "Inngest's server chooses",
    ),
    Difference("a failure handler that is sync where the body is async", "works", SAME, SAME, "refused"),
    Difference(
        "workflow IDs",
        "any text",
        SAME,
        "a letter, then letters, digits, `.`, `-`, `_`; others are refused",
        SAME,
    ),
    Difference(
        "replay under an edited body",
        "the manifest guard",
        "DBOS compares names; the version is pinned by the adapter",
        "Restate compares its journal",
        "nothing is compared",
    ),
)


def rows() -> str:
    """Return the table."""
    head = ("what", "bundled runtime", "DBOS", "Restate", "Inngest")
    lines = [head, ("---",) * len(head), *(each[:5] for each in DIFFERENCES)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def written() -> str:
    """Return the table of the page."""
    found = _ROWS.search(PAGE.read_text("utf-8"))
    assert found is not None, "the marks of the table are gone"
    return found[1]


def unlike(reference: Any, trace: Any) -> tuple[Any, set[str]]:
    """Return ``trace`` with the IDs that its engine does not record, and the kinds of steps that miss theirs."""
    if not isinstance(reference, list) or not isinstance(trace, list) or len(reference) != len(trace):
        return trace, set()
    missing = {step[3] for step in trace if step[0] is None}
    named = [[told[0], *step[1:]] if step[0] is None else step for told, step in zip(reference, trace, strict=True)]
    return named, missing
