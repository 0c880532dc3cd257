"""A report with its paths as the reader sees them from another folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.manifest import ManifestPlace
from steplint.model.place import Place
from steplint.model.report import Compared, Report
from steplint.model.rule import Rule

T = TypeVar("T")


def relocate(report: Report, move: Callable[[str], str]) -> Report:
    """Return ``report`` with ``move`` applied to every path of a finding, a change and a compared workflow."""
    return replace(
        report,
        findings=_moved(report.findings, move),
        suppressed=_moved(report.suppressed, move),
        changes=_moved(report.changes, move),
        compared=_moved(report.compared, move),
        files=tuple(move(path) for path in report.files),
    )


def _moved(value: T, move: Callable[[str], str]) -> T:
    """Return ``value`` with every place in it moved."""
    if isinstance(value, Place | ManifestPlace):
        return replace(value, path=move(value.path))
    if isinstance(value, Compared):
        path, mark, name = value.source.partition("::")
        return replace(value, source=move(path) + mark + name if mark else value.source)
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(_moved(each, move) for each in value)  # type: ignore[return-value]
    if isinstance(value, Struct) and not isinstance(value, Rule):
        fields = {each.name: getattr(value, each.name) for each in msgspec.structs.fields(value)}
        changed = {name: moved for name, old in fields.items() if (moved := _moved(old, move)) is not old}
        return replace(value, **changed) if changed else value
    return value
