"""JSON Schemas of what is written, generated from the structs that are encoded."""

from __future__ import annotations

import difflib
from typing import Any

import msgspec

from steplint.contract.manifest import Manifest
from steplint.report.document import Event, ReportOut
from steplint.report.graph.document import GraphOut

_TYPES: dict[str, tuple[object, str]] = {
    "event": (Event, "one line of `-o jsonl`"),
    "graph": (GraphOut, "steplint step graph"),
    "manifest": (Manifest, "steplint step manifest"),
    "report": (ReportOut, "steplint report"),
}


def names() -> tuple[str, ...]:
    """Return the documents with a schema."""
    return tuple(_TYPES)


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of document ``name``; raises ValueError for an unknown one."""
    if name not in _TYPES:
        near = difflib.get_close_matches(name, _TYPES, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(_TYPES)}"
        raise ValueError(f"no schema `{name}`; {hint}")
    kind, title = _TYPES[name]
    generated = msgspec.json.schema(kind)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **generated}
