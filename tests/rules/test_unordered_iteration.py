from __future__ import annotations

from typing import Any

from steplint.api import Finding, IdPart
from steplint.check.fix import edited
from tests.graphs import DBOS, at, effect, project, run_check, step, use, workflow

ELEMENT = (IdPart("element", "tag", over="tags"),)


LOOP = (step("apply-tag", times="many"),)


def check(*uses: Any, steps: Any = LOOP, **fields: Any) -> list[Finding]:
    given = effect("order", "builtins.set", uses=uses, place=at(5, 11, width=9), expression="set(tags)")
    return run_check("unordered_iteration", project(workflow(*steps, effects=[given], **fields)))


def test_set_order_that_decides_which_step_runs_is_reported_at_the_set() -> None:
    (found,) = check(use("control", 6, step=0))
    assert found.message == "set order of `set(tags)` decides at line 6 in which order step `apply-tag` runs"
    assert (found.flow, found.level, found.place) == ("control", "", at(5, 11, width=9))
    assert [note.message for note in found.notes] == ["step `apply-tag` gets another element's memo"]


def test_memos_follow_the_element_where_it_is_part_of_the_id() -> None:
    keyed = (step(template="apply-tag-{}", id_parts=ELEMENT, times="many"),)
    (found,) = check(use("control", 6, step=0), use("identity", 6, step=0), steps=keyed)
    assert found.level == "keyed"
    assert found.notes[0].message == "step `apply-tag-{}` keeps its memos, but runs in another order"


def test_one_step_without_the_element_is_enough_to_mix_up_memos() -> None:
    steps = (step(template="apply-tag-{}", id_parts=ELEMENT, times="many"), step("count", times="many"))
    (found,) = check(use("control", 6, step=0), use("control", 7, step=1), steps=steps)
    assert found.level == ""


def test_positions_never_follow_the_element() -> None:
    keyed = (step(template="apply-tag-{}", id_parts=ELEMENT, times="many"),)
    (found,) = check(use("control", 6, step=0), steps=keyed, dialect=DBOS)
    assert found.level == ""


def test_an_argument_has_its_own_flow() -> None:
    (found,) = check(use("step-argument", 6, step=0))
    assert found.flow == "step-argument"
    assert found.message == "set order of `set(tags)` reaches an argument of step `apply-tag` at line 6"


def test_the_fix_sorts() -> None:
    (found,) = check(use("control", 6, step=0))
    assert found.fix is not None
    assert found.fix.changes_steps
    assert edited("\n" * 4 + "for tag in set(tags):", found.fix.edits)[4:] == "for tag in sorted(set(tags)):"


def test_a_set_whose_order_is_not_used_has_no_flow() -> None:
    (found,) = check()
    assert found.flow == "unused"
