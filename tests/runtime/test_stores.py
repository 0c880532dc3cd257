"""The contract of a store, fulfilled by both."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from steplint.runtime.store import EventRow, Note, Run, Step, Store, Timer, Try, VisitRow


def a_run(run_id: str = "r1", due: float | None = 5.0, **fields: object) -> Run:
    return replace(Run(run_id, "orders", '{"data":{}}', 1.0, root=run_id, due=due), **fields)


def a_step(position: int, step_id: str = "a", run: str = "r1") -> Step:
    return Step(run, position, f"key-{step_id}", step_id, 0, "run", "1", None, 1, 2.0, 3.0)


def a_timer(key: str = "k", position: int = 0, event: str = "", run: str = "r1") -> Timer:
    return Timer(run, key, key, 0, position, "wait", 1.0, 9.0, event=event, match="data.user", expected="7")


def test_a_run_comes_back_as_it_was_put(store: Store) -> None:
    run = a_run(parent="p", parent_key="pk")
    assert store.add_run(run)
    assert store.run("r1") == run
    assert store.run("other") is None


def test_a_run_is_added_once(store: Store) -> None:
    store.add_run(a_run())
    assert not store.add_run(a_run(workflow="other"))
    found = store.run("r1")
    assert found is not None
    assert found.workflow == "orders"


def test_put_changes_everything_but_what_the_run_began_with(store: Store) -> None:
    store.add_run(a_run())
    changed = a_run(
        status="completed", result="2", error="3", attempt=4, claim=5, owner="w", started=6.0, ended=7.0, due=8.0
    )
    store.put_run(replace(changed, workflow="other", event="{}", created=9.0, root="x", parent="y"))
    assert store.run("r1") == changed


def test_runs_are_listed_newest_first_and_filtered(store: Store) -> None:
    for number in range(3):
        store.add_run(a_run(f"r{number}", created=float(number), status="failed" if number == 1 else "queued"))
    store.add_run(a_run("other", workflow="mail"))
    assert [run.id for run in store.runs("orders")] == ["r2", "r1", "r0"]
    assert [run.id for run in store.runs(status="failed")] == ["r1"]
    assert [run.id for run in store.runs("orders", limit=1)] == ["r2"]


def test_children_are_found_by_parent(store: Store) -> None:
    store.add_run(a_run("r1"))
    store.add_run(a_run("r1/c", parent="r1", parent_key="k"))
    assert [run.id for run in store.children("r1")] == ["r1/c"]
    assert store.children("") == []


def test_the_run_due_for_longest_comes_first(store: Store) -> None:
    store.add_run(a_run("late", due=7.0))
    store.add_run(a_run("early", due=3.0))
    store.add_run(a_run("never", due=None))
    store.add_run(a_run("foreign", due=1.0, workflow="mail"))
    found = store.due(8.0, ["orders"])
    assert found is not None
    assert found.id == "early"
    assert store.due(2.0, ["orders"]) is None
    assert store.next_due(["orders"]) == 3.0
    assert store.next_due([]) is None


def test_due_runs_can_be_limited_to_one_tree(store: Store) -> None:
    store.add_run(a_run("a", due=3.0))
    store.add_run(a_run("b", due=4.0, root="tree"))
    found = store.due(9.0, ["orders"], "tree")
    assert found is not None
    assert found.id == "b"
    assert store.next_due(["orders"], "tree") == 4.0


def test_queued_runs_are_counted(store: Store) -> None:
    store.add_run(a_run("a"))
    store.add_run(a_run("b", status="waiting"))
    assert store.queued() == 1


def test_steps_come_back_by_position(store: Store) -> None:
    store.add_run(a_run())
    assert store.add_step(a_step(1, "b"), 0)
    assert store.add_step(a_step(0, "a"), 0)
    assert store.steps("r1") == [a_step(0, "a"), a_step(1, "b")]


def test_a_retired_step_has_no_key(store: Store) -> None:
    store.add_run(a_run())
    store.add_step(a_step(0, "a"), 0)
    store.retire_step("r1", 0)
    store.retire_step("r1", 7)
    assert store.steps("r1") == [replace(a_step(0, "a"), key="")]


def test_visits_are_replaced_by_claim(store: Store) -> None:
    rows = [VisitRow("r1", claim, "w", 1.0) for claim in (2, 1)]
    for row in (*rows, VisitRow("r2", 1, "w", 1.0)):
        store.put_visit(row)
    ended = replace(rows[1], ended=2.0, entries=3, calls=4, recalls=5, outcome="completed")
    store.put_visit(ended)
    assert store.visits("r1") == [ended, rows[0]]


def test_notes_come_back_in_order(store: Store) -> None:
    notes = [Note("r1", 1.0, "b"), Note("r1", 1.0, "a")]
    for note in (*notes, Note("r2", 1.0, "c")):
        store.add_note(note)
    assert store.notes("r1") == notes


def test_manifests_are_kept_by_digest(store: Store) -> None:
    store.add_manifest("d", b"1")
    store.add_manifest("d", b"2")
    assert store.manifest("d") == b"1"
    assert store.manifest("e") is None


def test_runs_of_an_owner_are_made_due(store: Store) -> None:
    store.add_run(a_run("mine", owner="dead", due=90.0))
    store.add_run(a_run("other", owner="alive", due=91.0))
    store.add_run(a_run("free", due=92.0))
    assert sorted(store.owners()) == ["alive", "dead"]
    store.free("dead", 5.0)
    store.free("", 5.0)
    assert [run.due for run in (store.run(each) for each in ("mine", "other", "free")) if run] == [5.0, 91.0, 92.0]


def test_a_step_under_an_old_claim_is_not_recorded(store: Store) -> None:
    store.add_run(a_run(claim=2))
    assert not store.add_step(a_step(0), 1)
    assert not store.add_step(a_step(0, run="unknown"), 0)
    assert store.steps("r1") == []


def test_two_steps_never_share_a_position(store: Store) -> None:
    store.add_run(a_run())
    store.add_step(a_step(0, "a"), 0)
    with pytest.raises(Exception, match=r"position|UNIQUE"):
        store.add_step(a_step(0, "b"), 0)


def test_timers_are_replaced_by_key_and_found_by_event(store: Store) -> None:
    store.put_timer(a_timer("b", 1))
    store.put_timer(a_timer("a", 0, event="paid"))
    store.put_timer(a_timer("b", 2))
    assert [(timer.key, timer.position) for timer in store.timers("r1")] == [("a", 0), ("b", 2)]
    assert store.waiting("paid") == [a_timer("a", 0, event="paid")]
    assert store.waiting("") == []
    store.drop_timer("r1", "a")
    store.drop_timer("r1", "a")
    assert store.waiting("paid") == []


def test_tries_come_back_in_order(store: Store) -> None:
    rows = [Try("r1", "k", "a", number, 1.0, 2.0, "{}", None) for number in range(3)]
    for row in (*rows, Try("r2", "k", "a", 0, 1.0, 2.0, "{}", 4.0)):
        store.add_try(row)
    assert store.tries("r1") == rows


def test_an_event_is_added_once(store: Store) -> None:
    assert store.add_event(EventRow("e", "paid", "{}", 1))
    assert not store.add_event(EventRow("e", "other", "{}", 1))


def test_triggers_are_found_by_event_and_replaced_by_workflow(store: Store) -> None:
    store.put_trigger("b", "paid")
    store.put_trigger("a", "paid")
    store.put_trigger("c", "")
    assert store.triggered("paid") == ["a", "b"]
    assert store.triggered("") == []
    store.put_trigger("a", "other")
    assert store.triggered("paid") == ["b"]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    store.add_run(a_run())
    store.add_step(a_step(0), 0)
    store.put_timer(a_timer())

    def change_everything() -> None:
        with store.transaction(), store.transaction():
            store.put_run(a_run(status="failed"))
            store.add_run(a_run("r2"))
            store.retire_step("r1", 0)
            store.add_step(a_step(3, "z"), 0)
            store.drop_timer("r1", "k")
            store.put_timer(a_timer("other"))
            store.put_visit(VisitRow("r1", 1, "w", 1.0))
            store.add_note(Note("r1", 1.0, "a"))
            store.free("dead", 2.0)
            store.add_event(EventRow("e", "paid", "{}", 1))
            store.add_try(Try("r1", "k", "a", 0, 1.0, 2.0, "{}", None))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        change_everything()
    assert store.run("r1") == a_run()
    assert store.run("r2") is None
    assert store.steps("r1") == [a_step(0)]
    assert store.timers("r1") == [a_timer()]
    assert (store.tries("r1"), store.visits("r1"), store.notes("r1")) == ([], [], [])
    assert store.add_event(EventRow("e", "paid", "{}", 1))
