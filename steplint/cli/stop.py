"""Ends of a command: an error with the command that helps, and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

INTERRUPTED, CLOSED = 130, 141


class Stop(Exception):  # noqa: N818 -- it ends a command, also where nothing is wrong
    """The command ends here: one line that says why, one that helps, and the exit code."""

    def __init__(self, message: str, hint: str = "", code: int = 2) -> None:
        super().__init__(message)
        self.message, self.hint, self.code = message, hint, code


def say(message: str, hint: str = "") -> None:
    """Print an error, and below it what helps, to stderr."""
    if message:
        click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def let_go() -> int:
    """Return the exit code for a closed pipe; the interpreter would complain about it when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return CLOSED


def warn(message: str) -> None:
    """Print a warning about the run to stderr."""
    click.echo(f"warning: {message}", err=True)


def explained(error: Exception) -> tuple[str, str]:
    """Return message and hint of an error that a user can mend; two empty texts for any other."""
    if isinstance(error, click.ClickException):
        return _usage(error)
    for module, name in _KNOWN:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return _placed(error), getattr(error, "hint", "")
    return "", ""


def _placed(error: Exception) -> str:
    """Return the message with its place, as seen from the current folder."""
    message = str(getattr(error, "message", error))
    if hasattr(error, "path") and hasattr(error, "line"):
        message = f"{error.path}:{error.line}: {message}"
    return message.replace(f"{Path.cwd()}{os.sep}", "")


# An error that was raised belongs to a module that was imported, so none is imported to look for it.
_KNOWN = (
    ("steplint.config.problems", "ConfigError"),
    ("steplint.knowledge.toml", "KnowledgeError"),
    ("steplint.check.page", "PackError"),
    ("steplint.lock.file", "LockError"),
    ("steplint.report.formats", "UnknownFormatError"),
    ("steplint.runtime.errors", "LedgerError"),
    ("steplint.runtime.errors", "RunConflictError"),
    ("steplint.runtime.errors", "UnknownRunError"),
    ("steplint.runtime.target", "TargetError"),
    ("steplint.runtime.determinism", "CheckError"),
    ("steplint.runtime.engines.errors", "EngineError"),
    ("steplint.lock.base", "BaseError"),
    ("steplint.lock.named", "RecordError"),
)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the name that ``word`` probably stands for, or an empty text."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else ""


def _usage(error: click.ClickException) -> tuple[str, str]:
    message = error.message.rstrip(".").replace("'", "`") if hasattr(error, "message") else str(error)
    hint = ""
    if isinstance(error, click.NoSuchOption):
        message = f"there is no option `{error.option_name}`"
        near = nearest(error.option_name, error.possibilities or ())
        hint = f"did you mean `{near}`?" if near else ""
    elif isinstance(error, click.BadParameter):
        message = error.format_message().rstrip(".").replace("'", "`")
    message, mark, suggestion = message.partition("; did you mean")
    if mark:
        hint = f"did you mean{suggestion}"
    if not hint and isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.command_path} --help"
    return message[:1].lower() + message[1:], hint
