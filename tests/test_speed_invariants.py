"""What makes steplint fast changes nothing but the time: no figure here, only results that must be the same.

The figures are those of `benchmarks/speed.py`. That a warm run loads neither parser nor linker, and that an unchanged
project links nothing, is tested with the architecture and the driver; what one cache file goes through, with the cache.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from steplint.cache import Cache
from steplint.config import load
from steplint.project import linking, survey
from steplint.project.analysis import Analysis, analyze, disk, open_cache
from steplint.project.check import Checked, check
from steplint.read import pool

ROOT = Path(__file__).parents[1]
PROJECTS = [
    *(ROOT / "fixtures" / "projects").iterdir(),
    *(ROOT / "fixtures" / "dialects").iterdir(),
    *(ROOT / "fixtures" / "rules").iterdir(),
    *(ROOT / "examples").iterdir(),
]
needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".steplint_cache"))
    return target


def written(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def told(checked: Checked) -> list[tuple[Any, ...]]:
    return [(each.finding, each.rule.name, each.severity, each.fingerprint) for each in checked.report.findings]


def loaded_benchmark(name: str) -> ModuleType:
    """Return a module of `benchmarks/`, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a generated tree in which workflows of several SDKs call into chains of modules that name none."""
    root = tmp_path_factory.mktemp("generated")
    size = loaded_benchmark("synthetic").write(root, 80, seed=2)
    assert size.workflows == 3
    assert size.chained >= 5
    copied(ROOT / "examples" / "orders" / "orders", root / "orders")  # which has findings
    return root


# The prefilter


def with_prefilter(root: Path) -> Analysis:
    loaded = load(root, isolated=True)
    return Analysis(loaded, disk(loaded), Cache.open(None, ""), jobs=1)


def without_prefilter(root: Path, monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """Return the project with every file read whole, and taken for one that may hold workflows."""
    loaded = load(root, isolated=True)
    found = Analysis(loaded, disk(loaded), Cache.open(None, ""), jobs=1, whole=True)
    with monkeypatch.context() as patched:
        patched.setattr(survey, "mentions", lambda content, words: True)
        assert set(found.survey.roots) == set(found.survey.paths)
    return found


def compared(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[Any]]:
    """Return what is found with the prefilter and without: findings and workflows with their steps.

    Comments for steplint, and mistakes, in files that have nothing to do with an SDK are told only without it: what
    they say is no loss, so findings about the analysis itself are left out.
    """
    both = []
    for analysis in (with_prefilter(root), without_prefilter(root, monkeypatch)):
        found = [each for each in told(check(analysis)) if each[1] not in META]
        flows = [(each.id, each.place, [step.label for step in each.steps]) for each in analysis.graph.workflows]
        both.append([sorted(found, key=repr), sorted(flows, key=repr)])
    return both[0], both[1]


META = {"unparsable-file", "unused-suppression", "unknown-rule", "missing-reason", "stale-baseline", "nothing-found"}


@pytest.mark.parametrize("source", PROJECTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_prefilter_costs_no_finding(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, everything = compared(copied(source, tmp_path / "project"), monkeypatch)
    assert usual == everything
    assert usual[1]


def test_the_prefilter_costs_no_finding_in_a_large_tree(generated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, everything = compared(generated, monkeypatch)
    assert usual == everything
    assert len(usual[1]) >= 4


BODY = """\


@{workflow}
def order(order_id):
    if time.time() > 5:
        charge(order_id)
    return charge(order_id)
"""
CHARGE = """\


@{step}
def charge(order_id):
    return order_id
"""
ENGINE = """\
from dbos import DBOS

workflow = DBOS.workflow
step = DBOS.step


def job(name):
    return DBOS.workflow(name=name)
"""


def flow(imports: str, workflow: str, step: str) -> str:
    return f"import time\n\n{imports}\n" + CHARGE.format(step=step) + BODY.format(workflow=workflow)


WITHOUT_A_WORD = {
    "names under which a module publishes the decorators": {
        "acme/__init__.py": "",
        "acme/engine.py": ENGINE,
        "acme/orders.py": flow("from acme.engine import step, workflow", "workflow()", "step()"),
    },
    "the module that publishes them": {
        "acme/__init__.py": "",
        "acme/engine.py": ENGINE,
        "acme/orders.py": flow("from acme import engine", 'engine.workflow(name="order")', "engine.step()"),
    },
    "a function that returns the decorator": {
        "acme/__init__.py": "",
        "acme/engine.py": ENGINE,
        "acme/orders.py": flow("from acme.engine import job, step", 'job("order")', "step()"),
    },
    "names that a package passes on": {
        "acme/__init__.py": "from acme.engine import step, workflow\n",
        "acme/engine.py": ENGINE,
        "acme/orders.py": flow("import acme", "acme.workflow()", "acme.step()"),
    },
    "a client of another module": {
        "acme/__init__.py": "",
        "acme/app.py": "from hatchet_sdk import Hatchet\n\napp = Hatchet()\n",
        "acme/orders.py": (
            "import time\n\nfrom acme.app import app\n\n\n@app.durable_task()\nasync def order(input, ctx):\n"
            "    if time.time() > 5:\n        await ctx.aio_sleep_for(5)\n"
        ),
    },
    "a service of another module": {
        "acme/__init__.py": "",
        "acme/services.py": 'import restate\n\norders = restate.Service("orders")\n',
        "acme/orders.py": (
            "import time\n\nfrom acme.services import orders\n\n\n@orders.handler()\nasync def order(ctx, order_id):\n"
            '    if time.time() > 5:\n        await ctx.run("charge", print)\n'
        ),
    },
}


@pytest.mark.parametrize("name", WITHOUT_A_WORD)
def test_workflows_are_found_in_files_without_a_word_of_an_sdk(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, everything = compared(written(tmp_path, WITHOUT_A_WORD[name]), monkeypatch)
    assert [(each[0].place.path, each[1]) for each in everything[0]] == [("acme/orders.py", "body-time")]
    assert usual == everything


# Processes


MANY = """\
import sys

