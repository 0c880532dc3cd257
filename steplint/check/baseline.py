"""The line-free list of accepted findings: it hides what it lists, reports what is gone, and only shrinks by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from steplint.check.run import digest, subject
from steplint.config.problems import ConfigError
from steplint.model.finding import Edit, Finding, Fix
from steplint.model.place import Place, Span
from steplint.model.report import Reported, Suppression

SCHEMA = 1
GROUPS = ("determinism", "identity", "granularity", "body", "project")
"""Groups whose findings a baseline may hold."""


class Entry(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """Accepted findings of one rule in one function on the same code; ``snippet`` is a digest."""

    rule: str
    workflow: str
    symbol: str
    snippet: str
    count: int = 1


class Baseline(Struct, frozen=True, forbid_unknown_fields=True):
    """Accepted findings by file."""

    schema: int = SCHEMA
    files: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)


class Matched(NamedTuple):
    """What a baseline left over and what it hid; ``unmatched`` is how many findings each entry lacks."""

    kept: list[Reported]
    suppressed: list[Reported]
    unmatched: dict[tuple[str, Entry], int]


def decode(text: str, path: str) -> Baseline:
    """Return the baseline in ``text``; raises `ConfigError` that names ``path`` and what is wrong."""
    try:
        baseline = msgspec.json.decode(text, type=Baseline)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        hint = "write it anew with `steplint check --update-baseline=all`"
        raise ConfigError(f"{path}: not a baseline: {str(error).lower()}", hint) from error
    if baseline.schema != SCHEMA:
        raise ConfigError(f"{path}: baseline schema {baseline.schema} is not known", f"this version reads {SCHEMA}")
    return baseline


def encode(baseline: Baseline) -> str:
    """Return ``baseline`` as JSON: sorted, one entry on a line."""
    files = list[str]()
    for path, entries in sorted(baseline.files.items()):
        rows = ",\n".join(f"   {msgspec.json.encode(each).decode()}" for each in sorted(entries))
        files.append(f"  {msgspec.json.encode(path).decode()}: [\n{rows}]")
    inner = "{\n" + ",\n".join(files) + "}" if files else "{}"
    return f'{{"schema": {baseline.schema},\n "files": {inner}}}\n'


def match(
    findings: Iterable[Reported], baseline: Baseline, text: Callable[[str], str], exists: Callable[[str], bool]
) -> Matched:
    """Return ``findings`` without those that ``baseline`` accepts, each entry as often as it counts.

    An entry of a file that is gone matches the same rule, symbol and code elsewhere: the function was moved.
    """
    left = Counter[tuple[str, Entry]]()
    for path, entries in baseline.files.items():
        for entry in entries:
            left[path, replace(entry, count=0)] += entry.count
    moved = {entry: path for path, entry in sorted(left, reverse=True) if not exists(path)}
    kept, suppressed = list[Reported](), list[Reported]()
    for each in findings:
        mine = entry_of(each, text) if each.rule.group in GROUPS else None
        listed = _listed(each.finding.place.path, mine, left, moved) if mine else None
        if mine is None or listed is None:
            kept.append(each)
            continue
        left[listed, mine] -= 1
        suppressed.append(replace(each, suppressed=Suppression("baseline", "accepted in the baseline")))
    return Matched(kept, suppressed, {key: count for key, count in left.items() if count})


def entry_of(reported: Reported, text: Callable[[str], str]) -> Entry:
    """Return the entry that accepts ``reported``, with count 0."""
    finding = reported.finding
    symbol = finding.trace[0].function if finding.trace else finding.step
    snippet = digest(subject(reported, text))
    return Entry(rule=reported.rule.name, workflow=finding.workflow, symbol=symbol, snippet=snippet, count=0)


def accept(findings: Iterable[Reported], text: Callable[[str], str]) -> Baseline:
    """Return a baseline that accepts all of ``findings`` that it may hold."""
    counts = Counter[tuple[str, Entry]](
        (each.finding.place.path, entry_of(each, text)) for each in findings if each.rule.group in GROUPS
    )
    return _assembled(counts)


def shrunk(baseline: Baseline, unmatched: Mapping[tuple[str, Entry], int], ran: Collection[str]) -> Baseline:
    """Return ``baseline`` without what matches nothing any more; rules that did not run keep their entries."""
    counts = Counter[tuple[str, Entry]]()
    for path, entries in baseline.files.items():
        for entry in entries:
            counts[path, replace(entry, count=0)] += entry.count
    for key, count in unmatched.items():
        if key[1].rule in ran:
            counts[key] -= count
    return _assembled(+counts)


def stale(
    baseline: Baseline,
    unmatched: Mapping[tuple[str, Entry], int],
    ran: Collection[str],
    path: str,
    written: str,
    *,
    ci: bool = False,
) -> Iterator[Finding]:
    """Yield SL004 for each entry that allows more findings than there are; ``written`` is the text of the file."""
    fix = Fix(
        "shrink the baseline",
        (Edit(Place(path, _whole(written)), encode(shrunk(baseline, unmatched, ran))),),
        safe=True,
    )
    for (file, entry), count in sorted(unmatched.items()):
        if entry.rule not in ran:
            continue
        many = f"{count} findings" if count > 1 else "a finding"
        yield Finding(
            f"the baseline allows {many} of `{entry.rule}` in `{entry.symbol or entry.workflow}` that is gone",
            Place(path, _row(written, file, entry)),
            workflow=entry.workflow,
            level="ci" if ci else "",
            hint="`steplint check --update-baseline` shrinks it",
            fix=fix,
            subject=f"{file} {entry.snippet}",
        )


def _listed(path: str, entry: Entry, left: Mapping[tuple[str, Entry], int], moved: Mapping[Entry, str]) -> str | None:
    if left.get((path, entry), 0) > 0:
        return path
    before = moved.get(entry)
    return before if before is not None and left.get((before, entry), 0) > 0 else None


def _assembled(counts: Mapping[tuple[str, Entry], int]) -> Baseline:
    files = dict[str, list[Entry]]()
    for (path, entry), count in sorted(counts.items()):
        files.setdefault(path, []).append(replace(entry, count=count))
    return Baseline(files={path: tuple(entries) for path, entries in files.items()})


def _whole(text: str) -> Span:
    lines = text.split("\n")
    return Span(1, 0, len(lines), len(lines[-1]))


def _row(text: str, file: str, entry: Entry) -> Span:
    """Return the line of ``entry`` in the file, the first one where it was written by hand."""
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines) if f"{msgspec.json.encode(file).decode()}:" in line), 0)
    for number in range(start, len(lines)):
        if entry.snippet in lines[number] and f'"{entry.rule}"' in lines[number]:
            column = len(lines[number]) - len(lines[number].lstrip())
            return Span(number + 1, column, number + 1, len(lines[number]))
    return Span(1, 0, 1, 0)
