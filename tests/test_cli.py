"""The command line: exit codes, channels, paths, outputs, what is written, and how mistakes are answered."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jsonschema_rs
import pytest

from steplint import __version__
from steplint.cli import main, terminal
from steplint.cli.progress import Lines, Progress
from steplint.project import schemas
from steplint.report import formats

APP = """\
import random

import inngest

from shop.dice import roll

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    if roll() > 4:
        await ctx.step.run("step1", print)
    await ctx.step.run("load-cart", print)
"""
DICE = """\
import random


def roll():
    return random.randint(1, 6)
"""
CLEAN = APP.replace("if roll() > 4:\n        await", "await").replace("step1", "print-receipt")
CRASHING_PAGE = """\
# always-crashing

```toml
code = "SL901"
severity = "error"
since = "next"
default = true
```

Crashes.
"""
CRASHING = """\
from steplint.api import Project


def check(project: Project):
    raise RuntimeError("boom")
    yield
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command in an empty folder, without what the environment of the tests sets."""
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "PRE_COMMIT", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith(("STEPLINT_", "GITHUB_STEP"))]:
        monkeypatch.delenv(name)
    # However busy the machine is.
    monkeypatch.setattr("steplint.cli.session.Lines", partial(Lines, first=3_600.0))

    def command(*arguments: str) -> Ran:
        code = main(arguments)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write(tmp_path, {"shop/__init__.py": "", "shop/app.py": APP, "shop/dice.py": DICE})
    return tmp_path


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def committed(root: Path) -> None:
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=first")


def concise(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line]


# Exit codes


def test_findings_give_1_and_a_clean_project_0(run: Run, shop: Path) -> None:
    ran = run("check")
    assert ran.code == 1
    assert "body-random SL102" in ran.out
    assert "Found 1 error, 1 warning in 1 workflow (2 steps, 2 files)" in ran.err
    write(shop, {"shop/app.py": CLEAN})
    clean = run("check")
    assert (clean.code, clean.out) == (0, "")
    assert clean.err.startswith("Found 0 errors, 0 warnings in 1 workflow (2 steps, 1 file) in ")


def test_fail_on_decides_which_severity_fails(run: Run, shop: Path) -> None:
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "step1")})
    assert run("check").code == 1
    assert run("check", "--fail-on", "error").code == 0
    assert run("check", "--fail-on=info").code == 1
    assert run("--config", 'lint.fail-on="error"', "check").code == 0


def test_exit_zero_forgives_findings(run: Run, shop: Path) -> None:
    ran = run("check", "--exit-zero")
    assert ran.code == 0
    assert "body-random" in ran.out


@pytest.mark.parametrize("name", formats.names())
def test_the_exit_code_is_the_same_for_every_format(run: Run, shop: Path, name: str) -> None:
    assert run("check", "-o", name).code == 1
    assert run("check", "-o", f"{name}=out.txt", "-o", "concise").code == 1
    write(shop, {"shop/app.py": CLEAN})
    assert run("check", "-o", name).code == 0


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["chek"], "there is no command `chek`", "did you mean `check`?"),
        (["check", "--selct", "x"], "there is no option `--selct`", "did you mean `--select`?"),
        (["check", "--select", "body-tme"], "--select: no rule or group `body-tme`", "did you mean `body-time`?"),
        (["check", "--ignore", "SL999"], "--ignore: no rule or group `SL999`", ""),
        (["check", "-o", "jsn"], "no output format `jsn`", "did you mean `json`?"),
        (["check", "-o", "json", "-o", "full"], "`json` and `full` cannot both go to stdout", "`-o full=PATH`"),
        (["check", "--fail-on", "warnings"], "invalid value for `--fail-on`", "steplint check --help"),
        (["check", "-j", "many"], "invalid value for `-j` / `--jobs`", "steplint check --help"),
        (["check", "missing.py"], "`missing.py` does not exist", "current folder"),
        (["check", "/"], "`/` is outside of the project", "-C"),
        (["-C", "missing", "check"], "-C missing: no such file or directory", ""),
        (["check", "--fix", "--add-ignore"], "`--fix` and `--add-ignore` exclude each other", ""),
        (["--config", "lint.slect=[]", "check"], "unknown key `lint.slect`", "did you mean `lint.select`?"),
        (["--config", "missing.toml", "check"], "`missing.toml` does not exist", ""),
        (["check", "--config", 'lint.fail-on="eror"'], "`lint.fail-on` must be", "did you mean `error`?"),
        (["rule", "body-tim"], "there is no rule `body-tim`", "did you mean `body-time`?"),
        (["schema", "reprt"], "no schema `reprt`", "did you mean `report`?"),
        (["config", "lint.selct"], "there is no option `lint.selct`", "did you mean `lint.select`?"),
        (["graph", "--format", "mermad"], "no output format `mermad`", ""),
        (["graph", "oder"], "there is no workflow `oder`", "did you mean `order`?"),
        (["manifest", "-o", "yaml=x"], "no format `yaml` of a manifest", ""),
        (["lock", "renam"], "there is no command `lock renam`", "did you mean `rename`?"),
        (["lock", "rename", "order", "a"], "expected WORKFLOW OLD NEW, got 2", "quotes"),
        (["lock", "remove", "order", "a", "--why", "x"], "there is no steplint.lock yet", "steplint lock"),
        (["diff", "--against", "main"], "this is no git repository", ""),
        (["completion", "tcsh"], "`tcsh` is not one of", ""),
    ],
)
def test_a_wrong_call_gives_2_and_says_what_was_meant(
    run: Run, shop: Path, arguments: list[str], message: str, hint: str
) -> None:
    ran = run(*arguments)
    assert ran.code == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert message in ran.err.splitlines()[0]
    assert hint in ran.err


def test_a_mistake_in_a_configuration_file_is_named_with_its_line(run: Run, shop: Path) -> None:
    (shop / "steplint.toml").write_text('exclude = []\n\n[lint]\nselect = ["default", "bdy-time"]\n')
    ran = run("check")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: steplint.toml:4: no rule or group `bdy-time`\nhint: did you mean `body-time`?\n"


def test_a_mistake_in_an_option_of_a_rule_is_named_with_its_line(run: Run, shop: Path) -> None:
    (shop / "steplint.toml").write_text("[lint.rules.step-too-granular]\nmin-stps = 3\n")
    ran = run("check")
    assert ran.code == 2
    assert ran.err.startswith("error: steplint.toml:2: unknown key `lint.rules.step-too-granular.min-stps`")
    assert "did you mean `min-steps`?" in ran.err


def test_a_lock_with_conflict_markers_gives_2_and_names_the_command(run: Run, shop: Path) -> None:
    (shop / "steplint.lock").write_text("version = 1\n<<<<<<< ours\n=======\n>>>>>>> theirs\n")
    for verb in (["check"], ["lock"], ["lock", "--check"], ["manifest"]):
        ran = run(*verb)
        assert ran.code == 2
        assert "steplint lock --resolve" in ran.err


def test_paths_without_any_file_of_the_project_give_3(run: Run, tmp_path: Path) -> None:
    ran = run("check", ".")
    assert (ran.code, ran.out) == (3, "")
    assert "no Python file of the project lies in the paths given" in ran.err
    write(tmp_path, {"notes.txt": ""})
    assert run("check", "notes.txt").code == 3
    assert run("check", "notes.txt", "--exit-zero").code == 3


def test_a_project_without_workflows_passes(run: Run, tmp_path: Path) -> None:
    assert run("check").code == 0
    write(tmp_path, {"plain.py": "x = 1\n"})
    assert run("check", "plain.py").code == 0
    assert run("lock", "--check").code == 0


def test_required_workflows_that_are_not_there_give_3(run: Run, tmp_path: Path) -> None:
    write(tmp_path, {"plain.py": "x = 1\n"})
    ran = run("--config", "require-workflows=true", "check")
    assert ran.code == 3
    assert "no workflow found in 1 file, and `require-workflows` is set" in ran.err


def test_a_lock_without_any_workflow_in_the_code_gives_3(run: Run, shop: Path) -> None:
    assert run("lock").code == 0
    write(shop, {"shop/app.py": "import inngest\n"})
    for verb in ("check", "diff --against .", "lock --check"):
        ran = run(*verb.split())
        assert ran.code == 3, verb
        assert "steplint.lock lists 1" in ran.err
        assert "steplint graph --all" in ran.err


def test_a_crash_in_a_rule_gives_70_and_prints_everything_else(run: Run, shop: Path) -> None:
    write(shop, {"ci/always_crashing.md": CRASHING_PAGE, "ci/always_crashing.py": CRASHING})
    for _ in range(2):
        ran = run("--config", 'rule-packs=["ci"]', "check")
        assert ran.code == 70
        assert "body-random SL102" in ran.out
        assert "rule always-crashing" in ran.err
        assert "boom" in ran.err
    document = json.loads(run("--config", 'rule-packs=["ci"]', "check", "-o", "json", "--exit-zero").out)
    assert document["exit_code"] == 70
    assert document["errors"][0]["where"] == "rule always-crashing"
    assert len(document["findings"]) == 2


def test_a_mistake_of_steplint_itself_gives_70(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from steplint.cli import checking

    def crashes(*_: object, **__: object) -> int:
        raise RuntimeError("boom")

    monkeypatch.setattr(checking, "run", crashes)
    ran = run("check")
    assert ran.code == 70
    assert "error: internal error: RuntimeError: boom" in ran.err


def test_an_interrupt_gives_130_and_says_nothing(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from steplint.cli import checking

    def interrupted(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(checking, "run", interrupted)
    assert run("check") == (130, "", "")


def test_a_closed_pipe_gives_141_and_says_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "steplint", "rule", "--all"]
    done = subprocess.run(command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# Channels, color, progress


def test_findings_go_to_stdout_and_the_summary_to_stderr(run: Run, shop: Path) -> None:
    ran = run("check", "-o", "concise")
    assert [line.split(":")[0] for line in concise(ran.out)] == ["shop/app.py", "shop/app.py"]
    assert ran.err.startswith("Found 1 error, 1 warning")


def test_quiet_leaves_the_findings_and_twice_quiet_nothing(run: Run, shop: Path) -> None:
    full = run("check", "-o", "concise")
    assert run("check", "-o", "concise", "-q") == (1, full.out, "")
    assert run("-qq", "check") == (1, "", "")


def test_verbose_lists_what_was_not_followed(run: Run, shop: Path) -> None:
    write(shop, {"shop/app.py": APP.replace('"load-cart"', "name()")})
    assert "not followed: " in run("-v", "check").err


@pytest.mark.parametrize(
    ("flag", "environ", "is_tty", "expected"),
    [
        ("auto", {}, False, False),
        ("auto", {}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "", "FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"GITHUB_ACTIONS": "true"}, False, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_the_flag_decides_about_color_then_no_color_then_what_forces_it(
    flag: str, environ: dict[str, str], is_tty: bool, expected: bool
) -> None:
    assert terminal.colored(flag, environ, is_tty) is expected


def test_a_pipe_gets_no_escape_byte_unless_asked(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in "".join(map(str, run("check")))
    assert "\x1b" in run("check", "--color", "always").out
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in "".join(map(str, run("check")))


def test_a_file_gets_no_color_even_if_the_terminal_does(run: Run, shop: Path) -> None:
    run("check", "--color=always", "-o", "full=out.txt")
    assert "\x1b" not in (shop / "out.txt").read_text()


class Screen:
    """A terminal that remembers what was written."""

    encoding = "utf-8"

    def __init__(self, is_tty: bool = True) -> None:
        self.text, self._is_tty = "", is_tty

    def isatty(self) -> bool:
        return self._is_tty

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def test_progress_appears_after_a_second_and_is_gone_at_the_end() -> None:
    screen, now = Screen(), [0.0]
    with Progress(screen, live=True, clock=lambda: now[0]) as progress:  # type: ignore[arg-type]
        progress("read", 1, 10)
        assert screen.text == ""
        now[0] = 1.2
        progress("read", 5, 10)
    assert "read" in screen.text
    assert "5/10" in screen.text
    # The lines of the bars are erased and the cursor is back.
    assert "\x1b[2K" in screen.text[screen.text.rindex("5/10") :]
    assert "\x1b[?25h" in screen.text


def test_a_log_hears_of_long_work_in_one_line() -> None:
    log = io.StringIO()
    with Lines(log, keeps=True, first=0.2, then=60.0) as progress:
        progress("read", 1_240, 2_370)
        _wait_for(lambda: bool(log.getvalue()))
        progress("link", 1, 2)
    assert log.getvalue() == "still reading: 1,240 of 2,370 (a later run reads only what changed)\n"


def test_a_log_hears_again_of_what_goes_on_and_nothing_of_what_is_short() -> None:
    log = io.StringIO()
    with Lines(log, keeps=False, first=0.0, then=0.01):
        _wait_for(lambda: log.getvalue().count("\n") > 2)
    assert set(log.getvalue().splitlines()) == {"still at work"}
    short = io.StringIO()
    with Lines(short, keeps=True) as progress:
        progress("read", 1, 2)
    assert short.getvalue() == ""


def test_only_a_run_without_terminal_and_hook_that_may_speak_writes_such_lines(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steplint.cli.session.Lines", partial(Lines, first=0.0))
    assert "still " in run("check").err
    assert "still " not in run("check", "--no-progress").err
    assert run("check", "-q").err == ""
    monkeypatch.setenv("PRE_COMMIT", "1")
    assert "still " not in run("check").err


@pytest.mark.parametrize(
    ("environ", "is_tty", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"CI": "1"}, True, False),
        ({"PRE_COMMIT": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_progress_is_for_terminals_outside_of_ci_and_hooks(
    environ: dict[str, str], is_tty: bool, expected: bool
) -> None:
    assert terminal.live(Screen(is_tty), environ) is expected  # type: ignore[arg-type]


def test_columns_decide_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(is_tty=False)
    assert terminal.terminal(screen, "auto", {"COLUMNS": "77"}).width == 77  # type: ignore[arg-type]
    assert terminal.terminal(screen, "auto", {}).width == 100  # type: ignore[arg-type]


def test_an_encoding_that_is_not_unicode_gets_ascii_frames(shop: Path) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "60"}
    command = [sys.executable, "-m", "steplint", "check", "--no-cache"]
    done = subprocess.run(command, cwd=shop, env=environ, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.isascii()


# Outputs


def test_one_run_writes_several_outputs(run: Run, shop: Path) -> None:
    ran = run("check", "-o", "github", "-o", "json=out/report.json", "-o", "sarif=out.sarif")
    assert ran.code == 2
    assert "cannot be written" in ran.err
    (shop / "out").mkdir()
    ran = run("check", "-o", "github", "-o", "json=out/report.json", "-o", "sarif=out.sarif")
    assert ran.code == 1
    assert ran.out.startswith("::")
    assert len(json.loads((shop / "out" / "report.json").read_text())["findings"]) == 2
    assert json.loads((shop / "out.sarif").read_text())["version"] == "2.1.0"
    assert sorted(path.name for path in (shop / "out").iterdir()) == ["report.json"]


def test_the_step_summary_of_github_is_added_to(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = shop / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run("check", "-o", f"markdown={summary}")
    text = summary.read_text()
    assert text.startswith("before\n")
    run("check", "-o", f"markdown={summary}")
    assert len(summary.read_text()) > len(text)


def test_a_file_keeps_its_mode_when_it_is_replaced(run: Run, shop: Path) -> None:
    (shop / "out.json").write_text("")
    (shop / "out.json").chmod(0o640)
    run("check", "-o", "json=out.json")
    assert (shop / "out.json").stat().st_mode & 0o777 == 0o640


def test_the_configuration_says_which_output_is_usual(run: Run, shop: Path) -> None:
    (shop / "steplint.toml").write_text('output = ["concise", "json=report.json"]\n')
    assert len(concise(run("check").out)) == 2
    assert (shop / "report.json").exists()


@pytest.mark.parametrize("name", schemas.names())
def test_every_schema_is_one(run: Run, name: str) -> None:
    ran = run("schema", name)
    assert ran.code == 0
    jsonschema_rs.validator_for(json.loads(ran.out))


def test_report_manifest_graph_and_baseline_fit_their_schemas(run: Run, shop: Path) -> None:
    run("check", "--update-baseline=all")
    documents = {
        "report": run("check", "--no-baseline", "-o", "json").out,
        "manifest": run("manifest").out,
        "graph": run("graph", "--format=json").out,
        "baseline": (shop / ".steplint-baseline.json").read_text(),
    }
    for name, text in documents.items():
        validator = jsonschema_rs.validator_for(json.loads(run("schema", name).out))
        assert [error.message for error in validator.iter_errors(json.loads(text))] == [], name


def test_statistics_timings_and_files_are_printed_aside_and_in_json(run: Run, shop: Path) -> None:
    flags = ["--statistics", "--timings", "--show-files"]
    ran = run("check", "-o", "json", *flags)
    document = json.loads(ran.out)
    assert document["statistics"] == {"body-random": 1, "generic-step-id": 1}
    assert document["files"] == ["shop/app.py", "shop/dice.py"]
    assert {"files", "read", "link", "rules"} <= document["timings"].keys()
    assert "     1  body-random" in ran.err
    assert "shop/dice.py" in ran.err
    assert " ms  link" in ran.err
    plain = json.loads(run("check", "-o", "json").out)
    assert plain["timings"] == {}
    assert plain["files"] == []


# Paths


def test_paths_filter_what_is_shown_by_any_place(run: Run, shop: Path) -> None:
    everything = set(concise(run("check", "-o", "concise").out))
    assert len(everything) == 2
    in_dice = concise(run("check", "-o", "concise", "shop/dice.py").out)
    assert [line.split()[1] for line in in_dice] == ["error[body-random"]
    parts = [run("check", "-o", "concise", path).out for path in ("shop/app.py", "shop/dice.py", "shop/__init__.py")]
    assert {line for part in parts for line in concise(part)} == everything


def test_from_a_folder_below_paths_are_relative_to_it(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "steplint.toml").write_text("")
    (shop / "flows").mkdir()
    monkeypatch.chdir(shop / "shop")
    assert all(line.startswith("app.py:") for line in concise(run("check", "-o", "concise").out))
    assert "--> app.py:12" in run("check").out
    monkeypatch.chdir(shop / "flows")
    assert all(line.startswith("../shop/app.py:") for line in concise(run("check", "-o", "concise").out))
    assert len(concise(run("check", "-o", "concise", "../shop/dice.py").out)) == 1
    assert {each["place"]["path"] for each in json.loads(run("check", "-o", "json").out)["findings"]} == {"shop/app.py"}
    assert run("-C", "..", "check", "-o", "concise").out.startswith("shop/app.py:")


def test_stdin_replaces_a_file(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CLEAN.encode())))
    assert run("check", "--stdin-filename", "shop/app.py").code == 0
    assert (shop / "shop" / "app.py").read_text() == APP
    assert run("check").code == 1


def test_a_named_file_is_checked_though_it_is_excluded_unless_that_is_forced(run: Run, shop: Path) -> None:
    (shop / "steplint.toml").write_text('exclude = ["shop/app.py"]\n')
    assert run("check").code == 0
    assert run("check", "shop/app.py").code == 1
    assert run("check", "--force-exclude", "shop/app.py")[:2] == (0, "")


def test_only_changed_lines_are_shown(run: Run, shop: Path) -> None:
    committed(shop)
    assert run("check", "--diff-only", "HEAD").code == 0
    write(shop, {"shop/app.py": APP.replace('"load-cart"', '"step2"')})
    ran = run("check", "-o", "concise", "--diff-only", "HEAD")
    assert ran.code == 1
    assert [line.split(":")[1] for line in concise(ran.out)] == ["14"]
    assert run("check", "--diff-only", "nowhere").code == 2


def test_environment_variables_are_flags(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPLINT_CHECK_EXIT_ZERO", "1")
    monkeypatch.setenv("STEPLINT_CHECK_OUTPUT", "concise")
    monkeypatch.setenv("STEPLINT_QUIET", "1")
    ran = run("check")
    assert ran.code == 0
    assert len(concise(ran.out)) == 2
    assert ran.err == ""


def test_a_configuration_file_can_be_named_by_the_environment(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "other.toml").write_text('output = ["concise"]\n')
    monkeypatch.setenv("STEPLINT_CONFIG", "other.toml")
    assert len(concise(run("check").out)) == 2


def test_global_flags_stand_before_or_after_the_verb(run: Run, shop: Path) -> None:
    for arguments in (
        ["--config", "manifest.locations=true", "manifest"],
        ["manifest", "--config", "manifest.locations=true"],
    ):
        steps = json.loads(run(*arguments).out)["workflows"][0]["steps"]
        assert [step["place"]["line"] for step in steps] == [13, 14]
    assert "place" not in json.loads(run("manifest").out)["workflows"][0]["steps"][0]


def test_isolated_reads_no_configuration(run: Run, shop: Path) -> None:
    (shop / "steplint.toml").write_text('output = ["concise"]\n[lint]\nselect = ["SL202"]\n')
    assert run("check").code == 0
    assert "body-random SL102" in run("--isolated", "check").out


# What is written


def test_fixes_are_made_or_shown(run: Run, shop: Path) -> None:
    source = CLEAN.replace(
        "    await ctx.step.run(", "    # steplint: ignore[body-time] -- old\n    await ctx.step.run(", 1
    )
    write(shop, {"shop/app.py": source})
    assert run("check").code == 1
    shown = run("check", "--fix", "--diff")
    assert shown.out.startswith("--- a/shop/app.py\n+++ b/shop/app.py\n")
    assert (shop / "shop" / "app.py").read_text() == source
    assert "fixed 1 finding in 1 file" in run("check", "--fix").err
    assert (shop / "shop" / "app.py").read_text() == CLEAN
    assert run("check", "--fix").code == 0


def test_unsafe_fixes_are_only_made_when_asked(run: Run, shop: Path) -> None:
    run("check", "--fix")
    assert (shop / "shop" / "app.py").read_text() == APP
    ran = run("check", "--fix", "--unsafe-fixes", "-o", "concise")
    assert (shop / "shop" / "app.py").read_text() != APP
    assert "body-random" not in ran.out
    assert "body-random: " in ran.err


def test_a_fix_of_published_steps_is_refused_unless_permitted(run: Run, shop: Path) -> None:
    run("lock")
    ran = run("check", "--fix", "--unsafe-fixes")
    assert "body-random is not fixed: the lock says" in ran.err
    assert (shop / "shop" / "app.py").read_text() == APP
    run("check", "--fix", "--unsafe-fixes", "--fix-published")
    assert (shop / "shop" / "app.py").read_text() != APP


def test_unfixable_rules_are_left_alone(run: Run, shop: Path) -> None:
    run("check", "--fix", "--unsafe-fixes", "--unfixable", "SL1")
    assert (shop / "shop" / "app.py").read_text() == APP


def test_every_finding_gets_a_comment_that_silences_it_and_is_of_use(run: Run, shop: Path) -> None:
    ran = run("check", "--add-ignore=before steplint")
    assert (ran.code, ran.out) == (0, "")
    text = (shop / "shop" / "app.py").read_text()
    assert "if roll() > 4:  # steplint: ignore[body-random] -- before steplint\n" in text
    assert run("check").code == 0
    assert run("check", "--select=ALL", "--ignore=SL4,SL5").code == 0
    run("check", "--add-ignore=again")
    assert (shop / "shop" / "app.py").read_text() == text


def test_a_comment_is_extended_and_text_is_never_broken(run: Run, shop: Path) -> None:
    call = 'await ctx.step.run("step1", lambda: """\n        text\n    """)'
    source = CLEAN.replace(
        'await ctx.step.run("print-receipt", print)', f"{call}  # steplint: ignore[step-too-granular] -- small"
    )
    write(shop, {"shop/app.py": source})
    run("check", "--select", "SL201,SL401", "--add-ignore=old")
    assert run("check", "--select", "SL201,SL401").code == 0
    compile((shop / "shop" / "app.py").read_text(), "app.py", "exec")


def test_add_ignore_takes_no_word_that_follows_it(run: Run, shop: Path) -> None:
    assert run("check", "--add-ignore", "shop/dice.py").code == 0
    text = (shop / "shop" / "app.py").read_text()
    assert "ignore[body-random]\n" in text
    assert "generic-step-id" not in text
    assert "missing-reason" in run("check").out


def test_findings_about_the_lock_get_no_comment(run: Run, shop: Path) -> None:
    write(shop, {"shop/app.py": CLEAN})
    run("lock")
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "print-bill")})
    ran = run("check", "--add-ignore=no")
    assert ran.code == 1
    assert "no comment can silence `renamed-step`" in ran.err


def test_a_baseline_accepts_what_is_there_and_shrinks(run: Run, shop: Path) -> None:
    assert "there is no baseline" in run("check", "--update-baseline").err
    assert run("check", "--update-baseline=all").code == 0
    assert run("check").code == 0
    assert run("check", "--no-baseline").code == 1
    write(shop, {"shop/app.py": APP.replace("step1", "step2")})
    assert [line.split()[1] for line in concise(run("check", "-o", "concise").out)] == [
        "warning[stale-baseline",
        "warning[generic-step-id",
    ]
    run("check", "--update-baseline")
    assert [line.split()[1] for line in concise(run("check", "-o", "concise").out)] == ["warning[generic-step-id"]


def test_another_baseline_can_be_named(run: Run, shop: Path) -> None:
    run("check", "--baseline", "accepted.json", "--update-baseline=all")
    assert (shop / "accepted.json").exists()
    assert run("check", "--baseline", "accepted.json").code == 0
    assert run("check").code == 1


def test_a_broken_baseline_gives_2(run: Run, shop: Path) -> None:
    (shop / ".steplint-baseline.json").write_text("{")
    ran = run("check")
    assert ran.code == 2
    assert "--update-baseline=all" in ran.err


# Other verbs


def test_the_committed_manifest_is_compared(run: Run, shop: Path) -> None:
    assert run("manifest", "--check").code == 1
    assert run("manifest", "-o", "steplint.manifest.json") == (0, "", "")
    assert run("manifest", "--check").code == 0
    assert run("manifest", "-o", "json=again.json", "-o", "json").out == (shop / "again.json").read_text()
    write(shop, {"shop/app.py": CLEAN})
    ran = run("manifest", "--check")
    assert ran.code == 1
    assert "steplint manifest -o steplint.manifest.json" in ran.err


@pytest.mark.parametrize("name", formats.graph_names())
def test_a_graph_is_drawn_in_every_format(run: Run, shop: Path, name: str) -> None:
    ran = run("graph", "--format", name)
    assert ran.code == 0
    assert "load-cart" in ran.out
    assert run("graph", "order", "--format", name, "-o", "graph.out").out == ""
    assert "load-cart" in (shop / "graph.out").read_text()
    assert run("graph", "-o", f"{name}=graph.out").code == 0


def test_a_graph_marks_what_changed(run: Run, shop: Path) -> None:
    write(shop, {"shop/app.py": CLEAN})
    run("manifest", "-o", "old.json")
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "print-bill")})
    assert "  ~ print-bill" in run("graph", "--against", "old.json").out
    assert "  ~ " not in run("graph").out


def test_a_graph_says_what_was_not_recognized(run: Run, shop: Path) -> None:
    plain = "\n".join(line for line in CLEAN.splitlines() if not line.startswith("@"))
    write(shop, {"shop/app.py": plain})
    ran = run("graph", "--all")
    assert ran.code == 0
    assert "not recognized:" in ran.out
    assert "shop/app.py:10   order: calls `ctx.step.run`" in ran.out
    assert "steplint graph --all" in run("graph").err


def test_a_rule_is_explained_by_name_and_by_code(run: Run) -> None:
    page = run("rule", "body-time").out
    assert page.startswith("# body-time\n")
    assert run("rule", "SL101").out == run("explain", "body-time").out == page
    listed = run("rule").out
    assert "SL101 * body-time" in listed
    facts = json.loads(run("rule", "SL101", "--format", "json").out)
    assert (facts[0]["name"], facts[0]["group"]) == ("body-time", "determinism")
    assert run("rule", "--all").out.count("\n# ") + 1 >= len(listed.splitlines())


def test_options_are_described_and_shown_with_their_origin(run: Run, shop: Path) -> None:
    (shop / "steplint.toml").write_text("[lint]\nstrict = true\n")
    assert "lint.fail-on" in run("config").out
    shown = run("config", "--show", "lint").out
    assert "lint.strict = true    # steplint.toml" in shown
    assert 'lint.fail-on = "warning"    # default' in shown
    assert "lint.max-trace = 3    # --config" in run("--config", "lint.max-trace=3", "config", "--show").out


def test_the_cache_is_removed(run: Run, shop: Path) -> None:
    run("check")
    assert (shop / ".steplint_cache").is_dir()
    assert run("clean").code == 0
    assert not (shop / ".steplint_cache").exists()
    assert "there is no cache" in run("clean").err
    run("check", "--no-cache")
    assert not (shop / ".steplint_cache").exists()
    run("--cache-dir", "kept", "check")
    assert (shop / "kept" / "CACHEDIR.TAG").exists()


def test_the_version_is_printed(run: Run) -> None:
    assert run("version").out == f"steplint {__version__}\n"
    assert run("--version").out == f"steplint {__version__}\n"
    assert json.loads(run("version", "--json").out)["steplint"] == __version__


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_four_shells_are_completed(run: Run, shell: str) -> None:
    ran = run("completion", shell)
    assert ran.code == 0
    assert "STEPLINT_COMPLETE" in ran.out


def test_every_verb_has_help(run: Run) -> None:
    from steplint.cli.group import VERBS

    top = run("--help")
    assert top.code == 0
    for verb in VERBS:
        assert f"  {verb} " in top.out
        ran = run(verb, "--help")
        assert ran.code == 0
        assert "Global options:" in ran.out or verb in ("lock", "new", "runs")


def test_watching_needs_its_extra(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    ran = run("check", "--watch")
    assert ran.code == 2
    assert 'pip install "steplint[watch]"' in ran.err


def test_watching_and_stdin_exclude_each_other(run: Run, shop: Path) -> None:
    ran = run("check", "--watch", "--stdin-filename", "shop/app.py")
    assert ran.code == 2
    assert "exclude each other" in ran.err


@pytest.fixture
def watched(shop: Path) -> Iterator[Path]:
    """A project under `check --watch`, which writes out.txt and err.txt."""
    pytest.importorskip("watchfiles", reason="the extra `watch` is not installed")
    command = [sys.executable, "-m", "steplint", "check", "--watch", "-o", "concise=out.txt"]
    # A shell lets what it starts in the background ignore interrupts, and so what that starts: not this one.
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with (shop / "err.txt").open("wb") as err:
        process = subprocess.Popen(command, cwd=shop, stdout=subprocess.DEVNULL, stderr=err, preexec_fn=heeds)
    try:
        _wait_for(lambda: "watching" in (shop / "err.txt").read_text())
        yield shop
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_watching_repeats_on_change_until_it_is_interrupted(watched: Path) -> None:
    assert len((watched / "out.txt").read_text().splitlines()) == 2
    app = watched / "shop" / "app.py"
    _wait_for(lambda: (watched / "out.txt").read_text() == "", lambda: app.write_text(CLEAN))


def test_watching_reads_the_configuration_anew_and_survives_a_broken_one(watched: Path) -> None:
    config = watched / "steplint.toml"
    _wait_for(lambda: "steplint.toml:1" in (watched / "err.txt").read_text(), lambda: config.write_text("exclud = 1\n"))
    _wait_for(lambda: (watched / "out.txt").read_text() == "", lambda: config.write_text('exclude = ["shop"]\n'))


def _wait_for(condition: Callable[[], bool], change: Callable[[], object] | None = None) -> None:
    """Wait until ``condition``; make ``change`` every second: the first may fall before the watch has begun."""
    deadline = time.monotonic() + 60
    while not condition():
        if change is not None:
            change()
        again = time.monotonic() + 1
        assert again < deadline
        while not condition() and time.monotonic() < again:
            time.sleep(0.02)


# Lock, diff, where


def test_a_lock_is_written_once_and_then_up_to_date(run: Run, shop: Path) -> None:
    assert '+id = "order"' in run("lock", "--dry-run").out
    assert not (shop / "steplint.lock").exists()
    ran = run("lock")
    assert ran.code == 0
    assert "+ order: load-cart" in ran.err
    text = (shop / "steplint.lock").read_text()
    assert "steplint.lock is up to date" in run("lock").err
    assert (shop / "steplint.lock").read_text() == text
    assert run("lock", "--check").code == 0


def test_a_lost_step_is_refused_until_it_is_recorded(run: Run, shop: Path) -> None:
    write(shop, {"shop/app.py": CLEAN})
    run("lock")
    committed(shop)
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "print-bill")})
    text = (shop / "steplint.lock").read_text()
    for verb in ("lock", "lock --check", "diff", "check"):
        ran = run(*verb.split())
        assert ran.code == 1, verb
        assert "renamed-step SL301" in ran.out
    assert (shop / "steplint.lock").read_text() == text
    ran = run("lock", "rename", "order", "print-receipt", "print-bill", "--accept", "drained", "--why", "no runs")
    assert ran.code == 0, ran
    for verb in ("lock", "lock --check", "diff", "check"):
        assert run(*verb.split()).code == 0, verb


def test_a_change_cannot_loosen_its_own_gate(run: Run, shop: Path) -> None:
    write(shop, {"shop/app.py": CLEAN})
    (shop / "steplint.toml").write_text('[lock]\naccept = ["drained"]\n')
    run("lock")
    committed(shop)
    (shop / "steplint.toml").write_text('exclude = ["shop"]\n')
    ran = run("diff", "--against", "main")
    assert "renamed-workflow SL306" in ran.out
    assert ran.code == 3
    (shop / "steplint.toml").write_text('[lock]\naccept = ["reexecute", "drained"]\n')
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "print-bill")})
    run("lock", "rename", "order", "print-receipt", "print-bill", "--accept", "reexecute", "--why", "fine")
    assert run("diff", "--against", "main").code == 1


def test_a_diff_compares_with_a_manifest_and_with_a_folder(
    run: Run, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write(shop, {"shop/app.py": CLEAN})
    run("manifest", "-o", "old.json")
    before = tmp_path_factory.mktemp("before")
    write(before, {"shop/__init__.py": "", "shop/app.py": CLEAN, "shop/dice.py": DICE})
    assert run("diff", "--against", "old.json").code == 0
    assert run("diff", "--against", str(before)).code == 0
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "print-bill")})
    for base in ("old.json", str(before)):
        ran = run("diff", "--against", base)
        assert ran.code == 1, base
        assert "SL301" in ran.out
    (shop / "broken.json").write_text("{}")
    assert run("diff", "--against", "broken.json").code == 2


def test_a_diff_is_written_as_markdown_and_json(run: Run, shop: Path) -> None:
    write(shop, {"shop/app.py": CLEAN})
    run("lock")
    committed(shop)
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "print-bill")})
    run("diff", "-o", "markdown=diff.md", "-o", "json=diff.json", "-o", "concise")
    assert "print-receipt" in (shop / "diff.md").read_text()
    document = json.loads((shop / "diff.json").read_text())
    assert document["verb"] == "diff"
    assert document["base"]["ref"] == "main"
    assert [each["kind"] for each in document["changes"]] == ["renamed"]
    assert document["exit_code"] == 1
    assert json.loads(run("diff", "-o", "json", "--exit-zero").out)["exit_code"] == 0


def test_in_a_hook_the_rules_about_the_lock_are_left_to_their_own_hook(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(shop, {"shop/app.py": CLEAN})
    run("lock")
    write(shop, {"shop/app.py": CLEAN.replace("print-receipt", "print-bill")})
    assert run("check").code == 1
    monkeypatch.setenv("PRE_COMMIT", "1")
    assert run("check").code == 0
    assert run("check", "--select", "SL3").code == 1
    assert run("lock", "--check").code == 1


def test_a_step_is_found_by_id_part_and_hash(run: Run, shop: Path) -> None:
    key = next(
        step["key"] for step in json.loads(run("manifest").out)["workflows"][0]["steps"] if step["id"] == "load-cart"
    )
    for text in ("load-cart", "load", key):
        ran = run("where", text)
        assert ran.code == 0
        assert re.match(r"shop/app\.py:14:\d+   order \(inngest\)   load-cart \[run\]", ran.out)
    ran = run("where", "nothing-like-it")
    assert ran.code == 1
    assert "no step answers to `nothing-like-it`" in ran.err


# Starting


def test_a_project_is_set_up_once(run: Run, shop: Path) -> None:
    committed(shop)
    write(shop, {"pyproject.toml": '[project]\nname = "shop"\n', ".gitattributes": "*.png binary", ".github/x": ""})
    ran = run("init")
    assert ran.code == 0
    assert "would add to pyproject.toml" in ran.out
    assert "nothing was written" in ran.err
    assert not (shop / "steplint.lock").exists()
    assert run("init", "--yes").code == 0
    assert (shop / "pyproject.toml").read_text().startswith('[project]\nname = "shop"\n\n[tool.steplint]\n')
    assert (shop / ".gitattributes").read_text().splitlines()[0] == "*.png binary"
    assert "id: steplint-lock" in (shop / ".pre-commit-config.yaml").read_text()
    job = (shop / ".github" / "workflows" / "steplint.yml").read_text()
    assert "steplint diff" in job
    # The job's own commands are usable: none ends as a usage error.
    for line in job.splitlines():
        if "run: steplint check" in line:
            assert run(*line.partition("steplint ")[2].split()).code in (0, 1)
    assert run("lock", "--check").code == 0
    assert "nothing is missing" in run("init").err


def test_a_hook_file_that_is_there_is_not_touched(run: Run, shop: Path) -> None:
    (shop / ".pre-commit-config.yaml").write_text("repos: []\n")
    ran = run("init", "--yes")
    assert "by hand: add to `repos:` of .pre-commit-config.yaml" in ran.out
    assert (shop / ".pre-commit-config.yaml").read_text() == "repos: []\n"


def test_a_new_rule_loads_and_finds_what_its_page_says(run: Run, shop: Path) -> None:
    from steplint.check import pack

    ran = run("new", "rule", "unfinished-step")
    assert ran.code == 0
    assert 'rule-packs = ["step_rules"]' in ran.err
    pack.validate(pack.load(shop / "step_rules"))
    write(shop, {"shop/app.py": CLEAN.replace("load-cart", "todo-")})
    found = run("--config", 'rule-packs=["step_rules"]', "check", "-o", "concise")
    assert "unfinished-step SL900" in found.out
    assert run("new", "rule", "unfinished-step").code == 2
    assert run("new", "rule", "body-time").code == 2
    assert run("new", "rule", "Bad Name").code == 2
    assert run("new", "rule", "other", "--code", "SL101").code == 2


def test_a_new_dialect_finds_what_its_example_says(run: Run, shop: Path) -> None:
    from steplint.testing import check_source

    ran = run("new", "dialect", "acme-flows", "--to", "ci")
    assert ran.code == 0
    assert 'dialects = ["ci/acme-flows.toml"]' in ran.err
    example = (shop / "ci" / "acme_flows_example.py").read_text()
    graph = check_source({"flow.py": example}, config={"dialects": ["ci/acme-flows.toml"]}).graph
    assert [(each.id, [step.id for step in each.steps]) for each in graph.workflows] == [
        ("order", ["charge-card", "cool-down"])
    ]
    assert run("new", "dialect", "inngest").code == 2


# Runs

FLOW = """\
from datetime import timedelta

