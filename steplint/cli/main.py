"""Starts a command and turns whatever ends it into an exit code and, where it helps, two lines on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from steplint.cli.group import steplint
from steplint.cli.stop import Stop, explained, say

_INTERRUPTED, _CLOSED, _CRASH, _USAGE = 130, 141, 70, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        returned = steplint.main(arguments, prog_name="steplint", standalone_mode=False, auto_envvar_prefix="STEPLINT")
        sys.stdout.flush()
    except SystemExit as ending:
        # click ends like this when the pipe behind stdout was closed.
        if not isinstance(ending.__context__, OSError):
            raise
        _let_go()
        return _CLOSED
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED
    except BrokenPipeError:
        _let_go()
        return _CLOSED
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


def _let_go() -> None:
    """Keep the interpreter from complaining about the closed pipe when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
