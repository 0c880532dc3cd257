"""Rules and dialects of a user's own: from an empty folder to a finding, and every mistake on the way."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from steplint import testing
from steplint.check.page import PackError
from steplint.testing import __main__ as examples

FLOW = """\
import inngest

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    await ctx.step.run("todo-charge", print)
"""
ACME = """\
import acme_flows


@acme_flows.workflow(name="order")
def order(ctx: acme_flows.Context) -> None:
    ctx.step("charge-card", print)
    ctx.step("charge-card", print)
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def steplint(root: Path, *arguments: str, module: str = "steplint") -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")


def finish(root: Path, path: str) -> None:
    """Write the condition that the tutorial asks for."""
    text = (root / path).read_text("utf-8")
    assert 'step.id == "todo-"' in text
    (root / path).write_text(text.replace('step.id == "todo-"', '(step.id or "").startswith("todo-")'), "utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "flow.py", FLOW)
    write(tmp_path, "steplint.toml", 'rule-packs = ["ci/step_rules"]\n[lint]\nselect = ["project"]\n')
    return tmp_path


def test_a_rule_needs_two_new_files_and_no_change_of_another(root: Path) -> None:
    before = digests(root)
    new = steplint(root, "new", "rule", "wip-step")
    assert new.code == 0, new.err
    assert steplint(root, "check", "--no-cache").code == 0
    failing = steplint(root, "ci/step_rules/wip_step.md", module="steplint.testing")
    assert failing.code == 1
    assert "wip_step.md:28: expected `wip-step` here, found nothing" in failing.out
    finish(root, "ci/step_rules/wip_step.py")
    assert steplint(root, "ci/step_rules", module="steplint.testing").code == 0
    found = steplint(root, "check", "--no-cache", "-o", "concise")
    assert found.code == 1
    assert "flow.py:8:24: warning[wip-step SL900] step `todo-charge` is not finished" in found.out
    assert steplint(root, "rule", "wip-step").out.startswith("# wip-step")
    assert {path: digest for path, digest in digests(root).items() if path in before} == before
    second = steplint(root, "new", "rule", "other-step")
    assert "other_step.md" in second.err
    assert 'code = "SL901"' in (root / "ci/step_rules/other_step.md").read_text("utf-8")
    assert steplint(root, "check", "--no-cache").code == 1


def test_the_finding_can_be_ignored_and_selected_like_any_other(root: Path) -> None:
    assert steplint(root, "new", "rule", "wip-step").code == 0
    finish(root, "ci/step_rules/wip_step.py")
    write(root, "flow.py", FLOW.replace(", print)\n", ", print)  # steplint: ignore[wip-step] -- ships on Monday\n"))
    assert steplint(root, "check", "--no-cache").code == 0
    write(root, "flow.py", FLOW)
    assert steplint(root, "check", "--no-cache", "--ignore", "SL900").code == 0
    assert steplint(root, "check", "--isolated").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('no network')\n", "wip_step.py:1: `RuntimeError: no network` is raised when"),
        ("\n\nimport not_installed\n", "wip_step.py:3: `ModuleNotFoundError: No module named 'not_installed'`"),
        ("def check(:\n", "wip_step.py:1: `SyntaxError: "),
        ("import sys\n\nsys.exit(0)\n", "wip_step.py:3: `SystemExit: 0` is raised when"),
        ("def check(graph):\n    yield\n", "wip_step.py:1: expected a generator function `check(project: Project)"),
        ("CHECK = None\n", "wip_step.py:1: expected a function `check(project: Project)"),
    ],
)
def test_a_check_that_cannot_be_used_is_exit_2_with_file_and_line(root: Path, text: str, said: str) -> None:
    assert steplint(root, "new", "rule", "wip-step").code == 0
    write(root, "ci/step_rules/wip_step.py", text)
    ran = steplint(root, "check", "--no-cache")
    assert ran.code == 2
    assert said in ran.err, ran.err
    assert "Traceback" not in ran.err


def test_a_check_that_raises_on_a_project_costs_itself(root: Path) -> None:
    assert steplint(root, "new", "rule", "wip-step").code == 0
    write(root, "ci/step_rules/wip_step.py", "def check(project):\n    yield 1 / 0\n")
    write(root, "steplint.toml", 'rule-packs = ["ci/step_rules"]\n[lint]\nextend-select = ["project"]\n')
    ran = steplint(root, "check", "--no-cache", "-o", "concise")
    assert ran.code == 70
    assert "ZeroDivisionError" in ran.err + ran.out


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("ci/step_rules/alone.py", "def check(project):\n    yield\n", "alone.py:1: this check has no page"),
        ("ci/step_rules/alone.md", "# alone\n", "alone.md:2: expected a fenced `toml` block"),
        ("ci/step_rules/alone.md", "# other\n", "alone.md:1: expected the title `# alone`"),
    ],
)
def test_a_pack_with_a_part_missing_is_exit_2(root: Path, path: str, text: str, said: str) -> None:
    write(root, path, text)
    ran = steplint(root, "check", "--no-cache")
    assert ran.code == 2
    assert said in ran.err, ran.err


