from __future__ import annotations

from collections.abc import Callable

import pytest

from steplint.lock.adopt import change
from steplint.lock.file import LockFile, Was
from steplint.lock.named import RecordError
from steplint.lock.records import (
    remove,
    remove_missing,
    remove_workflow,
    rename,
    rename_workflow,
    restore,
    restore_workflow,
)
from steplint.lock.update import update

from .given import BUNDLED, DBOS, POLICY, RESONATE, code, flow, live, locked, state, step

OLD = locked(flow("a:f", "b:g", "c:h"))


def settled(lock: LockFile, base: LockFile, *workflows: object) -> bool:
    """Whether nothing waits for a decision, with the published lock and without git."""
    now = code(*workflows)  # type: ignore[arg-type]
    with_git, without = update(lock, base, now, POLICY), update(lock, lock, now, POLICY)
    return not with_git.refused and not without.refused and with_git.text == without.text


def test_a_rename_keeps_the_place_and_says_which_id_it_had() -> None:
    now = flow("a:f", "b2:g", "c:h")
    lock = rename(state(OLD, code(now)), "flow", "b", "b2", "reexecute", "reworded")
    assert live(lock) == ["a", "b2", "c"]
    assert lock.workflow[0].step[1].was == (Was("b", "reexecute", "reworded"),)
    assert settled(lock, OLD, now)


def test_a_chain_of_renames_keeps_every_old_id_oldest_first() -> None:
    lock = rename(state(OLD, code(flow("a:f", "b2:g", "c:h"))), "flow", "b", "b2", "reexecute", "one")
    lock = rename(state(lock, code(flow("a:f", "b3:g", "c:h"))), "flow", "b2", "b3", "reexecute", "two")
    assert [each.id for each in lock.workflow[0].step[1].was] == ["b", "b2"]


def test_a_rename_and_back_again_leaves_one_old_id() -> None:
    lock = rename(state(OLD, code(flow("a:f", "b2:g", "c:h"))), "flow", "b", "b2", "reexecute", "one")
    now = flow("a:f", "b:g", "c:h")
    back = rename(state(lock, code(now)), "flow", "b2", "b", "reexecute", "two")
    assert [each.id for each in back.workflow[0].step[1].was] == ["b2"]
    assert settled(back, lock, now)


def test_a_second_rename_within_one_branch_is_a_record_of_the_first_id_only() -> None:
    once = rename(state(OLD, code(flow("a:f", "b2:g", "c:h"))), "flow", "b", "b2", "reexecute", "one")
    now = code(flow("a:f", "b3:g", "c:h"))
    lock = rename(state(once, now, OLD), "flow", "b2", "b3", "reexecute", "two")
    assert [each.id for each in lock.workflow[0].step[1].was] == ["b"]


def test_a_removed_step_leaves_a_tombstone_with_its_reason() -> None:
    now = flow("a:f", "c:h")
    lock = remove(state(OLD, code(now)), "flow", "b", "not needed")
    assert [(each.id, each.gone, each.call) for each in lock.workflow[0].step][1] == ("b", "not needed", "")
    assert settled(lock, OLD, now)


def test_a_removal_in_a_checked_workflow_needs_a_policy() -> None:
    old = locked(flow("a:f", "b:g", dialect=DBOS))
    now = flow("a:f", dialect=DBOS)
    with pytest.raises(RecordError, match="is not allowed here; allowed: `drained`, `versioned`, `patched`"):
        remove(state(old, code(now)), "flow", "b", "not needed")
    lock = remove(state(old, code(now)), "flow", "b", "not needed", "drained")
    assert settled(lock, old, now)


def test_everything_that_is_missing_is_removed_at_once() -> None:
    old = locked(flow("a:f", "b:g", "c:h"), flow("x:k", id="other"))
    now = flow("b:g")
    lock = remove_missing(state(old, code(now)), "old campaign")
    assert {each.id for each in lock.workflow[0].step if not each.live} == {"a", "c"}
    assert lock.workflow[1].gone == "old campaign"
    assert settled(lock, old, now)


def test_a_restored_step_says_so_under_its_own_id() -> None:
    gone = remove(state(OLD, code(flow("a:f", "c:h"))), "flow", "b", "not needed")
    now = flow("a:f", "b:g", "c:h")
    lock = restore(state(gone, code(now)), "flow", "b", "needed after all")
    assert lock.workflow[0].step[1].was == (Was("b", "restored", "needed after all"),)
    assert settled(lock, gone, now)


def test_a_removal_undone_within_one_branch_leaves_no_record() -> None:
    gone = remove(state(OLD, code(flow("a:f", "c:h"))), "flow", "b", "not needed")
    lock = restore(state(gone, code(flow("a:f", "b:g", "c:h")), OLD), "flow", "b", "needed after all")
    assert lock == OLD


