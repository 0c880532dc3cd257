"""The linker with everything it needs: which file an import means, tables, wrappers, and what the project pins."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from steplint.config.settings import DialectSettings, KnowledgeSettings
from steplint.files import ModuleIndex
from steplint.knowledge.apis import Apis
from steplint.link.graph import Linked, link
from steplint.model.summary import ModuleSummary
from steplint.project.pins import pins
from steplint.project.rounds import Link
from steplint.project.tables import Known


def linker(
    paths: Iterable[str],
    known: Known,
    own: KnowledgeSettings,
    dialects: Mapping[str, DialectSettings],
    installed: Sequence[str] = (),
) -> Link:
    """Return the function that links summaries of a project with these ``paths``.

    ``installed`` are files of libraries that imports are followed into.
    """
    modules = ModuleIndex(paths, _libraries(known))
    apis = Apis(known.tables, own)

    libraries = ModuleIndex(installed)

    def find(importer: str, module: str, level: int) -> str | None:
        return modules.find(importer, module, level) or libraries.find(importer, module, level)

    def linked(summaries: Mapping[str, ModuleSummary], omitted: Mapping[str, frozenset[str]]) -> Linked:
        return link(
            summaries,
            find=find,
            dotted=modules.name,
            dialects=known.dialects,
            apis=apis,
            wrappers=known.wrappers,
            pinned=pins(summaries.values(), known.dialects.values(), dialects),
            omitted=omitted,
        )

    return linked


def _libraries(known: Known) -> frozenset[str]:
    """Return top-level names that mean a library where no project module of that name is above the importer."""
    packages = (name for each in known.dialects.values() for name in each.packages)
    return frozenset(sys.stdlib_module_names).union(name.partition(".")[0] for name in packages)
