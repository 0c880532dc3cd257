"""The hooks under pre-commit itself: the manifest is valid, deletions are seen, findings stop a commit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="pre-commit is not installed")
pytest.importorskip("pre_commit", reason="pre-commit is not installed")

HOOKS = Path(__file__).parents[1] / ".pre-commit-hooks.yaml"
FLOW = """\
import inngest

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="{name}", trigger=inngest.TriggerEvent(event="order/placed"))
async def {name}(ctx: inngest.Context) -> None:
    await ctx.step.run("load-cart", print)
"""


def command(root: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    environ["PRE_COMMIT_HOME"] = str(root.parent / "pre-commit-home")
    done = subprocess.run(arguments, cwd=root, env=environ, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def pre_commit(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command(root, sys.executable, "-m", "pre_commit", *arguments, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a committed project whose hooks are those that the repository publishes, run from this environment."""
    root = tmp_path / "project"
    root.mkdir()
    command(root, "git", "init", "--quiet", "--initial-branch=main")
    command(root, "git", "config", "user.name", "t")
    command(root, "git", "config", "user.email", "t@example.org")
    published = yaml.safe_load(HOOKS.read_text("utf-8"))
    hooks = [{**hook, "language": "system", "entry": f"{sys.executable} -m {hook['entry']}"} for hook in published]
    for hook in hooks:
        hook.pop("minimum_pre_commit_version", None)
    wanted = [hook for hook in hooks if hook["id"] in ("steplint", "steplint-lock")]
    (root / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": wanted}]}))
    write(root, {"order.py": FLOW.format(name="order"), "refund.py": FLOW.format(name="refund")})
    command(root, sys.executable, "-m", "steplint", "lock")
    command(root, "git", "add", "--all")
    command(root, "git", "commit", "--quiet", "--message=first")
    return root


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).write_text(text)


def test_the_published_hooks_are_valid(tmp_path: Path) -> None:
    done = pre_commit(tmp_path, "validate-manifest", str(HOOKS))
    assert done.returncode == 0, done.stdout


def test_a_clean_project_passes(project: Path) -> None:
    done = pre_commit(project, "run", "--all-files")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 2


def test_a_deleted_workflow_fails_the_lock_hook(project: Path) -> None:
    command(project, "git", "rm", "--quiet", "refund.py")
    done = pre_commit(project, "run")
    assert done.returncode == 1
    assert "renamed-workflow SL306" in done.stdout
    assert "Skipped" in done.stdout  # the hook on files has none to look at


def test_a_finding_stops_a_commit_and_is_shown_once(project: Path) -> None:
    flow = FLOW.format(name="order").replace(
        "    await", "    import random\n    if random.random() > 0.5:\n        await"
    )
    write(project, {"order.py": flow})
    command(project, "git", "add", "order.py")
    done = pre_commit(project, "run")
    assert done.returncode == 1
    assert done.stdout.count("body-random SL102") == 1


def test_a_renamed_step_is_reported_by_the_lock_hook_only(project: Path) -> None:
    write(project, {"order.py": FLOW.format(name="order").replace("load-cart", "fetch-cart")})
    command(project, "git", "add", "order.py")
    done = pre_commit(project, "run")
    assert done.returncode == 1
    assert done.stdout.count("renamed-step SL301") == 1
