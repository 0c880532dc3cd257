"""Installed packages of the project's environment, for `follow-imports = "all"`: listed, never imported."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_ENVIRONMENTS = (".venv", "venv", "env")


def installed(root: Path, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the Python files of the environment below ``root``, else of the active one.

    Paths are relative to ``root`` where they lie below it, absolute elsewhere.
    """
    folder = site_packages(root, os.environ if environ is None else environ)
    return [] if folder is None else sorted(_named(root, path) for path in _files(folder))


def site_packages(root: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the folder of installed packages that belongs to a project, or None."""
    candidates = [root / name for name in _ENVIRONMENTS]
    if active := environ.get("VIRTUAL_ENV"):
        candidates.append(Path(active))
    for each in candidates:
        if (each / "pyvenv.cfg").is_file():
            folders = [*each.glob("lib/python3*/site-packages"), each / "Lib" / "site-packages"]
            return next((folder for folder in folders if folder.is_dir()), None)
    return None


def _files(folder: Path) -> Iterator[str]:
    for top, names, files in os.walk(folder):
        names[:] = [name for name in names if name != "__pycache__"]
        yield from (f"{top}/{name}" for name in files if name.endswith(".py"))


def _named(root: Path, path: str) -> str:
    return path.removeprefix(f"{root}/")
