"""Parses a rule page: metadata, text, and the examples that tests execute."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli
from msgspec import Struct
from msgspec.structs import replace

from steplint.model.rule import Option, Rule

_TITLE = re.compile(r"# (?P<name>\S+)\s*")
_HEADING = re.compile(r"## (?P<title>.+?)\s*")
_FENCE = re.compile(r"```(?P<language>\w*)\s*")
_FILE = re.compile(r"`(?P<path>[\w./-]+\.\w+)`:?\s*")
_SETTING = re.compile(r"<!-- steplint: (?P<toml>.+?) -->\s*")
_MARKER = re.compile(r"\s*# error\s*$")
_CODE = re.compile(r"SL\d{3}")
_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]+)`")
_AT = re.compile(r"at `\$\.(?P<path>[^`]+)`")
_MISSING = re.compile(r"missing required field `(?P<key>[^`]+)`")
MAIN = "example.py"


class PackError(Exception):
    """A pack or page that cannot be used: the message names file, line, what was expected and what to do."""


class ExampleFile(Struct, frozen=True):
    """One file of an example: its text without markers, and the lines on which the rule reports."""

    path: str
    text: str
    errors: tuple[int, ...]


class Example(Struct, frozen=True):
    """Files that are checked together; ``line`` is where the first starts on the page, ``settings`` as in a file."""

    files: tuple[ExampleFile, ...]
    line: int
    settings: Mapping[str, Any] = {}

    @property
    def failing(self) -> bool:
        """Whether the rule reports something in it."""
        return any(each.errors for each in self.files)


class Page(Struct, frozen=True):
    """A rule with what its page says: sections by heading ("" before the first), and examples in order."""

    rule: Rule
    path: Path
    sections: Mapping[str, str]
    examples: tuple[Example, ...]


class _Block(Struct, frozen=True):
    """A fenced block: its lines, the line of its fence, and the prose lines since the block before it."""

    language: str
    lines: tuple[str, ...]
    line: int
    before: tuple[str, ...]
    section: str


def read(path: Path) -> Page:
    """Return the page at ``path``; raises `PackError` with file and line."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    name = path.stem.replace("_", "-")
    title = _TITLE.fullmatch(lines[0]) if lines else None
    if title is None or title["name"] != name:
        raise PackError(f"{path}:1: expected the title `# {name}`, the file's name with `-`")
    blocks = tuple(_blocks(lines, path))
    table = next((each for each in blocks if each.language == "toml"), None)
    if table is None or table.section:
        raise PackError(f"{path}:2: expected a fenced `toml` block with `code`, `severity` and `since` below the title")
    sections = _sections(lines, table)
    rule = replace(_rule(table, path), name=name, summary=_summary(sections), text=text)
    return Page(rule, path, sections, tuple(_examples(blocks, path)))


def _blocks(lines: list[str], path: Path) -> Iterator[_Block]:
    section, before = "", list[str]()
    rows = iter(enumerate(lines, 1))
    for number, line in rows:
        if heading := _HEADING.fullmatch(line):
            section, before = heading["title"], []
            continue
        fence = _FENCE.fullmatch(line)
        if fence is None:
            before.append(line)
            continue
        inner = list[str]()
        for _, row in rows:
            if row.rstrip() == "```":
                break
            inner.append(row)
        else:
            raise PackError(f"{path}:{number}: this fenced block is never closed; end it with ```")
        yield _Block(fence["language"], tuple(inner), number, tuple(before), section)
        before = []


def _sections(lines: list[str], table: _Block) -> dict[str, str]:
    sections = {"": list[str]()}
    current, fenced = "", False
    for line in lines[table.line + len(table.lines) + 1 :]:
        if line.startswith("```"):
            fenced = not fenced
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading:
            current = heading["title"]
            sections[current] = []
        else:
            sections[current].append(line)
    return {title: "\n".join(rows).strip() for title, rows in sections.items()}


def _summary(sections: Mapping[str, str]) -> str:
    text = sections[""] or sections.get("What it does", "")
    return " ".join(text.split("\n\n", 1)[0].split())


def _rule(table: _Block, path: Path) -> Rule:
    try:
        values = tomli.loads("\n".join(table.lines))
    except tomli.TOMLDecodeError as error:
        line = getattr(error, "lineno", 1)
        raise PackError(f"{path}:{table.line + line}: {error}") from error
    try:
        rule = msgspec.convert(values, Rule)
    except msgspec.ValidationError as error:
        raise PackError(_explain(str(error), table, path)) from error
    if not _CODE.fullmatch(rule.code):
        raise PackError(f"{path}:{_line_of('code', table)}: expected a code such as `SL123`, got `{rule.code}`")
    return rule


def _explain(message: str, table: _Block, path: Path) -> str:
    where = _AT.search(message)
    keys = where["path"].split(".") if where else []
    if unknown := _UNKNOWN.search(message):
        known = _keys(Option if "options" in keys else Rule)
        near = difflib.get_close_matches(unknown["key"], known, 1)
        advice = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(f'`{key}`' for key in known)}"
        return f"{path}:{_line_of(unknown['key'], table)}: unknown key `{unknown['key']}`; {advice}"
    if missing := _MISSING.search(message):
        return f"{path}:{table.line}: the key `{missing['key']}` is missing"
    key = keys[-1] if keys else ""
    return f"{path}:{_line_of(key, table)}: `{key}`: {message.split(' - at ')[0].lower()}"


def _keys(kind: type[Struct]) -> list[str]:
    filled = {"name", "summary", "text"} if kind is Rule else set()
    return [field.encode_name for field in msgspec.structs.fields(kind) if field.encode_name not in filled]


def _line_of(key: str, table: _Block) -> int:
    pattern = re.compile(rf"\W*(?:\w[\w.-]*\.)?{re.escape(key)}\b")
    found = (number for number, line in enumerate(table.lines, 1) if pattern.match(line) or f"{key} =" in line)
    return table.line + next(found, 0)


def _examples(blocks: tuple[_Block, ...], path: Path) -> Iterator[Example]:
    """Blocks under a file name follow each other to one example as long as no other prose stands between them."""
    files, settings, start = list[ExampleFile](), dict[str, Any](), 0
    for block in blocks:
        prose = [line for line in block.before if line.strip()]
        named = _FILE.fullmatch(prose[-1]) if prose else None
        if block.language != "python" and named is None:
            continue
        joins = files and named and len(prose) == 1
        if files and not joins:
            yield Example(tuple(files), start, settings)
            files, settings = [], {}
        if not files:
            start, settings = block.line, _settings(prose, path, block)
        files.append(_file(block, named["path"] if named else MAIN))
    if files:
        yield Example(tuple(files), start, settings)


def _settings(prose: list[str], path: Path, block: _Block) -> dict[str, Any]:
    written = [match["toml"] for line in prose if (match := _SETTING.fullmatch(line))]
    try:
        return tomli.loads("\n".join(written))
    except tomli.TOMLDecodeError as error:
        raise PackError(f"{path}:{block.line}: the settings above this example are no TOML: {error}") from error


def _file(block: _Block, path: str) -> ExampleFile:
    errors = tuple(number for number, line in enumerate(block.lines, 1) if _MARKER.search(line))
    text = "".join(_MARKER.sub("", line) + "\n" for line in block.lines)
    return ExampleFile(path, text, errors)
