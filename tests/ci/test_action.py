"""The scripts of the GitHub action, against a `gh` that remembers what it was asked."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / ".ci" / "github"

GH = """#!{python}
import json, os, pathlib, sys
state = pathlib.Path(os.environ["FAKE_GH"])
data = json.loads(state.read_text())
arguments = sys.argv[2:]
data["calls"].append(arguments)
if data["readonly"] and "--method" in arguments:
    state.write_text(json.dumps(data))
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
if "--jq" in arguments:
    print(data["head"])
elif "--method" in arguments:
    body = json.loads(pathlib.Path(arguments[arguments.index("--input") + 1]).read_text())["body"]
    if "PATCH" in arguments:
        comment = next(c for c in data["comments"] if str(c["id"]) == arguments[2].rsplit("/", 1)[1])
        comment["body"] = body
    else:
        data["comments"].append({{"id": len(data["comments"]) + 1, "body": body, "user": {{"type": "Bot"}}}})
    print("{{}}")
else:
    print(json.dumps([data["comments"]]))
state.write_text(json.dumps(data))
"""


class Hub:
    """A pull request with comments."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / "gh.json"
        self.save(comments=[], readonly=False, head="abc", calls=[])
        gh = folder / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text(GH.format(python=sys.executable))
        gh.chmod(gh.stat().st_mode | stat.S_IXUSR)

    def save(self, **values: Any) -> None:
        self.state.write_text(json.dumps({**(self.data if self.state.exists() else {}), **values}))

    @property
    def data(self) -> Any:
        return json.loads(self.state.read_text())

    def run(self, script: str, **given: str) -> str:
        output = self.folder / "output"
        output.write_text("")
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "FAKE_GH": str(self.state),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_OUTPUT": str(output),
            "RUNNER_TEMP": str(self.folder),
            **given,
        }
        subprocess.run([sys.executable, SCRIPTS / script], check=True, env=environment, cwd=self.folder)
        return output.read_text()

    def comment(self, text: str, *, worth: bool, key: str = "ci/steplint:default", mode: str = "auto") -> str:
        (self.folder / "text.md").write_text(text)
        return self.run(
            "comment.py",
            MODE=mode,
            MARKDOWN=str(self.folder / "text.md"),
            WORTH="true" if worth else "false",
            NUMBER="7",
            KEY=key,
        )


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


TEXT = "<!-- steplint:comment:ci/steplint:default -->\n### steplint: one\n"


def test_one_comment_is_edited_in_place(hub: Hub) -> None:
    hub.comment(TEXT, worth=True)
    hub.comment(TEXT.replace("one", "two"), worth=True)
    (comment,) = hub.data["comments"]
    assert comment["body"].endswith("steplint: two\n")


def test_additions_make_no_comment_but_edit_the_one_that_is_there(hub: Hub) -> None:
    hub.comment(TEXT, worth=False)
    assert hub.data["comments"] == []
    hub.comment(TEXT, worth=True)
    hub.comment(TEXT.replace("one", "none"), worth=False)
    assert hub.data["comments"][0]["body"].endswith("none\n")
    hub.save(comments=[])
    hub.comment(TEXT, worth=False, mode="always")
    assert len(hub.data["comments"]) == 1


def test_two_jobs_keep_their_comments_apart(hub: Hub) -> None:
    hub.comment(TEXT, worth=True, key="ci/one:default")
    hub.comment(TEXT, worth=True, key="ci/two:default")
    assert len(hub.data["comments"]) == 2


def test_the_key_of_a_job_cannot_leave_its_marker(hub: Hub) -> None:
    hub.comment(TEXT, worth=True, key="ci --> <script>\n@all/x:default")
    first = hub.data["comments"][0]["body"].splitlines()[0]
    assert first.count("-->") == 1
    assert "<script>" not in first


def test_somebody_elses_comment_is_left_alone(hub: Hub) -> None:
    hub.save(comments=[{"id": 1, "body": TEXT, "user": {"type": "User"}}])
    hub.comment(TEXT, worth=True)
    assert [each["user"]["type"] for each in hub.data["comments"]] == ["User", "Bot"]


def test_a_fork_leaves_files_that_another_workflow_posts(hub: Hub) -> None:
    hub.save(readonly=True)
    output = hub.comment(TEXT, worth=True)
    assert "posted=false" in output
    folder = re.search(r"folder=(.+)", output)
    assert folder is not None
    hub.save(readonly=False)
    hub.run("post.py", FOLDER=folder[1], HEAD_SHA="abc")
    assert len(hub.data["comments"]) == 1
    hub.run("post.py", FOLDER=folder[1], HEAD_SHA="another")
    assert len(hub.data["comments"]) == 1


def test_the_call_has_every_output_and_no_pipe(tmp_path: Path) -> None:
    sys.path.insert(0, str(SCRIPTS))
    import run  # type: ignore[import-not-found]

    line = run.command(
        {
            "STEPLINT": "steplint",
            "AGAINST": "abc",
            "ANNOTATIONS": "true",
            "SUMMARY": "true",
            "SARIF": "true",
            "GITHUB_STEP_SUMMARY": "summary.md",
            "ARGS": "--select 'SL3'",
            "PATHS": "'a b.py'",
            "FAIL_ON": "error",
        },
        tmp_path,
    )
    assert line[:5] == ["steplint", "diff", "--against", "abc", "--exact"]
    assert [line[n + 1].partition("=")[0] for n, each in enumerate(line) if each == "-o"] == [
        "github", "markdown", "json", "markdown", "sarif",
    ]  # fmt: skip
    assert line[-3:] == ["--select", "SL3", "a b.py"]
    assert run.command({"STEPLINT": "steplint"}, tmp_path)[1] == "check"
    changes = [
        {"code": "SL301", "verdict": "reruns", "recorded": None},
        {"code": "SL302", "verdict": "ignored", "recorded": {"why": "w"}},
        {"code": "", "verdict": "late", "recorded": None},
    ]
    assert run.counts({"changes": changes, "findings": [1]}) == {
        "breaking": "2",
        "unrecorded": "1",
        "findings": "1",
        "worth-a-comment": "true",
    }


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the action brings its own Python 3.12")
@pytest.mark.parametrize(
    ("files", "wanted", "expected"),
    [
        ({}, "", ""),
        ({}, "0.2.0", "steplint==0.2.0"),
        ({}, "~=0.2", "steplint~=0.2"),
        (
            {"uv.lock": '[[package]]\nname = "steplint"\nversion = "0.3.1"\nsource = { registry = "x" }\n'},
            "",
            "steplint==0.3.1",
        ),
        ({"pyproject.toml": '[dependency-groups]\ndev = ["ruff", "steplint>=0.1,<0.2"]\n'}, "", "steplint>=0.1,<0.2"),
        ({"pyproject.toml": '[project]\ndependencies = ["steplint-extra>=1"]\n'}, "", ""),
    ],
)
def test_the_version_is_the_one_that_the_project_uses(
    tmp_path: Path, files: dict[str, str], wanted: str, expected: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, SCRIPTS / "version.py", tmp_path, wanted], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected


def test_foreign_actions_are_pinned_and_no_input_reaches_a_shell_text() -> None:
    for path in (ROOT / "action.yml", SCRIPTS / "post" / "action.yml", SCRIPTS / "steplint.yml"):
        text = path.read_text()
        for used in re.findall(r"uses: (\S+)", text):
            assert re.search(r"@[0-9a-f]{40}$", used) or used.startswith("OWNER/"), used
        for script in re.findall(r"run: (?:\|\n((?:\s{8}.*\n)+)|(.+)\n)", text):
            assert "${{" not in "".join(script)
