"""Finds a workflow by what people write: ``app.py:function`` or ``module:attribute``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from steplint.runtime.workflow import Workflow


class TargetError(Exception):
    """There is no workflow under this name; the message says what was found instead."""


def load_workflow(target: str) -> Workflow:
    """Return the workflow that ``target`` names; with an ID or a function name after the colon."""
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise TargetError(f"`{target}` names no workflow; write `app.py:function` or `package.module:function`")
    found = load_workflows(place)
    by_name = {**{each.id: each for each in found.values()}, **found}
    if name in by_name:
        return by_name[name]
    close = get_close_matches(name, by_name, 1)
    hint = f"did you mean `{close[0]}`?" if close else f"it has {', '.join(f'`{each}`' for each in by_name) or 'none'}"
    raise TargetError(f"`{place}` has no workflow `{name}`; {hint}")


def load_workflows(place: str) -> dict[str, Workflow]:
    """Return the workflows of a file or module by the names they have there."""
    module = _from_file(Path(place)) if place.endswith(".py") else _from_name(place)
    return {name: value for name, value in vars(module).items() if isinstance(value, Workflow)}


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise TargetError(f"there is no file `{path}`")
    root, parts = path.resolve().parent, [path.stem]
    while (root / "__init__.py").exists():
        parts.insert(0, root.name)
        root = root.parent
    # As `python app.py` does: imports between the files beside it work, and a step keeps its module's real name.
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    name = ".".join(parts)
    loaded = sys.modules.get(name)
    if loaded is not None and Path(getattr(loaded, "__file__", None) or "").resolve() != path.resolve():
        raise TargetError(f"`{path}` cannot be loaded: another module is called `{name}`; rename the file")
    return loaded or importlib.import_module(name)


def _from_name(name: str) -> ModuleType:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise TargetError(f"there is no module `{name}`") from None
        raise
