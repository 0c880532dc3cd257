"""The base of a comparison, from git: files of another revision, read without touching the work tree."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

_TEMPORARY = ("GIT_INDEX_FILE", "GIT_PREFIX", "GIT_QUARANTINE_PATH")
_LINK, _MODULE = "120000", "commit"


class BaseError(Exception):
    """A base that cannot be read: why, and the exact command that helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Base(Struct, frozen=True):
    """A resolved base: what was asked for, the commit, and how it was found where that must be said."""

    ref: str
    commit: str
    note: str = ""


class Stages(Struct, frozen=True):
    """The three versions of a conflicted file in the index; None where a side has none."""

    base: bytes | None
    ours: bytes | None
    theirs: bytes | None


def has_git(root: Path) -> bool:
    """Return whether ``root`` lies in the work tree of a git repository."""
    return _try(root, "rev-parse", "--is-inside-work-tree").strip() == b"true"


def is_shallow(root: Path) -> bool:
    """Return whether history is cut off, as in most CI checkouts."""
    return _try(root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def commit_of(root: Path, ref: str) -> str | None:
    """Return the commit that ``ref`` names, or None."""
    return commits_of(root, [ref]).get(ref)


def commits_of(root: Path, refs: Iterable[str]) -> dict[str, str]:
    """Return the commits that ``refs`` name, without those that name none; one process tells all."""
    wanted = [ref for ref in refs if ref and not ref.startswith("-") and "\n" not in ref]
    if not wanted:
        return {}
    given = "".join(f"{ref}^{{commit}}\n" for ref in wanted).encode("utf-8", "surrogateescape")
    lines = _try(root, "cat-file", "--batch-check", given=given).decode("utf-8", "surrogateescape").split("\n")
    found = {ref: line.split() for ref, line in zip(wanted, lines, strict=False)}
    return {ref: words[0] for ref, words in found.items() if words[1:2] == ["commit"]}


def resolve(root: Path, ref: str, *, exact: bool = False) -> Base:
    """Return the merge base of HEAD and ``ref``, or ``ref`` itself if ``exact``; raises `BaseError`."""
    _required(root)
    commit = commit_of(root, ref)
    if commit is None:
        raise _missing(root, ref)
    if exact:
        return Base(ref, commit)
    here = commit_of(root, "HEAD")
    if here is None:
        raise BaseError("there is no commit yet to compare", "commit first, or pass --exact")
    return _merge_base(root, ref, here, commit)


def _merge_base(root: Path, ref: str, here: str, commit: str) -> Base:
    found = [commit] if here == commit else _try(root, "merge-base", here, commit).decode().split()
    if found:
        return Base(ref, found[0])
    if is_shallow(root):
        remote = _remote(root)
        hint = f"git fetch --unshallow {remote}    or pass --exact" if remote else "pass --exact"
        raise BaseError(f"this shallow clone does not reach the merge base of HEAD and `{ref}`", hint)
    raise BaseError(f"HEAD and `{ref}` have no common history", "pass --exact to compare with it directly")


def published(root: Path, setting: str) -> Base | None:
    """Return what ``lock.published`` names: a merge base, or the newest tag of a glob; None where nothing resolves.

    `origin/HEAD` falls back to the default branch of the remote, then to a local one.
    """
    if not has_git(root):
        return None
    names = [setting]
    if setting == "origin/HEAD":
        names += ["origin/main", "origin/master", "main", "master"]
    known = commits_of(root, ["HEAD", *names])
    if "HEAD" not in known:
        return None
    if any(each in setting for each in "*?["):
        return _newest_tag(root, setting)
    for name in names:
        if name in known:
            try:
                found = _merge_base(root, name, known["HEAD"], known[name])
            except BaseError:
                return None
            return found if name == setting else Base(name, found.commit, f"`{setting}` is not set, `{name}` counts")
    return None


def head(root: Path, setting: str) -> Base | None:
    """Return HEAD, for a check whose ``lock.published`` does not lead anywhere."""
    commit = commit_of(root, "HEAD")
    note = f"`{setting}` leads to no common commit here: the lock of HEAD counts as published"
    return Base("HEAD", commit, note) if commit is not None else None


def base_tree(root: Path, ref: str) -> dict[str, str]:
    """Return the files of ``ref`` below ``root`` by path relative to it, each with its blob ID; raises `BaseError`."""
    start = _prefix(root)
    output = _git(root, "ls-tree", "-r", "-z", "--full-tree", ref, *(["--", start] if start else []))
    found = dict[str, str]()
    for line in filter(None, output.decode("utf-8", "surrogateescape").split("\0")):
        about, _, path = line.partition("\t")
        mode, _, rest = about.partition(" ")
        kind, _, blob = rest.partition(" ")
        if path.startswith(start) and kind != _MODULE and mode != _LINK:
            found[path[len(start) :]] = blob
    return found


def read_blobs(root: Path, blobs: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of ``blobs``, read by one process; raises `BaseError` for one that is not there."""
    wanted = list(dict.fromkeys(blobs))
    if not wanted:
        return {}
    output = _git(root, "cat-file", "--batch", given="\n".join(wanted).encode() + b"\n")
    found, at = dict[str, bytes](), 0
    for blob in wanted:
        end = output.index(b"\n", at)
        words = output[at:end].split()
        if len(words) != 3:
            hint = "git fetch --refetch    (a partial clone leaves contents out)"
            raise BaseError(f"git has no content for object {blob[:12]}", hint)
        size = int(words[2])
        found[blob] = output[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def file_at(root: Path, ref: str, path: str) -> bytes | None:
    """Return the content of ``path`` (relative to ``root``) at ``ref``, None where it has none; raises `BaseError`."""
    blob = _try(root, "rev-parse", "--verify", "--quiet", f"{ref}:{_prefix(root)}{path}").decode().strip()
    return read_blobs(root, [blob])[blob] if blob else None


def stages(root: Path, path: str) -> Stages | None:
    """Return the index stages of a conflicted ``path``; None if git sees no conflict in it."""
    output = _git(root, "ls-files", "--unmerged", "-z", "--", path).decode("utf-8", "surrogateescape")
    blobs = dict[str, str]()
    for line in filter(None, output.split("\0")):
        _, blob, stage = line.partition("\t")[0].split(" ")
        blobs[stage] = blob
    if not blobs:
        return None
    contents = read_blobs(root, blobs.values())
    of = {stage: contents[blob] for stage, blob in blobs.items()}
    return Stages(of.get("1"), of.get("2"), of.get("3"))


def untracked(root: Path) -> frozenset[str]:
    """Return the files below ``root`` that git neither tracks nor ignores, relative to it."""
    output = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(filter(None, output.decode("utf-8", "surrogateescape").split("\0")))


def fetch(root: Path, ref: str) -> None:
    """Run the one fetch that brings a missing ``ref``; raises `BaseError`."""
    remote, source, target = _fetchable(root, ref)
    if not remote:
        raise _missing(root, ref)
    _git(root, "fetch", "--quiet", "--depth=1", "--no-tags", remote, f"+{source}:{target}" if target else source)


def _required(root: Path) -> None:
    if not has_git(root):
        raise BaseError("this is no git repository", "steplint diff --against old-manifest.json works without git")


def _missing(root: Path, ref: str) -> BaseError:
    """Return the error for a ref that is not here, with the exact command that fetches it."""
    remote, source, target = _fetchable(root, ref)
    where = "this shallow clone" if is_shallow(root) else "this clone"
    if not remote:
        hint = "git branch --all    lists what is here; there is no remote to fetch from"
        return BaseError(f"`{ref}` is not in {where}", hint)
    refspec = f"+{source}:{target}" if target else source
    then = "then add --exact, or pass --fetch" if is_shallow(root) else "then try again, or pass --fetch"
    return BaseError(f"`{ref}` is not in {where}", f"git fetch --depth=1 {remote} {refspec}    {then}")


def _fetchable(root: Path, ref: str) -> tuple[str, str, str]:
    """Return remote, name there and local name of ``ref``; an object ID has no local name."""
    remotes = _try(root, "remote").decode().split()
    remote = _remote(root)
    for each in remotes:
        if ref.startswith(f"{each}/"):
            branch = ref[len(each) + 1 :]
            return each, branch, f"refs/remotes/{each}/{branch}"
    if ref.startswith("refs/"):
        return remote, ref, ref
    if _is_object(ref):
        return remote, ref, ""
    return remote, ref, f"refs/remotes/{remote}/{ref}"


def _is_object(ref: str) -> bool:
    return len(ref) >= 40 and all(each in "0123456789abcdef" for each in ref)


def _remote(root: Path) -> str:
    remotes = _try(root, "remote").decode().split()
    return "origin" if "origin" in remotes else remotes[0] if remotes else ""


def _newest_tag(root: Path, glob: str) -> Base | None:
    output = _try(root, "tag", "--merged", "HEAD", "--sort=-creatordate", "--list", glob)
    tags = output.decode("utf-8", "surrogateescape").split("\n")
    commit = commit_of(root, f"refs/tags/{tags[0]}") if tags[0] else None
    return Base(tags[0], commit) if commit is not None else None


def _prefix(root: Path) -> str:
    """Return the path of ``root`` in its repository, with a slash at the end, or ""."""
    return _git(root, "rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")


def _try(root: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """Return what git prints, or nothing where it fails."""
    try:
        return _run(root, arguments, given).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


def _git(root: Path, *arguments: str, given: bytes | None = None) -> bytes:
    try:
        return _run(root, arguments, given).stdout
    except FileNotFoundError:
        raise BaseError("`git` is not installed", "install git, or compare manifests: --against old.json") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BaseError(f"git {arguments[0]}: {said[0] if said else 'failed'}", " ".join(said[1:])) from None


def _run(root: Path, arguments: Sequence[str], given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-c", "core.quotepath=off", *arguments]
    return subprocess.run(command, cwd=root, input=given, capture_output=True, check=True, env=_environment())


def _environment() -> Mapping[str, str]:
    # In a hook git points at a temporary index; the comparison is about commits and the work tree.
    kept = {name: value for name, value in os.environ.items() if name not in _TEMPORARY}
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
