"""What the terminal can show: colors, characters, width; decided once for a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple, TextIO

_WIDTH = 100


class Terminal(NamedTuple):
    """How text may look on one stream."""

    color: bool
    unicode: bool
    width: int


def terminal(stream: TextIO, color: str, environ: Mapping[str, str] | None = None) -> Terminal:
    """Return what may be written to ``stream``; ``color`` is auto, always or never."""
    given = os.environ if environ is None else environ
    is_tty = stream.isatty()
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    return Terminal(colored(color, given, is_tty), encoding.startswith("utf"), _width(given, is_tty))


def colored(flag: str, environ: Mapping[str, str], is_tty: bool) -> bool:
    """Return whether to write color: the flag first, then NO_COLOR, then what forces it, then the terminal."""
    if flag != "auto":
        return flag == "always"
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environ.get("GITHUB_ACTIONS") == "true":
        return True
    return is_tty and environ.get("TERM") != "dumb"


def live(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether ``stream`` may show what changes: a terminal, not in CI and not in a hook."""
    given = os.environ if environ is None else environ
    return stream.isatty() and given.get("TERM") != "dumb" and not given.get("CI") and not in_hook(given)


def in_hook(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether pre-commit or prek runs this."""
    given = os.environ if environ is None else environ
    return bool(given.get("PRE_COMMIT"))


def _width(environ: Mapping[str, str], is_tty: bool) -> int:
    columns = environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    if not is_tty:
        return _WIDTH
    import shutil  # with all compressors, for nobody who reads a pipe

    return shutil.get_terminal_size((_WIDTH, 24)).columns
