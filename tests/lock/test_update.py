from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from steplint.lock.emit import emit
from steplint.lock.file import LockFile
from steplint.lock.read import parse
from steplint.lock.records import remove, rename
from steplint.lock.update import check, update

from .given import BUNDLED, DBOS, INNGEST, POLICY, RESONATE, code, flow, live, locked, state, step

OLD = locked(flow("a:f", "b:g", "c:h"))


def test_new_steps_are_added_in_code_order() -> None:
    found = update(OLD, OLD, code(flow("a:f", "x:k", "b:g", "c:h")), POLICY)
    assert found.refused == ()
    assert live(found.lock) == ["a", "x", "b", "c"]
    assert [each.step for each in found.added] == ["x"]


def test_a_published_step_is_not_dropped_without_a_record() -> None:
    found = update(OLD, OLD, code(flow("a:f", "c:h")), POLICY)
    (refused,) = found.refused
    assert (refused.code, refused.commands) == ("SL302", ('steplint lock remove flow b --why "…"',))
    assert live(found.lock) == ["a", "b", "c"]


def test_a_step_that_was_never_published_is_dropped_silently() -> None:
    lock = locked(flow("a:f", "b:g", "c:h", "d:k"))
    found = update(lock, OLD, code(flow("a:f", "b:g", "c:h")), POLICY)
    assert (found.refused, live(found.lock)) == ((), ["a", "b", "c"])
    assert [each.step for each in found.dropped] == ["d"]


def test_a_rename_is_found_from_the_lock_alone() -> None:
    now = code(flow("a:f", "b2:g", "c:h"))
    (refused,) = update(OLD, OLD, now, POLICY).refused
    assert refused.code == "SL301"
    assert refused.suggestion is not None
    assert refused.commands == (
        'steplint lock rename flow b b2 --accept reexecute --why "…"',
        'steplint lock rename flow b b2 --accept drained --why "…"',
        'steplint lock remove flow b --why "…"',
    )


def test_commands_quote_what_a_shell_would_take_apart() -> None:
    old = locked(flow("a b:f", "-x:g"))
    found = update(old, old, code(flow("k:z")), POLICY)
    assert {each.commands[0] for each in found.refused} == {
        "steplint lock remove flow 'a b' --why \"…\"",
        'steplint lock remove --why "…" -- flow -x',
    }


def test_a_second_run_writes_the_same_bytes() -> None:
    first = update(OLD, OLD, code(flow("a:f", "x:k", "b:g", "c:h")), POLICY)
    again = update(parse(first.text.encode()), OLD, code(flow("a:f", "x:k", "b:g", "c:h")), POLICY)
    assert again.text == first.text


def test_a_tombstone_stays_behind_the_entry_that_preceded_it() -> None:
    now = code(flow("a:f", "c:h"))
    gone = remove(state(OLD, now), "flow", "b", "not needed")
    found = update(gone, OLD, now, POLICY)
    assert [(each.id, each.gone) for each in found.lock.workflow[0].step] == [
        ("a", None),
        ("b", "not needed"),
        ("c", None),
    ]
    moved = update(gone, OLD, code(flow("c:h", "a:f")), POLICY)
    assert [each.id for each in moved.lock.workflow[0].step] == ["c", "a", "b"]


def test_a_tombstone_whose_predecessor_is_dropped_follows_the_next_earlier_one() -> None:
    published = locked(flow("a:f", "c:h"))
    lock = locked(flow("a:f", "b:g", "c:h"))
    lock = remove(state(lock, code(flow("a:f", "b:g"))), "flow", "c", "done")
    found = update(lock, published, code(flow("a:f")), POLICY)
    assert [each.id for each in found.lock.workflow[0].step] == ["a", "c"]


def test_a_workflow_is_not_dropped_without_a_record() -> None:
    found = update(OLD, OLD, code(), POLICY)
    assert [each.code for each in found.refused] == ["SL306"]
    assert found.refused[0].commands == ('steplint lock remove --workflow flow --why "…"',)
    renamed = update(OLD, OLD, code(flow("a:f", "b:g", "c:h", id="other")), POLICY)
    assert renamed.refused[0].commands[0] == 'steplint lock rename --workflow flow other --accept drained --why "…"'


def test_a_workflow_is_the_same_whether_or_not_its_app_can_be_read() -> None:
    found = update(OLD, OLD, code(flow("a:f", "b:g", "c:h", app="shop")), POLICY)
    assert found.refused == ()
    assert [each.app for each in found.lock.workflow] == ["shop"]
    again = update(found.lock, found.lock, code(flow("a:f", "b:g", "c:h")), POLICY)
    assert [each.app for each in again.lock.workflow] == ["shop"]


