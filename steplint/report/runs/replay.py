"""What a replay without side effects, or a determinism check, has found, as text."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.contract.runs import Determinism, Progress, Rehearsal
from steplint.report import cells
from steplint.report.runs.times import span
from steplint.report.runs.view import RunsView
from steplint.report.style import paint

_WORDS = {
    "reexecuted": "executes again",
    "late": "executes late",
    "lost": "is not asked for",
    "changed": "receives another callable's memo",
    "rekinded": "is another kind of step",
    "refused": "is refused",
    "result": "other result",
    "wedges": "fails or hangs",
    "swaps": "receives another call's result",
}
_CAUSES = {"clock": "a shifted clock", "chance": "chance", "hash-seed": "another hash seed"}


def rehearsal(found: Rehearsal, view: RunsView) -> str:
    """Return what would happen to a recorded run under the code of now."""
    return "".join(f"{line}\n" for line in _rehearsal(found, view))


def determinism(found: Determinism, view: RunsView) -> str:
    """Return what differed between two entries of one body."""
    return "".join(f"{line}\n" for line in _determinism(found, view))


def progress(each: Progress, begin: float, view: RunsView) -> str:
    """Return one line about what happens to a run right now."""
    look = {"failed": "error", "ended": "bold", "recorded": "added"}.get(each.what, "")
    what = paint(f"{each.what:<8}", look, view.color)
    parts = [
        f"+{span(each.at - begin):<7}",
        what,
        _shown(each.run, view),
        each.kind,
        _shown(each.step, view),
        _shown(each.detail, view),
    ]
    return "  ".join(part for part in parts if part).rstrip() + "\n"


def _rehearsal(found: Rehearsal, view: RunsView) -> Iterator[str]:
    memos = cells.count(found.recalled, "memo")
    clean = not found.divergences and found.followed
    verdict = paint("same path", "added", view.color) if clean else paint("differs", "error", view.color)
    head = f"run {_shown(found.run, view)}   {_shown(found.workflow, view)}   {found.status}"
    yield f"{head}   {verdict}, {memos} recalled"
    for each in found.divergences:
        like = f"; looks like `{_shown(each.looks_like, view)}`" if each.looks_like else ""
        step = f"`{_shown(each.step, view)}` " if each.step else ""
        yield f"  ! {step}{_WORDS[each.what]}: {_shown(each.text, view)}{like}"
    if not found.followed:
        yield f"  ? not followed to its end: {_shown(found.stopped, view)}"
    yield from (f"  ~ {_shown(line, view)}" for line in found.drift)


def _determinism(found: Determinism, view: RunsView) -> Iterator[str]:
    head = f"workflow {_shown(found.workflow, view)}   run {_shown(found.run, view)}   "
    if found.refused:
        yield f"{head}not checked: {_shown(found.refused, view)}"
        return
    if not found.unstable:
        yield head + paint("the same on every entry", "added", view.color)
    else:
        yield head + paint(cells.count(len(found.unstable), "difference"), "error", view.color)
    for each in found.unstable:
        step = f" of `{_shown(each.step, view)}`" if each.step else ""
        yield f"  ! {each.what}{step} differ with {_CAUSES[each.cause]}"
        yield f"      first   {_shown(each.first, view)}"
        yield f"      then    {_shown(each.second, view)}"
        if each.rules:
            yield f"      found in the code by {', '.join(each.rules)}"
    if not found.clock_shifted:
        yield "  ? the clock was not shifted: no library for it is installed"


def _shown(text: str, view: RunsView) -> str:
    return cells.visible(text, not view.unicode)
