"""Compares what tables claim with what is installed; runs in an SDK's environment, on the standard library alone.

Reads JSON from standard input, writes a JSON list of problems: {"claim": field and name, "problem": text}.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import typing
import warnings
from collections.abc import Callable, Iterator
from typing import Any

AWAITED = re.compile(r"Awaitable|Coroutine|Future|Task|HookEvent|Handle")


class MissingError(Exception):
    """A name that does not exist; the text says which part."""


class UnavailableError(MissingError):
    """A module that exists and cannot be imported here, for want of an optional package or of settings."""


def resolve(name: str) -> Any:
    """Return the object with a qualified name; raises `MissingError`."""
    first, *rest = name.split(".")
    found: Any = imported(first)
    if found is None:
        raise MissingError(f"`{first}` cannot be imported")
    path = first
    for part in rest:
        path = f"{path}.{part}"
        module = None if not inspect.ismodule(found) or hasattr(found, part) else imported(path)
        if module is None and getattr(found, "__file__", "") is None and not hasattr(found, part):
            raise UnavailableError(f"the package that has `{path}` is not installed")
        found = module if module is not None else member(found, part, name)
    return found


def imported(name: str) -> Any:
    """Return a module, or None where there is none of this name; raises `UnavailableError`."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and not f"{name}.".startswith(f"{error.name}."):
            raise UnavailableError(f"`{name}` needs `{error.name}`") from None
        return None
    except Exception as error:  # whatever a package does at import
        raise UnavailableError(f"`{name}` cannot be imported: {error}") from None


def member(owner: Any, part: str, name: str) -> Any:
    """Return ``owner.part``, also where instances alone have it: annotated, a property, or set in `__init__`."""
    if not inspect.isclass(owner):
        if hasattr(owner, part):
            return getattr(owner, part)
        raise MissingError(f"`{name}`: `{getattr(owner, '__name__', owner)}` has no `{part}`")
    static = inspect.getattr_static(owner, part, None)
    if isinstance(static, property):
        return hints(static.fget).get("return", static)
    if static is not None and type(static).__name__ not in (
        "member_descriptor",
        "classproperty",
        "ClassPropertyDescriptor",
    ):
        return getattr(owner, part)
    for kind in owner.__mro__:
        if part in getattr(kind, "__annotations__", {}):
            return hints(kind).get(part, kind.__annotations__[part])
    made = in_constructor(owner, part)
    if made is None and static is None:
        raise MissingError(f"`{name}`: `{owner.__name__}` has no `{part}`")
    return made if made is not None else static


def in_constructor(owner: type, part: str) -> Any:
    """Return the class that `__init__` makes for an attribute, or `object` where it is another value."""
    for kind in owner.__mro__:
        init = vars(kind).get("__init__")
        try:
            text = inspect.getsource(init) if init else ""
        except (OSError, TypeError):
            continue
        if found := re.search(rf"self\.{part}\s*(?::[^=]+)?=\s*(?:(\w+)\()?", text):
            return getattr(sys.modules[kind.__module__], found[1] or "", object)
    return None


def hints(thing: Any) -> dict[str, Any]:
    """Return evaluated annotations, or none where they name what is not importable."""
    try:
        return typing.get_type_hints(thing)
    except Exception:  # any name of a stub file may be missing at run time
        return {}


def parameters(thing: Any) -> list[inspect.Parameter]:
    """Return the parameters of a callable without the receiver."""
    found = list(inspect.signature(thing).parameters.values())
    return found[1:] if found and found[0].name in ("self", "cls") and not inspect.ismethod(thing) else found


