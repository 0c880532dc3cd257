"""Situations around a rule that are too many for its page: what is reported, and above all what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from steplint import testing

FOLDERS = sorted((Path(__file__).parents[2] / "fixtures" / "rules").iterdir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_a_rule_reports_the_marked_lines_and_no_other(folder: Path) -> None:
    testing.run_fixture(folder, rules=("default", folder.name.replace("_", "-")))
