"""What `runs replay` and `runs drained` do for runs that another engine recorded, without a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from steplint.contract.change import Change
from steplint.contract.inflight import Journal, foretell, held
from steplint.contract.manifest import Manifest, ManifestWorkflow
from steplint.contract.runs import Drained, Rehearsal
from steplint.runtime.console import Ledger
from steplint.runtime.engines.errors import EngineError


def replay_dbos(
    database: str,
    code: Manifest,
    changes: Sequence[Change] = (),
    *,
    workflows: Collection[str] = (),
    runs: Collection[str] = (),
    limit: int | None = None,
) -> list[Rehearsal]:
    """Return what becomes of the runs in flight that DBOS recorded, or of ``runs``, under the manifest ``code``.

    ``changes`` are those against the state that is deployed. Nothing is executed, nothing written. Raises
    `EngineError`.
    """
    from steplint.runtime.fronts.dbos_journals import journals

    known = _workflows(code, "dbos")
    adapted = [name for name, each in known.items() if each.dialect == "steplint"]
    found = journals(database, workflows, runs, adapted=adapted, limit=limit)
    return [_foretold(each, known, changes) for each in found]


def replay_temporal(histories: Collection[Ledger], code: Manifest, changes: Sequence[Change] = ()) -> list[Rehearsal]:
    """Return what becomes of the runs in history files under the manifest ``code``. Raises `EngineError`."""
    from steplint.runtime.fronts.temporal_history import journal

    known = _workflows(code, "temporal")
    return [_foretold(journal(each), known, changes) for each in histories]


def drained_dbos(database: str, workflow: str, steps: Collection[str] = (), *, adapted: bool = False) -> list[Drained]:
    """Return for each step ID, of those given or of all, how many runs in flight on DBOS recorded it."""
    from steplint.runtime.fronts.dbos_journals import journals

    found = journals(database, [workflow], adapted=[workflow] if adapted else ())
    labels = steps or {entry.label for each in found for entry in each.entries if entry.label is not None}
    return [Drained(workflow, label, sum(held(each, label) for each in found)) for label in sorted(labels)]


def _workflows(code: Manifest, engine: str) -> Mapping[str, ManifestWorkflow]:
    """Return the workflows that run on ``engine``, by the name that it knows."""
    found = {each.id: each for each in code.workflows if each.dialect == engine or engine in each.targets}
    mine = {each.id: each for each in code.workflows if each.dialect == "steplint"}
    known = {**mine, **found}
    if not known:
        raise EngineError(
            f"the code has no workflow for {engine}", "run it in the project's folder, or name a manifest"
        )
    return known


def _foretold(journal: Journal, known: Mapping[str, ManifestWorkflow], changes: Sequence[Change]) -> Rehearsal:
    return foretell(
        journal, known.get(journal.workflow), [each for each in changes if each.workflow == journal.workflow]
    )
