"""Flags of the verbs about runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def store(command: F) -> F:
    """Add the flag that names the ledger."""
    return click.option("--store", default="ledger.sqlite", show_default=True, metavar="LEDGER", help="The ledger.")(
        command
    )


def manifest(command: F) -> F:
    """Add the flag that names the manifest."""
    text = "The manifest of the code; else `manifest.path` of the configuration, if it exists."
    return click.option("--manifest", metavar="PATH", help=text)(command)


def as_json(command: F) -> F:
    """Add the flag that chooses between a table and JSON."""
    kind = click.Choice(["text", "json"])
    return click.option("--format", "format_name", type=kind, default="text", help="A table, or JSON.")(command)


def event(command: F) -> F:
    """Add the flags that give the event."""
    command = click.option("--data", metavar="JSON", help="The data of the event.")(command)
    return click.option("--event", metavar="PATH", help="A JSON file with the event or its data; `-` is stdin.")(
        command
    )


def deaths(command: F) -> F:
    """Add the flag that bounds how often workers may die of a run."""
    kind = click.IntRange(min=0)
    text = "Fail a run whose workers die so often without recording anything; 0 is never."
    return click.option("--max-deaths", type=kind, default=10, show_default=True, help=text)(command)


def limit(command: F) -> F:
    """Add the flag that bounds how many runs are looked at."""
    kind = click.IntRange(min=0)
    return click.option("--limit", type=kind, default=100, show_default=True, help="Newest runs; 0 takes all.")(command)


def workflow(command: F) -> F:
    """Add the flag that names a workflow."""
    return click.option("--workflow", default="", metavar="ID", help="Only runs of this workflow.")(command)
