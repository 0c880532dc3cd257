"""Which file an import means, and what a file is called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from steplint.files import ModuleIndex
from steplint.project.tables import Known

Find = Callable[[str, str, int], "str | None"]
"""Gives the file that an import means: importing file, module, level."""


class Imports(NamedTuple):
    """Which file an import means, and the dotted name of a file."""

    find: Find
    name: Callable[[str], str]


def imports(paths: Iterable[str], known: Known, installed: Sequence[str] = ()) -> Imports:
    """Return how imports are resolved in a project; ``installed`` are files of libraries that they may lead into."""
    modules = ModuleIndex(paths, _libraries(known), _foreign(known))
    libraries = ModuleIndex(installed)

    def find(importer: str, module: str, level: int) -> str | None:
        return modules.find(importer, module, level) or libraries.find(importer, module, level)

    return Imports(find, modules.name)


def _libraries(known: Known) -> frozenset[str]:
    """Return top-level names that mean a library where no project module of that name is above the importer."""
    packages = (name for each in known.dialects.values() for name in each.packages)
    return frozenset(sys.stdlib_module_names).union(name.partition(".")[0] for name in packages)


def _foreign(known: Known) -> frozenset[str]:
    """Return the top-level names of packages whose APIs are known."""
    apis = (
        name
        for table in known.tables
        for names in (*(each.calls for each in table.source), *(each.types for each in table.client), table.alias)
        for name in names
    )
    return frozenset(name.partition(".")[0] for name in apis)
