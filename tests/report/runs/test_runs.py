"""Runs as tables, timelines and pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from steplint.contract.runs import Determinism, Divergence, Drained, Fault, Metrics, Progress, Rehearsal, Unstable
from steplint.report.runs import page, replay, tables, timeline, times
from steplint.report.runs.view import RunsView
from tests.report import shop
from tests.report.goldens import golden
from tests.report.runs import ledger
from tests.report.runs.ledger import START, VIEW


def test_a_list_of_runs_says_what_comes_next() -> None:
    failed = ledger.summary(id="order-19", status="failed", error=Fault("ValueError", "no such card"))
    listed = [ledger.completed().summary, ledger.waiting().summary, failed]
    golden("runs.txt", tables.runs(listed, replace_view(width=130)))


def test_the_last_column_is_cut_to_the_terminal() -> None:
    failed = ledger.summary(status="failed", error=Fault("ValueError", "x" * 500))
    lines = tables.runs([failed], replace_view(width=120)).splitlines()
    assert len(lines[1]) == 120
    assert lines[1].endswith("…")


def test_no_runs_say_so() -> None:
    assert tables.runs([], VIEW) == "no runs\n"
    assert tables.metrics(Metrics((), ()), VIEW) == "no runs\n"
    assert tables.drained([], VIEW) == "no run in flight depends on a step\n"


def test_metrics_are_two_tables() -> None:
    golden("metrics.txt", tables.metrics(ledger.metrics(), VIEW))


def test_runs_in_flight_are_counted_by_step() -> None:
    text = tables.drained([Drained("order-fulfilment", "charge-card", 12)], VIEW)
    assert text.splitlines()[1] == "order-fulfilment  charge-card              12"


def test_a_timeline_shows_tries_sleeps_and_repeats_on_one_scale() -> None:
    golden("run.completed.txt", timeline.timeline(ledger.completed(), VIEW))


def test_a_waiting_run_shows_what_it_waits_for() -> None:
    golden("run.waiting.txt", timeline.timeline(ledger.waiting(), VIEW))


def test_a_run_that_ends_before_its_first_step_has_a_timeline() -> None:
    run = replace(ledger.completed(), steps=(), tries=(), visits=(), notes=())
    assert "result" in timeline.timeline(run, VIEW)


def test_a_queued_run_has_a_timeline() -> None:
    summary = ledger.summary(status="queued", started=None, ended=None)
    run = replace(ledger.completed(), summary=summary, steps=(), tries=(), visits=())
    assert "started - UTC" in timeline.timeline(run, VIEW)
    assert "queued" in page.render_runs([run], VIEW)


def test_text_without_unicode_is_ascii_and_without_color_has_no_escapes() -> None:
    for run in (ledger.completed(), ledger.waiting()):
        assert timeline.timeline(run, replace_view(unicode=False)).isascii()
        plain = timeline.timeline(run, VIEW)
        assert "\x1b" not in plain
        assert shop.uncolored(timeline.timeline(run, replace_view(color=True))) == plain


def replace_view(**more: object) -> RunsView:
    return RunsView(**{"now": VIEW.now, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"), (0.0042, "4ms"), (0.9999, "1s"), (1.5, "1.5s"), (59.999, "1m00s"), (75, "1m15s"), (3599.6, "1h00m"),
        (11_040, "3h04m"), (183_600, "2d03h"), (-2, "-2s"),
    ],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds: float, text: str) -> None:
    assert times.span(seconds) == text


def test_shares_are_percent() -> None:
    assert [times.share(each) for each in (0.0, 0.25, 0.333, 1.0)] == ["0%", "25%", "33.3%", "100%"]


def test_a_rehearsal_names_each_divergence() -> None:
    found = Rehearsal(
        "order-17",
        "order-fulfilment",
        "waiting",
        3,
        (Divergence("reexecuted", "charge-card", "no memo under this ID", "charge-customer"),),
        False,
        "step `ship` is new",
        ("removed: `charge-customer`",),
    )
    assert replay.rehearsal(found, VIEW).splitlines() == [
        "run order-17   order-fulfilment   waiting   differs, 3 memos recalled",
        "  ! `charge-card` executes again: no memo under this ID; looks like `charge-customer`",
        "  ? not followed to its end: step `ship` is new",
        "  ~ removed: `charge-customer`",
    ]
    assert "same path, 3 memos recalled" in replay.rehearsal(Rehearsal("r", "w", "completed", 3), VIEW)


def test_a_determinism_check_names_cause_and_rules() -> None:
    unstable = Unstable("argument", "charge", "clock", "1", "2", ("body-time",))
    text = replay.determinism(Determinism("w", "r", (unstable,), False), VIEW)
    assert text.splitlines() == [
        "workflow w   run r   1 difference",
        "  ! argument of `charge` differ with a shifted clock",
        "      first   1",
        "      then    2",
        "      found in the code by body-time",
        "  ? the clock was not shifted: no library for it is installed",
    ]
    assert "the same on every entry" in replay.determinism(Determinism("w", "r", (), True), VIEW)
    assert "not checked: no run" in replay.determinism(Determinism("w", "r", (), True, "no run"), VIEW)


def test_progress_is_one_line() -> None:
    line = replay.progress(Progress("recorded", "order-17", "load", "run", START + 1.5, "12ms"), START, VIEW)
    assert line == "+1.5s     recorded  order-17  run  load  12ms\n"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags = list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_a_page_has_a_bar_for_every_try() -> None:
    text = page.render_runs([ledger.completed(), ledger.waiting()], VIEW)
    assert text.partition("</p>")[2].count("<rect") == 5 + 3
    assert len(re.findall(r'<tr data-step="\d+">', text)) == 4 + 3
    assert "payment/received" in text
    assert "try 1 failed: TimeoutError: no answer" in text


def test_many_runs_start_folded() -> None:
    assert "<details open>" not in page.render_runs([ledger.completed()] * 6, VIEW)


def test_a_long_value_is_cut_with_its_size() -> None:
    run = replace(ledger.completed(), event=ledger.raw('"' + "x" * 9_998 + '"'))
    text = page.render_runs([run], VIEW)
    assert "… (10000 characters)" in text
    assert "x" * 3_000 not in text


@given(st.text(alphabet=st.one_of(st.sampled_from("<>&\"'\n\x1b\x00"), st.characters()), max_size=40))
def test_recorded_text_stays_text(text: str) -> None:
    def run(label: str) -> object:
        found = ledger.completed()
        fault = Fault(label, label)
        steps = tuple(replace(each, id=label, error=fault) for each in found.steps)
        tries = tuple(replace(each, label=label, error=fault) for each in found.tries)
        return replace(
            found,
            summary=ledger.summary(id=label, workflow=label, error=fault),
            steps=steps,
            tries=tries,
            notes=(label,),
        )

    plain, evil = run("plain"), run(text)
    assert Page(page.render_runs([evil], VIEW)).tags == Page(page.render_runs([plain], VIEW)).tags  # type: ignore[list-item]
    lines = timeline.timeline(evil, VIEW)  # type: ignore[arg-type]
    assert "\x1b" not in lines
    assert lines.count("\n") == timeline.timeline(plain, VIEW).count("\n")  # type: ignore[arg-type]