from steplint.runtime import Context, NonRetriableError, workflow


def add(numbers):
    return sum(numbers)


@workflow("add-up")
def add_up(ctx: Context) -> int:
    total = ctx.step.run("add", add, ctx.event.data["numbers"])
    ctx.step.sleep("settle", timedelta(milliseconds=1))
    return ctx.step.run("double", lambda: total * 2)


@workflow("fails")
def fails(ctx: Context) -> None:
    raise NonRetriableError("no such order")


@workflow("draws")
def draws(ctx: Context) -> None:
    import random

    ctx.step.run(f"draw-{random.random()}", str, "x")
"""


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    write(tmp_path, {"flows_under_test.py": FLOW})
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("flows_under_test", None)


def test_a_run_prints_its_result_and_the_same_id_again_gives_it_back(run: Run, flows: Path) -> None:
    event = flows / "event.json"
    event.write_text('{"name": "numbers/given", "data": {"numbers": [1, 2, 3]}}')
    command = ["run", "flows_under_test.py:add_up", "--run-id", "r1"]
    assert run(*command, "--event", "event.json")[:2] == (0, "12\n")
    assert run(*command, "--event", "event.json")[:2] == (0, "12\n")
    assert run(*command)[:2] == (0, "12\n")
    conflict = run(*command, "--data", '{"numbers": [9]}')
    assert conflict.code == 2
    assert "r1" in conflict.err


def test_runs_are_listed_shown_measured_and_copied(run: Run, flows: Path) -> None:
    run("run", "flows_under_test.py:add_up", "--run-id", "r1", "--data", '{"numbers": [1, 2]}')
    assert "add-up" in run("runs", "list").out
    assert json.loads(run("runs", "list", "--format", "json").out)[0]["status"] == "completed"
    assert "double" in run("runs", "show", "r1").out
    assert json.loads(run("runs", "state", "r1").out)["add"] == {"data": 3, "index": 0}
    assert run("runs", "show", "r1", "--html", "run.html").code == 0
    assert "<html" in (flows / "run.html").read_text()
    assert json.loads(run("runs", "metrics", "--format=json").out)["workflows"][0]["completed"] == 1
    assert "add-up" in run("runs", "metrics").out
    assert run("runs", "drained", "add-up").code == 0
    assert run("runs", "export", "copy.sqlite").code == 0
    assert "add-up" in run("runs", "list", "--store", "copy.sqlite").out


def test_a_failed_run_gives_1_and_can_be_queued_again(run: Run, flows: Path) -> None:
    ran = run("run", "flows_under_test.py:fails", "--run-id", "r2")
    assert (ran.code, ran.out) == (1, "")
    assert "error: run `r2` is failed: NonRetriableError: no such order" in ran.err
    assert run("runs", "retry", "r2").code == 0
    assert run("runs", "retry", "r2").code == 1
    assert run("runs", "cancel", "r2").code == 0
    assert run("runs", "cancel", "r2").code == 1


def test_recorded_runs_are_rehearsed_under_other_code(run: Run, flows: Path) -> None:
    run("run", "flows_under_test.py:add_up", "--run-id", "r1", "--data", '{"numbers": [1, 2]}')
    assert run("runs", "replay", "flows_under_test.py").code == 0
    write(flows, {"flows_under_test.py": FLOW.replace('"double"', '"twice"')})
    sys.modules.pop("flows_under_test", None)
    ran = run("runs", "replay", "flows_under_test.py", "--run", "r1")
    assert ran.code == 1
    assert "twice" in ran.out


def test_a_body_that_draws_its_ids_is_found_out(run: Run, flows: Path) -> None:
    ran = run("run", "flows_under_test.py:draws", "--check")
    assert ran.code == 1, ran
    assert "draw-" in ran.out
    assert run("run", "flows_under_test.py:add_up", "--check", "--data", '{"numbers": [1]}').code == 0


def test_a_worker_drives_what_is_due_until_nothing_is(run: Run, flows: Path) -> None:
    run("run", "flows_under_test.py:fails", "--run-id", "r2")
    run("runs", "retry", "r2")
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        assert run("runs", "work", "flows_under_test.py", "--until-idle").code == 0
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    assert json.loads(run("runs", "list", "--format=json").out)[0]["status"] == "failed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "flows_under_test.py:ad_up"], "did you mean `add_up`?"),
        (["run", "missing.py:flow"], "there is no file `missing.py`"),
        (["run", "flows_under_test.py:add_up", "--data", "{"], "--data is no JSON"),
        (["run", "flows_under_test.py:add_up", "--event", "missing.json"], "--event: "),
        (["run", "flows_under_test.py:add_up", "--manifest", "missing.json"], "`missing.json` does not exist"),
        (["runs", "list", "--store", "missing.sqlite"], "there is no ledger"),
        (["runs", "lst"], "did you mean `list`?"),
    ],
)
def test_a_wrong_call_about_runs_gives_2(run: Run, flows: Path, arguments: list[str], message: str) -> None:
    ran = run(*arguments)
    assert ran.code == 2, ran
    assert message in ran.err


# Several projects


@pytest.fixture
def monorepo(tmp_path: Path) -> Path:
    for name in ("billing", "shipping"):
        files = {"shop/__init__.py": "", "shop/app.py": APP, "shop/dice.py": DICE}
        write(tmp_path / "svc" / name, files)
    write(tmp_path, {"steplint.toml": 'projects = ["svc/*"]\n', "other.py": APP})
    return tmp_path


def test_several_projects_are_checked_apart_and_reported_together(run: Run, monorepo: Path) -> None:
    ran = run("check", "-o", "concise")
    assert ran.code == 1
    assert [line.split(":")[0] for line in concise(ran.out)] == ["svc/billing/shop/app.py"] * 2 + [
        "svc/shipping/shop/app.py"
    ] * 2
    assert "Found 2 errors, 2 warnings in 2 workflows (4 steps, 4 files)" in ran.err
    assert "--> svc/billing/shop/app.py:12" in run("check").out
    assert "if roll() > 4:" in run("check").out
    document = json.loads(run("check", "-o", "json").out)
    assert {each["place"]["start_byte"] is not None for each in document["findings"]} == {True}
    assert {hop["place"]["path"] for each in document["findings"] for hop in each["trace"]} >= {
        "svc/billing/shop/dice.py"
    }


def test_paths_and_folders_choose_among_several_projects(
    run: Run, monorepo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(concise(run("check", "-o", "concise", "svc/billing").out)) == 2
    assert len(concise(run("check", "-o", "concise", "svc").out)) == 4
    assert len(concise(run("check", "-o", "concise", "svc/billing/shop/dice.py").out)) == 1
    assert run("check", "other.py").code == 3
    assert concise(run("-C", "svc/billing", "check", "-o", "concise").out)[0].startswith("shop/app.py")


def test_each_project_has_its_own_lock(run: Run, monorepo: Path) -> None:
    assert run("lock").code == 0
    assert (monorepo / "svc" / "billing" / "steplint.lock").exists()
    assert run("lock", "--check").code == 0
    write(monorepo, {"svc/shipping/shop/app.py": APP.replace("load-cart", "load-order")})
    assert run("lock", "--check").code == 1


def test_a_verb_for_one_project_says_so(run: Run, monorepo: Path) -> None:
    ran = run("manifest")
    assert ran.code == 2
    assert "the configuration names several projects: `svc/*`" in ran.err
    assert run("-C", "svc/billing", "manifest").code == 0
    write(monorepo, {"steplint.toml": 'projects = ["none/*"]\n'})
    ran = run("check")
    assert ran.code == 2
    assert "steplint.toml:1: `none/*` names no folder" in ran.err
