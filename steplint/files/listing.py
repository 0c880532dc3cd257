"""Lists the files of a project: what git knows or would add, else a walk without the folders nobody wrote by hand."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from steplint.files.globs import sources, tree

PYTHON = ("**/*.py",)

# Folders that never hold source of the project, tracked or not.
_NEVER = frozenset(
    {
        *(".git", ".hg", ".svn", ".bzr", ".jj", ".sl", "CVS"),
        *(".venv", ".tox", ".nox", ".direnv", ".pixi", ".eggs", "site-packages", "dist-packages", "node_modules"),
        *("__pycache__", "__pypackages__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".pytype", ".pyre"),
        *(".hypothesis", ".ipynb_checkpoints", ".steplint_cache"),
    }
)
# Folders that usually hold output. What is tracked below them was written by somebody.
_OUTPUT = frozenset({"build", "dist", "_build", "buck-out", "venv"})
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
_REPOSITORY_VARIABLES = frozenset(
    f"GIT_{name}"
    for name in ("DIR", "WORK_TREE", "INDEX_FILE", "COMMON_DIR", "OBJECT_DIRECTORY", "NAMESPACE", "PREFIX")
)


class SourceFile(Struct, frozen=True, gc=False):
    """A file of the project: its path relative to the root, with `/`, and what tells whether it changed."""

    path: str
    size: int
    mtime_ns: int
    inode: int


def discover(
    root: Path,
    include: Sequence[str] = PYTHON,
    exclude: Sequence[str] = (),
    respect_gitignore: bool = True,
    notes: list[str] | None = None,
) -> list[SourceFile]:
    """Return the files of a project, sorted by path.

    Links to folders, other repositories inside of this one and what is no file are left out. What cannot be read is
    listed, links that lead nowhere included. What could not be listed is added to `notes`. Raises OSError when `root`
    is no folder.
    """
    notes = [] if notes is None else notes
    scope = _Scope(include, exclude)
    found = _tracked(root, scope, notes) if respect_gitignore else None
    if found is None or (not found and _is_ignored(root)):
        found = list(_walk(root, scope, notes))
    return sorted(_looked_at(root, found), key=lambda file: file.path)


def look(root: Path, path: str) -> SourceFile | None:
    """Return one file as `discover` would list it, whatever the globs say; None when there is none."""
    return next(_looked_at(root, (path,)), None)


class _Scope:
    """Which paths are wanted; the answer for a folder is remembered."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str]) -> None:
        self._plain = tuple(include) == PYTHON
        self._include = sources(tuple(include))
        self._drop = tree(tuple(glob for glob in exclude if not glob.startswith("!")))
        self._keep = tree(tuple(glob[1:] for glob in exclude if glob.startswith("!")))
        self._folders: dict[tuple[str, bool], bool] = {("", False): True, ("", True): True}

    def file(self, path: str, tracked: bool) -> bool:
        """Return whether a file is wanted."""
        if not (path.endswith(".py") if self._plain else self._include.fullmatch(path)):
            return False
        return self.folder(path.rpartition("/")[0], tracked) and not self._dropped(path)

    def folder(self, path: str, tracked: bool) -> bool:
        """Return whether anything in a folder can be wanted."""
        known = self._folders.get((path, tracked))
        if known is None:
            above, _, name = path.rpartition("/")
            known = self.folder(above, tracked) and not self._dropped(f"{path}/", name, tracked)
            self._folders[path, tracked] = known
        return known

    def forget(self, folders: Iterable[str]) -> None:
        """Leave out environments that were found by what lies in them."""
        for folder in folders:
            if folder and not self._keep.fullmatch(f"{folder}/"):
                self._folders[folder, True] = self._folders[folder, False] = False

    def _dropped(self, path: str, name: str = "", tracked: bool = False) -> bool:
        built_in = name in _NEVER or (not tracked and name in _OUTPUT)
        return (built_in or bool(self._drop.fullmatch(path))) and not self._keep.fullmatch(path)


def _tracked(root: Path, scope: _Scope, notes: list[str]) -> list[str] | None:
    """Return what git lists; None when there is no repository, or git cannot be asked."""
    answer = _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-t", "-z")
    if answer is None:
        return None
    if answer.returncode:
        reason = os.fsdecode(answer.stderr).strip().partition("\n")[0]
        if "not a git repository" not in reason:
            notes.append(f"git cannot list the files, so ignored ones are included: {reason}")
        return None
    notes.extend(f"git: {line}" for line in os.fsdecode(answer.stderr).splitlines())
    # A record is a letter, a blank and the path; `?` marks what is not tracked. A conflict lists a path three times.
    records = dict.fromkeys(answer.stdout.split(b"\0"))
    scope.forget(os.fsdecode(record[2:]).rpartition("/")[0] for record in records if record.endswith(b"/pyvenv.cfg"))
    scope.forget(
        os.fsdecode(record[2:]).rpartition("/conda-meta/")[0] for record in records if b"/conda-meta/" in record
    )
    paths = ((os.fsdecode(record[2:]), not record.startswith(b"?")) for record in records if record)
    return list(dict.fromkeys(path for path, tracked in paths if scope.file(path, tracked)))


def _is_ignored(root: Path) -> bool:
    """Return whether the root itself is ignored by a repository around it, which then says nothing about it."""
    answer = _git(root, "check-ignore", "--quiet", ".")
    return answer is not None and answer.returncode == 0


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    # Variables of a hook would name another repository or index; a file-system monitor is a program of the repository.
    environ = {name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES}
    command = ["git", "-c", "core.fsmonitor=false", *arguments]
    try:
        return subprocess.run(command, cwd=root, env=environ | {"LC_ALL": "C"}, capture_output=True, check=False)
    except FileNotFoundError:
        if not root.is_dir():
            raise
        return None


def _walk(root: Path, scope: _Scope, notes: list[str]) -> Iterator[str]:
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:  # many times faster than Path.iterdir: it knows the types
                inside = list(entries)
        except OSError as error:
            if not folder:
                raise
            notes.append(f"`{folder}` cannot be listed: {(error.strerror or str(error)).lower()}")
            continue
        if folder and any(entry.name in _ENVIRONMENT_MARKS for entry in inside):
            scope.forget((folder,))
            if not scope.folder(folder, tracked=False):
                continue
        for entry in inside:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if scope.folder(path, tracked=False):
                    pending.append(path)
            elif scope.file(path, tracked=False):
                yield path


def _looked_at(root: Path, paths: Iterable[str]) -> Iterator[SourceFile]:
    prefix = f"{root}{os.sep}"
    for path in paths:
        try:
            status = os.stat(prefix + path)  # noqa: PTH116 -- a Path for each of 10,000 files costs more than the call
        except PermissionError:
            yield SourceFile(path, 0, 0, 0)
            continue
        except OSError:
            try:
                status = os.lstat(prefix + path)
            except OSError:
                continue  # deleted, and git still lists it
            if not stat.S_ISLNK(status.st_mode):
                continue
        else:
            if not stat.S_ISREG(status.st_mode):
                continue
        yield SourceFile(path, status.st_size, status.st_mtime_ns, status.st_ino)
