"""The driver: reading in rounds, what is remembered, what cannot be read, and which variants of an SDK are active."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from steplint.cache import Cache
from steplint.config import load
from steplint.config.settings import DialectSettings
from steplint.model.report import Report
from steplint.project import analysis as analyses
from steplint.project import linking, pins, requirements, scope, texts, variants
from steplint.project.analysis import Analysis, analyze, open_cache
from steplint.project.check import Wanted, check
from steplint.project.tables import known
from steplint.read.module import summarize
from steplint.testing import check_source

CLIENT = """\
import inngest

client = inngest.Inngest(app_id="shop")
"""
FLOW = """\
import inngest

from shop.client import client
from shop.names import reference


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    if reference() > 4:
        await ctx.step.run("step1", print)
"""
NAMES = """\
from shop.numbers import draw


def reference():
    return draw()
"""
NUMBERS = """\
import random


def draw():
    return random.randint(0, 9)
"""
SHOP = {
    "shop/__init__.py": "",
    "shop/client.py": CLIENT,
    "shop/flow.py": FLOW,
    "shop/names.py": NAMES,
    "shop/numbers.py": NUMBERS,
    "shop/unrelated.py": "def nothing(:\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write(tmp_path, SHOP)
    return tmp_path


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def opened(root: Path, *overrides: str) -> Analysis:
    return analyze(load(root, overrides), jobs=1)


def checked(root: Path, *overrides: str, remembers: bool = True, wanted: Wanted | None = None) -> Report:
    loaded = load(root, overrides)
    with open_cache(loaded) if remembers else Cache.open(None, "") as cache:
        return check(analyze(loaded, cache=cache, jobs=1), wanted).report


def told(report: Report) -> list[tuple[str, int, str, str]]:
    found = [each.finding for each in report.findings]
    names = [each.rule.name for each in report.findings]
    return [(f.place.path, f.place.span.line, n, f.message) for f, n in zip(found, names, strict=True)]


def never(*_: object, **__: object) -> None:
    raise AssertionError("nothing should be linked")


# Reading in rounds


def test_files_that_a_workflow_reaches_are_read_and_no_others(shop: Path) -> None:
    found = opened(shop)
    assert set(found.linked.read) == {"shop/client.py", "shop/flow.py", "shop/names.py", "shop/numbers.py"}
    (finding, _) = checked(shop).findings
    assert [hop.place.path for hop in finding.finding.trace] == ["shop/flow.py", "shop/names.py", "shop/numbers.py"]


def test_follow_imports_none_reads_what_names_an_sdk_only(shop: Path) -> None:
    found = opened(shop, 'follow-imports="none"')
    assert set(found.linked.read) == {"shop/client.py", "shop/flow.py"}


def test_follow_imports_all_reads_installed_packages(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    site = ".venv/lib/python3.12/site-packages"
    library = "from ._draw import draw\n"
    write(
        shop,
        {
            ".venv/pyvenv.cfg": "",
            f"{site}/dice/__init__.py": library,
            f"{site}/dice/_draw.py": NUMBERS,
            f"{site}/other/__init__.py": "",
            "shop/names.py": NAMES.replace("shop.numbers", "dice"),
        },
    )
    assert [name for *_, name, _ in told(checked(shop))] == ["generic-step-id"]
    for _ in range(2):
        found = checked(shop, 'follow-imports="all"')
        assert [each.rule.name for each in found.findings] == ["body-random", "generic-step-id"]
        assert found.findings[0].finding.trace[-1].place.path == f"{site}/dice/_draw.py"
    write(shop, {f"{site}/dice/_draw.py": "def draw():\n    return 1  # no longer\n"})
    assert [each.rule.name for each in checked(shop, 'follow-imports="all"').findings] == ["generic-step-id"]


def test_reading_in_rounds_equals_reading_everything(shop: Path) -> None:
    in_rounds = told(checked(shop, remembers=False))
    for name in ("names", "numbers"):
        path = shop / "shop" / f"{name}.py"
        path.write_text(path.read_text() + "# inngest\n")
    assert told(checked(shop, remembers=False)) == in_rounds
    assert in_rounds


def test_the_order_of_files_does_not_matter() -> None:
    forward = check_source(SHOP)
    backward = check_source(dict(reversed(SHOP.items())))
    assert forward.findings == backward.findings
    assert forward.graph == backward.graph


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import random\n", "import random as r\n"),
        ("import random\n", "from random import randint\n"),
        ("import random\n", "import random\n\ndice = random.randint\n"),
    ],
)
def test_another_spelling_of_an_import_gives_the_same_finding(old: str, new: str) -> None:
    call = {"import random as r\n": "r.randint", "from random import randint\n": "randint"}.get(new, "dice")
    spelled = {**SHOP, "shop/numbers.py": NUMBERS.replace(old, new).replace("random.randint", call)}
    if "dice" in new:
        spelled["shop/numbers.py"] = NUMBERS.replace("return random.randint", "return dice").replace(old, new)
    before, after = check_source(SHOP).findings, check_source(spelled).findings
    assert [(each.rule.name, each.severity, each.finding.place) for each in before] == [
        (each.rule.name, each.severity, each.finding.place) for each in after
    ]


def test_without_the_decorator_nothing_is_found_but_that() -> None:
    plain = {**SHOP, "shop/flow.py": "\n".join(line for line in FLOW.splitlines() if not line.startswith("@"))}
    found = check_source(plain)
    assert found.graph.workflows == ()
    assert [each.rule.name for each in found.findings] == ["nothing-found"]


def test_own_wrappers_are_words_that_make_a_file_worth_reading(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "steplint.toml": '[decorators]\n"acme.flows.job" = "dbos.DBOS.workflow"\n',
            "acme/__init__.py": "",
            "acme/flows.py": "from dbos import DBOS\n\n\ndef job(f):\n    return DBOS.workflow()(f)\n",
            "acme/orders.py": "from acme.flows import job\n\n\n@job\ndef order():\n    pass\n",
        },
    )
    assert "order" in [each.name for each in opened(tmp_path).graph.workflows]


def test_a_file_that_the_lock_names_is_read_whatever_it_mentions(tmp_path: Path) -> None:
    lock = '[[workflow]]\nid = "order"\nsource = "plain.py::order"\n'
    write(tmp_path, {"plain.py": "def order(): ...\n", "steplint.lock": lock})
    assert opened(tmp_path).survey.roots == ("plain.py",)


# What is remembered


def test_an_unchanged_project_links_nothing(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cold = checked(shop)
    monkeypatch.setattr(linking, "linker", never)
    warm = checked(shop)
    assert told(warm) == told(cold)
    assert (warm.summary.files, warm.summary.cached) == (4, 4)


def test_touching_every_file_changes_nothing(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cold = checked(shop)
    for path in shop.rglob("*.py"):
        os.utime(path, ns=(1, 1))
    monkeypatch.setattr(linking, "linker", never)
    assert told(checked(shop)) == told(cold)


@pytest.mark.parametrize("name", ["shop/flow.py", "shop/names.py", "shop/numbers.py"])
def test_a_change_in_any_file_on_the_way_is_seen(shop: Path, name: str) -> None:
    before = told(checked(shop))
    path = shop / name
    path.write_text("# another line\n" + path.read_text())
    after = told(checked(shop))
    assert after == told(checked(shop, remembers=False))
    if name == "shop/flow.py":
        assert [line for _, line, *_ in after] == [line + 1 for _, line, *_ in before]


def test_a_file_that_shadows_an_import_is_seen(shop: Path) -> None:
    assert told(checked(shop))
    write(shop, {"shop/names/__init__.py": "def reference():\n    return 5\n"})
    assert [name for *_, name, _ in told(checked(shop))] == ["generic-step-id"]


@pytest.mark.parametrize(
    "override",
    ['lint.ignore=["body-random"]', 'knowledge.deterministic=["random.randint"]', 'lint.severity.SL102="info"'],
)
def test_another_setting_is_another_result(shop: Path, override: str) -> None:
    assert [each.severity for each in checked(shop).findings] == ["error", "warning"]
    changed = [(each.rule.code, each.severity) for each in checked(shop, override).findings]
    assert ("SL102", "error") not in changed


def test_after_an_edit_the_program_is_linked_once(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = []

    def counted(*arguments: Any) -> Callable[..., Any]:
        link = linker(*arguments)
        return lambda summaries, *others: links.append(len(summaries)) or link(summaries, *others)

    linker = linking.linker
    monkeypatch.setattr(linking, "linker", counted)
    checked(shop)
    assert links == [1, 1]
    links.clear()
    (shop / "shop" / "flow.py").write_text(FLOW.replace("step1", "step2"))
    after = told(checked(shop))
    assert links == [4]
    assert after == told(checked(shop, remembers=False))


def test_a_workflow_that_cannot_be_interpreted_costs_itself(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from steplint.link import graph

    def fails(linker: Any, found: Any) -> Any:
        if found.name == "order":
            raise RuntimeError("boom")
        return interpret(linker, found)

    interpret = graph._workflow
    monkeypatch.setattr(graph, "_workflow", fails)
    write(shop, {"shop/other.py": FLOW.replace("order", "refund")})
    report = checked(shop)
    assert report.exit_code == 70
    assert [each.where for each in report.errors] == ["workflow shop/flow.py::order"]
    assert [each.finding.workflow for each in report.findings] == ["refund", "refund"]


def test_a_file_that_was_reached_before_and_broke_is_no_finding(shop: Path) -> None:
    checked(shop)
    write(shop, {"shop/numbers.py": "def (", "shop/names.py": "def reference():\n    return 5\n"})
    assert [name for *_, name, _ in told(checked(shop))] == ["generic-step-id"]


def test_a_damaged_cache_changes_the_time_only(shop: Path) -> None:
    cold = checked(shop)
    (file,) = (shop / ".steplint_cache").glob("*.sqlite")
    file.write_bytes(b"\0" * file.stat().st_size)
    assert told(checked(shop)) == told(cold)
    assert told(checked(shop)) == told(cold)


def test_a_read_only_cache_folder_is_no_problem(shop: Path) -> None:
    folder = shop / ".steplint_cache"
    folder.mkdir()
    folder.chmod(0o500)
    try:
        assert told(checked(shop)) == told(checked(shop, remembers=False))
    finally:
        folder.chmod(0o700)


def test_a_moved_project_needs_no_new_summaries(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    checked(shop)
    there = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(shop, there)
    assert checked(there).summary.cached == 4


# What cannot be read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"import inngest\ndef broken(:\n    pass\n", "syntax error"),
        (b"# coding: ascii\nimport inngest\nname = '\xc3\xa4'\n", "not `ascii`"),
        (b"import inngest\n" + b"(" * 1_500 + b")" * 1_500 + b"\n", "brackets nest"),
        (b"import inngest\n" + b"(" * 100_000, "brackets nest"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_finding_and_the_others_are_checked(
    shop: Path, content: bytes, message: str
) -> None:
    (shop / "shop" / "other.py").write_bytes(content)
    found = told(checked(shop))
    assert [name for *_, name, _ in found] == ["body-random", "generic-step-id", "unparsable-file"]
    assert message in found[2][3]
    assert found[2][0] == "shop/other.py"


def test_a_link_that_leads_nowhere_is_a_finding(shop: Path) -> None:
    (shop / "shop" / "gone.py").symlink_to("missing.py")
    for _ in range(2):
        found = told(checked(shop))
        assert ("shop/gone.py", 1, "unparsable-file", "not analyzed: the link leads to no file") in found
        assert len(found) == 3


def test_a_file_that_mentions_no_sdk_cannot_cause_a_finding(shop: Path) -> None:
    assert "shop/unrelated.py" not in {path for path, *_ in told(checked(shop))}


def test_no_linted_module_is_imported(tmp_path: Path) -> None:
    mark = tmp_path / "imported"
    write(tmp_path, {"app.py": f"open({str(mark)!r}, 'w').close()\n" + CLIENT})
    checked(tmp_path)
    assert not mark.exists()


def test_a_crash_while_linking_is_reported_and_nothing_is_remembered(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashes(*_: object, **__: object) -> Callable[..., None]:
        def link(*_: object) -> None:
            raise RuntimeError("boom")

        return link

    with monkeypatch.context() as patched:
        patched.setattr(linking, "linker", crashes)
        report = checked(shop)
    assert report.exit_code == 70
    assert "boom" in report.errors[0].message
    assert len(told(checked(shop))) == 2


def test_a_crash_while_reading_one_file_is_reported_and_the_others_are_checked(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steplint.read import module, pool

    def fails(source: bytes) -> object:
        if b"app_id" in source:
            raise RuntimeError("boom")
        return summarize(source)

    monkeypatch.setattr(pool, "summarize", fails)
    monkeypatch.setattr(module, "summarize", fails)
    report = checked(shop)
    assert report.exit_code == 70
    assert [each.where for each in report.errors] == ["file shop/client.py"]


# Variants, requirements, pins


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements.txt", "aws-durable-execution-sdk-python==1.7.0\n", "aws1"),
        ("requirements.txt", "# aws-durable-execution-sdk-python==1.7.0\n", "aws"),
        ("requirements-dev.txt", "aws_durable_execution_sdk_python >= 1.2, < 2 ; python_version > '3'\n", "aws1"),
        ("requirements.txt", "aws-durable-execution-sdk-python>=1.2\n", "aws"),
        ("pyproject.toml", '[project]\ndependencies = ["aws-durable-execution-sdk-python[all]~=1.4"]\n', "aws1"),
        ("pyproject.toml", '[dependency-groups]\nrun = ["aws-durable-execution-sdk-python<2"]\n', "aws1"),
        ("pyproject.toml", '[tool.poetry.dependencies]\naws-durable-execution-sdk-python = "^1.4"\n', "aws1"),
        ("pyproject.toml", "not = [toml", "aws"),
        ("uv.lock", '[[package]]\nname = "aws-durable-execution-sdk-python"\nversion = "1.7.0"\n', "aws1"),
        ("poetry.lock", '[[package]]\nname = "aws-durable-execution-sdk-python"\nversion = "2.1.0"\n', "aws"),
    ],
)
def test_the_release_that_a_project_uses_decides_between_dialects(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    (tmp_path / name).write_text(text)
    active = opened(tmp_path).dialects
    assert {"aws", "aws1"} & active.keys() == {expected}


def test_a_lock_file_counts_more_than_a_requirement(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("resonate-sdk==0.4.1\n")
    assert requirements.releases(tmp_path, ["Resonate.SDK"]) == {"resonate-sdk": (0, 4, 1)}
    assert "resonate04" in opened(tmp_path).dialects
    (tmp_path / "uv.lock").write_text('name = "resonate-sdk"\nversion = "0.8.3"\n')
    assert "resonate04" not in opened(tmp_path).dialects


def test_a_lock_older_than_the_requirement_was_left_behind(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["resonate-sdk>=0.7.0,!=0.9"]\n')
    (tmp_path / "uv.lock").write_text('name = "resonate-sdk"\nversion = "0.6.7"\n')
    assert requirements.releases(tmp_path, ["resonate-sdk"]) == {}
    assert "resonate" in opened(tmp_path).dialects
    (tmp_path / "uv.lock").write_text('name = "resonate-sdk"\nversion = "0.7.0"\n')
    assert opened(tmp_path).dialects.keys() & {"resonate", "resonate04"} == {"resonate"}


def test_styles_of_one_release_are_all_active(tmp_path: Path) -> None:
    assert {"azure", "azure-v1"} <= opened(tmp_path).dialects.keys()


def test_a_list_of_dialects_is_taken_as_it_is(tmp_path: Path) -> None:
    assert opened(tmp_path, 'dialects=["aws1", "inngest"]').dialects.keys() == {"aws1", "inngest"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ('dialects=["inngst"]', "there is no dialect `inngst`"),
        ("dialect.dboss.version-pinned=true", "there is no dialect `dboss`"),
        ('lock.targets={"*" = ["dbso"]}', "there is no dialect `dbso`"),
    ],
)
def test_an_unknown_dialect_is_an_error_with_a_suggestion(tmp_path: Path, override: str, message: str) -> None:
    from steplint.config import ConfigError

    with pytest.raises(ConfigError) as error:
        _ = opened(tmp_path, override).dialects
    assert message in error.value.message
    assert "did you mean" in error.value.hint


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("DBOS(config={'name': 'a', 'application_version': '1'})", True),
        ("config = {'application_version': version}", True),
        ("DBOS(application_version='1')", True),
        ("print('application_version')", False),
    ],
)
def test_a_pinned_version_is_found_in_the_code(source: str, expected: bool) -> None:
    dialects = known(load(Path()), Cache.open(None, "")).dialects
    summary = summarize(source.encode())
    assert pins.pins([summary], dialects.values(), {})["dbos"] is expected
    assert pins.pins([summary], dialects.values(), {"dbos": DialectSettings(version_pinned=False)})["dbos"] is False


def test_variants_without_a_known_release_take_the_newest() -> None:
    dialects = known(load(Path()), Cache.open(None, "")).dialects
    assert variants.chosen(dialects, Path("/nonexistent")).keys() == dialects.keys()


# Texts and paths


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"x = 1\r\n", "x = 1\r\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'ä'\n"),
        ("#!/usr/bin/python\n# coding=utf-8\nx = 'ä'\n".encode(), "#!/usr/bin/python\n# coding=utf-8\nx = 'ä'\n"),
    ],
)
def test_a_text_goes_back_into_the_bytes_it_came_from(content: bytes, text: str) -> None:
    assert texts.decode(content) == text
    assert texts.encode(text, content) == content


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert texts.decode(b"\xff\n") == "\N{REPLACEMENT CHARACTER}\n"
    assert texts.decode(b"# coding: nonsense\nx\n") == "# coding: nonsense\nx\n"


@pytest.mark.parametrize(
    ("paths", "path", "expected"),
    [
        (["flows"], "flows/a.py", True),
        (["flows"], "flows.py", False),
        (["flows/a.py"], "flows/a.py", True),
        ([""], "anything.py", True),
        ([], "anything.py", False),
    ],
)
def test_paths_cover_what_lies_below_them(paths: list[str], path: str, expected: bool) -> None:
    assert scope.covers(paths, path) is expected


def test_a_finding_is_shown_where_any_of_its_places_is_asked_for(shop: Path) -> None:
    everything = {each.fingerprint for each in checked(shop).findings}
    deep = checked(shop, wanted=Wanted(paths=["shop/numbers.py"])).findings
    assert [each.rule.name for each in deep] == ["body-random"]
    parts = [checked(shop, wanted=Wanted(paths=[path])).findings for path in SHOP]
    assert {each.fingerprint for part in parts for each in part} == everything


def test_only_findings_on_changed_lines_are_shown(shop: Path) -> None:
    lines = {"shop/flow.py": frozenset({10})}
    assert [each.rule.name for each in checked(shop, wanted=Wanted(lines=lines)).findings] == ["generic-step-id"]


def test_timings_count_each_moment_once(shop: Path) -> None:
    found = opened(shop)
    with found.timed("outer"), found.timed("inner"):
        pass
    assert set(found.timings) == {"outer", "inner"}
    assert all(seconds >= 0 for seconds in found.timings.values())
    assert analyses.reader_digest()
