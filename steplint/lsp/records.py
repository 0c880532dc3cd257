"""Decisions for the lock, from the commands that a change offers to a new text of the lock."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from msgspec.structs import replace

from steplint.contract.change import Change
from steplint.lock import verbs
from steplint.lock.named import RecordError
from steplint.lock.policy import Policy
from steplint.lock.verbs import Given, Written
from steplint.project import locking
from steplint.project.analysis import Analysis
from steplint.report.wording import concerns, policy

_OPTIONS = ("--accept", "--why")


def title(change: Change, command: str) -> str:
    """Return what a command does, short enough for a menu."""
    words = shlex.split(command)
    if words[2:] == []:
        return f"add {_short(concerns(change))} to the lock"
    return f"record in the lock: {_short(concerns(change))} ({policy(command)})"


def recorded(analysis: Analysis, command: str, why: str) -> str | None:
    """Return the lock after a command of `Change.commands`, or None if it stays as it is.

    Without a reason the record is written and does not count until one is added. Raises RecordError, LockError and
    BaseError.
    """
    given = locking.given(analysis)
    decide = _decision(shlex.split(command), why)
    return decide(given if why else without_reasons(given)).text


def without_reasons(given: Given) -> Given:
    """Return ``given`` where a record needs no reason to be written; `check` goes on asking for it."""
    settings = replace(given.policy.settings, require_why=False)
    return replace(given, policy=Policy(given.policy.dialects, settings))


def _decision(words: list[str], why: str) -> Callable[[Given], Written]:
    if words[:2] != ["steplint", "lock"]:
        raise RecordError(f"`{shlex.join(words)}` is no command about the lock", "steplint lock --help")
    options, names = _parsed(words[3:])
    accept = options.get("--accept", "")
    match (words[2] if len(words) > 2 else "", "--workflow" in options, names):
        case "", False, []:
            return verbs.lock_update
        case "rename", True, [old, new]:
            return lambda given: verbs.lock_rename_workflow(given, old, new, accept=accept, why=why)
        case "rename", False, [name, old, new]:
            return lambda given: verbs.lock_rename(given, name, old, new, accept=accept, why=why)
        case "remove", True, [name]:
            return lambda given: verbs.lock_remove(given, name, None, why=why, accept=accept)
        case "remove", False, [name, step]:
            return lambda given: verbs.lock_remove(given, name, step, why=why, accept=accept)
        case "change", False, [name, step]:
            return lambda given: verbs.lock_change(given, name, step, accept=accept, why=why)
        case "restore", whole, [name, *rest] if len(rest) == 1 - whole:
            return lambda given: verbs.lock_restore(given, name, rest[0] if rest else None, why=why)
    raise RecordError(f"`{shlex.join(words)}` is no command about the lock", "steplint lock --help")


def _parsed(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return options and names; behind `--` there are only names."""
    options, names = dict[str, str](), list[str]()
    rest = iter(words)
    for word in rest:
        if word == "--":
            names += rest
        elif word in _OPTIONS:
            options[word] = next(rest, "")
        elif word == "--workflow":
            options[word] = ""
        else:
            names.append(word)
    return options, names


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return f"`{shown if len(shown) <= 60 else f'{shown[:59]}…'}`"