def test_repeats_count_occurrences_and_name_their_callables() -> None:
    lock = locked(flow("load:f", "load:g", step("each-{}:h", times="many")))
    first, second = lock.workflow[0].step
    assert (first.count, first.calls, first.call) == (2, ("f", "g"), "")
    assert (second.id, second.repeats, second.call) == ("each-{}", True, "h")
    gone = update(lock, lock, code(flow("load:g", step("each-{}:h", times="many"))), POLICY)
    assert [(each.code, each.verdict) for each in gone.refused] == [("SL304", "swaps")]
    more = update(lock, lock, code(flow("load:f", "load:g", "load:k", step("each-{}:h", times="many"))), POLICY)
    assert more.refused == ()


def test_positional_workflows_have_one_entry_for_each_call() -> None:
    lock = locked(flow("load:f", "load:g", dialect=DBOS))
    assert [(each.id, each.count, each.call) for each in lock.workflow[0].step] == [("load", 1, "f"), ("load", 1, "g")]


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (("b:g", "a:f", "c:h"), ["SL303"]),
        (("a:f", "x:k", "b:g", "c:h"), ["SL311"]),
        (("a:f", "b:g", "c:h", "x:k"), []),
        (("a:f", "b:g"), ["SL302"]),
        (("a:f", "b:g", "x:h"), ["SL301"]),
    ],
)
def test_a_positional_workflow_is_a_sequence(now: tuple[str, ...], codes: list[str]) -> None:
    lock = locked(flow("a:f", "b:g", "c:h", dialect=DBOS))
    assert [each.code for each in update(lock, lock, code(flow(*now, dialect=DBOS)), POLICY).refused] == codes


def test_a_rename_that_no_check_sees_needs_no_record() -> None:
    lock = locked(flow("a:f", "b:g", dialect=RESONATE))
    found = update(lock, lock, code(flow("a:f", "b2:g", dialect=RESONATE)), POLICY)
    assert (found.refused, live(found.lock)) == ((), ["a", "b2"])
    assert [(each.code, each.verdict) for each in found.changes] == [("SL301", "safe")]


def test_a_gated_step_needs_no_record() -> None:
    lock = locked(flow("a:f", "b:g", dialect=DBOS))
    now = code(flow(step("p", "patch"), step("x:k", gate="p"), "a:f", "b:g", dialect=DBOS))
    found = update(lock, lock, now, POLICY)
    assert found.refused == ()
    assert live(found.lock) == ["p", "x", "a", "b"]


def test_an_id_with_a_tombstone_is_refused_in_the_code() -> None:
    now = code(flow("a:f", "c:h"))
    lock = remove(state(OLD, now), "flow", "b", "not needed")
    (refused,) = update(lock, lock, code(flow("a:f", "b:k", "c:h")), POLICY).refused
    assert (refused.code, refused.verdict) == ("SL307", "stale")
    assert refused.commands[0] == 'steplint lock restore flow b --why "…"'


def test_an_old_name_is_reserved_like_a_tombstone() -> None:
    now = code(flow("a:f", "b2:g", "c:h"))
    lock = rename(state(OLD, now), "flow", "b", "b2", "reexecute", "reworded")
    assert update(lock, lock, now, POLICY).refused == ()
    (refused,) = update(lock, lock, code(flow("a:f", "b2:g", "b:k", "c:h")), POLICY).refused
    assert refused.code == "SL307"


def test_a_rename_within_one_unmerged_branch_leaves_no_record() -> None:
    published = locked(flow("a:f"))
    lock = locked(flow("a:f", "b:g"))
    now = code(flow("a:f", "b2:g"))
    found = update(lock, published, now, POLICY)
    assert found.refused == ()
    assert [(each.id, each.was) for each in found.lock.workflow[0].step] == [("a", ()), ("b2", ())]


def test_a_record_dropped_by_hand_is_put_back() -> None:
    now = code(flow("a:f", "b2:g", "c:h"))
    published = rename(state(OLD, now), "flow", "b", "b2", "reexecute", "reworded")
    later = code(flow("a:f", "b2:g"))
    published = remove(state(published, later), "flow", "c", "not needed")
    edited = locked(flow("a:f", "b2:g"))
    found = update(edited, published, later, POLICY)
    assert found.text == emit(published)
    assert {(each.record, each.step) for each in found.lost} == {("was", "b2"), ("gone", "c")}
    checked = check(emit(edited), edited, published, later, POLICY)
    assert checked.failing
    assert [each.note for each in checked.changes if each.code] == [
        "the record `was` of `b2` is gone from the lock",
        "the record `gone` of `c` is gone from the lock",
    ]


