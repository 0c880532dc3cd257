"""What can be done about a finding: fixes, a comment that gives a reason, a record in the lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol.types import CodeAction, CodeActionContext, CodeActionKind, Command, Diagnostic, Range

from steplint.check.fix import Policy, edited, is_safe, policy
from steplint.contract.change import Change
from steplint.lsp import records
from steplint.lsp.diagnostics import Writer, message
from steplint.lsp.edits import Editor
from steplint.lsp.session import Found
from steplint.model.finding import Fix
from steplint.model.report import Reported
from steplint.project import texts
from steplint.project.check import Wanted
from steplint.project.fixing import fix, is_published, parses
from steplint.project.ignoring import ignore

RECORD, IGNORE = "steplint.record", "steplint.ignore"
FIX_ALL = "source.fixAll.steplint"
KINDS = [CodeActionKind.QuickFix, FIX_ALL]


def actions(found: Found, editor: Editor, uri: str, range_: Range, context: CodeActionContext) -> list[CodeAction]:
    """Return what can be done in a range of a document, safe fixes first."""
    if not found.snapshot.is_current(found.path):
        return []
    listed = list[CodeAction]()
    if _wants(context.only, CodeActionKind.QuickFix):
        here = [each for each in found.snapshot.report.findings if _meets(found, editor, each, range_)]
        listed += _quick(found, editor, uri, here, context.diagnostics)
    if _wants(context.only, FIX_ALL, asked=True) and (every := fix_all(found, editor)) is not None:
        listed.append(every)
    return listed


def fix_all(found: Found, editor: Editor) -> CodeAction | None:
    """Return the safe fixes of a document as one action, or None if there are none."""
    path = found.path
    done = fix(found.snapshot.analysis, Wanted(paths=(path,)))
    if path not in done.contents:
        return None
    text = texts.decode(done.contents[path])
    edit = editor.workspace_edit(found.snapshot, {path: text})
    return CodeAction("fix all safe findings of steplint", kind=FIX_ALL, edit=edit)


def _quick(
    found: Found, editor: Editor, uri: str, here: Sequence[Reported], shown: Sequence[Diagnostic]
) -> Iterator[CodeAction]:
    fixes, comments, decisions = list[CodeAction](), list[CodeAction](), list[CodeAction]()
    rules = found.snapshot.checked.ruleset.packs.rules
    wanted = policy(rules, found.snapshot.loaded.settings.lint)
    for each in here:
        about = [one for one in shown if one.code == each.rule.name and one.message == message(each.finding)]
        if (action := _fix(found, editor, each, wanted)) is not None:
            action.diagnostics = about
            fixes.append(action)
        if each.rule.group not in ("lock", "meta"):
            comments.append(_ignore(uri, each, about))
        decisions += _records(found, uri, each, about)
    fixes.sort(key=lambda each: not each.is_preferred)
    yield from (*fixes, *_unlike(decisions), *_unlike(comments))


def _fix(found: Found, editor: Editor, reported: Reported, wanted: Policy) -> CodeAction | None:
    fix = reported.finding.fix
    if fix is None or reported.rule.name not in wanted.fixable:
        return None
    contents = _fixed(found, fix)
    if contents is None:
        return None
    safe = is_safe(reported, wanted)
    deployed = fix.changes_steps and is_published(found.snapshot.analysis)(reported)
    why = [each for each in (fix.effect, "the lock says that this workflow is deployed" if deployed else "") if each]
    title = fix.title if safe else f"{fix.title} (unsafe{': ' if why else ''}{'; '.join(why)})"
    edit = editor.workspace_edit(found.snapshot, contents)
    return CodeAction(title, kind=CodeActionKind.QuickFix, edit=edit, is_preferred=safe)


def _fixed(found: Found, fix: Fix) -> dict[str, str] | None:
    """Return the new texts, or None where one would not parse."""
    contents = dict[str, str]()
    for path in dict.fromkeys(each.place.path for each in fix.edits):
        before = found.snapshot.analysis.text(path)
        if before is None or not found.snapshot.is_current(path):
            return None
        contents[path] = edited(before, [each for each in fix.edits if each.place.path == path])
        if not parses(path, contents[path]):
            return None
    return contents


def _ignore(uri: str, reported: Reported, about: Sequence[Diagnostic]) -> CodeAction:
    title = f"ignore `{reported.rule.name}` here, with a reason"
    arguments = [uri, reported.fingerprint]
    command = Command(title, IGNORE, arguments=arguments)
    return CodeAction(title, kind=CodeActionKind.QuickFix, diagnostics=list(about), command=command)


def ignored(found: Found, editor: Editor, fingerprint: str, reason: str) -> dict[str, str]:
    """Return the texts with a comment that silences a finding; raises LookupError where none can."""
    each = next((one for one in found.snapshot.report.findings if one.fingerprint == fingerprint), None)
    if each is None:
        raise LookupError("the finding is gone")
    done = ignore(found.snapshot.analysis, [each], reason)
    if done.left:
        raise LookupError(f"no comment can silence `{each.rule.name}` on this line")
    return {path: texts.decode(content) for path, content in done.contents.items()}


def _records(found: Found, uri: str, reported: Reported, about: Sequence[Diagnostic]) -> Iterator[CodeAction]:
    for change in changes_of(found, reported):
        for command in change.commands:
            title = records.title(change, command)
            call = Command(title, RECORD, arguments=[uri, command, title])
            yield CodeAction(title, kind=CodeActionKind.QuickFix, diagnostics=list(about), command=call)


def changes_of(found: Found, reported: Reported) -> list[Change]:
    """Return the changes that a finding of the group `lock` is about."""
    if reported.rule.group != "lock":
        return []
    finding = reported.finding
    return [
        each
        for each in found.snapshot.report.changes
        if each.code == reported.rule.code
        and (each.dialect, each.workflow) == (finding.dialect, finding.workflow)
        and (not finding.step or finding.step in _labels(each))
    ]


def _labels(change: Change) -> set[str]:
    return {each.label for each in (change.old, change.new) if each is not None}


def _unlike(listed: Sequence[CodeAction]) -> Iterator[CodeAction]:
    """Yield the actions that say different things."""
    seen = set[str]()
    for each in listed:
        if each.title not in seen:
            seen.add(each.title)
            yield each


def _wants(only: Sequence[str] | None, kind: str, *, asked: bool = False) -> bool:
    """Return whether a client wants actions of a kind; one that is ``asked`` for is not offered otherwise."""
    if not only:
        return not asked
    return any(kind == each or kind.startswith(f"{each}.") for each in only)


def _meets(found: Found, editor: Editor, reported: Reported, wanted: Range) -> bool:
    if reported.finding.place.path != found.path:
        return False
    own = Writer(found.snapshot, editor).range(reported.finding.place)
    return own is not None and own.start.line <= wanted.end.line and wanted.start.line <= own.end.line