class Report:
    """Collects problems."""

    def __init__(self) -> None:
        self.problems: list[dict[str, str]] = []

    def add(self, claim: str, problem: str) -> None:
        """Keep one problem."""
        self.problems.append({"claim": claim, "problem": problem})

    def name(self, claim: str, name: str) -> Any:
        """Return what ``name`` is, or None after a report that it is missing."""
        try:
            return resolve(name)
        except MissingError as error:
            self.add(f"{claim} {name}", str(error))
            return None

    def places(self, claim: str, thing: Any, places: list[Any]) -> None:
        """Report positions and keywords that a callable does not take."""
        try:
            given = parameters(thing)
        except (TypeError, ValueError) as error:
            self.add(claim, f"has no signature: {error}")
            return
        variadic = any(each.kind is each.VAR_POSITIONAL for each in given)
        keywords = any(each.kind is each.VAR_KEYWORD for each in given)
        ordered = [each for each in given if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
        named = {each.name for each in given if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
        for at, place in enumerate(places):
            following = places[at + 1] if at + 1 < len(places) else ""
            if isinstance(place, str) and place.startswith(("@", "=")):
                continue
            if isinstance(place, str) and "[" not in place:
                if place not in named and not keywords:
                    self.add(f"{claim} {place}", f"takes no keyword `{place}`, only {sorted(named)}")
                index = next((i for i, each in enumerate(ordered) if each.name == place), -1)
                if index >= 0 and index not in places and claim.endswith((" id", " keys", " body")):
                    self.add(f"{claim} {place}", f"can be positional argument {index}, too")
                continue
            index = place if isinstance(place, int) else int(place.partition("[")[0])
            if index >= len(ordered):
                if not variadic:
                    self.add(f"{claim} {place}", f"takes {len(ordered)} positional arguments")
            elif self.paired(following) and not keywords and ordered[index].name != following:
                self.add(f"{claim} {place}", f"argument {index} is `{ordered[index].name}`, not `{following}`")

    def paired(self, following: Any) -> bool:
        """Return whether the place after a position is the keyword of the same parameter."""
        return isinstance(following, str) and following.isidentifier()

    def passed(self, claim: str, thing: Any, form: dict[str, Any]) -> None:
        """Report where a callable does not hand arguments on as the form says."""
        given = parameters(thing)
        ordered = [each for each in given if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
        start = form.get("passes")
        variadic = any(each.kind is each.VAR_POSITIONAL for each in given)
        if start is not None and not (start < len(ordered) or (variadic and start >= len(ordered))):
            self.add(f"{claim} passes", f"hands on nothing from argument {start}")
        if form.get("passes-keyword") and form["passes-keyword"] not in {each.name for each in given}:
            self.add(f"{claim} passes-keyword", f"takes no `{form['passes-keyword']}`")


def forms(dialect: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """Yield every form with its field, its way and the name it claims."""
    for table in ("workflow", "step", "reference"):
        for at, form in enumerate(dialect.get(table, [])):
            for way in ("decorator", "call", "base", "method"):
                if form.get(way):
                    yield f"{table}[{at}].{way}", form, way, form[way]


def check_dialect(dialect: dict[str, Any], further: list[str]) -> list[dict[str, str]]:
    """Return what the installed SDK has not, of what a dialect claims."""
    report = Report()
    owners = {**dialect.get("contexts", {}), **dict.fromkeys(further, "")}
    contexts = [(report.name("contexts", name), path) for name, path in owners.items()]
    for field, form, way, name in forms(dialect):
        if way == "method":
            check_method(report, f"{field} {name}", form, name, contexts)
        else:
            check_form(report, f"{field} {name}", form, way, name, dialect)
    for field in ("stable", "interrupts"):
        for name in dialect.get(field, []):
            check_other(report, field, name, dialect)
    for field in ("alias", "obtained", "unordered"):
        for name in dialect.get(field, {}):
            if not name.startswith("."):
                report.name(field, name)
    for name in dialect.get("alias", {}).values():
        report.name("alias", name)
    paths = [
        (field, name)
        for field in ("parallel", "gates", "stable-context", "unstable-context")
        for name in dialect.get(field, [])
    ]
    paths += [("obtained", name[1:]) for name in dialect.get("obtained", {}) if name.startswith(".")]
    for field, name in paths:
        if name.split(".")[0] in {package.split(".")[0] for package in dialect["packages"]} | {"asyncio"}:
            report.name(field, name)
        elif not any(on_context(owner, path, name) is not None for owner, path in contexts):
            report.add(f"{field} {name}", "no context has it")
    return report.problems


def check_form(report: Report, claim: str, form: dict[str, Any], way: str, name: str, dialect: dict[str, Any]) -> None:
    """Check the callable behind a decorator, call or base class."""
    thing = report.name(claim.partition(" ")[0], name)
    for each in (*form.get("entry", []), *form.get("handlers", [])):
        if not each.startswith("."):
            report.name(claim.partition(" ")[0], each)
    if thing is None or way == "base":
        return
    report.places(f"{claim} id", thing, form.get("id", []))
    report.places(f"{claim} keys", thing, form.get("keys", []))
    report.places(f"{claim} also", thing, form.get("also", []))
    report.places(f"{claim} needs", thing, form.get("needs", []))
    if way == "call":
        report.places(f"{claim} body", thing, form.get("body", []))
        report.places(f"{claim} duration", thing, [form["duration"]] if "duration" in form else [])
        report.passed(claim, thing, form)
        if claim.startswith("step"):
            check_await(report, claim, form, thing, dialect)
    if app := form.get("app"):
        owner = name.rpartition(".")[0]
        makers = [owner, *(alias for alias, meant in dialect.get("alias", {}).items() if meant == owner)]
        reports = [Report() for _ in makers]
        for each, maker in zip(reports, makers, strict=True):
            each.places(f"{claim} app", resolve(maker), [int(app) if app.isdigit() else app])
        if all(each.problems for each in reports):
            report.problems += reports[0].problems


def check_await(report: Report, claim: str, form: dict[str, Any], thing: Any, dialect: dict[str, Any]) -> None:
    """Check that what must be awaited can be, and that the rest happens without."""
    must = form.get("must") or dialect.get("must", "await")
    coroutine = inspect.iscoroutinefunction(thing)
    returns = str(inspect.signature(thing).return_annotation)
    if must == "none" and coroutine:
        report.add(f"{claim} must", "is a coroutine function: nothing happens without await")
    if must == "await" and not coroutine and not AWAITED.search(returns):
        report.add(f"{claim} must", f"is no coroutine function and returns {returns}")


def check_method(report: Report, claim: str, form: dict[str, Any], path: str, contexts: list[tuple[Any, str]]) -> None:
    """Check a method on every context type that has it; one must."""
    found = [thing for owner, prefix in contexts if (thing := on_context(owner, prefix, path)) is not None]
    if not found:
        report.add(claim, "no context has it")
    for thing in found:
        for field in ("id", "keys", "body"):
            report.places(f"{claim} {field}", thing, form.get(field, []))
        report.places(f"{claim} duration", thing, [form["duration"]] if "duration" in form else [])
        report.passed(claim, thing, form)
        if form.get("must") == "none" and inspect.iscoroutinefunction(thing) and not form.get("applies"):
            report.add(f"{claim} must", "is a coroutine function: nothing happens without await")


def on_context(owner: Any, prefix: str, path: str) -> Any:
    """Return the member at ``path`` of a context type that stands for ``prefix``, or None."""
    parts = path.split(".")
    if prefix:
        if parts[: prefix.count(".") + 1] != prefix.split("."):
            return None
        parts = parts[prefix.count(".") + 1 :]
    for part in parts:
        if owner is None:
            return None
        try:
            owner = member(owner, part, path)
        except MissingError:
            return None
    return owner


def check_other(report: Report, field: str, name: str, dialect: dict[str, Any]) -> None:
    """Check a name that stands in a list; of an interrupt also what has to be caught."""
    thing = report.name(field, name)
    if field != "interrupts" or thing is None:
        return
    if issubclass(thing, Exception) != (dialect["interrupt"] == "Exception"):
        report.add(f"{field} {name}", f"does not agree with interrupt = {dialect['interrupt']!r}")


def check_names(names: list[str], since: dict[str, str]) -> list[dict[str, str]]:
    """Return names of knowledge tables that do not exist, of packages that are installed."""
    report = Report()
    for name in names:
        plain = name.rstrip("*").rstrip(".")
        younger = [version for known, version in since.items() if f"{plain}.".startswith(f"{known}.")]
        if any(sys.version_info < tuple(int(part) for part in version.split(".")) for version in younger):
            continue
        try:
            if imported(plain.split(".")[0]) is not None:
                resolve(plain)
        except UnavailableError:
            continue
        except MissingError as error:
            report.add(f"name {plain}", str(error))
    return report.problems


def check_verbs(clients: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return verbs of clients that none of its installed classes has."""
    report = Report()
    for client in clients:
        kinds = [kind for name in client["types"] if (kind := _class(name)) is not None]
        if not kinds or len(kinds) < len(client["types"]) or client.get("deep"):
            continue
        for field in ("reads", "writes", "opens", "quiet", "statements", "requests"):
            for verb in client.get(field, []):
                if "*" not in verb and not any(hasattr(kind, verb) for kind in kinds):
                    report.add(f"client {client['types'][0]} {field} {verb}", "no class has it")
    return report.problems


def _class(name: str) -> type | None:
    try:
        found = resolve(name)
    except MissingError:
        return None
    return found if inspect.isclass(found) else None


def main() -> None:
    """Answer one request."""
    warnings.simplefilter("ignore")
    request = json.load(sys.stdin)
    answers: dict[str, Callable[[], list[dict[str, str]]]] = {
        "dialect": lambda: check_dialect(request["dialect"], request.get("further", [])),
        "names": lambda: check_names(request["names"], request.get("since", {})),
        "verbs": lambda: check_verbs(request["clients"]),
    }
    out = sys.stdout
    sys.stdout = sys.stderr  # some packages print while they are imported
    json.dump(answers[request["ask"]](), out)


if __name__ == "__main__":
    main()
