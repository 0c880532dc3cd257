"""A rule as its page declares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

Cell = Literal["error", "warning", "info", "off"]


class Option(Struct, frozen=True, forbid_unknown_fields=True):
    """A setting of one rule: its default and what it does."""

    default: int | bool | str | list[str]
    help: str


class Rule(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Metadata of a rule: the fenced `toml` block of its page, its name and its text."""

    code: str
    severity: Cell | Literal["flow"]
    """Severity of a finding without flow or level; ``flow`` reads the table of flows."""
    since: str
    name: str = ""
    default: bool = False
    """Member of the group `default`."""
    levels: Mapping[str, Cell] = {}
    """Severity by level or flow, where it differs."""
    most: Cell = "error"
    """A ceiling for severities that follow the flow."""
    fix: Literal["none", "safe", "unsafe", "hint"] = "none"
    preview: bool = False
    lock: bool = False
    """Runs only when a lock exists or a reference is given."""
    aliases: tuple[str, ...] = ()
    options: Mapping[str, Option] = {}
    summary: str = field(default="")
    text: str = field(default="")

    @property
    def group(self) -> str:
        """The group by code: meta, determinism, identity, lock, granularity, body; `project` above SL5."""
        return _GROUPS.get(self.code[2], "project")


_GROUPS = {"0": "meta", "1": "determinism", "2": "identity", "3": "lock", "4": "granularity", "5": "body"}
GROUPS = (*_GROUPS.values(), "project")