from steplint.cli import main
from steplint.read import pool, processes

if __name__ == "__main__":
    pool._WORTH_A_POOL = pool._CHUNK = 0.0
    started = []

    class Counted(processes.ProcessPoolExecutor):
        def __init__(self, *given, **named):
            started.append(given[0])
            super().__init__(*given, **named)

    processes.ProcessPoolExecutor = Counted
    code = main(sys.argv[1:])
    print(len(started), file=sys.stderr)
    sys.exit(code)
"""


def steplint(root: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "steplint", *arguments],
        cwd=root,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_process_and_several_print_the_same_bytes_under_any_hash_seed(generated: Path, tmp_path: Path) -> None:
    program = tmp_path / "many.py"
    program.write_text(MANY)
    printed, started = [], []
    for jobs, seed in (("1", "1"), ("3", "2")):
        done = subprocess.run(
            [
                sys.executable,
                program,
                "--no-cache",
                "-j",
                jobs,
                "check",
                "--exit-zero",
                "--select",
                "ALL",
                "-o",
                "json",
            ],
            cwd=generated,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed.append(untimed(done.stdout))
        started.append(int(done.stderr.split()[-1]))
    assert started[0] == 0
    assert started[1] > 0
    assert printed[0] == printed[1]
    assert len(json.loads(printed[0])["findings"]) >= 2


def untimed(report: str) -> str:
    """Return what is printed as JSON without how long it took and how much was remembered."""
    found = json.loads(report)
    for name in ("seconds", "cached"):
        found["summary"].pop(name, None)
    return json.dumps(found)


# The cache


SHOP = {
    "shop/__init__.py": "",
    "shop/names.py": "import random\n\n\ndef reference():\n    return random.randint(0, 9)\n",
    "shop/flow.py": """\
import inngest

from shop.names import reference

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    if reference() > 4:
        await ctx.step.run("charge", print)
""",
    "steplint.toml": "",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a git repository with one finding."""
    root = written(tmp_path / "shop", SHOP)
    git(root, "init", "-q")
    committed(root)
    return root


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def committed(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "state")


def remembered(root: Path, folder: Path | None = None) -> tuple[list[tuple[Any, ...]], int]:
    """Return what a run with a cache says, and how many files it did not parse."""
    loaded = load(root)
    with open_cache(loaded, folder) as cache:
        checked = check(analyze(loaded, cache=cache, jobs=1))
        assert cache.trouble == ""
    return told(checked), checked.report.summary.cached


def never(*_: object, **__: object) -> None:
    raise AssertionError("nothing should be read or linked")


def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "linker", never)
    monkeypatch.setattr(pool, "read_many", never)


