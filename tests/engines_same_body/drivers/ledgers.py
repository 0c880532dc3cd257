"""The recorded steps of a run in a ledger."""

from __future__ import annotations

from steplint.contract.runs import Fault
from steplint.runtime.engines.recorded import Recorded
from steplint.runtime.store import Store
from steplint.runtime.values import decode


def recorded(store: Store, run: str) -> list[Recorded]:
    """Return the steps by position."""
    return [
        Recorded(
            step.kind,
            step.id,
            step.occurrence,
            decode(step.data) if step.data is not None else None,
            Fault(**decode(step.error)) if step.error is not None else None,
        )
        for step in store.steps(run)
    ]
