"""Which policy a record may use for which change, and the exact commands that write one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from steplint.config.settings import LockSettings
from steplint.contract.change import Change, ChangeKind, Decision
from steplint.contract.identity import Family
from steplint.contract.verdicts import Engine, harmless
from steplint.model.dialect import Dialect

KINDS: Mapping[ChangeKind, str] = {
    "inserted": "added",
    "reordered": "reordered",
    "shifted": "shifted",
    "swapped": "swapped",
    "reused": "reused",
    "rekinded": "rekinded",
}
"""The kind of the `change` record that answers a kind of change."""

_PATH: tuple[str, ...] = ("drained", "versioned", "patched")
_VALUE: tuple[str, ...] = ("drained", "versioned")
_KEYED: tuple[str, ...] = ("reexecute", "alias", "drained", "versioned", "patched")
_WORKFLOW: tuple[str, ...] = ("drained", "versioned", "alias")

_OFFERED: Mapping[ChangeKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "renamed": (_KEYED, _PATH),
    "retemplated": (_KEYED, _PATH),
    "removed": (_PATH, _PATH),
    "reordered": (_PATH, _PATH),
    "inserted": (_PATH, _PATH),
    "shifted": (_VALUE, _VALUE),
    "swapped": (_VALUE, _VALUE),
    "rekinded": (_VALUE, _VALUE),
    "reused": (_VALUE, _PATH),
    "workflow-renamed": (_WORKFLOW, _WORKFLOW),
    "workflow-removed": (_VALUE, _VALUE),
}
"""Policies by kind of change: in keyed families, and in positional ones."""

WHY = '--why "…"'
_HOLE = re.compile(r"\{\}")


class Policy(Struct, frozen=True):
    """The engines and settings that a lock is judged with; of a pull request, those of its base."""

    dialects: Mapping[str, Dialect]
    settings: LockSettings = LockSettings()

    @property
    def engines(self) -> Mapping[str, Engine]:
        """Every dialect as the diff knows it."""
        return {name: engine(each) for name, each in self.dialects.items()}


def engine(dialect: Dialect) -> Engine:
    """Return what the diff has to know of ``dialect``."""
    return Engine(dialect.name, dialect.family, dialect.checks, dialect.verdicts, dialect.pinning)


def allowed(kind: ChangeKind, family: Family, dialect: str, policy: Policy) -> tuple[str, ...]:
    """Return the policies that the family, the dialect and the project offer for a change, the preferred one first."""
    keyed, positional = _OFFERED.get(kind, ((), ()))
    offered = keyed if family == "keyed" else positional
    return tuple(each for each in offered if each in policy.settings.accept and _supported(each, dialect, policy))


def _supported(accept: str, dialect: str, policy: Policy) -> bool:
    known = policy.dialects.get(dialect)
    match accept:
        case "alias":
            return known is not None and "alias" in known.accepts
        case "versioned":
            return known is None or "versioned" in known.accepts or known.pinning != "none"
        case "patched":
            return known is None or "patched" in known.accepts or bool(known.gates)
    return True


def needs_accept(kind: ChangeKind, family: Family) -> bool:
    """Return whether a record for this change states a policy: a keyed removal does not."""
    return kind != "workflow-removed" and not (kind == "removed" and family == "keyed")


def problem(decision: Decision, family: Family, policy: Policy) -> str:
    """Return why a record does not count, or ""."""
    if policy.settings.require_why and not decision.why.strip():
        return "the record gives no reason (`why`)"
    kinds = _answers(decision)
    if not decision.accept and not any(needs_accept(each, family) for each in kinds):
        return ""
    if decision.accept == "restored":
        own = decision.workflow if decision.step is None else decision.step
        restored = decision.record == "was" and decision.old == own
        return "" if restored else "`restored` belongs to a step that is back under its own ID"
    offered = [word for kind in kinds for word in allowed(kind, family, decision.dialect, policy)]
    if decision.accept in offered:
        return _mismatch(decision) if decision.accept == "alias" else ""
    listed = ", ".join(f"`{each}`" for each in dict.fromkeys(offered)) or "nothing"
    return f'`accept = "{decision.accept}"` is not allowed here; allowed: {listed}'


def _answers(decision: Decision) -> tuple[ChangeKind, ...]:
    if decision.step is None:
        return ("workflow-renamed",) if decision.record == "was" else ("workflow-removed",)
    if decision.record == "was":
        return ("renamed",)
    if decision.record == "gone":
        return ("removed",)
    return tuple(kind for kind, word in KINDS.items() if word == decision.kind)


def _mismatch(decision: Decision) -> str:
    """Return why a memo cannot be looked up under the old template, or ""."""
    if decision.step is None:
        return ""
    return alias_problem(decision.old, decision.step)


def alias_problem(old: str, new: str) -> str:
    """Return why no alias leads from ``old`` to ``new``, or "": templates need equal holes with text between them."""
    before, after = len(_HOLE.findall(old)), len(_HOLE.findall(new))
    if before != after:
        return f"`alias` needs as many interpolations in `{new}` as in `{old}`"
    if any("{}{}" in each or (before and each == "{}") for each in (old, new)):
        return "`alias` between templates needs literal text between the interpolations"
    return ""


def with_commands(changes: Iterable[Change], policy: Policy, names: Iterable[tuple[str, str]] = ()) -> list[Change]:
    """Return ``changes``, each that waits for a decision with the commands that record one.

    ``names`` are dialect and ID of every workflow, so that an ID that two engines share is spelled out.
    """
    shared = _shared(names)
    return [
        replace(each, commands=tuple(_commands(each, policy, shared))) if undecided(each) else each for each in changes
    ]


def undecided(change: Change) -> bool:
    """Return whether ``change`` waits for a record."""
    if not change.code or change.recorded is not None or change.kind in {"unpinned", "rebodied", "expression"}:
        return False
    return change.kind == "unlocked" or not harmless(change.verdict)


def _shared(names: Iterable[tuple[str, str]]) -> frozenset[str]:
    seen, shared = set[str](), set[str]()
    for _, identity in sorted(set(names)):
        (shared if identity in seen else seen).add(identity)
    return frozenset(shared)


def _commands(change: Change, policy: Policy, shared: frozenset[str]) -> Iterator[str]:
    workflow = f"{change.dialect}:{change.workflow}" if change.workflow in shared else change.workflow
    words = allowed(change.kind, change.family, change.dialect, policy)
    old = change.old.label if change.old else ""
    new = change.new.label if change.new else ""
    match change.kind:
        case "unlocked":
            yield "steplint lock"
        case "renamed" | "retemplated":
            yield from (_line("rename", workflow, old, new, accept=each) for each in _fitting(words, old, new))
            yield from _remove(change, workflow, old, policy)
        case "removed":
            yield from _remove(change, workflow, old, policy)
            renames = allowed("renamed", change.family, change.dialect, policy)
            for candidate in change.candidates[:3]:
                yield _line("rename", workflow, old, candidate, accept=renames[0] if renames else "drained")
        case "reused" if change.new is None:
            yield _line("restore", "--workflow", workflow)
        case "reused":
            yield _line("restore", workflow, new)
            yield from (_line("change", workflow, new, accept=each) for each in words)
        case "swapped":
            yield from (_line("change", workflow, old, accept=word) for word in words)
        case "workflow-renamed" | "workflow-removed":
            yield from _workflow(change, workflow, words, policy)
        case _:
            yield from (_line("change", workflow, new or old, accept=each) for each in words)


def _fitting(words: Iterable[str], old: str, new: str) -> Iterator[str]:
    return (each for each in words if each != "alias" or not alias_problem(old, new))


def _remove(change: Change, workflow: str, old: str, policy: Policy) -> Iterator[str]:
    if not needs_accept("removed", change.family):
        yield _line("remove", workflow, old)
        return
    for each in allowed("removed", change.family, change.dialect, policy):
        yield _line("remove", workflow, old, accept=each)


def _workflow(change: Change, workflow: str, words: Iterable[str], policy: Policy) -> Iterator[str]:
    if change.successor:
        for each in allowed("workflow-renamed", change.family, change.dialect, policy):
            yield _line("rename", "--workflow", workflow, change.successor, accept=each)
    yield _line("remove", "--workflow", workflow)


def _line(verb: str, *names: str, accept: str = "") -> str:
    flags = [each for each in names if each == "--workflow"]
    names = tuple(each for each in names if each != "--workflow")
    options = [*flags, *(["--accept", accept] if accept else [])]
    if any(each.startswith("-") for each in names):
        return " ".join(["steplint lock", verb, *options, WHY, "--", *map(shlex.quote, names)])
    return " ".join(["steplint lock", verb, *flags, *map(shlex.quote, names), *options[len(flags) :], WHY])
