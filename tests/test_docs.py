"""The commands of the documentation do what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents import execute

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(("name", "commands"), [("extending.md", 9), ("editor.md", 2)])
def test_the_commands_of_a_page_print_what_it_shows(name: str, commands: int, tmp_path: Path) -> None:
    assert execute(DOCS / name, tmp_path) >= commands
