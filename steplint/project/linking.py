"""The linker with everything it needs: how the SDKs are written, and the tables of APIs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from steplint.config.settings import KnowledgeSettings
from steplint.knowledge.apis import Apis
from steplint.link.forms import Forms
from steplint.link.graph import Linked, link, published
from steplint.link.offered import offered
from steplint.link.program import Provide
from steplint.model.report import Failure
from steplint.model.summary import ModuleSummary
from steplint.project.imports import Imports
from steplint.project.reading import failure
from steplint.project.rounds import Link
from steplint.project.tables import Known


def linker(imported: Imports, known: Known, own: KnowledgeSettings) -> Link:
    """Return the function that links summaries."""
    apis, forms = Apis(known.tables, own), Forms(known.dialects.values(), known.wrappers)

    def linked(
        summaries: Mapping[str, ModuleSummary],
        omitted: Mapping[str, frozenset[str]],
        provide: Provide | None,
        elsewhere: Collection[str],
    ) -> Linked:
        return link(
            summaries,
            find=imported.find,
            dotted=imported.name,
            forms=forms,
            apis=apis,
            omitted=omitted,
            provide=provide,
            elsewhere=elsewhere,
        )

    return linked


def publishers(
    imported: Imports, known: Known, own: KnowledgeSettings, summaries: Mapping[str, ModuleSummary]
) -> Mapping[str, str]:
    """Return the files that publish functions for steps to refer to, by the names that they have there."""
    apis, forms = Apis(known.tables, own), Forms(known.dialects.values(), known.wrappers)
    return published(summaries, find=imported.find, dotted=imported.name, forms=forms, apis=apis)


def offers(
    imported: Imports,
    known: Known,
    own: KnowledgeSettings,
    asked: Mapping[str, tuple[str, ...]],
    summaries: Mapping[str, ModuleSummary],
    failures: list[Failure],
) -> dict[str, tuple[str, ...]]:
    """Return what each file offers of an SDK, given the files of which it may pass on something.

    A file at which the linker crashes costs itself: it goes to ``failures``.
    """
    apis, forms = Apis(known.tables, own), Forms(known.dialects.values(), known.wrappers)
    found: dict[str, tuple[str, ...]] = {}
    for path, sources in asked.items():
        needed = {each: summaries[each] for each in (path, *sources) if each in summaries}
        understood = {each: summary for each, summary in needed.items() if summary.problem is None}
        if path not in understood:
            found[path] = ()
            continue
        find, name = imported.find, imported.name
        try:
            found[path] = offered(path, understood, find=find, dotted=name, forms=forms, apis=apis)
        except Exception as error:
            failures.append(failure(f"file {path}", error))
    return found
