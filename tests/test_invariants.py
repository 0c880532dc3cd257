"""What holds for every fixture and every example of every page, whatever they are about."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from steplint.cache import Cache
from steplint.check import pack
from steplint.config import load
from steplint.contract.diff import diff
from steplint.contract.manifest import decode, encode
from steplint.model.place import NOWHERE
from steplint.model.report import Reported
from steplint.project import lockfile
from steplint.project.analysis import analyze, open_cache
from steplint.project.check import check
from steplint.project.ignoring import ignore
from steplint.read import pool
from steplint.testing import Result, check_source

ROOT = Path(__file__).parents[1]
Files = Mapping[str, str]


def fixtures() -> list[Any]:
    """Return every project below `fixtures/`, the example, and those of the rule pages, each as texts by path."""
    found = []
    for folder in [*sorted((ROOT / "fixtures").glob("*/*")), ROOT / "examples" / "orders"]:
        if folder.is_dir() and folder.parent.name != "changes":
            texts = {
                path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))
            }
            found.append(pytest.param(texts, id=f"{folder.parent.name}/{folder.name}"))
    for name, page in pack.load(pack.bundled()).pages.items():
        for example in page.examples:
            if not page.rule.lock and not example.settings:
                texts = {each.path: each.text for each in example.files}
                found.append(pytest.param(texts, id=f"{name}:{example.line}"))
    return found


EVERY = pytest.mark.parametrize("files", fixtures())


def checked(files: Files) -> Result:
    return check_source(files, rules=("ALL",))


def told(findings: Iterable[Reported], down: int = 0) -> list[tuple[str, int, int, str, str]]:
    """Return where the findings are, which rules they are of, and how severe; those about no place are left out."""
    return [
        (place.path, place.span.line + down, place.span.column, each.rule.code, each.severity)
        for each in findings
        for place in [each.finding.place]
        if place.span != NOWHERE and place.path.endswith(".py")
    ]


def manifest(result: Result) -> bytes:
    return encode(lockfile.manifest(result.analysis, None))


@EVERY
def test_the_order_of_files_does_not_matter(files: Files) -> None:
    names = list(files)
    random.Random(7).shuffle(names)
    one, other = checked(files), checked({name: files[name] for name in names})
    assert one.findings == other.findings
    assert one.graph == other.graph
    assert one.errors == ()


@EVERY
def test_lines_above_move_findings_and_nothing_else(files: Files) -> None:
    moved = {name: _below_header(text) if name.endswith(".py") else text for name, text in files.items()}
    before, after = checked(files), checked(moved)
    assert told(before.findings, down=3) == told(after.findings)
    assert manifest(before) == manifest(after)
    assert [each.fingerprint for each in before.findings] == [each.fingerprint for each in after.findings]


@EVERY
def test_a_manifest_goes_through_json_and_differs_from_itself_in_nothing(files: Files) -> None:
    data = manifest(checked(files))
    found = decode(data)
    assert encode(found) == data
    assert [each for each in diff(found, found) if each.code] == []


@EVERY
def test_a_suppression_silences_its_finding_and_is_of_use(files: Files) -> None:
    before = checked(files)
    done = ignore(before.analysis, [each for each in before.findings if each.rule.group != "meta"], "meant")
    silenced = {**files, **{path: content.decode("utf-8") for path, content in done.contents.items()}}
    after = checked(silenced)
    allowed = {each.fingerprint for each in done.left} | {
        each.fingerprint for each in before.findings if each.rule.group == "meta"
    }
    assert [told((each,)) for each in after.findings if each.fingerprint not in allowed] == []


@EVERY
def test_without_registrations_no_workflow_is_found(files: Files) -> None:
    plain = {name: re.sub(r"(?m)^[ ]*@[\w.]+.*$", "", text) for name, text in files.items()}
    found = check_source({name: text for name, text in plain.items() if _parses(text)}, rules=("ALL",))
    kept = {each.source.partition("::")[0] for each in found.graph.workflows}
    # What is registered by a call needs no decorator.
    assert all(
        re.search(r"\b(create_function|Orchestrator\.create|add_\w+|register\w*)\(|class ", plain[path])
        for path in kept
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_process_and_many_cold_and_warm_say_the_same(
    tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_WORTH_A_POOL", 0.0)
    monkeypatch.setattr(pool, "_CHUNK", 0.0)
    loaded = load(ROOT / "examples" / "orders")
    expected = check(analyze(loaded, jobs=1)).report
    for _ in range(2):
        with open_cache(loaded, tmp_path / "cache") as cache:
            report = check(analyze(loaded, cache=cache, jobs=jobs)).report
        assert report.findings == expected.findings
        assert report.summary.files == expected.summary.files
    with Cache.open(None, "") as cache:
        assert check(analyze(loaded, cache=cache, jobs=jobs)).report.findings == expected.findings


def _below_header(text: str) -> str:
    return f"# one\n#\n# two\n{text}"


def _parses(text: str) -> bool:
    try:
        compile(text, "example.py", "exec")
    except SyntaxError:
        return False
    return True
