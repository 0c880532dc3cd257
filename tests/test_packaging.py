"""What is distributed: the sdist builds the wheel, and the wheel alone has code, rules, tables, types and pages."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("build", reason="the package `build` is not installed")
pytest.importorskip("hatchling", reason="the package `hatchling` is not installed")

ROOT = Path(__file__).parents[1]


def python(cwd: Path, path: Path, *arguments: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(path), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that is built from the sdist."""
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(target.glob("*.tar.gz"))) == 1
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the content of the wheel."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_has_everything_that_a_run_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = [
        *(f"steplint/rules/{path.relative_to(ROOT / 'rules').as_posix()}" for path in _sources(ROOT / "rules")),
        *(f"steplint/{path.relative_to(ROOT / 'steplint').as_posix()}" for path in _sources(ROOT / "steplint")),
    ]
    assert [name for name in expected if name not in names] == []
    assert not [name for name in names if name.startswith(("tests", "fixtures", "rules", "examples"))]


def test_the_installed_wheel_lists_and_runs_the_rules(installed: Path, tmp_path: Path) -> None:
    code = "import steplint, steplint.cli; print(steplint.__file__); steplint.cli.main(['rule'])"
    first, *listed = python(tmp_path, installed, "-c", code).splitlines()
    assert first.startswith(str(installed))
    assert len(listed) == len(list((ROOT / "rules").glob("*.md")))
    (tmp_path / "app.py").write_text(
        "import random\nimport inngest\n\nclient = inngest.Inngest(app_id='shop')\n\n\n"
        "@client.create_function(fn_id='order', trigger=inngest.TriggerEvent(event='order/placed'))\n"
        "async def order(ctx: inngest.Context) -> None:\n"
        "    if random.random() > 0.5:\n        await ctx.step.run('charge-card', print)\n"
    )
    code = "import steplint.cli; print(steplint.cli.main(['check', '-o', 'concise']))"
    found = python(tmp_path, installed, "-c", code)
    assert "body-random SL102" in found
    assert found.splitlines()[-1] == "1"


def _sources(folder: Path) -> Sequence[Path]:
    kinds = (".py", ".toml", ".md", ".css", ".js", ".typed")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and (path.suffix in kinds or path.name == "py.typed") and "__pycache__" not in path.parts
    )
