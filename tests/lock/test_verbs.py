from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from steplint.config.settings import LockSettings
from steplint.contract.manifest import Manifest, ManifestWorkflow
from steplint.lock.base import resolve
from steplint.lock.emit import emit
from steplint.lock.file import LockError
from steplint.lock.named import RecordError
from steplint.lock.policy import Policy
from steplint.lock.read import parse, read
from steplint.lock.verbs import (
    BaseState,
    Diffed,
    Given,
    check_changes,
    diff_against,
    diff_manifests,
    lock_at,
    lock_change,
    lock_check,
    lock_remove,
    lock_remove_missing,
    lock_rename,
    lock_rename_workflow,
    lock_resolve,
    lock_restore,
    lock_update,
    publish,
)
from steplint.lock.write import write

from .given import BUNDLED, DBOS, DIALECTS, POLICY, RESONATE, code, flow, locked, step
from .test_base import commit, git

SEED = flow("load:load", "process-data:process", "save:save")
RENAMED = flow("load:load", "process-user-data:process", "save:save")


def given_of(root: Path, *workflows: ManifestWorkflow, policy: Policy = POLICY) -> Given:
    path = root / policy.settings.path
    data = path.read_bytes() if path.exists() else None
    return Given(root, code(*workflows), policy, data, publish(root, policy.settings, data))


def save(root: Path, text: str | None) -> None:
    assert text is not None
    (root / "steplint.lock").write_text(text, encoding="utf-8", newline="\n")


def against(root: Path, ref: str, given: Given, tree: Manifest | None = None, **settings: Any) -> Diffed:
    """Return the diff against the lock of ``ref``, judged with the settings of the base."""
    policy = replace(POLICY, settings=LockSettings(**settings)) if settings else POLICY
    text = lock_at(root, resolve(root, ref), policy.settings)
    other = BaseState(text.lock if text else None, policy, tree, text.lines if text else {})
    return diff_against(given, other)


