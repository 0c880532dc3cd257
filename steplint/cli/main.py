"""Starts a command and turns whatever ends it into an exit code and, where it helps, two lines on stderr."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import click

from steplint.cli.group import steplint
from steplint.cli.stop import INTERRUPTED, Stop, explained, let_go, say

_CRASH, _USAGE = 70, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A path or an ID that the encoding does not know is shown escaped.
            stream.reconfigure(errors="backslashreplace")
    try:
        returned = steplint.main(arguments, prog_name="steplint", standalone_mode=False, auto_envvar_prefix="STEPLINT")
        sys.stdout.flush()
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return let_go()
    except click.ClickException as error:
        say(*explained(error))
        return _USAGE
    except Stop as stop:
        say(stop.message, stop.hint)
        return stop.code
    except Exception as error:  # whatever it is, it ends with two lines and the documented code
        return _failed(error)
    return returned if isinstance(returned, int) else 0


def _failed(error: Exception) -> int:
    known = explained(error)
    if known[0]:
        say(*known)
        return _USAGE
    import traceback

    traceback.print_exc()
    say(
        f"internal error: {type(error).__name__}: {error}",
        "this is a mistake of steplint; please report the lines above",
    )
    return _CRASH
