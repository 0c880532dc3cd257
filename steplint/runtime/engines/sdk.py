"""The SDK of an engine, imported when it is needed."""

from __future__ import annotations

import importlib
import importlib.metadata
from types import ModuleType

from steplint.runtime.engines.errors import EngineError


def installed(module: str, package: str, oldest: tuple[int, ...], extra: str = "") -> ModuleType:
    """Return the module of a package of the extra ``extra``, which is named like the module if it is not given.

    Raises `EngineError` if it is missing or older than ``oldest``.
    """
    install = f"pip install 'steplint[{extra or module}]'"
    try:
        found = importlib.import_module(module)
        version = importlib.metadata.version(package)
    except ImportError as error:
        raise EngineError(f"the package `{package}` cannot be imported: {error}", install) from None
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < oldest:
        wanted = ".".join(map(str, oldest))
        raise EngineError(f"`{package}` is {version}; steplint needs {wanted} or newer", install)
    return found