def codes(changes: Any) -> list[str]:
    return [each.code for each in changes if each.code and each.recorded is None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder without git whose lock holds the steps of the seed."""
    save(tmp_path, lock_update(given_of(tmp_path, SEED)).text)
    return tmp_path


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """A repository on a branch of `main`, whose lock holds the steps of the seed."""
    git(tmp_path, "init", "-q", "-b", "main")
    save(tmp_path, emit(locked(SEED)))
    commit(tmp_path)
    git(tmp_path, "checkout", "-qb", "topic")
    return tmp_path


def test_a_rename_is_refused_without_git_and_names_its_successor(folder: Path) -> None:
    checked = lock_check(given_of(folder, RENAMED))
    assert checked.failing
    (change,) = [each for each in checked.changes if each.code]
    assert (change.code, change.verdict, change.new and change.new.label) == ("SL301", "reruns", "process-user-data")
    assert change.old is not None
    assert change.old.place.path == "steplint.lock"  # type: ignore[union-attr]
    written = lock_update(given_of(folder, RENAMED))
    assert (written.text, len(written.waiting)) == (None, 1)
    assert codes(check_changes((folder / "steplint.lock").read_bytes(), code(RENAMED), POLICY)) == ["SL301"]


def test_each_decision_leads_to_a_lock_that_passes(folder: Path) -> None:
    written = lock_rename(
        given_of(folder, RENAMED), "flow", "process-data", "process-user-data", accept="reexecute", why="clearer"
    )
    assert written.waiting == ()
    save(folder, written.text)
    assert not lock_check(given_of(folder, RENAMED)).failing
    assert lock_update(given_of(folder, RENAMED)).text is None
    shorter = flow("load:load", "save:save")
    save(folder, lock_remove(given_of(folder, shorter), "flow", "process-user-data", why="not needed").text)
    assert not lock_check(given_of(folder, shorter)).failing
    save(folder, lock_restore(given_of(folder, RENAMED), "flow", "process-user-data", why="needed").text)
    assert not lock_check(given_of(folder, RENAMED)).failing
    other = flow("load:load", "process-user-data:process", "save:save", id="flow-two")
    save(
        folder, lock_rename_workflow(given_of(folder, other), "flow", "flow-two", accept="drained", why="clearer").text
    )
    assert not lock_check(given_of(folder, other)).failing
    save(folder, lock_remove_missing(given_of(folder), why="all gone").text)
    assert not lock_check(given_of(folder)).failing
    save(folder, lock_restore(given_of(folder, other), "flow-two", None, why="back").text)
    assert not lock_check(given_of(folder, other)).failing


def test_a_decision_takes_the_rest_along_only_when_nothing_waits(folder: Path) -> None:
    now = flow("load:load", "process-user-data:process", "fresh:fresh")
    written = lock_rename(
        given_of(folder, now), "flow", "process-data", "process-user-data", accept="reexecute", why="w"
    )
    assert [each.code for each in written.waiting] == ["SL301"]
    assert written.text is not None
    assert [each.id for each in parse(written.text.encode()).workflow[0].step] == ["load", "process-user-data", "save"]
    save(folder, written.text)
    save(folder, lock_remove(given_of(folder, now), "flow", "save", why="w").text)
    assert not lock_check(given_of(folder, now)).failing


def test_a_decision_needs_a_lock(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"there is no steplint\.lock yet"):
        lock_remove(given_of(tmp_path, SEED), "flow", "load", why="w")


def test_a_change_of_order_is_accepted_with_a_record(tmp_path: Path) -> None:
    before, after = flow("a:f", "b:g", dialect=DBOS), flow("b:g", "a:f", dialect=DBOS)
    save(tmp_path, lock_update(given_of(tmp_path, before)).text)
    save(tmp_path, lock_change(given_of(tmp_path, after), "flow", "a", accept="drained", why="night").text)
    assert not lock_check(given_of(tmp_path, after)).failing


def test_a_project_without_workflows_needs_no_lock(tmp_path: Path) -> None:
    assert lock_update(given_of(tmp_path)).text is None
    assert not lock_check(given_of(tmp_path)).failing


def test_a_conflicted_lock_is_never_written_over(folder: Path) -> None:
    text = (folder / "steplint.lock").read_text()
    (folder / "steplint.lock").write_text("<<<<<<< ours\n" + text)
    with pytest.raises(LockError) as caught:
        lock_update(Given(folder, code(SEED), POLICY, (folder / "steplint.lock").read_bytes(), publish_none(folder)))
    assert caught.value.hint == "steplint lock --resolve"


def publish_none(folder: Path) -> Any:
    return publish(folder, LockSettings(), None)


def test_comments_that_the_new_text_drops_are_told(folder: Path) -> None:
    path = folder / "steplint.lock"
    path.write_text(path.read_text() + "# the end\n")
    written = lock_update(given_of(folder, SEED))
    assert [each.text for each in written.comments] == ["# the end"]
    assert written.text is not None
    assert "# the end" not in written.text


def test_a_pull_request_is_compared_with_the_lock_of_its_base(branch: Path) -> None:
    save(branch, emit(locked(RENAMED)))
    commit(branch, "rename")
    found = against(branch, "main", given_of(branch, RENAMED))
    assert (found.failing, codes(found.changes)) == (True, ["SL301"])
    assert found.changes[0].commands[0].startswith("steplint lock rename flow process-data process-user-data")
    (workflow,) = found.compared
    assert (workflow.id, workflow.changes, workflow.unchanged) == ("flow", (0,), 2)


def test_a_recorded_rename_passes_and_is_told_with_its_reason(branch: Path) -> None:
    written = lock_rename(
        given_of(branch, RENAMED), "flow", "process-data", "process-user-data", accept="reexecute", why="clearer"
    )
    save(branch, written.text)
    commit(branch)
    found = against(branch, "main", given_of(branch, RENAMED))
    assert not found.failing
    (change,) = [each for each in found.changes if each.code]
    assert change.recorded is not None
    assert change.recorded.why == "clearer"


def test_a_policy_that_the_base_does_not_allow_fails_in_the_pull_request(branch: Path) -> None:
    written = lock_rename(
        given_of(branch, RENAMED), "flow", "process-data", "process-user-data", accept="reexecute", why="clearer"
    )
    save(branch, written.text)
    commit(branch)
    found = against(branch, "main", given_of(branch, RENAMED), accept=("drained",))
    assert (found.failing, codes(found.changes)) == (True, ["SL301"])
    assert "is not allowed here" in found.changes[0].note


def test_an_entry_or_record_deleted_by_hand_passes_no_gate(branch: Path) -> None:
    shorter = flow("load:load", "save:save")
    save(branch, lock_remove(given_of(branch, shorter), "flow", "process-data", why="not needed").text)
    commit(branch)
    git(branch, "checkout", "-q", "main")
    git(branch, "merge", "-q", "topic")
    git(branch, "checkout", "-qb", "next")
    save(branch, emit(locked(shorter)))
    commit(branch)
    found = against(branch, "main", given_of(branch, shorter))
    assert (found.failing, codes(found.changes)) == (True, ["SL310"])
    assert "gone from the lock" in found.changes[-1].note
    save(branch, emit(locked()))
    deleted = against(branch, "main", given_of(branch, shorter))
    assert deleted.failing
    (branch / "steplint.lock").unlink()
    assert against(branch, "main", given_of(branch, shorter)).failing


def test_a_workflow_left_out_of_the_analysis_is_gone(branch: Path) -> None:
    found = against(branch, "main", given_of(branch))
    assert (found.failing, codes(found.changes)) == (True, ["SL306"])


def test_a_lock_that_was_not_updated_fails_the_gate(branch: Path) -> None:
    longer = flow("load:load", "process-data:process", "save:save", "mail:mail")
    found = against(branch, "main", given_of(branch, longer))
    assert (found.failing, codes(found.changes)) == (True, ["SL310"])
    save(branch, lock_update(given_of(branch, longer)).text)
    done = against(branch, "main", given_of(branch, longer))
    assert not done.failing
    assert [(each.kind, each.verdict) for each in done.changes] == [("added", "safe")]
    moved = flow("load:other", "process-data:process", "save:save", "mail:mail")
    stale = against(branch, "main", given_of(branch, moved))
    assert [each.note for each in stale.changes if each.code] == ["the lock text is out of date"]


def test_a_first_lock_is_compared_with_the_analyzed_base(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "flows.py").write_text("")
    commit(tmp_path)
    git(tmp_path, "checkout", "-qb", "topic")
    save(tmp_path, emit(locked(RENAMED)))
    commit(tmp_path)
    found = against(tmp_path, "main", given_of(tmp_path, RENAMED), code(SEED))
    assert codes(found.changes) == ["SL301"]
    assert found.notes == ("no lock at the base: compared with the steps of its analyzed code",)
    (tmp_path / "steplint.lock").unlink()
    assert codes(against(tmp_path, "main", given_of(tmp_path, RENAMED), code(SEED)).changes) == ["SL301"]


def test_the_base_tree_adds_evidence_that_the_lock_does_not_hold(branch: Path) -> None:
    before = flow("load:load", step("process-data:process", fingerprint="b2:1"), "save:save")
    after = flow("load:load", step("process-data:process", fingerprint="b2:2"), "save:save")
    found = against(branch, "main", given_of(branch, after), code(before))
    assert (found.failing, codes(found.changes)) == (False, ["SL320"])
    assert against(branch, "main", given_of(branch, after)).changes == ()
    replaced = flow("load:load", step("summarize:summarize", fingerprint="b2:9"), "save:save")
    assert codes(against(branch, "main", given_of(branch, replaced), code(before)).changes)[0] == "SL302"


def test_more_unreadable_ids_are_told(branch: Path) -> None:
    before, after = SEED, replace(SEED, unknown=("run: the ID is a parameter of `charge_all`",))
    save(branch, lock_update(given_of(branch, after)).text)
    found = against(branch, "main", given_of(branch, after), code(before))
    assert found.notes == (
        "`flow` has 1 more step calls whose ID cannot be read: run: the ID is a parameter of `charge_all`",
    )


def test_two_manifests_are_compared_without_git() -> None:
    found = diff_manifests(code(SEED), code(RENAMED), POLICY)
    assert (found.failing, codes(found.changes)) == (True, ["SL301"])


def test_a_check_without_a_base_counts_the_lock_of_head(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "feature")
    save(tmp_path, emit(locked(SEED)))
    commit(tmp_path)
    checked = lock_check(given_of(tmp_path, RENAMED))
    assert checked.failing
    assert "the lock of HEAD counts as published" in checked.notes[0]
    save(tmp_path, emit(locked(RENAMED)))
    assert lock_check(given_of(tmp_path, RENAMED)).failing


def test_a_step_of_this_branch_may_be_renamed_freely(branch: Path) -> None:
    longer = flow("load:load", "process-data:process", "save:save", "mail:mail")
    save(branch, lock_update(given_of(branch, longer)).text)
    commit(branch)
    again = flow("load:load", "process-data:process", "save:save", "post:mail")
    written = lock_update(given_of(branch, again))
    assert written.waiting == ()
    assert written.text is not None
    assert 'mail"' not in written.text.replace('call = "mail"', "")


def test_index_stages_and_markers_resolve_a_conflict(branch: Path) -> None:
    save(branch, lock_rename(
        given_of(branch, RENAMED), "flow", "process-data", "process-user-data", accept="reexecute", why="clearer"
    ).text)  # fmt: skip
    commit(branch)
    git(branch, "checkout", "-q", "main")
    shorter = flow("process-data:process", "save:save")
    save(branch, lock_remove(given_of(branch, shorter), "flow", "load", why="not needed").text)
    commit(branch)
    git(branch, "merge", "-q", "topic", check=False)
    conflicted = "<<<<<<<" in (branch / "steplint.lock").read_text()
    merged = flow("process-user-data:process", "save:save")
    if conflicted:
        found = lock_resolve(branch, "steplint.lock", code(merged))
        assert found.conflicts == ()
        git(branch, "rm", "-q", "--cached", "steplint.lock")
        from_markers = lock_resolve(branch, "steplint.lock", code(merged))
        assert parse(from_markers.text.encode()) == parse(found.text.encode())
        text = found.text
    else:
        text = (branch / "steplint.lock").read_text()
    steps = {each.id: (each.gone, [was.id for was in each.was]) for each in parse(text.encode()).workflow[0].step}
    assert steps == {
        "load": ("not needed", []),
        "process-user-data": (None, ["process-data"]),
        "save": (None, []),
    }


def test_there_is_nothing_to_resolve_in_a_sound_lock(folder: Path) -> None:
    with pytest.raises(LockError, match="has no conflict to resolve"):
        lock_resolve(folder, "steplint.lock")
    with pytest.raises(LockError, match="is not there"):
        lock_resolve(folder, "other.lock")


def test_a_writer_never_replaces_what_it_has_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "steplint.lock"
    write(path, "one\n", None)
    write(path, "two\n", b"one\n")
    with pytest.raises(LockError, match="changed by another program"):
        write(path, "three\n", b"one\n")
    assert path.read_bytes() == b"two\n"
    assert [each.name for each in tmp_path.iterdir()] == ["steplint.lock"]


def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    path, won = tmp_path / "steplint.lock", list[str]()

    def attempt(name: str) -> None:
        try:
            write(path, name, None)
            won.append(name)
        except LockError:
            pass

    threads = [threading.Thread(target=attempt, args=(f"{n}\n",)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [path.read_text()] == won


def test_every_engine_may_share_one_lock(tmp_path: Path) -> None:
    flows = [flow("a:f", id=name, dialect=DIALECTS[name]) for name in sorted(DIALECTS)]
    assert {each.dialect for each in flows} >= {BUNDLED.name, DBOS.name, RESONATE.name}
    save(tmp_path, lock_update(given_of(tmp_path, *flows)).text)
    assert not lock_check(given_of(tmp_path, *reversed(flows))).failing
    assert read((tmp_path / "steplint.lock").read_bytes()).dropped == ()
