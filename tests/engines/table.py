"""The matrix as text: `docs/verdicts.md`, written from cells and read back into them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.engines.edits import EDITS, Body, Call, Gate, Hold
from tests.engines.engines import ENGINES, ROOT, Engine
from tests.engines.matrix import Cell

PAGE = ROOT / "docs" / "verdicts.md"
Columns = Mapping[str, Mapping[str, Cell]]
_MARKS = "<!-- matrix -->\n", "<!-- /matrix -->"
_HEADS = {
    "keyed": "Results found by ID and occurrence",
    "positional-checked": "Results found by position, the recorded identity compared",
    "positional-unchecked": "Results found by position, nothing compared",
}


def tables(columns: Columns) -> str:
    """Return a table for each family: edit by engine, what steplint said and what the engine did."""
    parts = []
    for family, head in _HEADS.items():
        engines = [each for each in ENGINES if _family(each) == family and each.name in columns]
        if engines:
            parts.append(f"### {head}\n\n" + "\n".join(_rows(engines, columns)))
    return "\n\n".join(parts) + "\n"


def _rows(engines: Iterable[Engine], columns: Columns) -> Iterable[str]:
    listed = list(engines)
    yield "| edit | " + " | ".join(each.name for each in listed) + " |"
    yield "|---" * (len(listed) + 1) + "|"
    for edit in EDITS:
        cells = [columns[each.name].get(edit.name) for each in listed]
        if any(cells):
            yield f"| {edit.name} | " + " | ".join(_text(each) for each in cells) + " |"


def legend() -> str:
    """Return what each edit is: the calls before and after it, with a bar where the run stands."""
    lines = ["| edit | before | after |", "|---|---|---|"]
    for edit in EDITS:
        after = _shown(edit.after) if not edit.rebodied else "the same calls, another text of a function"
        after += "; the ID was removed before" if edit.gone else ""
        lines.append(f"| {edit.name} | {_shown(edit.before)} | {after} |")
    return "\n".join(lines) + "\n"


def _shown(body: Body) -> str:
    return " ".join(_part(each) for each in body)


def _part(part: Call | Gate | Hold) -> str:
    match part:
        case Hold():
            return "\\|"
        case Gate(new, old):
            return f"patched ? {_shown(new) or 'nothing'} : {_shown(old) or 'nothing'};"
        case Call():
            called = part.call if part.kind == "run" else "timer"
            given = f"({part.argument})" if part.argument != 1 else ""
            return f"`{part.id}`" + (f" = {called}" if called != part.id else "") + given


def _text(cell: Cell | None) -> str:
    return f"`{cell.said}`: {cell.did}" if cell else "-"


def _family(engine: Engine) -> str:
    text = (ROOT / "rules" / "dialects" / f"{engine.dialect}.toml").read_text("utf-8")
    found = re.search(r'^family = "(.*)"', text, re.MULTILINE)
    assert found
    return found[1]


def written(page: str) -> dict[str, dict[str, Cell]]:
    """Return the columns of the page."""
    found: dict[str, dict[str, Cell]] = {}
    names: list[str] = []
    for line in _between(page).splitlines():
        cells = [each.strip() for each in line.strip("|").split(" | ")]
        if line.startswith("| edit |"):
            names = cells[1:]
        elif line.startswith("| "):
            for name, text in zip(names, cells[1:], strict=True):
                said, _, did = text.partition(": ")
                if did:
                    found.setdefault(name, {})[cells[0].strip("| ")] = Cell(said.strip("`"), did)  # type: ignore[arg-type]
    return {each.name: found[each.name] for each in ENGINES if each.name in found}


def accepted() -> str:
    """Return the list of accepted differences."""
    return "".join(
        f"- {engine.name}, {edit}: {reason}.\n" for engine in ENGINES for edit, reason in engine.accepted.items()
    )


def replaced(page: str, columns: Columns) -> str:
    """Return the page with these tables."""
    before, _, rest = page.partition(_MARKS[0])
    _, _, after = rest.partition(_MARKS[1])
    return (
        f"{before}{_MARKS[0]}{legend()}\n{tables(columns)}\n### Accepted differences\n\n{accepted()}{_MARKS[1]}{after}"
    )


def _between(page: str) -> str:
    return page.partition(_MARKS[0])[2].partition(_MARKS[1])[0]


def read(path: Path = PAGE) -> str:
    """Return the page."""
    return path.read_text("utf-8")
