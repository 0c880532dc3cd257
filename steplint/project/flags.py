"""Flags of a verb on top of the settings: as if a last file had set them, and named as flags in messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from steplint.config import Loaded
from steplint.config.layers import Layer
from steplint.config.problems import Source


def with_flags(loaded: Loaded, changes: Mapping[str, Any]) -> Loaded:
    """Return ``loaded`` with ``changes``: values by table and key (`lint.select`), where a flag gave one.

    What `--extend-select` names is added to the configuration; `--select` also forgets what the configuration adds.
    """
    for name, value in changes.items():
        if value not in (None, ()):
            loaded = _changed(loaded, name, value)
    return loaded


def _changed(loaded: Loaded, name: str, value: Any) -> Loaded:
    table, key = name.split(".")
    old = getattr(loaded.settings, table)
    values = {key.replace("-", "_"): value}
    if name == "lint.extend-select":
        values["extend_select"] = (*old.extend_select, *value)
    if name == "lint.select":
        values["extend_select"] = ()
    written = list(value) if isinstance(value, tuple) else value
    source = Source(f"--{table if key == 'path' else key}", "")
    return replace(
        loaded,
        settings=replace(loaded.settings, **{table: replace(old, **values)}),
        origins={**loaded.origins, name: source.shown},
        layers=(*loaded.layers, Layer(source, {table: {key: written}})),
    )
