"""The last lines of a run, for stderr: what was counted, what can be fixed, what broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from steplint.model.report import Report
from steplint.report import wording
from steplint.report.cells import count
from steplint.report.explain import shown
from steplint.report.linked import weights
from steplint.report.style import paint
from steplint.report.view import View


def summarize(report: Report, view: View) -> str:
    """Return the summary of ``report``: a few lines with a final newline."""
    lines = list(_changes(report)) if report.verb == "diff" else [_found(report)]
    lines += [*_extras(report), *_unseen(report), *_errors(report, view)]
    return "".join(f"{line}\n" for line in lines)


def _found(report: Report) -> str:
    numbers, counts = report.summary, Counter(each.severity for each in report.findings)
    what = f"{count(counts['error'], 'error')}, {count(counts['warning'], 'warning')}"
    if counts["info"]:
        what += f", {count(counts['info'], 'note')}"
    cached = f"; {numbers.cached} from cache" if numbers.cached else ""
    inside = f"{count(numbers.steps, 'step')}, {count(numbers.files, 'file')}{cached}"
    seconds = f" in {numbers.seconds:.2f}s" if numbers.seconds else ""
    return f"Found {what} in {count(numbers.workflows, 'workflow')} ({inside}){seconds}"


def _changes(report: Report) -> Iterator[str]:
    known = weights(report)
    recorded = sum(1 for change in report.changes if change.recorded is not None)
    breaking = {index for index, weight in known.items() if weight.breaking}
    stale = {index for index, weight in known.items() if weight.open} - breaking
    plain = [
        each for index, each in enumerate(report.changes) if each.recorded is None and index not in breaking | stale
    ]
    added = sum(wording.is_added(change) for change in plain)
    cosmetic = sum(change.kind in ("expression", "rebodied", "reordered") for change in plain)
    parts = [f"{recorded + len(breaking)} breaking ({recorded} recorded)"]
    if stale:
        parts.append(f"{len(stale)} not in the lock")
    if added:
        parts.append(count(added, "addition"))
    if cosmetic:
        parts.append(f"{cosmetic} cosmetic")
    if rest := len(plain) - added - cosmetic:
        parts.append(count(rest, "other change"))
    touched = sum(1 for each in report.compared if each.changes)
    yield f"{', '.join(parts)} in {touched} of {count(len(report.compared), 'workflow')}"


def _extras(report: Report) -> Iterator[str]:
    fixes = [each.finding.fix for each in report.findings if each.finding.fix is not None]
    safe = sum(1 for fix in fixes if fix.safe)
    parts = list[str]()
    if safe:
        parts.append(f"{count(safe, 'fix', 'fixes')} available with `--fix`")
    if unsafe := len(fixes) - safe:
        parts.append(f"{count(unsafe, 'unsafe fix', 'unsafe fixes')} available with `--fix --unsafe-fixes`")
    numbers = report.summary
    if numbers.suppressed or numbers.unused_suppressions:
        parts.append(f"{numbers.suppressed} suppressed, {count(numbers.unused_suppressions, 'unused suppression')}")
    if numbers.baselined:
        parts.append(f"{numbers.baselined} in the baseline")
    if parts:
        yield "; ".join(parts)


def _unseen(report: Report) -> Iterator[str]:
    numbers, parts = report.summary, list[str]()
    if numbers.unresolved_calls:
        parts.append(f"{count(numbers.unresolved_calls, 'call')} not followed")
    if numbers.unreadable_ids:
        parts.append(f"{count(numbers.unreadable_ids, 'step ID')} not readable")
    if parts:
        yield f"{', '.join(parts)}; `--verbose` lists them"


def _errors(report: Report, view: View) -> Iterator[str]:
    for failure in report.errors:
        yield paint("error", "error", view.color) + f": {shown(failure.where, view)}: {shown(failure.message, view)}"
        yield from (f"    {shown(line, view)}" for line in failure.detail.splitlines())
