"""Markdown for a pull-request comment, a step summary or a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from steplint.contract.change import Change
from steplint.model.report import Report, Reported
from steplint.report import cells, markup, wording
from steplint.report.cells import count
from steplint.report.linked import Weight, change_of, weights
from steplint.report.picture import picture
from steplint.report.view import View

_BREAKING, _STALE, _DECIDED, _FINE, _COSMETIC = range(5)
_SIGNS = (("🔴", "decide"), ("🟠", "not in the lock"), ("🟡", "recorded"), ("🟢", "fine"), ("⚪", "same"))
_SEVERITIES = {"error": "🔴", "warning": "🟡", "info": "⚪"}
_HEAD = ["| | workflow | change | step | runs in flight will… |", "|--|--|--|--|--|"]
_LISTED = ["| | place | finding | rule |", "|--|--|--|--|"]


class _Section(Struct, frozen=True):
    """A part of the text; the one with the smallest ``rank`` is cut first, ``rows`` are cut one by one at the end."""

    name: str
    rank: int
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    def write(self, most: int | None = None) -> str:
        """Return the section, its table with ``most`` rows at most."""
        if not self.rows:
            return self.text
        kept = self.rows if most is None else self.rows[:most]
        lines = [*self.head, *kept]
        if left := len(self.rows) - len(kept):
            lines += ["", f"**{left} more rows are left out because of the length.**"]
        return "\n".join(lines)


def render(report: Report, view: View) -> str:
    """Return one document that fits into a comment; what does not fit is cut from the least important part on."""
    marker = f"<!-- steplint:comment:{markup.comment(view.marker)} -->"
    top = f"{marker}\n### steplint: {_title(report)}"
    sections = _diff(report, view) if report.verb == "diff" or report.compared else _check(report, view)
    sections = [each for each in sections if each.text or each.rows]
    return _fitted(top, sections, view)


def _title(report: Report) -> str:
    if report.verb != "diff" and not report.compared:
        counts = {name: sum(each.severity == name for each in report.findings) for name in _SEVERITIES}
        listed = [count(number, "note" if name == "info" else name) for name, number in counts.items() if number]
        return ", ".join(listed) or "no findings"
    known = weights(report).values()
    breaking = sum(weight.breaking for weight in known)
    if breaking:
        return f"{count(breaking, 'breaking step change')} {'needs' if breaking == 1 else 'need'} a decision"
    if any(weight.open for weight in known):
        return "the lock is out of date: run `steplint lock`"
    if any(change.recorded is not None for change in report.changes):
        return "all breaking step changes are recorded"
    return "no breaking step changes" if report.changes else "no step changes"


def _diff(report: Report, view: View) -> list[_Section]:
    known, none = weights(report), Weight()
    ranks = {index: _rank(each, known.get(index, none)) for index, each in enumerate(report.changes)}
    order = sorted(ranks, key=lambda index: (ranks[index], index))
    rows = tuple(_row(report.changes[index], ranks[index], view) for index in order)
    lint = [each for each in report.findings if change_of(each, report) is None]
    commands = [line for index in order if ranks[index] <= _STALE for line in report.changes[index].commands]
    return [
        _Section("table", 9, head=tuple(_HEAD), rows=rows),
        _Section("diagrams", 1, _pictures(report)),
        _Section("commands", 4, _commands(commands)),
        _Section("lint findings", 2, _folded(count(len(lint), "lint finding"), _findings(lint, view))),
        _Section("unchanged workflows", 3, _also(report, lint, view)),
        _Section("errors", 8, _errors(report)),
    ]


def _check(report: Report, view: View) -> list[_Section]:
    hidden = report.suppressed if view.show_suppressed else ()
    rows = tuple(_finding(each, view) for each in (*_sorted(report.findings), *hidden))
    numbers = report.summary
    scope = f"{count(numbers.workflows, 'workflow')}, {count(numbers.steps, 'step')}, {count(numbers.files, 'file')}"
    return [
        _Section("table", 9, head=tuple(_LISTED), rows=rows),
        _Section("summary", 8, f"{scope}" + (f" · {numbers.suppressed} suppressed" if numbers.suppressed else "")),
        _Section("errors", 8, _errors(report)),
    ]


def _rank(change: Change, weight: Weight) -> int:
    if weight.open:
        return _BREAKING if weight.breaking else _STALE
    if change.recorded is not None:
        return _DECIDED
    return _COSMETIC if change.kind in ("expression", "rebodied") else _FINE


def _row(change: Change, rank: int, view: View) -> str:
    title = wording.TITLES[change.kind] + ("?" if change.suggestion is not None else "")
    will = _recorded(change) if change.recorded is not None else wording.will(change, markup.code)
    sign, word = _SIGNS[rank]
    parts = [sign if view.emoji else word, markup.code(change.workflow), title, _step(change), will]
    return f"| {' | '.join(parts)} |"


def _recorded(change: Change) -> str:
    record = change.recorded
    if record is None:
        return ""
    why = f": {markup.text(record.why)}" if record.why else ""
    return f"recorded as {markup.code(record.accept or record.record)}{why}"


def _step(change: Change) -> str:
    old, new = wording.old_label(change), wording.new_label(change)
    if old and new and old != new:
        return f"{markup.code(old)} → {markup.code(new)}"
    return markup.code(old or new) if old or new else ""


def _pictures(report: Report) -> str:
    parts = list[str]()
    for compared in report.compared:
        if not compared.changes:
            continue
        drawn = picture(compared, report)
        parts.append(
            f"```mermaid\n{drawn}\n```" if drawn else f"No diagram of {markup.code(compared.id)}: see the table."
        )
    return "\n\n".join(parts)


def _commands(commands: Sequence[str]) -> str:
    listed = "\n".join(f"    {cells.visible(each)}" for each in dict.fromkeys(commands))
    return _folded("How to decide (copy and paste)", listed) if listed else ""


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n</details>" if text else ""


def _findings(found: Sequence[Reported], view: View) -> str:
    return "\n".join([*_LISTED, *(_finding(each, view) for each in _sorted(found)), ""]) if found else ""


def _sorted(found: Sequence[Reported]) -> list[Reported]:
    return sorted(found, key=lambda each: list(_SEVERITIES).index(each.severity))


def _finding(reported: Reported, view: View) -> str:
    finding = reported.finding
    at = markup.code(f"{finding.place.path}:{finding.place.span.line}")
    told = markup.message(finding.message)
    hint = finding.hint or (finding.fix.title if finding.fix is not None else "")
    if hint:
        told += f"<br>help: {markup.message(hint)}"
    if reported.suppressed is not None:
        told += f"<br>suppressed by {markup.text(reported.suppressed.by)}: {markup.text(reported.suppressed.reason)}"
    sign = _SEVERITIES[reported.severity] if view.emoji else reported.severity
    return f"| {sign} | {at} | {told} | {markup.code(reported.rule.name)} {reported.rule.code} |"


def _also(report: Report, lint: Sequence[Reported], view: View) -> str:
    parts = list[str]()
    if lint and view.changed_lines is not None:
        near = sum(_on_changed(each, view) for each in lint)
        parts.append(f"{count(near, 'lint finding')} on changed lines, {len(lint) - near} elsewhere")
    same = sum(not each.changes for each in report.compared)
    if same:
        parts.append(f"{count(same, 'workflow')} unchanged")
    if report.base is not None:
        commit = report.base.commit[:7]
        parts.append(f"base {markup.code(commit or report.base.ref)}")
        if report.base.note:
            parts.append(markup.text(report.base.note))
    return "Also: " + " · ".join(parts) if parts else ""


def _on_changed(reported: Reported, view: View) -> bool:
    place = reported.finding.place
    lines = (view.changed_lines or {}).get(place.path, frozenset())
    return any(line in lines for line in range(place.span.line, place.span.end_line + 1))


def _errors(report: Report) -> str:
    return "\n".join(
        f"**Internal error** in {markup.code(each.where)}: {markup.text(each.message)}  " for each in report.errors
    )


def _fitted(top: str, sections: list[_Section], view: View) -> str:
    """Return the text within the cap: whole sections go first, least important first, then rows of the table."""
    left = list[str]()

    def write(most: int | None = None) -> str:
        note = [f"Left out because of the length: {', '.join(left)}."] if left else []
        return "\n\n".join([top, *(each.write(most) for each in sections), *note]) + "\n"

    for each in sorted(sections, key=lambda section: section.rank):
        if len(write()) <= view.max_characters:
            break
        if not each.rows:
            sections = [other for other in sections if other is not each]
            left.append(each.name)
    whole = write()
    if len(whole) <= view.max_characters:
        _told(left, 0, view)
        return whole
    rows = max(len(each.rows) for each in sections)
    most = _largest(rows, lambda number: len(write(number)) <= view.max_characters)
    _told(left, rows - most, view)
    return write(most)


def _largest(limit: int, fits: Callable[[int], bool]) -> int:
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _told(left: Sequence[str], rows: int, view: View) -> None:
    if left or rows:
        parts = [*left, *([f"{rows} rows"] if rows else [])]
        view.warn(f"markdown: left out because of the length: {', '.join(parts)}")
