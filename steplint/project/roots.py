"""A repository with several projects: each root that the configuration names is analyzed by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from steplint.config import Loaded
from steplint.model.report import Report, Summary
from steplint.project.relocate import relocate

_SUMS = (
    "files", "cached", "workflows", "steps", "suppressed", "unused_suppressions", "baselined", "unresolved_calls",
    "unreadable_ids",
)  # fmt: skip


def roots(loaded: Loaded) -> list[Loaded]:
    """Return the configuration of each project that `projects` names, by path; the same settings, another root.

    Lock, baseline, manifest and globs of a project are relative to its own root. Raises ConfigError for a glob that
    names no folder.
    """
    found: dict[Path, Loaded] = {}
    for glob in loaded.settings.projects:
        folders = [path for path in sorted(loaded.root.glob(glob)) if path.is_dir()]
        if not folders:
            raise loaded.error(("projects",), f"`{glob}` names no folder", "globs are relative to this file", glob)
        for folder in folders:
            found[folder] = replace(loaded, root=folder, settings=replace(loaded.settings, projects=()))
    return [found[folder] for folder in sorted(found)]


def around(loaded: Loaded, start: Path) -> Loaded:
    """Return the project that ``start`` lies in, if the configuration names several and it lies in one."""
    if not loaded.settings.projects:
        return loaded
    return next((each for each in roots(loaded) if start.is_relative_to(each.root)), loaded)


def join(parts: Sequence[tuple[str, Report]]) -> Report:
    """Return one report for several projects, each with the path of its root; the worst exit code counts."""
    moved = [relocate(report, _below(root)) for root, report in parts]
    findings = sorted(
        (each for report in moved for each in report.findings),
        key=lambda each: (each.finding.place.path, each.finding.place.span, each.rule.code),
    )
    statistics: dict[str, int] = {}
    timings: dict[str, float] = {}
    for report in moved:
        for name, count in report.statistics.items():
            statistics[name] = statistics.get(name, 0) + count
        for name, seconds in report.timings.items():
            timings[name] = timings.get(name, 0.0) + seconds
    sums = {name: sum(getattr(report.summary, name) for report in moved) for name in _SUMS}
    return replace(
        moved[0],
        findings=tuple(findings),
        suppressed=tuple(each for report in moved for each in report.suppressed),
        changes=tuple(each for report in moved for each in report.changes),
        errors=tuple(each for report in moved for each in report.errors),
        summary=Summary(**sums, seconds=sum(report.summary.seconds for report in moved)),
        statistics=dict(sorted(statistics.items())),
        timings=timings,
        files=tuple(path for report in moved for path in report.files),
        exit_code=max(report.exit_code for report in moved),
    )


def _below(root: str) -> Callable[[str], str]:
    return lambda path: f"{root}/{path}"