def test_a_fresh_checkout_with_a_restored_cache_reads_and_links_nothing(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold, _ = remembered(shop)
    assert [name for _, name, *_ in cold] == ["body-random"]
    there = tmp_path / "another place" / "checkout"
    subprocess.run(["git", "clone", "-q", str(shop), str(there)], check=True, capture_output=True)
    restored = there / ".steplint_cache"
    restored.mkdir()
    for each in (shop / ".steplint_cache").iterdir():  # as a CI service does it: content, and nothing else
        (restored / each.name).write_bytes(each.read_bytes())
    for number, path in enumerate(sorted(there.rglob("*.py"))):
        os.utime(path, (1e9 + number, 1e9 + number))
    nothing_runs(monkeypatch)
    assert remembered(there) == (cold, 2)


def test_going_to_another_branch_and_back_parses_nothing(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, _ = remembered(shop)
    git(shop, "checkout", "-q", "-b", "other")
    (shop / "shop" / "names.py").write_text("def reference():\n    return 5\n")
    committed(shop)
    there, _ = remembered(shop)
    assert there == []
    monkeypatch.setattr(pool, "read_many", never)
    for branch, expected in (("-", here), ("other", there), ("-", here)):
        git(shop, "checkout", "-q", branch)
        assert remembered(shop)[0] == expected


def test_branches_with_a_checkout_each_share_a_cache(shop: Path, tmp_path: Path) -> None:
    other, folder = tmp_path / "other", tmp_path / "cache"
    git(shop, "worktree", "add", "-q", str(other), "-b", "other")
    (other / "shop" / "names.py").write_text("def reference():\n    return 5\n")
    for _ in range(2):
        assert [name for _, name, *_ in remembered(shop, folder)[0]] == ["body-random"]
        assert remembered(other, folder)[0] == []


def test_several_runs_at_once_on_one_project_say_the_same(shop: Path) -> None:
    alone = steplint(shop, "--no-cache", "check", "-o", "concise", "-q").stdout
    command = [sys.executable, "-m", "steplint", "-v", "check", "-o", "concise"]
    started = [
        subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in started:
        said, notes = process.communicate(timeout=120)
        assert process.returncode == 1
        assert said == alone
        assert "cache" not in notes.replace("from cache", "")
    warm = steplint(shop, "check", "-o", "concise")
    assert (warm.stdout, warm.returncode) == (alone, 1)
    assert "2 from cache" in warm.stderr


@needs_kill
def test_runs_that_are_killed_at_any_moment_change_no_later_result(shop: Path) -> None:
    alone = steplint(shop, "--no-cache", "check", "-o", "concise", "-q")
    start = time.perf_counter()
    steplint(shop, "--no-cache", "check", "-q")
    whole = time.perf_counter() - start
    chance = random.Random(8)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-m", "steplint", "check", "-q"],
            cwd=shop,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                process.wait(whole * chance.uniform(0.5, 1.0))
            except subprocess.TimeoutExpired:
                process.kill()
    done = steplint(shop, "-v", "check", "-o", "concise")
    assert (done.stdout, done.returncode) == (alone.stdout, 1)
    assert "cache is not used" not in done.stderr


@needs_kill
def test_a_run_that_is_killed_while_it_writes_leaves_what_was_there(shop: Path) -> None:
    known, _ = remembered(shop)
    program = """
import os, signal
from steplint.cache import entries
from steplint.cli import main

def torn(base, rows):
    base.execute("pragma cache_size = 1")  # so that pages reach the file before the transaction ends
    base.execute("begin immediate")
    base.executemany("insert or replace into entries (key, value, used) values (?, ?, ?)", rows)
    os.kill(os.getpid(), signal.SIGKILL)

entries._insert = torn
main(["check", "-q"])
"""
    flow_file = shop / "shop" / "flow.py"
    text = flow_file.read_text()
    flow_file.write_text(text.replace('"charge"', '"charge-card"'))
    done = subprocess.run([sys.executable, "-c", program], cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    flow_file.write_text(text)
    assert remembered(shop) == (known, 2)


def database(shop: Path) -> Path:
    (file,) = (shop / ".steplint_cache").glob("*.sqlite")
    return file


def corrupted(file: Path) -> None:
    file.write_bytes(random.Random(1).randbytes(20_000))


def newer(file: Path) -> None:
    base = sqlite3.connect(file)
    base.execute("pragma user_version = 99")
    base.commit()
    base.close()


@pytest.mark.parametrize("damage", [corrupted, newer])
def test_a_cache_that_cannot_be_read_is_left_aside_and_verbose_runs_say_so(
    damage: Callable[[Path], None], shop: Path
) -> None:
    first = steplint(shop, "check", "-o", "concise")
    damage(database(shop))
    done = steplint(shop, "-v", "check", "-o", "concise")
    assert (done.stdout, done.returncode) == (first.stdout, 1)
    assert "cache" in done.stderr.partition("Found")[0]


@pytest.mark.parametrize("damage", [corrupted, newer])
def test_after_a_cache_that_cannot_be_read_the_next_run_remembers_again(
    damage: Callable[[Path], None], shop: Path
) -> None:
    known, _ = remembered(shop)
    damage(database(shop))
    assert remembered(shop)[0] == known
    assert remembered(shop) == (known, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is one of POSIX")
def test_a_full_disk_costs_the_memory_and_verbose_runs_say_so(shop: Path) -> None:
    alone = steplint(shop, "--no-cache", "check", "-o", "concise", "-q").stdout
    program = (
        "import resource, sys; from steplint.cli import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
        "sys.exit(main(['-v', 'check', '-o', 'concise']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=shop, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (alone, 1)
    assert "the cache is not used: " in done.stderr
    assert remembered(shop)[0] != []


def test_a_cache_in_a_folder_that_may_only_be_read_answers_and_stays(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, _ = remembered(shop)
    before = database(shop).read_bytes()
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere, so the answer is changed
    nothing_runs(monkeypatch)
    assert remembered(shop) == (known, 2)
    assert database(shop).read_bytes() == before
