"""A dialect table into a `Dialect`: checks that each form is complete and that no call belongs to two engines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from steplint.knowledge.toml import Key, KnowledgeError, line_of, read
from steplint.model.dialect import Dialect, Position, ReferenceForm, StepForm, WorkflowForm

Form = WorkflowForm | StepForm | ReferenceForm
F = TypeVar("F", WorkflowForm, StepForm, ReferenceForm)

_WAYS = {
    WorkflowForm: ("decorator", "call", "base", "named"),
    StepForm: ("method", "call", "decorator"),
    ReferenceForm: ("decorator", "call"),
}
_PLACE = re.compile(r"\d+\[[^\[\]]+\]|@(?:name|qualname|path|module|reference|published)|=.+|[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_VERSIONS = re.compile(r"(<|>=)\d+(\.\d+)*")


def load_dialects(folder: Path, extra: Sequence[Path] = ()) -> dict[str, Dialect]:
    """Return the dialects in ``folder`` and in the files ``extra`` by name; an extra one replaces one of its name.

    Raises `KnowledgeError`, which names file, line and what was probably meant.
    """
    paths: dict[str, Path] = {}
    found: dict[str, Dialect] = {}
    for path in [*sorted(folder.glob("*.toml")), *extra]:
        dialect = read_dialect(path)
        if dialect.name in found and path not in extra:
            raise _error(path, ("name",), f"dialect `{dialect.name}` is declared in `{paths[dialect.name].name}` too")
        paths[dialect.name], found[dialect.name] = path, dialect
    _refuse_double_claims(found, paths)
    return {name: expanded(found[name]) for name in sorted(found)}


def read_dialect(path: Path) -> Dialect:
    """Return the dialect in the file ``path`` as it is written; raises `KnowledgeError`."""
    dialect = read(path, Dialect)
    for key, message in _problems(dialect):
        raise _error(path, key, message)
    return dialect


def expanded(dialect: Dialect) -> Dialect:
    """Return ``dialect`` with every name repeated under its aliases."""
    other = _closed(dialect.alias)
    if not other:
        return dialect

    def names(name: str) -> Iterator[str]:
        yield name
        for alias, meant in other.items():
            if name == meant or name.startswith(f"{meant}."):
                yield alias + name[len(meant) :]

    def forms(each: Iterable[F]) -> Iterator[F]:
        for form in each:
            way = _way(form)
            yield form
            if way in ("decorator", "call", "base"):
                for name in list(names(getattr(form, way)))[1:]:
                    yield msgspec.structs.replace(form, **{way: name})

    return msgspec.structs.replace(
        dialect,
        workflow=tuple(forms(dialect.workflow)),
        step=tuple(forms(dialect.step)),
        reference=tuple(forms(dialect.reference)),
        contexts={name: path for known, path in dialect.contexts.items() for name in names(known)},
        obtained={name: path for known, path in dialect.obtained.items() for name in names(known)},
        stable=tuple(name for known in dialect.stable for name in names(known)),
        gates=tuple(name for known in dialect.gates for name in names(known)),
        parallel=tuple(name for known in dialect.parallel for name in names(known)),
    )


def _closed(alias: Mapping[str, str]) -> dict[str, str]:
    """Return ``alias`` with what follows: a queue by another name returns handles, too."""
    found = dict(alias)
    for name, meant in alias.items():
        for further, kind in alias.items():
            if further.startswith(f"{meant}."):
                found.setdefault(name + further[len(meant) :], kind)
    return found


def _refuse_double_claims(dialects: dict[str, Dialect], paths: dict[str, Path]) -> None:
    claims: dict[tuple[str, str], str] = {}
    for name, dialect in dialects.items():
        for key, claim in _claims(dialect):
            owner = claims.setdefault(claim, name)
            if owner != name and not _alternatives(dialects[owner], dialect):
                message = f"`{claim[1]}` is claimed by the dialects `{owner}` and `{name}`"
                hint = f"{paths[owner].name} has it too: leave it to one, or list one of them in `dialects`"
                raise _error(paths[name], key, message, hint)


def _alternatives(one: Dialect, other: Dialect) -> bool:
    """Return whether two dialects are for different versions of one SDK, so that one of them is active."""
    return bool(one.versions and other.versions) and one.packages == other.packages


def _claims(dialect: Dialect) -> Iterator[tuple[Key, tuple[str, str]]]:
    """Yield the SDK names that decide to which engine a call belongs; names of other packages may be shared."""
    tables: tuple[tuple[str, Sequence[Form]], ...] = (("workflow", dialect.workflow), ("step", dialect.step))
    for table, forms in tables:
        for at, form in enumerate(forms):
            way = _way(form)
            name = getattr(form, way)
            if way in ("decorator", "call", "base") and _inside(name, dialect.packages):
                yield (table, at, way), (table, name)


def _inside(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _problems(dialect: Dialect) -> Iterator[tuple[Key, str]]:
    if not dialect.words:
        yield ("words",), "`words` is empty: without a word no file is ever read for this SDK"
    if not dialect.workflow:
        yield ("name",), f"dialect `{dialect.name}` declares no workflow: it needs a `[[workflow]]`"
    if dialect.versions and not _VERSIONS.fullmatch(dialect.versions):
        yield ("versions",), f"`{dialect.versions}` is no range of versions; expected `<2` or `>=2`"
    tables: tuple[tuple[str, Sequence[Form]], ...] = (
        ("workflow", dialect.workflow),
        ("step", dialect.step),
        ("reference", dialect.reference),
    )
    for table, forms in tables:
        for at, form in enumerate(forms):
            for part, message in _form_problems(form):
                yield (table, at, *part), f"{message} in `[[{table}]]`"
    for field in ("stable", "interrupts"):
        for name in getattr(dialect, field):
            if not _NAME.fullmatch(name):
                yield (field,), f"`{name}` is no dotted name"


def _form_problems(form: Form) -> Iterator[tuple[Key, str]]:
    ways = _WAYS[type(form)]
    given = [way for way in ways if getattr(form, way)]
    if len(given) != 1:
        said = " and ".join(f"`{way}`" for way in given) or "none"
        yield (), f"exactly one of {', '.join(f'`{way}`' for way in ways)} must be set, not {said},"
    for way in given:
        if not _NAME.fullmatch(getattr(form, way)):
            yield (way,), f"`{getattr(form, way)}` is no dotted name"
    for field in ("id", "body", "keys"):
        for place in getattr(form, field, ()):
            if not _is_place(place):
                yield (
                    (field,),
                    f"`{place}` is no position, keyword, `0[name]`, `@name` or the like, or `=text`,",
                )
    if isinstance(form, StepForm) and form.passes is not None and not form.body:
        yield ("passes",), "`passes` without `body`"


def _is_place(place: Position) -> bool:
    return place >= 0 if isinstance(place, int) else _PLACE.fullmatch(place) is not None


def _way(form: Form) -> str:
    return next(way for way in _WAYS[type(form)] if getattr(form, way))


def _error(path: Path, key: Key, message: str, hint: str = "") -> KnowledgeError:
    return KnowledgeError(str(path), line_of(path.read_text(encoding="utf-8"), key), message, hint)
