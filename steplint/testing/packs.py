"""Runs the examples on the pages of a rule pack: the marked lines are reported, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from steplint.check.pack import load, validate
from steplint.check.page import Example, Page
from steplint.testing.sources import check_source


def run_pack(path: Path | str, *only: str) -> None:
    """Check every example of a pack, or of the rules ``only``; raises AssertionError that lists the lines that differ.

    Raises PackError for a pack that does not load.
    """
    folder = Path(path)
    pack = load(folder)
    validate(pack)
    wrong = [
        line
        for name, page in sorted(pack.pages.items())
        if not only or name in only
        for example in page.examples
        for line in _wrong(folder, page, example)
    ]
    if wrong:
        raise AssertionError("\n" + "\n".join(wrong))


def _wrong(folder: Path, page: Page, example: Example) -> Iterator[str]:
    name = page.rule.name
    files = {each.path: each.text for each in example.files}
    packs = [*example.settings.get("rule-packs", ()), str(folder.resolve())]
    config = {**example.settings, "rule-packs": packs}
    result = check_source(files, rules=("default", name), config=config)
    yield from (f"{page.path}: rule `{name}` crashed: {each.message}" for each in result.errors)
    wanted = {(each.path, line) for each in example.files for line in each.errors}
    found = {
        (each.finding.place.path, each.finding.place.span.line): each.finding.message
        for each in result.findings
        if each.rule.name == name
    }
    for path, line in sorted(wanted - found.keys()):
        yield f"{_at(page, example, path, line)}: expected `{name}` here, found nothing: {_line(files[path], line)}"
    for path, line in sorted(found.keys() - wanted):
        yield f"{_at(page, example, path, line)}: `{name}` here is not marked with `# error`: {found[path, line]}"


def _at(page: Page, example: Example, path: str, line: int) -> str:
    """Return where a line of an example stands on its page; files behind the first are named instead."""
    if path == example.files[0].path:
        return f"{page.path}:{example.line + line}"
    return f"{page.path}:{example.line}, {path}:{line}"


def _line(text: str, line: int) -> str:
    return text.splitlines()[line - 1].strip()
