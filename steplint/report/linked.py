"""Which change a finding reports: by the index it carries, or by code, workflow and step."""

from __future__ import annotations

from msgspec import Struct

from steplint.contract.change import Change
from steplint.contract.verdicts import harmless
from steplint.model.report import Report, Reported


class Weight(Struct, frozen=True):
    """What findings say about a change: whether something has to be done, and the rule that reports it.

    ``breaking`` when it takes a decision, because runs in flight would notice; else only the lock is out of date.
    """

    open: bool = False
    breaking: bool = False
    rule: str = ""


def change_of(reported: Reported, report: Report) -> int | None:
    """Return the index of the change that ``reported`` is about, or None."""
    if reported.change is not None:
        return reported.change if reported.change < len(report.changes) else None
    if reported.rule.group != "lock":
        return None
    return next((index for index, each in enumerate(report.changes) if _about(reported, each)), None)


def weights(report: Report) -> dict[int, Weight]:
    """Return the weight of each change that has a finding, by index."""
    found = dict[int, Weight]()
    for each in report.findings:
        index = change_of(each, report)
        if index is not None:
            change, before = report.changes[index], found.get(index, Weight())
            is_open = each.severity != "info" and change.recorded is None
            breaking = is_open and not harmless(change.verdict)
            found[index] = Weight(
                is_open or before.open, breaking or before.breaking, f"{each.rule.name} {each.rule.code}"
            )
    return found


def _about(reported: Reported, change: Change) -> bool:
    finding = reported.finding
    if (reported.rule.code, finding.workflow) != (change.code, change.workflow):
        return False
    if finding.dialect not in ("", change.dialect):
        return False
    labels = {step.label for step in (change.old, change.new) if step is not None}
    return finding.step in labels or not (labels and finding.step)
