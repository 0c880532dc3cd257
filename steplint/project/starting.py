"""What a project lacks to start with: a configuration, a first lock, hooks, a CI job, attributes of git."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from steplint import __version__
from steplint.config import Loaded
from steplint.lock.verbs import lock_update
from steplint.project.analysis import Analysis
from steplint.project.locking import given

_PYPROJECT = (
    "\n[tool.steplint]\nrequire-workflows = true    # exit 3 where none is found: a check of nothing is no check\n"
)
_HOOKS = """\
  - repo: local
    hooks:
      - id: steplint
        name: steplint check
        entry: steplint check --force-exclude --no-progress
        language: python
        additional_dependencies: ["steplint=={version}"]
        types_or: [python, pyi]
        require_serial: true
      - id: steplint-lock
        name: steplint lock --check
        entry: steplint lock --check
        language: python
        additional_dependencies: ["steplint=={version}"]
        always_run: true
        pass_filenames: false
"""
_GITHUB = """\
name: steplint

on:
  pull_request:

permissions:
  contents: read

jobs:
  steplint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0
        with:
          python-version: "3.12"
      - run: pip install "steplint=={version}"
      - run: steplint check -o github
      - run: steplint diff --against "origin/$GITHUB_BASE_REF" -o full -o markdown="$GITHUB_STEP_SUMMARY"
"""
_ATTRIBUTES = "{lock} text eol=lf linguist-generated=false\n"


class Piece(NamedTuple):
    """A file to write: its path relative to the root, its new text, what is added, and why."""

    path: str
    text: str
    added: str
    why: str


class Plan(NamedTuple):
    """What to write, and what to do by hand."""

    pieces: tuple[Piece, ...]
    advice: tuple[str, ...]


def plan(analysis: Analysis) -> Plan:
    """Return what is missing in a project; nothing is written. Raises `LockError` and `BaseError`."""
    loaded = analysis.loaded
    advice = list[str]()
    pieces = [*_configuration(loaded), *_lock(analysis), *_hooks(loaded.root, advice), *_ci(loaded.root, advice)]
    pieces += _attributes(loaded)
    return Plan(tuple(pieces), tuple(advice))


def _configuration(loaded: Loaded) -> Iterator[Piece]:
    if loaded.file is not None:
        return
    why = "settings; all others have defaults that `steplint config` lists"
    path = loaded.root / "pyproject.toml"
    if path.is_file():
        yield _appended(path, "pyproject.toml", _PYPROJECT, why)
    else:
        text = _PYPROJECT.replace("\n[tool.steplint]\n", "")
        yield Piece("steplint.toml", text, text, why)


def _lock(analysis: Analysis) -> Iterator[Piece]:
    settings = analysis.loaded.settings.lock
    if analysis.lock_bytes is not None or not analysis.graph.workflows:
        return
    text = lock_update(given(analysis)).text
    if text is not None:
        steps = sum(len(each.steps) for each in analysis.graph.workflows)
        why = f"the identities of {steps} steps that deployed runs may have stored; commit it"
        yield Piece(settings.path, text, text, why)


def _hooks(root: Path, advice: list[str]) -> Iterator[Piece]:
    hooks = _HOOKS.format(version=__version__)
    path = root / ".pre-commit-config.yaml"
    if not path.is_file():
        yield Piece(path.name, f"repos:\n{hooks}", f"repos:\n{hooks}", "hooks for pre-commit or prek")
    elif "steplint" not in path.read_text("utf-8"):
        advice.append(f"add to `repos:` of {path.name}:\n{hooks}")


def _ci(root: Path, advice: list[str]) -> Iterator[Piece]:
    if (root / ".gitlab-ci.yml").is_file():
        advice.append(
            'in .gitlab-ci.yml run `steplint diff --exact --against "$CI_MERGE_REQUEST_DIFF_BASE_SHA" '
            "-o gitlab=gl-code-quality.json`"
        )
    path = root / ".github" / "workflows" / "steplint.yml"
    if (root / ".github").is_dir() and not path.exists():
        text = _GITHUB.format(version=__version__)
        yield Piece(".github/workflows/steplint.yml", text, text, "each pull request says what runs in flight will do")


def _attributes(loaded: Loaded) -> Iterator[Piece]:
    line = _ATTRIBUTES.format(lock=loaded.settings.lock.path)
    path = loaded.root / ".gitattributes"
    if (loaded.root / ".git").exists() and not (
        path.is_file() and loaded.settings.lock.path in path.read_text("utf-8")
    ):
        yield _appended(path, ".gitattributes", line, "the lock has the same bytes on every system")


def _appended(path: Path, name: str, added: str, why: str) -> Piece:
    before = path.read_bytes().decode("utf-8") if path.is_file() else ""
    gap = "" if before.endswith("\n") or not before else "\n"
    return Piece(name, before + gap + added, added, why)
