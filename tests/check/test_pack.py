from __future__ import annotations

import sys
from pathlib import Path

import pytest

from steplint.check import pack
from steplint.check.pack import PackError, Packs
from tests.graphs import project, step, workflow

PAGE = '# {name}\n\n```toml\ncode = "{code}"\nseverity = "info"\nsince = "next"\n```\n\nFinds.\n\n{examples}'
BOTH = "```python\na = 1\n```\n\n```python\nb = 1  # error\n```\n"
CHECK = """\
from __future__ import annotations
from collections.abc import Iterator
from steplint.api import Finding, Project
from ._words import WORD

def check(project: Project) -> Iterator[Finding]:
    for workflow, step in project.steps():
        yield Finding(f"{WORD} `{step.id}`", step.place)
"""


def rule(folder: Path, name: str, code: str, check: str | None = CHECK, examples: str = BOTH) -> None:
    stem = name.replace("-", "_")
    (folder / f"{stem}.md").write_text(PAGE.format(name=name, code=code, examples=examples))
    (folder / "_words.py").write_text('WORD = "found"\n')
    if check is not None:
        (folder / f"{stem}.py").write_text(check)


def test_the_bundled_pack_is_found_in_a_checkout() -> None:
    assert (pack.bundled() / "body_time.md").is_file()


def test_a_check_is_imported_when_it_is_asked_for_and_may_import_its_neighbors(tmp_path: Path) -> None:
    rule(tmp_path, "lazy-rule", "SL901")
    loaded = pack.load(tmp_path)
    assert not [name for name in sys.modules if name.endswith(".lazy_rule")]
    check = loaded.check("lazy-rule")
    assert [name for name in sys.modules if name.endswith(".lazy_rule")]
    assert [each.message for each in check(project(workflow(step("load"))))] == ["found `load`"]


def test_packs_of_one_folder_name_keep_apart(tmp_path: Path) -> None:
    for side in ("left", "right"):
        folder = tmp_path / side / "pack"
        folder.mkdir(parents=True)
        rule(folder, "same-stem", "SL901", CHECK.replace("{WORD}", f"{side} {{WORD}}"))
    found = [
        next(iter(pack.load(tmp_path / side / "pack").check("same-stem")(project(workflow(step()))))).message
        for side in ("left", "right")
    ]
    assert found == ["left found `load`", "right found `load`"]


def test_a_page_without_a_check_is_refused(tmp_path: Path) -> None:
    rule(tmp_path, "lonely-page", "SL901", check=None)
    with pytest.raises(PackError, match=r"lonely_page\.md:1: this page has no check; add `lonely_page\.py`"):
        pack.load(tmp_path)


def test_a_check_without_a_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lonely_check.py").write_text(CHECK)
    with pytest.raises(PackError, match=r"lonely_check\.py:1: this check has no page"):
        pack.load(tmp_path)


def test_two_rules_of_one_code_are_refused(tmp_path: Path) -> None:
    rule(tmp_path, "first-rule", "SL901")
    rule(tmp_path, "second-rule", "SL901")
    with pytest.raises(PackError, match=r"second_rule\.md:1: `SL901` is already taken by .*first_rule\.md"):
        pack.load(tmp_path)


def test_a_rule_of_another_pack_with_a_known_name_is_refused(tmp_path: Path) -> None:
    rule(tmp_path, "body-time", "SL901")
    with pytest.raises(PackError, match="`body-time` is already taken"):
        Packs((pack.load(pack.bundled()), pack.load(tmp_path)))


@pytest.mark.parametrize(
    ("check", "message"),
    [
        pytest.param("x = 1\n", r"wrong_check\.py:1: expected a function `check", id="no function"),
        pytest.param("\n\ndef check(graph):\n    yield graph\n", r"wrong_check\.py:3: expected a generator", id="name"),
        pytest.param("def check(project):\n    return []\n", r"wrong_check\.py:1: expected a generator", id="a list"),
    ],
)
def test_a_check_of_another_signature_is_refused(tmp_path: Path, check: str, message: str) -> None:
    rule(tmp_path, "wrong-check", "SL901", check)
    with pytest.raises(PackError, match=message):
        pack.load(tmp_path).check("wrong-check")


@pytest.mark.parametrize(
    ("examples", "lacking"),
    [("```python\na = 1\n```\n", "failing"), ("```python\na = 1  # error\n```\n", "passing"), ("", "failing")],
)
def test_validation_demands_both_kinds_of_example(tmp_path: Path, examples: str, lacking: str) -> None:
    rule(tmp_path, "shown-half", "SL901", examples=examples)
    with pytest.raises(PackError, match=f"expected at least one {lacking}"):
        pack.validate(pack.load(tmp_path))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no such folder; `rule-packs` names folders"):
        pack.load(tmp_path / "missing")
