from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from steplint.contract.manifest import Manifest, ManifestWorkflow
from steplint.lock.emit import emit
from steplint.lock.file import Changed, LockFile, LockStep
from steplint.lock.merge import merge, sides
from steplint.lock.read import parse
from steplint.lock.records import remove, rename
from steplint.lock.update import update
from steplint.lock.view import decisions

from .given import DBOS, INNGEST, POLICY, code, flow, live, locked, state, step


def renamed(lock: LockFile, old: str, new: str, ids: Sequence[str], why: str = "w") -> LockFile:
    accept = "drained" if lock.workflow[0].dialect == "dbos" else "reexecute"
    now = code(flow(*(new if each == old else each for each in ids), dialect=DBOS if accept == "drained" else INNGEST))
    return rename(state(lock, now), "flow", old, new, accept, why)


BASE = locked(flow("a", "b", "c"))


def test_edits_of_different_steps_come_together() -> None:
    ours = renamed(BASE, "a", "a2", "abc")
    theirs = remove(state(BASE, code(flow("a", "b"))), "flow", "c", "done")
    found = merge(BASE, ours, theirs)
    assert found.conflicts == ()
    assert [(each.id, each.gone) for each in found.lock.workflow[0].step] == [("a2", None), ("b", None), ("c", "done")]


def test_an_added_step_follows_its_predecessor() -> None:
    ours = update(BASE, BASE, code(flow("a", "x", "b", "c")), POLICY).lock
    theirs = update(BASE, BASE, code(flow("a", "b", "y", "c")), POLICY).lock
    assert live(merge(BASE, ours, theirs).lock) == ["a", "x", "b", "y", "c"]


def test_the_merged_source_gives_order_and_facts() -> None:
    ours = update(BASE, BASE, code(flow("a", "x", "b", "c")), POLICY).lock
    theirs = update(BASE, BASE, code(flow("a", "y", "b", "c")), POLICY).lock
    now = code(flow("a:f", "y", "x", "b", "c"))
    found = merge(BASE, ours, theirs, now).lock
    assert live(found) == ["a", "y", "x", "b", "c"]
    assert found.workflow[0].step[0].call == "f"


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        (
            renamed(BASE, "a", "a2", "abc"),
            renamed(BASE, "a", "a3", "abc"),
            "both sides renamed `a`: to `a2` and to `a3`",
        ),
        (
            renamed(BASE, "a", "a2", "abc"),
            remove(state(BASE, code(flow("b", "c"))), "flow", "a", "done"),
            "one side removed `a`, the other renamed it to `a2`",
        ),
        (
            update(BASE, BASE, code(flow("a", "x:f", "b", "c")), POLICY).lock,
            update(BASE, BASE, code(flow("a", "b", "c", "x:g")), POLICY).lock,
            "both sides added `x`, which makes it a repeated ID",
        ),
        (
            renamed(BASE, "a", "x", "abc"),
            update(BASE, BASE, code(flow("a", "b", "c", "x:g")), POLICY).lock,
            "`x` stands for two steps: each side gave another one this ID",
        ),
    ],
)
def test_a_step_that_both_sides_decided_is_a_conflict_that_keeps_both_records(
    ours: LockFile, theirs: LockFile, message: str
) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        found = merge(BASE, one, other)
        assert [each.message for each in found.conflicts] in ([message], [swapped(message)])
        assert {spoken(each) for each in decisions(found.lock)} >= {
            spoken(each) for side in (ours, theirs) for each in decisions(side)
        }
        assert parse(emit(found.lock).encode()) == found.lock


def swapped(message: str) -> str:
    return message.replace("to `a2` and to `a3`", "to `a3` and to `a2`")


def spoken(decision: object) -> str:
    return repr(decision)


def test_one_step_added_by_both_sides_in_the_same_way_is_no_conflict() -> None:
    side = update(BASE, BASE, code(flow("a", "x:f", "b", "c")), POLICY).lock
    assert merge(BASE, side, side) == merge(BASE, side, BASE)


def test_two_reasons_for_one_removal_are_both_kept() -> None:
    now = code(flow("a", "b"))
    ours, theirs = (remove(state(BASE, now), "flow", "c", why) for why in ("one", "two"))
    assert merge(BASE, ours, theirs).lock.workflow[0].step[2].gone == "one; two"


def test_a_record_made_on_a_step_that_the_other_side_renamed_follows_it() -> None:
    entry = BASE.workflow[0]
    noted = replace(entry.step[0], change=(Changed("rekinded", "drained", "w"),))
    ours = LockFile((replace(entry, step=(noted, *entry.step[1:])),))
    found = merge(BASE, ours, renamed(BASE, "a", "a2", "abc")).lock.workflow[0].step[0]
    assert (found.id, [each.id for each in found.was], len(found.change)) == ("a2", ["a"], 1)


def test_markers_give_three_texts() -> None:
    text = "x\n<<<<<<< ours\n1\n||||||| base\n0\n=======\n2\n>>>>>>> theirs\ny\n"
    assert sides(text) == ("x\n0\ny\n", "x\n1\ny\n", "x\n2\ny\n")
    assert sides(text.replace("||||||| base\n0\n", "")) == (None, "x\n1\ny\n", "x\n2\ny\n")
    assert sides("x\n") is None


