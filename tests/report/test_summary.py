"""The last lines of a run."""

from __future__ import annotations

from msgspec.structs import replace

from steplint.contract.change import Record
from steplint.model.report import Failure, Report
from steplint.report import summary
from tests.report import shop


def test_a_check_counts_findings_scope_and_fixes() -> None:
    assert summary.summarize(shop.check(), shop.shop_view()) == (
        "Found 1 error, 0 warnings in 2 workflows (9 steps, 41 files; 39 from cache) in 0.18s\n"
        "1 unsafe fix available with `--fix --unsafe-fixes`; 2 suppressed, 0 unused suppressions\n"
        "3 calls not followed; `--verbose` lists them\n"
    )


def test_a_diff_counts_breaking_recorded_and_harmless_changes() -> None:
    diff = shop.diff()
    assert summary.summarize(diff, shop.shop_view()) == "2 breaking (0 recorded), 1 addition in 1 of 2 workflows\n"
    changes = (
        shop.renamed(recorded=Record("was", "reexecute", "yes")),
        *diff.changes[1:],
        shop.added(kind="expression"),
    )
    recorded = replace(diff, findings=diff.findings[1:], changes=changes)
    assert summary.summarize(recorded, shop.shop_view()) == (
        "2 breaking (1 recorded), 1 addition, 1 cosmetic in 1 of 2 workflows\n"
    )


def test_a_stale_lock_is_counted_apart() -> None:
    text = summary.summarize(shop.unlocked(), shop.shop_view())
    assert text == "0 breaking (0 recorded), 1 not in the lock in 1 of 1 workflow\n"


def test_a_crash_is_named_last() -> None:
    report = Report("check", errors=(Failure("rule body-time", "ValueError: bad\x1b", "Traceback\n  line"),))
    text = summary.summarize(report, shop.shop_view())
    assert text.endswith("error: rule body-time: ValueError: bad\\x1b\n    Traceback\n      line\n")


def test_an_empty_run_says_so() -> None:
    assert summary.summarize(Report("check"), shop.shop_view()) == (
        "Found 0 errors, 0 warnings in 0 workflows (0 steps, 0 files)\n"
    )
