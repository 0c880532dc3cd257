"""The pages as text: links lead somewhere, recipes parse, flags exist, and the site builds without a warning."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from steplint.cli.group import steplint
from tests.docs.shell import DOCS

ROOT = DOCS.parent
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md"])
MADE = {"rules/index.md", "commands.md", "options.md", "changelog.md"}
"""Pages that docs/hooks.py makes for the site."""
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def named(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=page.name) for page in pages]


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as both the site and code hosts make them."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", each).strip().lower()) for each in found}


@pytest.mark.parametrize("page", named(PAGES))
def test_every_link_inside_leads_to_a_page_and_a_heading(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        path, _, anchor = target.partition("#")
        if "://" in target or path in MADE:
            continue
        there = (page.parent / path) if path else page
        assert there.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(there), f"{page.name}: {target}: no such heading"


@pytest.mark.parametrize("page", named([DOCS / "ci.md"]))
def test_recipes_are_valid_yaml(page: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="no YAML parser is installed")
    blocks = [each["text"] for each in _FENCE.finditer(page.read_text("utf-8")) if each["language"] == "yaml"]
    assert len(blocks) >= 4
    for block in blocks:
        assert isinstance(yaml.safe_load(block), dict)


def test_the_recipe_of_pre_commit_names_hooks_that_exist() -> None:
    hooks = re.findall(r"^- id: (\S+)", (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"), re.MULTILINE)
    block = next(each for each in _FENCE.findall((DOCS / "ci.md").read_text("utf-8")) if "repos:" in each[1])[1]
    named = re.findall(r"- id: (\S+)", block)
    assert len(named) == 3
    assert set(named) <= set(hooks)


def test_the_table_of_the_action_names_its_inputs() -> None:
    inputs = set(re.findall(r"^  ([a-z-]+):\n    description", (ROOT / "action.yml").read_text("utf-8"), re.MULTILINE))
    table = (DOCS / "ci.md").read_text("utf-8").partition("| input |")[2].partition("\n\n")[0]
    rows = {name for line in table.splitlines()[2:] for name in re.findall(r"`([a-z-]+)`", line.split("|")[1])}
    assert rows
    assert rows <= inputs
    assert {"version", "against", "fail-on", "comment", "sarif"} <= rows


def used(text: str) -> Iterator[list[str]]:
    """Yield the words of every `steplint` command in code of a page."""
    code = [each["text"] for each in _FENCE.finditer(text) if each["language"] in ("sh", "yaml", "console", "")]
    for block in [*code, *re.findall(r"`(steplint [^`]+)`", text)]:
        for line in re.findall(r"(?:^|[\s`-])steplint ((?:[a-z]|-)[^\n#|]*)", block):
            yield line.split()


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = steplint
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            break
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize("page", named(PAGES))
def test_every_flag_in_a_command_exists(page: Path) -> None:
    for words in used(page.read_text("utf-8")):
        command, rest = command_of(words)
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
        flags = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
        assert [flag for flag in flags if flag not in known] == [], f"{page.name}: steplint {' '.join(words)}"


@pytest.mark.skipif(find_spec("material") is None, reason="mkdocs-material is not installed (extra `docs`)")
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    site = tmp_path / "site"
    assert len(list((site / "rules").glob("*.html"))) == len(list((ROOT / "rules").glob("*.md"))) + 1
    assert len(list((site / "dialects").glob("*.html"))) == len(list((ROOT / "rules" / "dialects").glob("*.toml")))
    for page in site.rglob("*.html"):
        loaded = re.findall(r"<(?:script|img|link)\b[^>]*?(?:src|href)=\"(https?://[^\"]+)\"", page.read_text("utf-8"))
        assert loaded == [], page


def test_the_repository_has_one_placeholder_which_is_explained_once() -> None:
    found = dict[str, str]()
    for name in ("README.md", "CHANGELOG.md", "action.yml", "mkdocs.yml", "pyproject.toml", ".pre-commit-hooks.yaml"):
        found[name] = (ROOT / name).read_text("utf-8")
    for folder in ("docs", ".ci", "editors", "steplint", "rules", "examples"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".md", ".yml", ".py", ".json", ".ts", ".toml") and "node_modules" not in path.parts:
                found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    assert [name for name, text in found.items() if "`OWNER/steplint` stands for" in text] == ["docs/ci.md"]
    for name, text in found.items():
        assert not re.search(r"\bOWNER\b(?!/steplint\b)", text), name
        assert not re.search(r"(?:github|gitlab)\.com[/:](?!OWNER/)[\w.-]+/steplint\b", text), name
        assert not re.search(r"\b(?:your-org|your-name|TODO|FIXME|example\.com/steplint)\b", text), name
