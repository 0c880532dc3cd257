"""The JSON Schema of the lock: what a reader finds in the TOML, without what steplint keeps beside it."""

from __future__ import annotations

from typing import Any

import msgspec

from steplint.lock.file import ACCEPTS, VERSION, LockFile


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of `steplint.lock` as TOML tables."""
    generated = msgspec.json.schema(LockFile)
    tables = generated["$defs"]
    for table in tables.values():
        # Comments are text around the tables, no key of theirs.
        table["properties"].pop("comments", None)
        if "accept" in table["properties"]:
            table["properties"]["accept"] = {"enum": list(ACCEPTS)}
    lock = tables["LockFile"]
    lock["properties"] = {"version": {"const": VERSION}, **lock["properties"]}
    lock["required"] = ["version"]
    lock["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "steplint lock", **generated}
