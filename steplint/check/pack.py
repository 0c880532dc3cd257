"""Loads rule packs by path and validates them: one page and one check per rule, bound by their file name.

A pack is a folder. `<stem>.md` is the page of a rule and `<stem>.py` its check; modules whose name starts with `_` are
shared by checks (`from ._sources import ...`). A module is imported only when its rule runs.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import traceback
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from steplint.api import Project
from steplint.check.page import PackError, Page, read
from steplint.model.finding import Finding
from steplint.model.rule import Rule

Check = Callable[[Project], Iterator[Finding]]

__all__ = ["Check", "Pack", "PackError", "Packs", "bundled", "load", "validate"]

_ROOT = "steplint_rules"


class Pack:
    """The rules of one folder, by name."""

    def __init__(self, path: Path, pages: Mapping[str, Page]) -> None:
        """Keep ``pages``; no module is imported yet."""
        self.path = path
        self.pages = pages
        self.rules: Mapping[str, Rule] = {key: page.rule for key, page in pages.items()}

    def check(self, name: str) -> Check:
        """Return the check of rule ``name``; raises `PackError` where its module cannot be imported or has none."""
        stem = name.replace("-", "_")
        path = self.path / f"{stem}.py"
        return _checked(_imported(f"{_package(self.path)}.{stem}", path), path)

    def owns(self, name: str) -> bool:
        """Return whether the check of ``name`` is a module of this pack; the meta rules are part of steplint."""
        return (self.path / f"{name.replace('-', '_')}.py").is_file()


class Packs:
    """All rules of a run: the bundled pack and those of the project."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        """Join ``packs``; raises `PackError` where two rules share a name or code."""
        self.packs = tuple(packs)
        self.rules: dict[str, Rule] = {}
        self.pages: dict[str, Page] = {}
        for pack in self.packs:
            self.pages.update(pack.pages)
            self.rules.update(pack.rules)
        _unique([page for pack in self.packs for page in pack.pages.values()])

    def check(self, name: str) -> Check:
        """Return the check of rule ``name``."""
        return next(pack for pack in self.packs if name in pack.rules).check(name)


def bundled() -> Path:
    """Return the bundled pack: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def load(path: Path) -> Pack:
    """Return the pack in the folder ``path``; raises `PackError` with file and line."""
    if not path.is_dir():
        raise PackError(f"{path}: no such folder; `rule-packs` names folders with pages and checks")
    pages = [read(each) for each in sorted(path.glob("*.md")) if each.stem.lower() != "readme"]
    _unique(pages)
    _paired(path, pages)
    return Pack(path, {page.rule.name: page for page in pages})


def validate(pack: Pack) -> None:
    """Import every check of ``pack`` and demand both kinds of example; raises `PackError`."""
    for name, page in pack.pages.items():
        kinds = {example.failing for example in page.examples}
        if kinds != {True, False}:
            lacking = "failing (`# error` on its lines)" if True not in kinds else "passing"
            raise PackError(f"{page.path}:1: expected at least one {lacking} example")
        if pack.owns(name):
            pack.check(name)


def _unique(pages: Iterable[Page]) -> None:
    seen = dict[str, Page]()
    for page in pages:
        for key in (page.rule.code, page.rule.name, *page.rule.aliases):
            if key in seen:
                raise PackError(f"{page.path}:1: `{key}` is already taken by {seen[key].path}; choose another")
            seen[key] = page


def _paired(path: Path, pages: list[Page]) -> None:
    stems = {page.path.stem for page in pages}
    modules = {each.stem for each in path.glob("*.py") if not each.stem.startswith("_")}
    for page in pages:
        if page.path.stem not in modules and page.rule.group != "meta":
            raise PackError(f"{page.path}:1: this page has no check; add `{page.path.stem}.py` beside it")
    for stem in sorted(modules - stems):
        raise PackError(f"{path / stem}.py:1: this check has no page; add `{stem}.md`, or start its name with `_`")


def _package(path: Path) -> str:
    """Register the folder as a package, so that its modules are found and may import each other."""
    readable = "".join(char if char.isalnum() else "_" for char in path.name)
    # Two packs may share a folder name; the digest of the path tells them apart.
    unique = hashlib.blake2b(str(path.resolve()).encode(), digest_size=4).hexdigest()
    full = f"{_ROOT}.{readable}_{unique}"
    for each, folders in ((_ROOT, []), (full, [str(path.resolve())])):
        if each not in sys.modules:
            module = types.ModuleType(each, "Rules loaded by path.")
            module.__path__ = folders
            sys.modules[each] = module
    return full


def _imported(name: str, path: Path) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever the module of a project does
        file, line = _raised_at(error, path)
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        message = f"{file}:{line}: `{type(error).__name__}: {said}` is raised when this check is imported"
        raise PackError(f"{message}; mend it, or take its folder out of `rule-packs`") from error


def _raised_at(error: BaseException, path: Path) -> tuple[Path, int]:
    """Return the last place in the folder of ``path`` that an import came to."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Path(error.filename), error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    inside = [each for each in frames if Path(each.filename).parent == path.parent.resolve()]
    return (Path(inside[-1].filename), inside[-1].lineno or 1) if inside else (path, 1)


def _checked(module: types.ModuleType, path: Path) -> Check:
    check = getattr(module, "check", None)
    if not inspect.isfunction(check):
        raise PackError(f"{path}:1: expected a function `check(project: Project) -> Iterator[Finding]`")
    if list(inspect.signature(check).parameters) != ["project"] or not inspect.isgeneratorfunction(check):
        line = check.__code__.co_firstlineno
        raise PackError(f"{path}:{line}: expected a generator function `check(project: Project) -> Iterator[Finding]`")
    return check
