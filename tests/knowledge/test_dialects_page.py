"""docs/dialects.md against the tables and structs; `STEPLINT_UPDATE=1` writes its table of dialects anew."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from steplint.knowledge.dialects import read_dialect
from steplint.knowledge.toml import parse
from steplint.model.dialect import Dialect, ReferenceForm, Repeat, Standin, StepForm, WorkflowForm

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "dialects.md"
START, END = "<!-- dialects -->\n", "<!-- /dialects -->\n"


def table() -> str:
    """Return the table of the bundled dialects: first keyed ones, then positional ones, by name."""
    rows = ["| dialect | family | checks | verified with | evidence |", "|---|---|---|---|---|"]
    found = [read_dialect(path) for path in (ROOT / "rules" / "dialects").glob("*.toml")]
    for each in sorted(found, key=lambda dialect: (dialect.family, dialect.name)):
        cells = [
            f"`{each.name}`",
            each.family,
            ", ".join(each.checks) or "-",
            ", ".join(each.verified_with),
            each.evidence,
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def test_the_page_lists_every_dialect_as_its_file_says() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    shown, _, after = rest.partition(END)
    if os.environ.get("STEPLINT_UPDATE"):
        PAGE.write_text(before + START + table() + END + after, encoding="utf-8")
        shown = table()
    assert shown == table(), "run this test with STEPLINT_UPDATE=1"


@pytest.mark.parametrize("kind", [Dialect, WorkflowForm, StepForm, ReferenceForm, Repeat, Standin])
def test_the_page_explains_every_key(kind: type[msgspec.Struct]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    missing = [field.encode_name for field in msgspec.structs.fields(kind) if f"`{field.encode_name}`" not in text]
    assert missing == []


def test_the_example_of_the_page_is_a_dialect() -> None:
    example = PAGE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert parse(example, Dialect, "docs/dialects.md").step[0].passes == 2