def test_a_whole_workflow_dropped_by_hand_keeps_its_records() -> None:
    now = code(flow("a:f", "b2:g", "c:h"))
    published = rename(state(OLD, now), "flow", "b", "b2", "reexecute", "reworded")
    assert update(LockFile(), published, now, POLICY).text == emit(published)


def test_a_record_with_a_policy_that_is_not_allowed_does_not_count() -> None:
    now = code(flow("a:f", "b2:g", "c:h"))
    lock = rename(state(OLD, now), "flow", "b", "b2", "reexecute", "reworded")
    entry = lock.workflow[0]
    steps = tuple(replace(each, was=tuple(replace(one, accept="alias") for one in each.was)) for each in entry.step)
    edited = LockFile((replace(entry, step=steps),))
    (refused,) = update(edited, OLD, now, POLICY).refused
    assert (refused.code, refused.recorded) == ("SL301", None)
    assert '`accept = "alias"` is not allowed here' in refused.note


def test_a_record_without_a_reason_does_not_count() -> None:
    now = code(flow("a:f", "b2:g", "c:h"))
    lock = rename(state(OLD, now, require_why=False), "flow", "b", "b2", "reexecute", "")
    (refused,) = update(lock, OLD, now, POLICY).refused
    assert "gives no reason" in refused.note


def test_a_recorded_change_is_told_with_its_reason() -> None:
    now = code(flow("a:f", "b2:g", "c:h"))
    lock = rename(state(OLD, now), "flow", "b", "b2", "reexecute", "reworded")
    found = update(lock, OLD, now, POLICY)
    assert found.refused == ()
    (change,) = found.changes
    assert change.recorded is not None
    assert (change.code, change.recorded.why, change.verdict) == ("SL301", "reworded", "reruns")


def test_no_lock_and_no_workflow_is_current() -> None:
    assert not check(None, None, None, code(), POLICY).failing


def test_no_lock_beside_workflows_fails_and_names_the_command() -> None:
    checked = check(None, None, None, code(flow("a:f")), POLICY)
    assert checked.failing
    assert {each.code for each in checked.changes if each.code} == {"SL310"}
    assert {each.commands for each in checked.changes if each.code} == {("steplint lock",)}


def test_an_untracked_file_never_fails_the_check() -> None:
    now = code(flow("a:f", "b:g", "c:h"), flow("x:k", id="fresh", source="new.py::fresh"))
    checked = check(emit(OLD), OLD, OLD, now, POLICY, untracked={"new.py"})
    assert not checked.failing
    assert [(each.workflow, each.note, each.required) for each in checked.changes if each.code] == [
        ("fresh", "not tracked by git yet", False)
    ]


def test_text_that_only_differs_in_newlines_is_current() -> None:
    now = code(flow("a:f", "b:g", "c:h"))
    assert not check(emit(OLD).replace("\n", "\r\n"), OLD, OLD, now, POLICY).failing
    assert check(emit(OLD) + "\n", OLD, OLD, now, POLICY).failing


def test_a_callable_that_changed_makes_the_text_out_of_date_and_nothing_else() -> None:
    checked = check(emit(OLD), OLD, OLD, code(flow("a:f", "b:g2", "c:h")), POLICY)
    assert (checked.current, checked.updated.refused) == (False, ())


def test_a_renamed_step_is_not_told_a_second_time_as_unlocked() -> None:
    checked = check(emit(OLD), OLD, OLD, code(flow("a:f", "b2:g", "c:h", "d:k")), POLICY)
    told = [(each.code, each.new.label) for each in checked.changes if each.code and each.new]
    assert told == [("SL301", "b2"), ("SL310", "d")]


IDS = st.lists(st.sampled_from("abcdefgh"), max_size=7)


@settings(deadline=None)
@given(IDS, IDS, IDS, st.sampled_from([INNGEST, BUNDLED, DBOS, RESONATE]))
def test_writing_twice_is_the_same_and_loses_no_published_id(
    before: list[str], middle: list[str], after: list[str], dialect: object
) -> None:
    published = locked(flow(*before, dialect=dialect))  # type: ignore[arg-type]
    lock = assemble_over(published, middle, dialect)
    now = code(flow(*after, dialect=dialect))  # type: ignore[arg-type]
    found = update(lock, published, now, POLICY)
    again = update(found.lock, published, now, POLICY)
    assert again.text == found.text
    there = {each.id for each in found.lock.workflow[0].step}
    if dialect is not RESONATE:
        assert set(before) <= there or found.refused


def assemble_over(published: LockFile, ids: list[str], dialect: object) -> LockFile:
    return update(published, published, code(flow(*ids, dialect=dialect)), POLICY).lock  # type: ignore[arg-type]
