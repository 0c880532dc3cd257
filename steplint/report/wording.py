"""Words for changes: what happened, what it does to runs in flight, which ways out there are."""

from __future__ import annotations

from collections.abc import Callable

from steplint.contract.change import Change

TITLES = {
    "added": "added",
    "inserted": "inserted",
    "removed": "removed",
    "renamed": "renamed",
    "reordered": "moved",
    "shifted": "repeated ID shifted",
    "swapped": "IDs swapped",
    "reused": "removed ID used again",
    "rekinded": "kind changed",
    "retemplated": "literal and template exchanged",
    "rebodied": "body changed",
    "expression": "expression only, same template",
    "unlocked": "not in the lock",
    "unpinned": "body changed, runs pinned to its source",
    "workflow-renamed": "workflow renamed",
    "workflow-removed": "workflow removed",
    "workflow-added": "workflow added",
}

MARKS = {
    "added": "+",
    "inserted": "+",
    "unlocked": "+",
    "workflow-added": "+",
    "reused": "+",
    "removed": "-",
    "workflow-removed": "-",
    "reordered": ">",
    "shifted": "#",
}
"""Marks of the kinds that are not `~`, a rename or a change."""

_POLICIES = {
    "reexecute": "accept re-execution",
    "alias": "alias",
    "drained": "no run in flight",
    "versioned": "pin old runs",
    "patched": "gate it",
    "restored": "restore it",
}

_KEEP = {
    "removed": ("put it back", "call `{old}` where it was"),
    "renamed": ("keep the ID", "change it back to {old_text}"),
    "retemplated": ("keep the ID", "change it back to {old_text}"),
    "inserted": ("append instead", "call `{new}` after the last published step"),
    "reordered": ("keep the order", "move `{new}` back to its place"),
    "shifted": ("own IDs", "give each call an ID of its own, before runs have recorded this one"),
    "swapped": ("swap back", "give `{new}` the ID that it had"),
    "reused": ("another ID", "give the new step an ID that was never used"),
    "rekinded": ("another ID", "give the new operation an ID that was never used"),
    "workflow-renamed": ("keep the ID", "change it back to {workflow_text}"),
    "workflow-removed": ("put it back", "restore the definition of `{workflow}`"),
    "unpinned": ("pin a version", "set `application_version`, so that a body edit keeps its runs"),
}


_ADDED = ("added", "inserted", "unlocked", "workflow-added")


def is_added(change: Change) -> bool:
    """Return whether the change only brings something new."""
    return change.kind in _ADDED


def evidence(change: Change) -> str:
    """Return why a successor is suggested: `same callable ..., same neighbors`."""
    if change.suggestion is None:
        return ""
    words = [each.replace("-", " ") for each in change.suggestion.evidence]
    called = change.old.callable if change.old is not None else ""
    return ", ".join(f"{each} `{called}`" if each == "same callable" and called else each for each in words)


