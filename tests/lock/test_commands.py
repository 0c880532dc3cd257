"""The commands that a refusal names are run as they are printed: they lead to a lock that passes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from steplint.contract.manifest import Manifest
from steplint.lock.adopt import change
from steplint.lock.emit import emit
from steplint.lock.file import LockFile
from steplint.lock.named import State
from steplint.lock.read import parse
from steplint.lock.records import (
    remove,
    remove_workflow,
    rename,
    rename_workflow,
    restore,
    restore_workflow,
)
from steplint.lock.update import check, update
from steplint.model.dialect import Dialect

from .given import BUNDLED, DBOS, INNGEST, POLICY, RESONATE, code, flow, locked, state, step


def run(given: State, command: str) -> LockFile:
    """Return the lock after a printed command, whose reason is filled in."""
    words = shlex.split(command.replace("…", "because"))
    assert words[:2] == ["steplint", "lock"]
    options, names, rest = dict[str, str](), list[str](), words[3:]
    whole = "--workflow" in rest
    while rest:
        word = rest.pop(0)
        if word == "--":
            names += rest
            break
        if word == "--workflow":
            continue
        if word.startswith("--"):
            options[word] = rest.pop(0)
        else:
            names.append(word)
    accept, why = options.get("--accept", ""), options["--why"]
    match words[2], whole:
        case "rename", True:
            return rename_workflow(given, names[0], names[1], accept, why)
        case "rename", False:
            return rename(given, names[0], names[1], names[2], accept, why)
        case "remove", True:
            return remove_workflow(given, names[0], why, accept)
        case "remove", False:
            return remove(given, names[0], names[1], why, accept)
        case "change", False:
            return change(given, names[0], names[1], accept, why)
        case "restore", True:
            return restore_workflow(given, names[0], why)
        case "restore", False:
            return restore(given, names[0], names[1], why)
    raise AssertionError(command)


def decide(lock: LockFile, base: LockFile | None, now: Manifest, choice: int) -> LockFile:
    """Return the lock after every decision that is asked for, one command after the other."""
    for _ in range(40):
        published = lock if base is None else base
        waiting = update(lock, published, now, POLICY).refused
        if not waiting:
            return update(lock, published, now, POLICY).lock
        commands = waiting[0].commands
        assert commands, waiting[0]
        lock = parse(emit(run(state(lock, now, published), commands[choice % len(commands)])).encode())
    raise AssertionError([each.commands for each in waiting])


CALLS = st.sampled_from("fgh")
STEPS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", "e-{}", "-x y"]), CALLS), max_size=6)
DIALECT = st.sampled_from([INNGEST, BUNDLED, DBOS, RESONATE])


def workflow(steps: Sequence[tuple[str, str]], dialect: Dialect, name: str = "flow", kind: str = "run") -> object:
    return flow(*(step(f"{label}:{call}", kind) for label, call in steps), dialect=dialect, id=name)


@settings(deadline=None, max_examples=200)
@given(STEPS, STEPS, DIALECT, st.integers(0, 7), st.booleans(), st.sampled_from(["run", "sleep"]))
@example([("a", "f"), ("a", "g")], [("a", "g")], DBOS, 0, False, "run")
@example([("a", "f"), ("b", "g")], [("b", "f"), ("a", "g")], DBOS, 0, True, "run")
@example([("b", "f"), ("d", "f"), ("a", "f")], [("c", "f"), ("b", "f")], DBOS, 0, True, "run")
def test_every_refusal_names_commands_that_settle_it(
    before: Sequence[tuple[str, str]],
    after: Sequence[tuple[str, str]],
    dialect: Dialect,
    choice: int,
    with_git: bool,
    kind: str,
) -> None:
    base = locked(workflow(before, dialect))  # type: ignore[arg-type]
    now = code(workflow(after, dialect, kind=kind))  # type: ignore[arg-type]
    lock = decide(base, base if with_git else None, now, choice)
    checked = check(emit(lock), lock, base if with_git else lock, now, POLICY)
    assert not checked.failing, [each for each in checked.changes if each.code]


@settings(deadline=None, max_examples=100)
@given(STEPS, STEPS, STEPS, DIALECT, st.integers(0, 7))
def test_decisions_of_one_branch_hold_in_the_next(
    first: Sequence[tuple[str, str]],
    second: Sequence[tuple[str, str]],
    third: Sequence[tuple[str, str]],
    dialect: Dialect,
    choice: int,
) -> None:
    base = locked(workflow(first, dialect))  # type: ignore[arg-type]
    for steps in (second, third, first):
        now = code(workflow(steps, dialect))  # type: ignore[arg-type]
        base = decide(base, base, now, choice)
        assert not check(emit(base), base, base, now, POLICY).failing


@settings(deadline=None, max_examples=60)
@given(STEPS.filter(bool), STEPS.filter(bool), DIALECT, st.integers(0, 3))
def test_workflows_are_decided_like_steps(
    before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]], dialect: Dialect, choice: int
) -> None:
    base = locked(workflow(before, dialect))  # type: ignore[arg-type]
    now = code(workflow(after, dialect, "another"))  # type: ignore[arg-type]
    lock = decide(base, base, now, choice)
    back = code(workflow(before, dialect))  # type: ignore[arg-type]
    again = decide(lock, lock, back, choice)
    assert not check(emit(again), again, again, back, POLICY).failing
