"""Texts that an editor shows beside the code: the steps of a workflow, and what changed in it against the lock."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from steplint.contract.change import Change
from steplint.lock.policy import undecided
from steplint.lsp.snapshot import Snapshot
from steplint.report.formats import load_graph
from steplint.report.view import GraphView
from steplint.report.wording import concerns, decisions


def graph(snapshot: Snapshot, dialect: str, workflow: str, changes: Sequence[Change] = ()) -> str:
    """Return a workflow as a tree of its steps; raises LookupError for one that is gone."""
    found = tuple(each for each in snapshot.workflows if (each.dialect, each.id) == (dialect, workflow))
    if not found:
        raise LookupError(f"there is no workflow `{workflow}` any more")
    view = GraphView(show_all=True, changes=tuple(changes))
    whole = replace(snapshot.analysis.graph, workflows=found, rejected=())
    return load_graph("text").render(whole, view)


def difference(snapshot: Snapshot, dialect: str, workflow: str) -> str:
    """Return the same with what changed against the lock, and the ways out of each change."""
    changes = [
        each for each in snapshot.report.changes if (each.dialect, each.workflow) == (dialect, workflow) and each.code
    ]
    lines = [graph(snapshot, dialect, workflow, changes)]
    for each in changes:
        if undecided(each):
            lines.append(f"\n{concerns(each)}")
            lines += [f"    {title}: {way}" for title, way in decisions(each)]
    return "\n".join(lines) + "\n"
