"""Flags that every verb has, before or after its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.core import ParameterSource

F = TypeVar("F", bound=Callable[..., Any])


class Globals:
    """The global flags of one call, wherever they stood; a later one wins, `--config` adds up."""

    def __init__(self) -> None:
        self.config: tuple[str, ...] = ()
        self.isolated = False
        self.directory: str | None = None
        self.quiet = 0
        self.verbose = 0
        self.color = "auto"
        self.cache = True
        self.cache_dir: str | None = None
        self.jobs = 0
        self.progress = True
        self.input = True


def of(ctx: click.Context) -> Globals:
    """Return the global flags of the call."""
    root = ctx.find_root()
    if root.obj is None:
        root.obj = Globals()
    assert isinstance(root.obj, Globals)
    return root.obj


def global_flags(command: F) -> F:
    """Add the global flags to a command."""
    for names, settings in reversed(_FLAGS):
        command = click.option(*names, expose_value=False, callback=_keep, **settings)(command)
    return command


class Verb(click.Command):
    """A command whose help lists its own options before those that every verb has."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in two groups."""
        shared = {names[-1].lstrip("-").partition("/")[0].replace("-", "_") for names, _ in _FLAGS}
        groups: dict[str, list[tuple[str, str]]] = {"Options": [], "Global options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups["Global options" if parameter.name in shared else "Options"].append(record)
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    name = parameter.name or ""
    if ctx.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
        found = of(ctx)
        setattr(found, name, getattr(found, name) + value if name == "config" else value)
    return value


_FLAGS: tuple[tuple[tuple[str, ...], Mapping[str, Any]], ...] = (
    (
        ("--config",),
        {
            "metavar": "PATH|KEY=VALUE",
            "multiple": True,
            "allow_from_autoenv": False,  # STEPLINT_CONFIG is a path, which the configuration looks up itself
            "help": "Read this file, or set one option (TOML); repeatable.",
        },
    ),
    (("--isolated",), {"is_flag": True, "help": "Ignore configuration files, own dialects and rule packs."}),
    (("-C", "directory"), {"metavar": "DIR", "help": "Run as if started in DIR."}),
    (("-q", "--quiet"), {"count": True, "help": "Findings only; twice: exit code only."}),
    (("-v", "--verbose"), {"count": True, "help": "More detail on stderr."}),
    (("--color",), {"type": click.Choice(["auto", "always", "never"]), "default": "auto", "help": "Use color."}),
    (("--cache/--no-cache",), {"default": True, "help": "Use the cache, or do not."}),
    (("--cache-dir",), {"metavar": "DIR", "help": "Where the cache is kept."}),
    (("-j", "--jobs"), {"type": click.IntRange(min=0), "metavar": "N", "help": "Processes; 1 starts none."}),
    (("--progress/--no-progress",), {"default": True, "help": "Show what takes long, on a terminal."}),
    (("--input/--no-input",), {"default": True, "help": "Ask on a terminal, or never."}),
)
