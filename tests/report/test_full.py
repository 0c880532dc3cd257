"""The text for people: findings, traces, ways out, changes."""

from __future__ import annotations

from msgspec.structs import replace

from steplint.contract.change import Record
from steplint.model.finding import Edit, Finding, Fix, Note
from steplint.model.graph import Hop, StepGraph
from steplint.model.place import Place, Span
from steplint.model.report import Base, Compared, Report, Reported, Suppression
from steplint.report import full
from steplint.report.view import View
from tests.report import shop
from tests.report.goldens import golden


def only(finding: Finding) -> Report:
    return Report("check", (shop.reported(finding),))


def test_the_example_of_the_documentation_looks_as_documented() -> None:
    golden("check.full.txt", full.render(shop.check(), shop.shop_view()))


def test_a_diff_shows_steps_then_findings_with_decisions() -> None:
    golden("diff.full.txt", full.render(shop.diff(), shop.shop_view()))


def test_an_inserted_step_of_a_positional_workflow_asks_for_a_gate() -> None:
    golden("inserted.full.txt", full.render(shop.inserted(), shop.shop_view()))


def test_nothing_to_say_is_empty_text() -> None:
    assert full.render(Report("check"), View()) == ""


def test_color_adds_escape_codes_and_nothing_else() -> None:
    for report in (shop.check(), shop.diff(), shop.inserted()):
        plain = full.render(report, shop.shop_view())
        colored = full.render(report, shop.shop_view(color=True))
        assert "\x1b" not in plain
        assert "\x1b[" in colored
        assert shop.uncolored(colored) == plain


def test_without_unicode_everything_is_ascii() -> None:
    for report in (shop.check(), shop.diff(), shop.inserted()):
        assert full.render(report, shop.shop_view(unicode=False)).isascii()


def test_a_finding_whose_source_is_gone_still_has_its_place() -> None:
    text = full.render(shop.check(), View())
    assert "  --> flows/orders.py:10:17\n" in text
    assert "new_reference(cart)" in text  # the trace needs no source


def long_trace(count: int) -> tuple[Hop, ...]:
    return tuple(
        Hop(Place(f"lib/f{index}.py", Span(index + 1, 0, index + 1, 3)), f"f{index}", f"f{index + 1}()")
        for index in range(count)
    )


def traced(view: View, trace: tuple[Hop, ...]) -> list[str]:
    lines = full.render(only(replace(shop.random_finding(), trace=trace, fix=None)), view).splitlines()
    return [line for line in lines if "  ->  " in line or "frame" in line]


def test_a_short_trace_shows_its_ends() -> None:
    rows = traced(shop.shop_view(), long_trace(6))
    assert len(rows) == 3
    assert "f0" in rows[0]
    assert rows[1].strip() == "… 4 frames …"
    assert "f5()" not in rows[2]
    assert "f6()" in rows[2]


def test_a_full_trace_shows_everything_up_to_the_limit() -> None:
    assert len(traced(shop.shop_view(trace="full"), long_trace(6))) == 6
    rows = traced(shop.shop_view(trace="full", max_trace=4), long_trace(30))
    assert len(rows) == 5
    assert rows[3].strip() == "… 26 frames …"


def test_a_trace_can_be_left_out() -> None:
    assert "trace:" not in full.render(shop.check(), shop.shop_view(trace="none"))


def test_recursion_is_shown_once() -> None:
    hops = long_trace(2)
    assert len(traced(shop.shop_view(trace="full"), (*hops, *hops, *hops))) == 2


def test_a_direct_call_has_no_trace() -> None:
    finding = shop.random_finding()
    assert "trace:" not in full.render(only(replace(finding, trace=finding.trace[:1])), shop.shop_view())


def test_a_long_call_of_a_trace_is_cut() -> None:
    hop = Hop(Place("lib/ids.py", Span(5, 0, 5, 3)), "f", "g(" + "x" * 200 + ")")
    row = traced(shop.shop_view(), (hop, *long_trace(1)))[0]
    assert row.endswith("…")
    assert len(row.partition("  ->  ")[2]) == 60


