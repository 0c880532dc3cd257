"""A release: builds equal byte for byte, metadata, the wheel in an empty environment, the oldest dependencies."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import tomli

from tests import venvs

pytest.importorskip("build", reason="the package `build` is not installed")
pytest.importorskip("hatchling", reason="the package `hatchling` is not installed")

ROOT = Path(__file__).parents[1]
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WITH_WHEELS = (3, 14)
"""The first Python for which the oldest dependencies have no wheels."""
CORE = [
    *("tests/contract", "tests/knowledge", "tests/lock", "tests/report", "tests/test_pages.py", "tests/test_config.py"),
    *("tests/test_cache.py", "tests/test_project.py", "tests/runtime/test_api.py", "tests/runtime/test_stores.py"),
]
"""Each dependency at work: parser, structs, command line, tables read and edited, terminal."""


def run(*command: str | Path, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "STEPLINT_"))}
    return subprocess.run(
        [str(each) for each in command],
        cwd=cwd,
        env={**kept, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def done(*command: str | Path, cwd: Path | None = None, **environ: str) -> str:
    process = run(*command, cwd=cwd, **environ)
    assert process.returncode == 0, f"{' '.join(map(str, command))}\n{process.stdout}{process.stderr}"
    return process.stdout


def built(source: Path, target: Path) -> dict[str, bytes]:
    """Return sdist and wheel of ``source``, each from the tree itself, by name."""
    command = (sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", target, source)
    done(*command, SOURCE_DATE_EPOCH="1735689600")
    return {each.name: each.read_bytes() for each in target.iterdir()}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return what two copies of the tree give, in folders of different names and with files of different times."""
    folder = tmp_path_factory.mktemp("release")
    left = shutil.ignore_patterns(
        ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "build", "dist", "*.egg-info"
    )
    shutil.copytree(ROOT, folder / "one", ignore=left)
    shutil.copytree(folder / "one", folder / "another")
    found = []
    for number, name in enumerate(("one", "another")):
        for path in (folder / name).rglob("*"):
            os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
        found.append(built(folder / name, folder / f"{name}-dist"))
    return found[0], found[1]


@pytest.fixture(scope="module")
def wheel(builds: tuple[dict[str, bytes], ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    (name,) = (each for each in builds[0] if each.endswith(".whl"))
    path = tmp_path_factory.mktemp("wheel") / name
    path.write_bytes(builds[0][name])
    return path


def test_two_builds_are_equal_byte_for_byte(builds: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    one, another = builds
    assert sorted(one) == [f"steplint-{PROJECT['version']}-py3-none-any.whl", f"steplint-{PROJECT['version']}.tar.gz"]
    assert {name: another.get(name) == content for name, content in one.items()} == dict.fromkeys(one, True)


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    info = f"steplint-{PROJECT['version']}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
        scripts = archive.read(f"{info}/entry_points.txt").decode()
        licence = archive.read(f"{info}/licenses/LICENSE").decode()
    assert "steplint/py.typed" in names
    assert licence.startswith("MIT License")
    assert metadata["Name"] == "steplint"
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert set(metadata.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])
    assert {"watch", "check", "lsp", "docs"} <= set(PROJECT["optional-dependencies"])
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert "steplint = steplint.cli:main" in scripts


def test_the_sdist_has_what_the_tests_read(builds: tuple[dict[str, bytes], ...], tmp_path: Path) -> None:
    (name,) = (each for each in builds[0] if each.endswith(".tar.gz"))
    (tmp_path / name).write_bytes(builds[0][name])
    with tarfile.open(tmp_path / name) as archive:
        names = {each.partition("/")[2] for each in archive.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"} <= names
    for folder in ("steplint", "rules", "tests", "fixtures", "examples", "docs"):
        assert any(each.startswith(f"{folder}/") for each in names), folder
    assert not [each for each in names if "__pycache__" in each or each.endswith((".sqlite", ".pyc"))]


def test_the_changelog_and_the_package_name_the_version() -> None:
    import steplint

    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == PROJECT["version"] == steplint.__version__
    assert len(headings) == len(set(headings))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where no package index answers: what fails afterwards is a failure of the release."""
    folder = tmp_path_factory.mktemp("index")
    asked = (sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--timeout", "10", "--retries", "1")
    if run(*asked, "--dest", folder, "click>=8.2").returncode != 0:
        pytest.skip("no package index answers")


@pytest.mark.release
@pytest.mark.usefixtures("index")
def test_the_wheel_alone_checks_the_examples(wheel: Path, tmp_path: Path) -> None:
    python = venvs.empty(tmp_path / "venv")
    venvs.install(python, [wheel])
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    steplint = python.parent / "steplint"
    assert done(steplint, "version", cwd=tmp_path).split() == ["steplint", PROJECT["version"]]
    report = json.loads(done(steplint, "check", "--exit-zero", "-o", "json", cwd=tmp_path / "examples" / "orders"))
    assert len(report["findings"]) == 5
    assert run(steplint, "check", "-q", cwd=tmp_path / "examples" / "orders").returncode == 1
    runtime = tmp_path / "examples" / "runtime"
    assert run(steplint, "check", "-q", cwd=runtime).returncode == 0
    command = ("run", "import_rows.py:import_rows", "--event", "rows.json", "--run-id", "demo", "-q")
    assert json.loads(done(steplint, *command, cwd=runtime)) == ["row-1", "row-2", "row-3"]
    # Typed for those who import it: a marker, and nothing that only a development environment has.
    done(python, "-c", "import steplint.api, steplint.testing, steplint.runtime, steplint.cli", cwd=tmp_path)


@pytest.mark.release
@pytest.mark.usefixtures("index")
@pytest.mark.skipif(sys.version_info >= WITH_WHEELS, reason="the oldest dependencies have no wheels for this Python")
def test_the_core_works_with_the_oldest_dependencies(tmp_path: Path) -> None:
    uv = venvs.uv()
    if uv is None:
        pytest.skip("uv is not installed: it alone resolves to the lowest versions")
    python = venvs.empty(tmp_path / "venv")
    lowest = tmp_path / "lowest.txt"
    resolve = (
        "pip",
        "compile",
        "--quiet",
        "--python",
        python,
        "--resolution",
        "lowest-direct",
        "--output-file",
        lowest,
    )
    done(uv, *resolve, ROOT / "pyproject.toml", cwd=tmp_path)
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)", lowest.read_text("utf-8"), re.MULTILINE))
    for each in PROJECT["dependencies"]:
        name, _, version = each.partition(">=")
        assert pinned[name].startswith(version), f"{each} resolves to {pinned[name]}"
    done(
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "-r",
        lowest,
        "pytest>=8.3",
        "hypothesis>=6.120",
        "jsonschema-rs",
        "pytest-xdist",  # of the options in pyproject.toml
    )
    tests = (python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "steplint.pytest_plugin", *CORE)
    printed = done(*tests, cwd=ROOT, PYTHONPATH=str(ROOT), PYTHONPYCACHEPREFIX=str(tmp_path / "compiled"))
    assert re.search(r"\b\d{3,} passed", printed), printed[-2000:]
