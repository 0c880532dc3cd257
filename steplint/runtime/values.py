"""Values as JSON, at first execution too; what would not survive is refused with its place inside the value."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from steplint.runtime.errors import UnserializableError

_dumps = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_loads = json.JSONDecoder().decode


def encode(value: object) -> str:
    """Return ``value`` as JSON; raises `UnserializableError`, naming the place and type of what has no JSON form."""
    try:
        text = _dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise UnserializableError(next(_troubles(value, "value", ()), f"value: {error}")) from None
    if "{" in text and (clash := next(_clashes(value, "value"), "")):
        raise UnserializableError(clash)
    return text


def decode(text: str) -> Any:
    """Return the value that ``text`` stands for; a new object at each call."""
    return _loads(text)


def at_path(value: object, path: str) -> object:
    """Return what lies at the dotted ``path`` in ``value``, or None: ``data.user_id``, ``data.items.0``."""
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _troubles(value: object, path: str, above: tuple[int, ...]) -> Iterator[str]:
    if id(value) in above:
        yield f"{path}: contains itself"
    elif len(above) > 200:
        yield f"{path}: nested too deeply"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{path}: {value!r} has no JSON form"
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (key is None or isinstance(key, (str, int, float))):
                yield f"{path}: the key {key!r} is a `{type(key).__name__}`; JSON keys are strings"
            yield from _troubles(item, f"{path}[{key!r}]", (*above, id(value)))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _troubles(item, f"{path}[{number}]", (*above, id(value)))
    elif not (value is None or isinstance(value, (str, int, float))):
        yield f"{path}: a `{type(value).__name__}` has no JSON form"


def _clashes(value: object, path: str) -> Iterator[str]:
    """Yield each mapping in which two keys, such as 1 and "1", would become one."""
    if isinstance(value, dict):
        if not all(type(key) is str for key in value) and len({_dumps({key: 0}) for key in value}) < len(value):
            yield f"{path}: two keys are equal as JSON strings"
        for key, item in value.items():
            yield from _clashes(item, f"{path}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _clashes(item, f"{path}[{number}]")
