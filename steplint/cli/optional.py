"""Options whose value may be left out: it counts only when it is written with `=`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from steplint.cli.flags import Verb


class WithOptionalValues(Verb):
    """A command where `--add-ignore` takes no word that follows it, as `--add-ignore=REASON` does."""

    def __init__(self, *arguments: Any, optional: Mapping[str, str], **settings: Any) -> None:
        """Keep the values of ``optional`` flags that are written without one."""
        super().__init__(*arguments, **settings)
        self._optional = optional

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments with the values that were left out."""
        end = args.index("--") if "--" in args else len(args)
        given = [f"{each}={self._optional[each]}" if each in self._optional else each for each in args[:end]]
        return super().parse_args(ctx, [*given, *args[end:]])