def test_a_file_that_git_left_in_conflict_is_resolved_from_its_markers(tmp_path: Path) -> None:
    ours = renamed(BASE, "b", "b2", "abc")
    theirs = remove(state(renamed(BASE, "c", "c2", "abc"), code(flow("b", "c2"))), "flow", "a", "done")
    texts = {"base": emit(BASE), "ours": emit(ours), "theirs": emit(theirs)}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, newline="\n")
    for style in ("--diff3", "-q"):
        command = ["git", "merge-file", "-p", style, "ours", "base", "theirs"]
        conflicted = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
        found = sides(conflicted)
        if found is None:
            assert parse(conflicted.encode())
            continue
        base, one, other = (parse(each.encode()) if each is not None else None for each in found)
        assert one is not None
        assert other is not None
        merged = merge(base, one, other)
        assert merged.conflicts == ()
        assert [(each.id, each.gone) for each in merged.lock.workflow[0].step] == [
            ("a", "done"),
            ("b2", None),
            ("c2", None),
        ]


Edit = tuple[str, str, str]


def edits(random: random.Random, ids: Sequence[str], prefix: str) -> list[Edit]:
    """Return up to three edits of different steps: rename, remove, or add behind one."""
    chosen = random.sample(list(ids), k=min(len(ids), random.randint(0, 3)))
    return [(random.choice(["rename", "remove", "add"]), each, f"{prefix}{each}") for each in chosen]


def edited(ids: Sequence[str], script: Sequence[Edit]) -> list[str]:
    found = list(ids)
    for verb, old, new in script:
        at = found.index(old)
        found[at : at + 1] = {"rename": [new], "remove": [], "add": [old, new]}[verb]
    return found


def workflow_of(ids: Sequence[str], dialect: object) -> ManifestWorkflow:
    return flow(*(step(f"{each}:{each.strip('<>')}") for each in ids), dialect=dialect)  # type: ignore[arg-type]


def applied(lock: LockFile, script: Sequence[Edit], now: Manifest, dialect: object) -> LockFile:
    """Return ``lock`` with the decisions of ``script`` recorded and the rest of the code added."""
    keyed = dialect is INNGEST
    for verb, old, new in script:
        given = state(lock, now)
        if verb == "rename":
            lock = rename(given, "flow", old, new, "reexecute" if keyed else "drained", f"{old} to {new}")
        elif verb == "remove":
            lock = remove(given, "flow", old, f"{old} is gone", "" if keyed else "drained")
    return update(lock, lock, now, POLICY).lock


def records(lock: LockFile) -> Iterator[tuple[str, str]]:
    for each in decisions(lock):
        yield each.record, each.why


def test_a_thousand_random_merges_lose_no_record_and_conflict_only_on_one_step() -> None:
    rng = random.Random(20)
    for _ in range(1000):
        dialect = rng.choice([INNGEST, DBOS])
        ids = [f"s{n}" for n in range(rng.randint(1, 8))]
        base = locked(workflow_of(ids, dialect))
        mine, yours = edits(rng, ids, "o-"), edits(rng, ids, "t-")
        ours = applied(base, mine, code(workflow_of(edited(ids, mine), dialect)), dialect)
        theirs = applied(base, yours, code(workflow_of(edited(ids, yours), dialect)), dialect)
        found = merge(base, ours, theirs)
        kept = list(records(found.lock))
        for side in (ours, theirs):
            assert all(any(record == r and why in w for r, w in kept) for record, why in records(side))
        both = {each[1] for each in mine if each[0] != "add"} & {each[1] for each in yours if each[0] != "add"}
        assert {each.step for each in found.conflicts} <= both
        assert parse(emit(found.lock).encode()) == found.lock
        if not both:
            script = [*mine, *yours]
            now = code(workflow_of(edited_apart(ids, mine, yours), dialect))
            expected = applied(base, sorted(script, key=lambda each: each[0] == "add"), now, dialect)
            with_source = merge(base, ours, theirs, now).lock
            assert by_id(with_source) == by_id(expected)
            assert live(with_source) == live(expected)


def edited_apart(ids: Sequence[str], mine: Sequence[Edit], yours: Sequence[Edit]) -> list[str]:
    """Return the merged source: each step with what either side did to it."""
    found = list[str]()
    for each in ids:
        text = [each]
        for verb, old, new in (*mine, *yours):
            if old == each and verb == "rename":
                text[0] = new
            elif old == each and verb == "remove":
                text.pop(0)
            elif old == each:
                text.append(new)
        found += text
    return found


def by_id(lock: LockFile) -> dict[str, LockStep]:
    return {each.id: each for each in lock.workflow[0].step}


def test_whole_workflows_merge_like_steps() -> None:
    base = locked(flow("a"), flow("b", id="other"))
    ours = locked(flow("a"), flow("b", id="other"), flow("c", id="third"))
    theirs = locked(flow("a", "a2"), flow("b", id="other"), flow("d", id="fourth"))
    found = merge(base, ours, theirs).lock
    assert [each.id for each in found.workflow] == ["flow", "fourth", "other", "third"]
    assert live(found) == ["a", "a2"]


def test_a_merged_step_keeps_its_kind() -> None:
    ours = update(BASE, BASE, code(flow(step("a", "sleep"), "b", "c")), POLICY)
    assert merge(BASE, ours.lock, BASE).lock.workflow[0].step[0].kind == "sleep"