def test_two_packs_with_one_code_are_exit_2(root: Path) -> None:
    assert steplint(root, "new", "rule", "wip-step").code == 0
    assert steplint(root, "new", "rule", "late-step", "--pack", "more").code == 0
    page = (root / "more/late_step.md").read_text("utf-8").replace("SL901", "SL900")
    write(root, "more/late_step.md", page)
    write(root, "steplint.toml", 'rule-packs = ["ci/step_rules", "more"]\n')
    ran = steplint(root, "check", "--no-cache")
    assert ran.code == 2
    assert "`SL900` is already taken by" in ran.err


def test_a_pack_that_is_not_there_is_exit_2(root: Path) -> None:
    ran = steplint(root, "check", "--no-cache")
    assert ran.code == 2
    assert "no such folder" in ran.err


def test_a_dialect_needs_one_new_table_and_its_example_fails_first(tmp_path: Path) -> None:
    write(tmp_path, "flow.py", ACME)
    write(tmp_path, "steplint.toml", 'dialects = ["step_dialects/acme-flows.toml"]\n[lint]\nselect = ["ALL"]\n')
    assert steplint(tmp_path, "new", "dialect", "acme-flows").code == 0
    failing = steplint(tmp_path, "step_dialects/acme-flows.toml", module="steplint.testing")
    assert failing.code == 1
    assert "expected step `approval` once, found none" in failing.out
    table = tmp_path / "step_dialects/acme-flows.toml"
    step = '  { kind = "sleep", method'
    more = '  { kind = "wait", method = "wait", id = [0, "name"] },\n'
    table.write_text(table.read_text("utf-8").replace(step, more + step), "utf-8")
    passing = steplint(tmp_path, "step_dialects/acme-flows.toml", module="steplint.testing")
    assert (passing.code, passing.out) == (0, "step_dialects/acme-flows.toml: as marked\n")
    found = steplint(tmp_path, "check", "flow.py", "--no-cache", "-o", "concise")
    assert "duplicate-step-id" in found.out
    graph = steplint(tmp_path, "graph", "order", "--no-cache")
    assert "charge-card" in graph.out


def test_a_dialect_that_claims_the_calls_of_another_is_exit_2(tmp_path: Path) -> None:
    write(tmp_path, "flow.py", FLOW)
    write(
        tmp_path,
        "mine.toml",
        'name = "mine"\nfamily = "keyed"\nwords = ["inngest"]\npackages = ["inngest"]\nverified-with = ["mine 1"]\n'
        'workflow = [{ decorator = "inngest.Inngest.create_function", id = ["fn_id"] }]\n',
    )
    write(tmp_path, "steplint.toml", 'dialects = ["./mine.toml"]\n')
    ran = steplint(tmp_path, "check", "--no-cache")
    assert ran.code == 2
    assert "mine.toml:6" in ran.err
    assert "`inngest.Inngest.create_function` is claimed by the dialects `inngest` and `mine`" in ran.err
    assert "hint:" in ran.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bodi = [1]", "unknown key `bodi`"),
        ('family = "keyd"', "keyd"),
        ("step = [{ kind = 1 }]", "mine.toml:"),
    ],
)
def test_a_table_with_a_mistake_is_exit_2_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    write(tmp_path, "flow.py", FLOW)
    family = "" if line.startswith("family") else 'family = "keyed"\n'
    write(
        tmp_path,
        "mine.toml",
        f'name = "mine"\n{family}words = ["m"]\npackages = ["m"]\nverified-with = ["m 1"]\n{line}\n',
    )
    write(tmp_path, "steplint.toml", 'dialects = ["./mine.toml"]\n')
    ran = steplint(tmp_path, "check", "--no-cache")
    assert ran.code == 2
    assert said in ran.err, ran.err


def test_examples_that_say_too_little_are_named(tmp_path: Path) -> None:
    assert steplint(tmp_path, "new", "rule", "wip-step").code == 0
    finish(tmp_path, "step_rules/wip_step.py")
    page = tmp_path / "step_rules/wip_step.md"
    text = page.read_text("utf-8")
    page.write_text(text.replace("  # error", ""), "utf-8")
    with pytest.raises(PackError, match="expected at least one failing"):
        testing.run_pack(tmp_path / "step_rules")
    page.write_text(text.replace('"charge-card", print)', '"todo-ship", print)'), "utf-8")
    with pytest.raises(AssertionError, match=r"wip_step.md:41: `wip-step` here is not marked with `# error`"):
        testing.run_pack(tmp_path / "step_rules", "wip-step")
    testing.run_pack(tmp_path / "step_rules", "another-rule")


def test_the_command_of_examples_says_what_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert examples.main([]) == 2
    assert examples.main([str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err


def digests(root: Path) -> dict[str, str]:
    """Return the digest of every file."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".steplint_cache" not in path.parts
    }
