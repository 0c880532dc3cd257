"""Flags of `check` and `diff`: which rules, how they are reported, what is fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Option = Callable[[F], F]

_SELECTORS = {"metavar": "SELECTORS", "multiple": True}


def report_flags(command: F) -> F:
    """Add the flags that say which findings there are and how they are shown."""
    return _added(command, _REPORT)


def fix_flags(command: F) -> F:
    """Add the flags that say which fixes are made."""
    return _added(command, _FIX)


def selectors(values: Sequence[str]) -> tuple[str, ...]:
    """Return the selectors of a repeatable flag, each value split at commas."""
    return tuple(name for value in values for each in value.split(",") if (name := each.strip()))


def _added(command: F, options: Sequence[tuple[tuple[str, ...], dict[str, Any]]]) -> F:
    for names, settings in reversed(options):
        command = click.option(*names, **settings)(command)
    return command


_REPORT: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("-o", "--output"), {"metavar": "FORMAT[=PATH]", "multiple": True, "help": "Format, to stdout or a file."}),
    (("--select",), {**_SELECTORS, "help": "Rules that run: names, codes, prefixes, groups, ALL."}),
    (("--extend-select",), {**_SELECTORS, "help": "Rules that run besides those selected."}),
    (("--ignore",), {**_SELECTORS, "help": "Rules that do not run."}),
    (("--preview/--no-preview",), {"default": None, "help": "Also run selected rules that are not stable yet."}),
    (
        ("--fail-on",),
        {"type": click.Choice(["error", "warning", "info"]), "help": "Lowest severity that gives exit code 1."},
    ),
    (("--exit-zero",), {"is_flag": True, "help": "Findings do not change the exit code."}),
    (
        ("--min-confidence",),
        {"type": click.Choice(["high", "medium", "low"]), "help": "Hide findings less certain than this."},
    ),
    (
        ("--trace",),
        {"type": click.Choice(["full", "short", "none"]), "default": "short", "help": "How much of a trace is shown."},
    ),
    (("--statistics",), {"is_flag": True, "help": "Count findings by rule."}),
    (("--show-suppressed",), {"is_flag": True, "help": "Also show what comments and the baseline silence."}),
    (("--show-files",), {"is_flag": True, "help": "List the files that were read."}),
    (("--timings",), {"is_flag": True, "help": "Print how long each phase took."}),
    (("--limit/--no-limit",), {"default": True, "help": "Show 200 findings in full, or all."}),
    (("--stamp",), {"is_flag": True, "help": "Let machine formats name the time of the run."}),
    (("--emoji/--no-emoji",), {"default": True, "help": "Use emoji in markdown, or words."}),
    (("--sarif-category",), {"metavar": "NAME", "default": "default", "help": "Keep SARIF uploads apart."}),
    (("--sarif-include-suppressed",), {"is_flag": True, "help": "Put suppressed results into SARIF."}),
)

_FIX: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--fix",), {"is_flag": True, "help": "Make safe fixes."}),
    (("--unsafe-fixes",), {"is_flag": True, "help": "With `--fix`: make the others, too."}),
    (("--fix-published",), {"is_flag": True, "help": "Let fixes change steps that the lock has."}),
    (("--fix-only",), {"is_flag": True, "help": "Fix, and report nothing."}),
    (("--diff",), {"is_flag": True, "help": "Print fixes as a diff and write nothing."}),
    (("--show-fixes",), {"is_flag": True, "help": "List the fixes that were made."}),
    (("--fixable",), {**_SELECTORS, "help": "Rules whose fixes may be made."}),
    (("--unfixable",), {**_SELECTORS, "help": "Rules whose fixes are never made."}),
)
