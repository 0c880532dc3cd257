"""The layers hold, a warm run imports little, and starting the command line imports a known list."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = """\
import inngest

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    await ctx.step.run("load-cart", load)
"""
HEAVY = (
    "libcst",
    "rich",
    "tomlkit",
    "multiprocessing",
    "concurrent.futures",
    "steplint.link",
    "steplint.runtime",
)
START = {
    "steplint",
    "steplint.cli",
    "steplint.cli.flags",
    "steplint.cli.group",
    "steplint.cli.main",
    "steplint.cli.nearby",
    "steplint.cli.stop",
}
"""Modules of steplint that `import steplint.cli` loads; another one needs a reason, and a line here."""


def python(code: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_import_contracts_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_importing_the_command_line_loads_a_known_list(tmp_path: Path) -> None:
    loaded = python("import sys, steplint.cli; print(*sys.modules)", tmp_path).split()
    assert {name for name in loaded if name.partition(".")[0] == "steplint"} == START
    others = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"steplint"}
    assert {name for name in others if not name.startswith("_")} <= {"click", "typing_extensions"}


def test_an_unchanged_project_is_checked_without_parser_and_linker(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    code = (
        "import sys; from steplint.cli import main; code = main(['check', '-o', 'concise']); print(code, *sys.modules)"
    )
    cold = python(code, tmp_path).split()
    assert "libcst" in cold
    warm = python(code, tmp_path).split()
    assert warm[0] == cold[0] == "0"
    assert not [name for name in warm if name in HEAVY]


def test_an_unchanged_lock_is_checked_without_parser_and_linker(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    python("from steplint.cli import main; main(['lock'])", tmp_path)
    code = "import sys; from steplint.cli import main; code = main(['lock', '--check']); print(code, *sys.modules)"
    python(code, tmp_path)
    warm = python(code, tmp_path).split()
    assert warm[0] == "0"
    assert not [name for name in warm if name in HEAVY]


def test_every_module_says_what_it_is_for() -> None:
    for path in sorted((ROOT / "steplint").rglob("*.py")):
        first = path.read_text("utf-8").lstrip()
        assert first.startswith('"""'), path