def test_a_note_of_another_file_has_a_frame_of_its_own() -> None:
    note = Note(shop.place("lib/ids.py", "random_tail()"), "called here")
    text = full.render(only(replace(shop.random_finding(), notes=(note,), trace=(), fix=None)), shop.shop_view())
    assert "  ::: lib/ids.py:5:25\n" in text
    assert "^ called here" not in text
    assert "------------- called here" in text


def test_many_notes_are_listed_without_source() -> None:
    notes = tuple(Note(Place(f"flows/f{n}.py", Span(n + 1, 0, n + 1, 1)), f"also reached from f{n}") for n in range(8))
    text = full.render(only(replace(shop.random_finding(), notes=notes)), shop.shop_view())
    assert text.count(":::") == 3
    assert "note: also reached from f7 (flows/f7.py:8:1)" in text


def test_a_fix_of_several_places_shows_each_block() -> None:
    orders = shop.FILES["flows/orders.py"]
    fix = Fix(
        "import and call",
        (
            Edit(Place("flows/orders.py", Span(1, 0, 1, 0)), "import uuid\n"),
            Edit(shop.place("flows/orders.py", "new_reference(cart)"), "uuid.uuid4()"),
            Edit(shop.place("lib/ids.py", "import random\n\n\n"), ""),
        ),
        safe=True,
    )
    text = full.render(only(replace(shop.random_finding(), fix=fix, trace=(), hint="")), shop.shop_view())
    assert "help: import and call\n" in text
    assert " 1 + import uuid\n" in text
    assert "   -     reference = new_reference(cart)\n11 +     reference = uuid.uuid4()\n" in text
    assert "  --> lib/ids.py:1\n" in text
    assert "   - import random\n" in text
    assert "note: safe fix\n" in text
    assert orders.startswith("import inngest")  # the sources themselves are not touched


def test_a_suppressed_finding_is_shown_on_request_only() -> None:
    reason = Suppression("comment", "seeded in tests", Place("flows/orders.py", Span(10, 0, 10, 1)))
    report = Report("check", suppressed=(shop.reported(shop.random_finding(), suppressed=reason),))
    assert full.render(report, shop.shop_view()) == ""
    text = full.render(report, shop.shop_view(show_suppressed=True))
    assert "note: suppressed by comment at flows/orders.py:10:1: seeded in tests\n" in text


def test_beyond_the_limit_findings_are_counted_by_rule() -> None:
    finding = replace(shop.random_finding(), trace=(), notes=(), fix=None)
    findings = [shop.reported(finding)] * 250 + [shop.reported(finding, "body-time", "SL101", "warning")] * 3
    text = full.render(Report("check", tuple(findings)), shop.shop_view())
    assert text.count("error[body-random SL102]: ") == 200
    assert text.splitlines()[-4:] == [
        "53 more, by rule (`--no-limit` prints them all):",
        "    50  error[body-random SL102]",
        "     3  warning[body-time SL101]",
        "",
    ]
    assert full.render(Report("check", tuple(findings)), shop.shop_view(limit=0)).count("SL101]: ") == 3


def test_less_certain_findings_say_so() -> None:
    text = full.render(only(replace(shop.random_finding(), confidence="medium")), shop.shop_view())
    assert "note: confidence medium\n" in text


def test_lock_findings_offer_no_suppression() -> None:
    assert "ignore[" not in full.render(shop.diff(), shop.shop_view())


def test_a_recorded_change_prints_its_record_and_asks_nothing() -> None:
    diff = shop.diff()
    recorded = shop.renamed(recorded=Record("was", "reexecute", "billing wording, #412"))
    report = replace(diff, findings=(), changes=(recorded, *diff.changes[1:]))
    line = next(line for line in full.render(report, shop.shop_view()).splitlines() if "charge-customer" in line)
    assert line.startswith("  * ~ charge-customer -> charge-card ")
    assert line.endswith('recorded: reexecute, "billing wording, #412"')


