from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from steplint.lock.base import (
    BaseError,
    base_tree,
    fetch,
    file_at,
    has_git,
    head,
    is_shallow,
    published,
    read_blobs,
    resolve,
    stages,
    untracked,
)


def git(root: Path, *arguments: str, check: bool = True) -> str:
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(root: Path, message: str = "x") -> str:
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose branch `topic` left `main` after the first of its two commits."""
    root = tmp_path / "origin"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "sub").mkdir()
    (root / "a.py").write_text("a = 1\n")
    (root / "sub" / "ü b.py").write_text("b = 1\n")
    commit(root)
    git(root, "branch", "topic")
    (root / "a.py").write_text("a = 2\n")
    commit(root)
    git(root, "checkout", "-q", "topic")
    (root / "a.py").write_text("a = 3\n")
    commit(root)
    return root


def test_the_base_is_the_merge_base_unless_the_ref_itself_is_asked_for(repository: Path) -> None:
    first = git(repository, "rev-parse", "main~1")
    assert resolve(repository, "main").commit == first
    assert resolve(repository, "main", exact=True).commit == git(repository, "rev-parse", "main")


def test_files_of_a_revision_are_listed_below_the_project_and_read_in_one_go(repository: Path) -> None:
    whole = base_tree(repository, "main")
    assert sorted(whole) == ["a.py", "sub/ü b.py"]
    assert read_blobs(repository, whole.values())[whole["a.py"]] == b"a = 2\n"
    assert list(base_tree(repository / "sub", "main")) == ["ü b.py"]
    assert file_at(repository / "sub", "main", "ü b.py") == b"b = 1\n"
    assert file_at(repository, "main", "nothing.lock") is None


def test_the_work_tree_is_not_touched(repository: Path) -> None:
    (repository / "a.py").write_text("unsaved\n")
    base_tree(repository, "main")
    assert (repository / "a.py").read_text() == "unsaved\n"
    assert git(repository, "status", "--porcelain") == "M a.py"


def test_a_folder_without_git_says_what_works_without_it(tmp_path: Path) -> None:
    assert not has_git(tmp_path)
    assert published(tmp_path, "origin/HEAD") is None
    with pytest.raises(BaseError, match="no git repository") as caught:
        resolve(tmp_path, "main")
    assert "old-manifest.json" in caught.value.hint


@pytest.mark.parametrize("ref", ["nothing", "--upload-pack=x", "", "main:a.py"])
def test_an_unknown_ref_is_refused(repository: Path, ref: str) -> None:
    with pytest.raises(BaseError) as caught:
        resolve(repository, ref)
    assert caught.value.message == f"`{ref}` is not in this clone"
    assert "no remote" in caught.value.hint


@pytest.fixture
def shallow(repository: Path, tmp_path: Path) -> Path:
    git(repository, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=topic", repository.as_uri(), "shallow")
    return tmp_path / "shallow"


def test_a_shallow_clone_names_a_fetch_command_that_works(shallow: Path) -> None:
    assert is_shallow(shallow)
    with pytest.raises(BaseError) as caught:
        resolve(shallow, "origin/main", exact=True)
    assert caught.value.message == "`origin/main` is not in this shallow clone"
    command, _, then = caught.value.hint.partition("    ")
    assert command == "git fetch --depth=1 origin +main:refs/remotes/origin/main"
    assert then == "then add --exact, or pass --fetch"
    git(shallow, *command.split()[1:])
    found = resolve(shallow, "origin/main", exact=True)
    assert file_at(shallow, found.commit, "a.py") == b"a = 2\n"
    with pytest.raises(BaseError, match="does not reach the merge base"):
        resolve(shallow, "origin/main")


def test_one_fetch_brings_a_missing_base(shallow: Path, repository: Path) -> None:
    fetch(shallow, "origin/main")
    assert resolve(shallow, "origin/main", exact=True).commit == git(repository, "rev-parse", "main")


def test_a_commit_that_a_shallow_clone_lacks_is_fetched_by_its_id(shallow: Path, repository: Path) -> None:
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    wanted = git(repository, "rev-parse", "main~1")
    with pytest.raises(BaseError) as caught:
        resolve(shallow, wanted, exact=True)
    assert caught.value.hint.startswith(f"git fetch --depth=1 origin {wanted}    ")
    fetch(shallow, wanted)
    assert resolve(shallow, wanted, exact=True).commit == wanted


def test_a_shallow_clone_without_its_base_falls_back_to_head(shallow: Path) -> None:
    git(shallow, "remote", "set-head", "origin", "--delete", check=False)
    assert published(shallow, "origin/HEAD") is None
    found = head(shallow, "origin/HEAD")
    assert found is not None
    assert "HEAD" in found.note


def test_without_a_remote_head_the_local_default_branch_counts(repository: Path) -> None:
    found = published(repository, "origin/HEAD")
    assert found is not None
    assert (found.ref, found.commit) == ("main", git(repository, "rev-parse", "main~1"))
    assert "`main` counts" in found.note


def test_a_glob_of_tags_takes_the_newest_that_is_reachable(repository: Path) -> None:
    assert published(repository, "deploy-*") is None
    git(repository, "tag", "deploy-1", "main~1")
    git(repository, "tag", "deploy-2", "main")
    found = published(repository, "deploy-*")
    assert found is not None
    assert found.ref == "deploy-1"


def test_a_repository_without_a_commit_has_nothing_published(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert published(tmp_path, "origin/HEAD") is None
    assert head(tmp_path, "origin/HEAD") is None


def test_a_conflicted_file_has_three_stages(repository: Path) -> None:
    git(repository, "merge", "-q", "main", check=False)
    found = stages(repository, "a.py")
    assert found is not None
    assert (found.base, found.ours, found.theirs) == (b"a = 1\n", b"a = 3\n", b"a = 2\n")
    assert stages(repository, "sub/ü b.py") is None


def test_untracked_files_are_named_below_the_project(repository: Path) -> None:
    (repository / "sub" / "new.py").write_text("")
    assert untracked(repository) == {"sub/new.py"}
    assert untracked(repository / "sub") == {"new.py"}
