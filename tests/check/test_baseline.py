from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from steplint.api import Finding
from steplint.check import baseline
from steplint.check.baseline import Baseline
from steplint.config.problems import ConfigError
from steplint.model.report import Reported
from steplint.model.rule import Rule
from tests.graphs import at, hop

TIME = Rule(code="SL101", name="body-time", severity="flow", since="1")
LOCK = Rule(code="SL301", name="renamed-step", severity="error", since="1")
ALL = ("body-time",)


def reported(
    line: int = 5, api: str = "time.time", path: str = "flows.py", rule: Rule = TIME, **fields: Any
) -> Reported:
    found = Finding("a message", at(line, path=path), workflow="orders", subject=api, **fields)
    return Reported(found, rule, "error", "")


def text(path: str) -> str:
    return ""


def match(findings: list[Reported], accepted: Baseline, *, gone: tuple[str, ...] = ()) -> baseline.Matched:
    return baseline.match(findings, accepted, text, lambda path: path not in gone)


def test_what_is_accepted_is_hidden_and_nothing_else() -> None:
    accepted = baseline.accept([reported(5)], text)
    done = match([reported(50), reported(7, "time.monotonic")], accepted)
    assert [each.finding.subject for each in done.kept] == ["time.monotonic"]
    assert done.suppressed[0].suppressed is not None
    assert done.suppressed[0].suppressed.by == "baseline"
    assert done.unmatched == {}


def test_an_entry_counts() -> None:
    accepted = baseline.accept([reported(5), reported(6)], text)
    assert [entry.count for entry in accepted.files["flows.py"]] == [2]
    done = match([reported(5), reported(6), reported(7)], accepted)
    assert (len(done.kept), len(done.suppressed)) == (1, 2)


def test_another_function_does_not_use_the_entry_of_this_one() -> None:
    accepted = baseline.accept([reported(trace=(hop(5, "ship", "time.time"),))], text)
    done = match([reported(trace=(hop(5, "refund", "time.time"),))], accepted)
    assert len(done.kept) == 1
    assert list(done.unmatched.values()) == [1]


def test_a_moved_file_keeps_its_entries() -> None:
    accepted = baseline.accept([reported(path="old.py")], text)
    moved = [reported(path="new.py")]
    assert match(moved, accepted, gone=("old.py",)).kept == []
    assert match(moved, accepted).kept == moved


def test_findings_of_the_lock_are_never_accepted() -> None:
    found = [reported(rule=LOCK)]
    accepted = baseline.accept(found, text)
    assert accepted.files == {}
    assert match(found, accepted).kept == found


def test_the_file_is_sorted_has_no_lines_and_reads_back() -> None:
    found = [reported(9, path="b.py"), reported(5, path="a.py"), reported(7, "os.urandom", path="a.py")]
    written = baseline.encode(baseline.accept(found, text))
    assert written == baseline.encode(baseline.accept(found[::-1], text))
    assert baseline.decode(written, "x") == baseline.accept(found, text)
    assert '"line"' not in written
    assert written.index('"a.py"') < written.index('"b.py"')
    assert baseline.encode(baseline.decode(baseline.encode(Baseline()), "x")) == '{"schema": 1,\n "files": {}}\n'


def test_an_entry_that_matches_nothing_is_stale_and_its_fix_shrinks_the_file() -> None:
    accepted = baseline.accept([reported(5), reported(6), reported(7, "os.urandom")], text)
    written = baseline.encode(accepted)
    done = match([reported(5), reported(7, "os.urandom")], accepted)
    (found,) = baseline.stale(accepted, done.unmatched, ALL, "base.json", written)
    assert found.message == "the baseline allows a finding of `body-time` in `orders` that is gone"
    assert written.split("\n")[found.place.span.line - 1].startswith('   {"rule":"body-time"')
    assert found.fix is not None
    assert found.fix.safe
    assert found.fix.edits[0].text == baseline.encode(baseline.accept([reported(5), reported(7, "os.urandom")], text))


def test_a_rule_that_did_not_run_keeps_its_entries() -> None:
    accepted = baseline.accept([reported(5)], text)
    done = match([], accepted)
    assert list(baseline.stale(accepted, done.unmatched, (), "base.json", "")) == []
    assert baseline.shrunk(accepted, done.unmatched, ()) == accepted
    assert baseline.shrunk(accepted, done.unmatched, ALL).files == {}


def test_a_stale_entry_has_a_level_of_its_own_in_ci() -> None:
    accepted = baseline.accept([reported(5)], text)
    done = match([], accepted)
    (found,) = baseline.stale(accepted, done.unmatched, ALL, "base.json", "", ci=True)
    assert found.level == "ci"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{", "base.json: not a baseline"),
        ('{"schema": 1, "files": {"a": [{"rule": 1}]}}', "base.json: not a baseline"),
        ('{"schema": 2, "files": {}}', "base.json: baseline schema 2 is not known"),
    ],
)
def test_what_is_no_baseline_is_named(written: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        baseline.decode(written, "base.json")


def test_counts_of_an_entry_add_up_over_one_file() -> None:
    accepted = baseline.accept([reported(5)], text)
    double = Baseline(
        files={"flows.py": (*accepted.files["flows.py"], replace(accepted.files["flows.py"][0], count=2))}
    )
    assert len(match([reported(n) for n in range(5)], double).kept) == 2