def test_a_removed_id_may_get_a_new_meaning_when_no_run_is_left() -> None:
    gone = remove(state(OLD, code(flow("a:f", "c:h"))), "flow", "b", "not needed")
    now = flow("a:f", "b:k", "c:h")
    lock = change(state(gone, code(now)), "flow", "b", "drained", "nothing since May")
    assert [(each.kind, each.accept) for each in lock.workflow[0].step[1].change] == [("reused", "drained")]
    assert settled(lock, gone, now)


def test_a_workflow_is_renamed_with_its_steps() -> None:
    now = flow("a:f", "b:g", "c:h", id="flow-two")
    lock = rename_workflow(state(OLD, code(now)), "flow", "flow-two", "drained", "one name everywhere")
    assert [(each.id, each.was[0].id) for each in lock.workflow] == [("flow-two", "flow")]
    assert settled(lock, OLD, now)


def test_steps_of_a_renamed_workflow_are_compared_under_its_new_name() -> None:
    now = flow("a:f", "c:h", id="flow-two")
    lock = rename_workflow(state(OLD, code(now)), "flow", "flow-two", "drained", "one name everywhere")
    refused = update(lock, OLD, code(now), POLICY).refused
    assert [(each.code, each.workflow) for each in refused] == [("SL302", "flow-two")]


def test_a_workflow_and_one_of_its_steps_may_be_renamed_in_one_branch() -> None:
    now = flow("a:f", "b2:g", "c:h", id="flow-two")
    lock = rename_workflow(state(OLD, code(now)), "flow", "flow-two", "drained", "one name everywhere")
    lock = rename(state(lock, code(now), OLD), "flow-two", "b", "b2", "reexecute", "reworded")
    assert [each.id for each in lock.workflow[0].step[1].was] == ["b"]
    assert settled(lock, OLD, now)


def test_a_workflow_is_removed_and_restored() -> None:
    lock = remove_workflow(state(OLD, code()), "flow", "replaced")
    assert settled(lock, OLD)
    now = flow("a:f", "b:g", "c:h")
    assert [each.code for each in update(lock, lock, code(now), POLICY).refused] == ["SL307"]
    back = restore_workflow(state(lock, code(now)), "flow", "needed after all")
    assert settled(back, lock, now)


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        (("a:f", "b:g", "c:h"), ("a:f", "x:k", "b:g", "c:h"), "x"),
        (("a:f", "b:g", "c:h"), ("b:g", "a:f", "c:h"), "a"),
        (("a:f", "b:g", "c:h"), ("b:g", "c:h", "a:f"), "a"),
        (("a:f", "x:g", "x:h", "c:h"), ("a:f", "x:h", "c:h"), "x"),
        (("a:f", "x:g", "c:h"), ("a:f", "x:k", "x:g", "c:h"), "x"),
    ],
)
@pytest.mark.parametrize("dialect", [DBOS, RESONATE])
def test_a_change_of_the_sequence_is_accepted_at_its_step(
    before: tuple[str, ...], after: tuple[str, ...], where: str, dialect: object
) -> None:
    old, now = locked(flow(*before, dialect=dialect)), flow(*after, dialect=dialect)  # type: ignore[arg-type]
    lock = change(state(old, code(now)), "flow", where, "drained", "no run in flight")
    assert live(lock) == [each.partition(":")[0] for each in after]
    assert settled(lock, old, now)


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        (("x:g", "x:h"), ("x:h",), ["x"]),
        (("x:g",), ("x:k", "x:g"), ["x"]),
        (("x:g", "y:h"), ("y:g", "x:h"), ["y"]),
        (("x:g", step("w", "run")), ("x:g", step("w", "sleep")), ["w"]),
    ],
)
def test_a_change_of_meaning_in_a_keyed_workflow_is_accepted_at_its_id(
    before: tuple[str, ...], after: tuple[str, ...], where: list[str]
) -> None:
    old, now = locked(flow(*before)), flow(*after)
    lock = old
    for each in where:
        lock = change(state(lock, code(now), old), "flow", each, "drained", "no run in flight")
    assert not update(lock, old, code(now), POLICY).refused
    kinds = {record.kind for entry in lock.workflow[0].step for record in entry.change}
    assert kinds <= {"shifted", "swapped", "rekinded"}
    assert kinds


def test_an_old_record_does_not_excuse_a_new_change() -> None:
    old = locked(flow("a:f", "b:g", "c:h", dialect=DBOS))
    moved = flow("b:g", "a:f", "c:h", dialect=DBOS)
    lock = change(state(old, code(moved)), "flow", "a", "drained", "in May")
    again = flow("b:g", "c:h", "a:f", dialect=DBOS)
    assert [each.code for each in update(lock, lock, code(again), POLICY).refused] == ["SL303"]


