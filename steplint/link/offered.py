"""What a module offers of an SDK: clients, services, own decorators. Files that import it need no word of the SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from steplint.knowledge.apis import Apis
from steplint.link import names
from steplint.link.forms import Forms
from steplint.link.linker import Linker
from steplint.link.program import Find, Modules, Unit
from steplint.link.values import Abstract, External, Function, Instance, Partial
from steplint.model.summary import ModuleSummary


def offered(
    path: str,
    summaries: Mapping[str, ModuleSummary],
    *,
    find: Find,
    dotted: Callable[[str], str],
    forms: Forms,
    apis: Apis,
) -> tuple[str, ...]:
    """Return the names of the module at ``path`` by which another file may declare workflows or steps.

    ``summaries`` holds the module, and those whose offers it may pass on.
    """
    units = {each: Unit(each, dotted(each), summary) for each, summary in summaries.items()}
    linker = Linker(Modules(units, find), forms, apis)
    unit = units[path]
    makers = _makers(forms)
    found = {
        name for name, value in linker.module(unit).scope.variables.items() if "." not in name and _makes(value, makers)
    }
    for name, each in unit.imports.get(0, {}).items():
        source = linker.modules.resolve(path, each.module, each.level) if each.name else None
        if source is not None and _makes(names.member(linker, unit, name), makers):
            found.add(name)
    for name, index in unit.members.get(0, {}).items():
        if not unit.function(index).decorators and _gives(linker, unit, index, makers):
            found.add(name)
    return tuple(sorted(found))


def _makers(forms: Forms) -> frozenset[str]:
    """Return the names by which workflows and steps are declared, and the names of what has them as methods."""
    found: set[str] = set()
    for each in (*forms.marks, *forms.workflow_calls):
        parts = each.split(".")
        # The first part is the package: who imports it from the project still writes its name.
        found.update(".".join(parts[:count]) for count in range(2, len(parts) + 1))
    return frozenset(found)


def _makes(value: Abstract | None, makers: frozenset[str]) -> bool:
    thing = value.thing if value is not None else None
    if isinstance(thing, Partial):
        return _makes(thing.target, makers)
    return isinstance(thing, External | Instance) and thing.name in makers


def _gives(linker: Linker, unit: Unit, index: int, makers: frozenset[str]) -> bool:
    """Return whether a function returns something that declares, or declares what it is given."""
    function = unit.function(index)
    if not any(each.kind == "return" for each in function.statements):
        return False
    thing = Function(unit.path, index)
    returned = linker.interpret(thing, {}, "outside", "").returns
    if _makes(returned, makers) or (isinstance(returned.thing, Function) and returned.thing.marks):
        return True
    return bool(function.parameters and linker.through_project(Abstract(thing), thing))
