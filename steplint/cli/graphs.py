"""One run of `graph` from flags to exit code."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from steplint.cli import output
from steplint.cli.session import Session
from steplint.cli.stop import Stop, say, warn

if TYPE_CHECKING:
    from steplint.contract.change import Change
    from steplint.model.graph import Workflow
    from steplint.project.analysis import Analysis


def run(
    session: Session, workflows: Sequence[str], format_name: str, target: str | None, against: str | None, whole: bool
) -> int:
    """Write the graph of the project, or of some workflows, and return the exit code."""
    from msgspec.structs import replace

    from steplint.report.formats import load_graph
    from steplint.report.view import GraphView

    format_name, path = _target(format_name, target)
    format_module = load_graph(format_name)
    with session.analysis() as analysis:
        graph, failures = analysis.graph, analysis.failures
        changes = _changes(analysis, against)
    if workflows:
        graph = replace(graph, workflows=_chosen(graph.workflows, workflows), rejected=())
    look = session.terminal
    to_file = bool(path)
    text = format_module.render(
        graph,
        GraphView(
            color=look.color and not to_file,
            unicode=look.unicode or to_file,
            width=100 if to_file else look.width,
            show_all=whole,
            changes=changes,
            warn=warn,
        ),
    )
    if path:
        output.write(session.start / path, text)
    else:
        output.stdout(text)
    if not graph.workflows and not session.quiet:
        hint = "" if whole else "`steplint graph --all` shows what was recognized and why files were skipped"
        say("", hint) if hint else None
    for each in failures:
        say(f"{each.where}: {each.message}")
    return 70 if failures else 0


def _changes(analysis: Analysis, ref: str | None) -> tuple[Change, ...]:
    """Return what changed since ``ref``."""
    if ref is None:
        return ()
    from steplint.project import locking

    given = locking.given(analysis, judged=False)
    return locking.compared(analysis, given, locking.against(analysis, ref)).changes


def _chosen(known: Sequence[Workflow], workflows: Sequence[str]) -> tuple[Workflow, ...]:
    """Return the workflows with these IDs, names or globs; raises `Stop` for one that there is not."""
    from steplint.config import nearest

    found = []
    for wanted in workflows:
        matching = [each for each in known if fnmatchcase(each.id, wanted) or each.name == wanted]
        if not matching:
            near = nearest(wanted, [each.id for each in known])
            raise Stop(
                f"there is no workflow `{wanted}`", f"did you mean `{near}`?" if near else "`steplint graph` lists them"
            )
        found += [each for each in matching if each not in found]
    return tuple(found)


def _target(format_name: str, target: str | None) -> tuple[str, str]:
    if target is None:
        return format_name, ""
    name, mark, path = target.partition("=")
    return (name, path) if mark else (format_name, target)