def quoted(text: str) -> str:
    """Return ``text`` in double quotes, escaped as in Python source."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def old_label(change: Change) -> str:
    """Return the ID or template before the change, empty where there was none."""
    return change.old.label if change.old is not None else ""


def new_label(change: Change) -> str:
    """Return the ID or template after the change; of a rename that is only likely, the suggested one."""
    if change.new is not None:
        return change.new.label
    if change.suggestion is not None:
        return change.suggestion.id
    return change.successor


def concerns(change: Change) -> str:
    """Return the step of a change, ``old -> new`` where both differ; the workflow where no step is concerned."""
    old, new = old_label(change), new_label(change)
    if change.kind.startswith("workflow-"):
        return f"{change.workflow} -> {new}" if change.kind == "workflow-renamed" and new else change.workflow
    if old and new and old != new:
        return f"{old} -> {new}"
    return old or new or change.workflow


def effect(change: Change) -> str:
    """Return what the change does to runs in flight, as a clause."""
    subject = f"`{callable_name(change)}`"
    if change.verdict == "safe":
        return f"no run in flight notices; gated by `{change.gate}`" if change.gate else "no run in flight notices"
    return {
        "late": f"runs already past this point execute {subject} once, after later steps",
        "ignored": "runs in flight keep a memo that nothing reads; runs before this point never execute the step",
        "reruns": f"every run in flight that has passed this point executes {subject} again",
        "swaps": "runs in flight receive the memo of another call",
        "stale": f"runs in flight receive a memo that was recorded for {_meaning(change)}",
        "wedges": _wedges(change),
    }[change.verdict]


def brief(change: Change) -> str:
    """Return the effect of a change that needs no decision, short enough for the end of a line."""
    if change.kind == "expression" or (change.verdict == "safe" and not change.gate):
        return ""
    if change.verdict == "late":
        return "executes once, late in runs already past it"
    return effect(change)


def will(change: Change, code: Callable[[str], str]) -> str:
    """Return the end of the sentence "runs in flight will ..." as markdown; ``code`` makes a code span."""
    if change.verdict == "safe" and change.gate:
        return f"not notice, gated by {code(change.gate)}"
    if change.verdict == "safe":
        return "execute it once" if is_added(change) and change.new is not None else "not notice"
    wedged = "not be **recovered**" if change.kind == "unpinned" else "**fail or hang**"
    return {
        "late": "execute it once",
        "ignored": "not execute it any more; its ID becomes reserved",
        "reruns": f"execute {code(callable_name(change))} **again**",
        "swaps": "get the **other call's** result",
        "stale": "get a result of the **old meaning**",
        "wedges": wedged,
    }[change.verdict]


def callable_name(change: Change) -> str:
    """Return what a run executes for the step: the last part of its callable, or its ID."""
    step = change.new or change.old
    if step is None:
        return change.workflow
    return step.callable.rpartition(":")[2] or step.label


def policy(command: str) -> str:
    """Return a short title for a command that records a decision."""
    words = command.split()
    if "--accept" in words[:-1]:
        return _POLICIES.get(words[words.index("--accept") + 1], "record it")
    verb = words[2] if len(words) > 2 else ""
    return {"remove": "it is gone for good", "restore": "restore it"}.get(
        verb, "record it" if verb else "update the lock"
    )


def decisions(change: Change) -> list[tuple[str, str]]:
    """Return the ways out of a change as (title, what to do), the one that edits code first."""
    ways = list[tuple[str, str]]()
    if change.kind in _KEEP:
        title, text = _KEEP[change.kind]
        ways.append((title, _filled(text, change)))
    for command in change.commands:
        title = policy(command)
        if change.kind == "renamed" and title == "it is gone for good":
            title = "not a rename"
        ways.append((title, command))
    return ways


def no_alias(change: Change) -> str:
    """Return why a rename cannot keep its memo, where the engine is the reason."""
    if change.kind != "renamed" or change.family != "keyed" or change.dialect == "steplint":
        return ""
    if any("--accept alias" in command for command in change.commands):
        return ""
    return f"not offered: {change.dialect} has no step aliases (bundled runtime: --accept alias)"


def _filled(text: str, change: Change) -> str:
    old, new = old_label(change), new_label(change) or old_label(change)
    return text.format(
        old=old, new=new, old_text=quoted(old), workflow=change.workflow, workflow_text=quoted(change.workflow)
    )


def _meaning(change: Change) -> str:
    if change.kind == "rekinded" and change.old is not None and change.new is not None:
        return f"`{change.old.kind}`, not `{change.new.kind}`"
    return "an old meaning"


def _wedges(change: Change) -> str:
    if change.kind.startswith("workflow-"):
        return "runs in flight find no workflow of this ID and fail or hang"
    if change.kind == "unpinned":
        return "runs in flight are pinned to the old source and are not recovered by the new one"
    return "a run in flight that has passed this point fails when it is recovered"
