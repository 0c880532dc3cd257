"""JSON Schemas of everything that is read or written, by the name of the document."""

from __future__ import annotations

from typing import Any

import msgspec

from steplint.check.baseline import Baseline
from steplint.config import nearest
from steplint.config import schema as config_schema
from steplint.lock.file import LockFile
from steplint.report import schema as reports

_OWN = {"baseline": (Baseline, "steplint baseline"), "lock": (LockFile, "steplint lock")}


def names() -> tuple[str, ...]:
    """Return the documents that have a schema."""
    return tuple(sorted({"config", *_OWN, *reports.names()}))


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of document ``name``; raises ValueError, which says what was meant."""
    if name == "config":
        return config_schema()
    if name in _OWN:
        kind, title = _OWN[name]
        generated = msgspec.json.schema(kind)
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **generated}
    if name not in reports.names():
        near = nearest(name, names())
        raise ValueError(
            f"no schema `{name}`; " + (f"did you mean `{near}`?" if near else f"known: {', '.join(names())}")
        )
    return reports.schema(name)
