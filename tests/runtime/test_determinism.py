"""The determinism check finds what changes from entry to entry, says why, and names the rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from steplint.runtime.determinism import CheckError, assert_deterministic, check, target_of
from steplint.runtime.probe import clock_can_stand_still
from tests.runtime import unstable

FILE = str(Path(__file__).with_name("unstable.py"))
needs_clock = pytest.mark.skipif(not clock_can_stand_still(), reason="needs the extra `check`")


def test_a_steady_body_passes() -> None:
    assert_deterministic(f"{FILE}:steady")
    found = check(f"{FILE}:steady")
    assert (found.unstable, found.refused) == ((), "")


def test_a_random_id_is_found() -> None:
    [found] = check(f"{FILE}:random_id").unstable
    assert (found.what, found.step, found.cause) == ("steps", "1", "chance")
    assert found.first.startswith("`load-")
    assert found.first != found.second
    assert "body-uuid" in found.rules


@needs_clock
def test_a_branch_on_the_clock_is_found() -> None:
    [found] = [each for each in check(f"{FILE}:branches_on_time").unstable if each.what == "steps"]
    assert (found.cause, found.rules) == ("clock", ("body-time",))
    assert (found.first, found.second) == ("`this-year` (run)", "`another-year` (run)")


def test_the_order_of_a_set_is_found() -> None:
    found = check(f"{FILE}:set_order").unstable[0]
    assert (found.what, found.cause) == ("steps", "hash-seed")
    assert found.rules == ("unordered-iteration", "hash-or-identity")


def test_an_argument_and_a_result_are_told_from_the_steps() -> None:
    [argument] = check(f"{FILE}:random_argument").unstable
    assert (argument.what, argument.step, argument.cause) == ("argument", "send", "chance")
    [result] = check(f"{FILE}:random_result").unstable
    assert (result.what, result.cause) == ("result", "chance")


def test_the_helper_for_tests_names_what_differs() -> None:
    with pytest.raises(AssertionError, match=r"step call 1 changes from entry to entry: `load-.*; see .*`body-uuid`"):
        assert_deterministic(f"{FILE}:random_id")


def test_a_workflow_of_a_module_is_found_by_its_file() -> None:
    assert target_of(unstable.steady) == f"{unstable.__file__}:steady"
    with pytest.raises(CheckError, match="workflow `local` is not at the top level of a module"):
        target_of(unstable.local[0])


def test_a_body_without_an_end_is_an_error() -> None:
    with pytest.raises(CheckError, match=r"took longer than 1 s"):
        check(f"{FILE}:endless", timeout=1.0)


def test_a_file_that_cannot_be_loaded_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(CheckError, match="cannot be checked: ZeroDivisionError"):
        check(f"{tmp_path}/broken.py:f")
