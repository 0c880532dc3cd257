"""Decides, before a body is entered, whether a run may be replayed under the deployed manifest."""

from __future__ import annotations

import logging

from steplint.contract.runs import Fault
from steplint.runtime import schedule
from steplint.runtime.binding import Action, Bound, describe, parse
from steplint.runtime.store import Note, Run, Store, VisitRow

_log = logging.getLogger("steplint.runtime")


def admit(store: Store, run: Run, visit: VisitRow, bound: Bound) -> bool:
    """Bind ``run`` to the deployed manifest; False if the policy refuses it: then the run is held.

    What the policy warns of, or allows, is noted. Nothing is written if the run was bound to this manifest before.
    """
    if run.manifest == bound.digest:
        return True
    if not bound.digest:
        _log.warning("run `%s` ran under a manifest, but this process has none: drift is not noticed", run.id)
        return True
    drift = drifted(store, run, bound) if run.manifest else []
    refused = [text for action, text in drift if action == "refuse"]
    if refused:
        schedule.hold(store, visit, Fault("Drift", "; ".join(refused)), bound.digest)
        return False
    with schedule.holding(store, visit) as row:
        store.add_manifest(bound.digest, bound.text)
        reused = bound.reused() - _recorded_manifest(store, run).reused()
        for step in store.steps(run.id):
            if step.id in reused:
                store.retire_step(run.id, step.position)
        for action, text in drift:
            _log.log(logging.WARNING if action == "warn" else logging.INFO, "run `%s`: %s", run.id, text)
            store.add_note(Note(run.id, visit.started, f"{action}: {text}"))
        schedule.bind(store, row, bound.digest)
    return True


def drifted(store: Store, run: Run, bound: Bound) -> list[tuple[Action, str]]:
    """Return what the deployed manifest changes for what ``run`` has recorded, each with what the policy does."""
    before = _recorded_manifest(store, run)
    ids = {step.id for step in store.steps(run.id) if step.key} | {timer.id for timer in store.timers(run.id)}
    changes = bound.changes(before, ids)
    found = [("allow" if each.recorded else bound.acts(each.verdict), describe(each)) for each in changes]
    told = {each.new.id for each in changes if each.kind == "reused" and each.new}
    again = sorted((bound.reused() - before.reused() - told) & ids)
    return found + [(bound.acts("stale"), f"step `{step_id}`: reused, stale") for step_id in again]


def _recorded_manifest(store: Store, run: Run) -> Bound:
    text = store.manifest(run.manifest) if run.manifest else None
    return Bound(parse(text)) if text is not None else Bound()