def test_an_alias_is_offered_where_the_engine_looks_old_memos_up() -> None:
    old, now = locked(flow("b:g", dialect=BUNDLED)), flow("b2:g", dialect=BUNDLED)
    lock = rename(state(old, code(now)), "flow", "b", "b2", "alias", "reworded")
    assert [each.verdict for each in update(lock, old, code(now), POLICY).changes] == ["safe"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("load-{}", "load", "as many interpolations"),
        ("load-{}", "load-{}-{}", "as many interpolations"),
        ("load-{}-{}", "{}{}-load", "literal text between"),
    ],
)
def test_an_alias_between_templates_needs_the_same_holes(old: str, new: str, message: str) -> None:
    lock, now = locked(flow(f"{old}:g", dialect=BUNDLED)), flow(f"{new}:g", dialect=BUNDLED)
    with pytest.raises(RecordError, match=message):
        rename(state(lock, code(now)), "flow", old, new, "alias", "reworded")


NOW = flow("a:f", "b2:g", "c:h")
REFUSALS: list[tuple[str, Callable[[], object], str, str]] = [
    (
        "unknown step",
        lambda: rename(state(OLD, code(NOW)), "flow", "bb", "b2", "reexecute", "w"),
        "no step `bb`",
        "`b`",
    ),
    ("unknown workflow", lambda: remove(state(OLD, code(NOW)), "flw", "b", "w"), "no workflow `flw`", "`flow`"),
    (
        "unknown successor",
        lambda: rename(state(OLD, code(NOW)), "flow", "b", "b22", "reexecute", "w"),
        "step `b22` is not in the code",
        "`b2`",
    ),
    (
        "policy of another family",
        lambda: rename(state(OLD, code(NOW)), "flow", "b", "b2", "alias", "w"),
        "allowed: `reexecute`, `drained`",
        "keyed",
    ),
    (
        "policy that the project forbids",
        lambda: rename(state(OLD, code(NOW), accept=("drained",)), "flow", "b", "b2", "reexecute", "w"),
        "allowed: `drained`",
        "inngest",
    ),
    (
        "no reason",
        lambda: rename(state(OLD, code(NOW)), "flow", "b", "b2", "reexecute", " "),
        "needs a reason",
        "--why",
    ),
    (
        "old ID still there",
        lambda: rename(state(OLD, code(flow("a:f", "b:g", "c:h", "d:k"))), "flow", "b", "d", "reexecute", "w"),
        "step `b` is still in the code",
        "gone",
    ),
    (
        "successor is published",
        lambda: rename(state(OLD, code(flow("a:f", "c:h"))), "flow", "b", "c", "reexecute", "w"),
        "`c` is published itself",
        "lock remove flow b",
    ),
    ("removed step still there", lambda: remove(state(OLD, code(NOW)), "flow", "a", "w"), "still in the code", "call"),
    (
        "removed workflow still there",
        lambda: remove_workflow(state(OLD, code(NOW)), "flow", "w"),
        "still in the code",
        "registration",
    ),
    ("nothing to accept", lambda: change(state(OLD, code(NOW)), "flow", "a", "drained", "w"), "no change of step", ""),
    (
        "a removal accepted as a change",
        lambda: change(state(OLD, code(flow("a:f", "c:h"))), "flow", "b", "drained", "w"),
        "step `b` is removed",
        "steplint lock remove flow b",
    ),
    ("nothing to restore", lambda: restore(state(OLD, code(flow("a:f"))), "flow", "a", "w"), "was not removed", ""),
]


@pytest.mark.parametrize(("attempt", "message", "hint"), [each[1:] for each in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_what_cannot_be_recorded_is_refused_with_what_to_do_instead(
    attempt: Callable[[], object], message: str, hint: str
) -> None:
    with pytest.raises(RecordError) as caught:
        attempt()
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_one_id_in_two_engines_is_spelled_out() -> None:
    lock = locked(flow("a:f", "b:g"), flow("a:f", "b:g", dialect=DBOS))
    now = code(flow("a:f"), flow("a:f", "b:g", dialect=DBOS))
    with pytest.raises(RecordError, match="there are several workflows `flow`") as caught:
        remove(state(lock, now), "flow", "b", "w")
    assert caught.value.hint == "write `dbos:flow`, `inngest:flow`"
    (refused,) = update(lock, lock, now, POLICY).refused
    assert refused.commands == ('steplint lock remove inngest:flow b --why "…"',)
    assert remove(state(lock, now), "inngest:flow", "b", "w") != lock


def test_a_step_that_was_never_published_goes_without_a_tombstone() -> None:
    lock = locked(flow("a:f", "b:g", "c:h", "d:k"))
    assert live(remove(state(lock, code(flow("a:f", "b:g", "c:h")), OLD), "flow", "d", "w")) == ["a", "b", "c"]