def test_unchanged_runs_collapse_unless_all_is_asked_for() -> None:
    steps = [shop.step(f"step-{letter}", index) for index, letter in enumerate("abcdefgh")]
    change = shop.added(new=shop.manifest_step("step-h", 7))
    report = Report(
        "diff",
        changes=(change,),
        compared=(Compared("order-fulfilment", "inngest", "keyed", "flows/orders.py", (0,), 7),),
        graph=StepGraph((shop.workflow(*steps),)),
    )
    text = full.render(report, shop.shop_view())
    assert "    … 7 unchanged …\n" in text
    assert "step-a" not in text
    assert "    = step-a\n" in full.render(report, shop.shop_view(show_all=True))


def test_two_manifests_without_code_list_their_changes() -> None:
    text = full.render(replace(shop.diff(), findings=(), graph=None, base=Base("old.json")), shop.shop_view())
    assert "base: old.json\n" in text
    assert "    … 3 unchanged …\n" in text
    assert "- send-receipt" in text


def test_a_finding_finds_its_change_by_code_workflow_and_step() -> None:
    diff = shop.diff()
    loose = tuple(replace(each, change=None) for each in diff.findings)
    assert full.render(replace(diff, findings=loose), shop.shop_view()) == full.render(diff, shop.shop_view())


def test_removed_steps_stand_where_they_stood() -> None:
    first = shop.removed(old=shop.manifest_step("first", 0))
    last = shop.removed(old=shop.manifest_step("last", 3))
    report = Report(
        "diff",
        changes=(first, last),
        compared=(Compared("order-fulfilment", "inngest", "keyed", "flows/orders.py", (0, 1), 2),),
        graph=StepGraph((shop.workflow(shop.step("a", 0), shop.step("b", 1)),)),
    )
    rows = full.render(report, shop.shop_view()).splitlines()[1:5]
    assert [row[4:13].strip() for row in rows] == ["- first", "= a", "= b", "- last"]


def test_text_from_the_project_cannot_reach_the_terminal_as_control() -> None:
    evil = "x\x1b[2J\r\n\u202e::error::"
    finding = Finding(
        f"step ID `{evil}` is odd",
        Place(f"flows/{evil}.py", Span(1, 0, 1, 3)),
        label=evil,
        trace=(Hop(Place(evil, Span(1, 0, 1, 1)), evil, evil), Hop(Place(evil, Span(2, 0, 2, 1)), evil, evil)),
        notes=(Note(Place(evil, Span(1, 0, 1, 1)), evil),),
        hint=evil,
        fix=Fix(evil, (Edit(Place(f"flows/{evil}.py", Span(1, 0, 1, 3)), evil),), effect=evil),
    )
    change = shop.renamed(workflow=evil, note=evil, old=shop.manifest_step(evil, 0), commands=(f"steplint {evil}",))
    report = Report(
        "diff",
        (shop.reported(finding, change=0),),
        changes=(change,),
        compared=(Compared(evil, "inngest", "keyed", evil, (0,), 0),),
        base=Base(evil, evil, evil),
    )
    text = full.render(report, View(read=lambda path: f"a = '{evil}'\n"))
    assert not set(text) & {"\x1b", "\r", "\u202e"}
    assert not any(line.startswith("::") for line in text.splitlines())


def test_reported_findings_of_several_workflows_follow_their_workflow() -> None:
    diff = shop.diff()
    other = shop.removed(workflow="refunds", old=shop.manifest_step("pay-back", 0))
    finding = Finding(
        "published step ID `pay-back` is gone", Place("flows/refund.py", Span(1, 0, 1, 1)), "refunds", "inngest"
    )
    both = replace(
        diff,
        findings=(*diff.findings, shop.reported(finding, "removed-step", "SL302", "warning", change=3)),
        changes=(*diff.changes, other),
        compared=(diff.compared[0], replace(diff.compared[1], changes=(3,))),
    )
    text = full.render(both, shop.shop_view())
    assert text.index("`send-receipt` is gone") < text.index("refunds   inngest") < text.index("`pay-back` is gone")


def test_messages_of_the_golden_files_are_well_formed() -> None:
    for report in (shop.check(), shop.diff(), shop.inserted()):
        for each in report.findings:
            message = each.finding.message
            assert message[0].islower() or message[0] == "`"
            assert not message.endswith(".")
            assert len(message) <= 100
            assert isinstance(each, Reported)
