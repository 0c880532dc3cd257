from __future__ import annotations

from typing import Any

from steplint.api import Finding
from steplint.check.fix import edited
from tests.graphs import DBOS, RESTATE, at, effect, frame, hop, project, run_check, step, use, workflow

SET = at(5, 11, width=9)
HEAD = at(5, 0, width=20)
LOOP = (frame("for", place=HEAD, name="tags", binds=("tag",)),)
MIXED = step("apply-tag", times="many", inside=LOOP)
KEYED = step(template="apply-tag-{}", times="many", inside=LOOP)


def check(
    *uses: Any, steps: Any = (MIXED,), place: Any = SET, expression: str = "set(tags)", trail: Any = (), **fields: Any
) -> list[Finding]:
    given = effect("order", "builtins.set", uses=uses, place=place, expression=expression, trail=trail)
    return run_check("unordered_iteration", project(workflow(*steps, effects=[given], **fields)))


def test_a_step_that_takes_the_element_under_one_id_gets_the_memo_of_another_element() -> None:
    (found,) = check(use("step-argument", 6, step=0))
    assert found.message == "set order of `set(tags)` decides at line 10 which element step `apply-tag` gets"
    assert (found.level, found.place) == ("mixed", SET)
    assert [note.message for note in found.notes] == ["step `apply-tag` gets another element's memo"]


def test_memos_follow_the_element_where_it_is_part_of_the_id() -> None:
    (found,) = check(use("step-argument", 6, step=0), use("identity", 6, step=0), steps=(KEYED,))
    assert found.level == "keyed"
    assert found.message == "set order of `set(tags)` decides at line 10 in which order step `apply-tag-{}` runs"
    assert found.notes[0].message == "step `apply-tag-{}` keeps its memos, in another order"


def test_one_step_without_the_element_in_its_id_is_enough_to_mix_up_memos() -> None:
    steps = KEYED, step("count", times="many", inside=LOOP)
    (found,) = check(use("identity", 6, step=0), use("step-argument", 7, step=1), steps=steps)
    assert found.level == "mixed"


def test_a_step_that_does_not_use_the_element_does_not_care() -> None:
    assert check(steps=(MIXED,)) == []
    assert check(use("control", place=HEAD, step=0), steps=(MIXED,)) == []


def test_positions_never_follow_the_element() -> None:
    (found,) = check(use("identity", 6, step=0), steps=(KEYED,), dialect=DBOS)
    assert found.level == "mixed"


def test_a_loop_over_what_was_made_of_the_set_counts() -> None:
    elsewhere = at(3, 9, width=9)
    (found,) = check(use("control", place=HEAD, step=0), use("step-argument", 6, step=0), place=elsewhere)
    assert (found.level, found.place) == ("mixed", elsewhere)


def test_a_loop_over_the_variable_that_holds_the_set_counts() -> None:
    (found,) = check(use("step-argument", 6, step=0), place=at(3, 11, width=9), expression="tags")
    assert (found.level, found.place) == ("mixed", at(3, 11, width=9))
    (other,) = check(use("step-argument", 6, step=0), place=at(3, 11, width=9), expression="others")
    assert other.level == ""


def test_an_argument_made_of_the_set_has_its_own_flow() -> None:
    (found,) = check(use("step-argument", 6, step=0), steps=(step("store"),))
    assert (found.flow, found.level) == ("step-argument", "")
    assert found.message == "set order of `set(tags)` reaches an argument of step `store` at line 6"
    (found,) = check(use("step-argument", 6, step=0), steps=(step("call", "invoke"),), dialect=RESTATE)
    assert found.level == "compared"


def test_a_branch_on_an_element_decides_which_steps_run() -> None:
    (found,) = check(use("control", 8, step=0, decides="whether step `store` runs"), steps=(step("store"),))
    assert found.flow == "control"
    assert found.message == "set order of `set(tags)` decides at line 8 whether step `store` runs"


def test_the_fix_sorts() -> None:
    (found,) = check(use("step-argument", 6, step=0))
    assert found.fix is not None
    assert found.fix.changes_steps
    assert edited("\n" * 4 + "for tag in set(tags):", found.fix.edits)[4:] == "for tag in sorted(set(tags)):"


def test_the_fix_finds_a_name_at_the_end_of_a_head() -> None:
    head = at(5, 0, width=15)
    steps = (step("apply", times="many", inside=(frame("for", place=head),)),)
    (found,) = check(use("step-argument", 6, step=0), place=head, steps=steps, expression="tags")
    assert found.fix is not None
    assert edited("\n" * 4 + "for tag in tags:", found.fix.edits)[4:] == "for tag in sorted(tags):"
    (found,) = check(use("step-argument", 6, step=0), place=head, steps=steps, expression="set")
    assert found.fix is None


def test_what_a_helper_makes_of_a_set_is_sorted_in_the_head_of_a_loop_only() -> None:
    trail = (hop(5, "flow", "choose"), hop(40, "choose", "builtins.set"))
    (found,) = check(use("step-argument", 6, step=0), trail=trail)
    assert found.fix is not None
    (found,) = check(use("control", 8, step=0), steps=(step("store"),), trail=trail)
    assert found.fix is None


def test_a_set_whose_order_is_not_used_is_silent() -> None:
    assert check() == []
