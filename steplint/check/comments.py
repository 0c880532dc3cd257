"""What is wrong with comments: unused (SL001), not understood (SL002), without a reason (SL003)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from steplint.check.select import closest, find
from steplint.check.suppress import VERBS, Waiver
from steplint.config.problems import nearest
from steplint.config.settings import LintSettings
from steplint.model.finding import Edit, Finding, Fix
from steplint.model.place import Place, Span
from steplint.model.rule import Rule
from steplint.model.summary import Pragma

ANNOTATIONS = ("deterministic", "pure")
"""Comments on a `def` that state a fact."""

_KNOWN = (*VERBS, "enable", *ANNOTATIONS)


def unused(
    pragmas: Mapping[str, tuple[Pragma, ...]],
    used: Collection[Waiver],
    rules: Mapping[str, Rule],
    ran: Collection[str],
) -> Iterator[Finding]:
    """Yield SL001 for each name in a comment that silenced nothing, though its rule ran on the file.

    ``ran`` are the rules that ran to their end.
    """
    for path, found in sorted(pragmas.items()):
        for comment in _comments(found):
            idle = [
                name
                for number, pragma in comment
                for name in pragma.names
                if (rule := find(name, rules)) is not None and _idle(path, number, rule, used, ran)
            ]
            for name in idle:
                yield _unused(path, [pragma for _, pragma in comment], found, name, idle, rules)


def _comments(pragmas: tuple[Pragma, ...]) -> Iterator[list[tuple[int, Pragma]]]:
    """Yield the pragmas of each comment: names of a `disable` that end at different places are pragmas of their own."""
    found = dict[Span, list[tuple[int, Pragma]]]()
    for number, pragma in enumerate(pragmas):
        if pragma.verb in VERBS:
            found.setdefault(pragma.span, []).append((number, pragma))
    yield from found.values()


def unknown(pragmas: Mapping[str, tuple[Pragma, ...]], rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """Yield SL002 for each comment that steplint does not understand, and for each name in one that is no rule."""
    for path, found in sorted(pragmas.items()):
        for pragma in found:
            place = Place(path, pragma.span)
            if pragma.verb == "malformed":
                yield _malformed(pragma, place)
            elif pragma.verb not in _KNOWN:
                near = nearest(pragma.verb, _KNOWN)
                hint = f"did you mean `{near}`?" if near else f"known are {', '.join(f'`{each}`' for each in _KNOWN)}"
                yield Finding(f"no comment `steplint: {pragma.verb}`; it has no effect", place, hint=hint)
            elif pragma.verb in VERBS and not pragma.names:
                message = f"`steplint: {pragma.verb}` names no rule; it has no effect"
                yield Finding(message, place, hint=f"write `# steplint: {pragma.verb}[rule-name] -- reason`")
            else:
                yield from (_nameless(name, place, rules) for name in pragma.names if find(name, rules) is None)
        yield from _endless(path, found)


def _malformed(pragma: Pragma, place: Place) -> Finding:
    written = pragma.reason if len(pragma.reason) <= 40 else f"{pragma.reason[:39]}…"
    message = f"the comment `steplint: {written}` is not understood; it has no effect"
    return Finding(message, place, hint="write `# steplint: ignore[rule-name] -- reason`")


def _nameless(name: str, place: Place, rules: Mapping[str, Rule]) -> Finding:
    near = closest(name, rules)
    message = f"no rule `{name}`; this comment silences nothing"
    return Finding(message, place, hint=f"did you mean `{near}`?" if near else "", subject=name)


def _endless(path: str, pragmas: tuple[Pragma, ...]) -> Iterator[Finding]:
    """Yield the regions that no `enable` ends."""
    for pragma in pragmas:
        ends = {name for each in pragmas if each.verb == "enable" and each.span > pragma.span for name in each.names}
        for name in pragma.names if pragma.verb == "disable" else ():
            if name not in ends:
                yield Finding(
                    f"`steplint: disable[{name}]` is never enabled again; it ends with the block",
                    Place(path, pragma.span),
                    hint=f"write `# steplint: enable[{name}]` where it ends",
                    subject=name,
                )


def reasonless(pragmas: Mapping[str, tuple[Pragma, ...]], settings: LintSettings) -> Iterator[Finding]:
    """Yield SL003 for each comment that gives no reason, unless the configuration asks for none."""
    if not settings.require_suppression_reason:
        return
    for path, found in sorted(pragmas.items()):
        for pragma in found:
            if pragma.verb in (*VERBS, *ANNOTATIONS) and not pragma.reason:
                yield Finding(
                    f"`{_written(pragma.verb, pragma.names)}` gives no reason to the next reader",
                    Place(path, pragma.span),
                    hint="say after ` -- ` why this is right here, so that others can judge whether it still holds",
                    label="no reason",
                )


def _idle(
    path: str,
    number: int,
    rule: Rule,
    used: Collection[Waiver],
    ran: Collection[str],
) -> bool:
    if rule.group == "lock":
        return True
    if rule.group == "meta" or rule.name not in ran:
        return False
    return Waiver(path, number, rule.name) not in used


def _unused(
    path: str,
    comment: list[Pragma],
    pragmas: tuple[Pragma, ...],
    name: str,
    idle: list[str],
    rules: Mapping[str, Rule],
) -> Finding:
    rule = find(name, rules)
    lock = rule is not None and rule.group == "lock"
    message = (
        f"`{name}` cannot be silenced by a comment, only by a record in the lock"
        if lock
        else f"`{name}` finds nothing here any more; the comment has nothing to silence"
    )
    first = comment[0]
    left = tuple(each for pragma in comment for each in pragma.names if each not in idle)
    text = _written(first.verb, left, first.reason) if left else ""
    edits = [Edit(Place(path, first.span), text)]
    if first.verb == "disable" and not left:
        edits += [Edit(Place(path, end.span), "") for end in _ends(first, pragmas, idle)]
    hint = "`steplint lock --help` lists the records" if lock else "remove it, or it hides the next finding"
    fix = Fix("remove the unused suppression", tuple(edits), safe=True)
    return Finding(message, Place(path, first.span), hint=hint, label="unused", fix=fix, subject=name)


def _ends(start: Pragma, pragmas: tuple[Pragma, ...], names: list[str]) -> Iterator[Pragma]:
    """Yield the `enable` comments that end nothing but the region that ``start`` begins."""
    others = {name for each in pragmas if each.verb == "disable" and each.span != start.span for name in each.names}
    for each in pragmas:
        if each.verb == "enable" and each.span > start.span and set(each.names) <= set(names) - others:
            yield each


def _written(verb: str, names: Iterable[str], reason: str = "") -> str:
    inner = ", ".join(names)
    return f"# steplint: {verb}" + (f"[{inner}]" if inner else "") + (f" -- {reason}" if reason else "")
