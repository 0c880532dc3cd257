"""Builds small manifests by hand for tests of the identity diff."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from steplint.contract.identity import Family
from steplint.contract.manifest import Generator, Manifest, ManifestStep, ManifestWorkflow
from steplint.contract.verdicts import Engine

KEYED = Engine("inngest", "keyed")
CHECKED = Engine("dbos", "positional-checked")
UNCHECKED = Engine("resonate", "positional-unchecked", checks=())
ENGINES = {each.name: each for each in (KEYED, CHECKED, UNCHECKED)}
BY_FAMILY: dict[Family, Engine] = {each.family: each for each in ENGINES.values()}


def step(text: str, kind: str = "run", **fields: Any) -> ManifestStep:
    """Return a step from ``id`` or ``id:callable``; an ID with ``{}`` is a template."""
    label, _, call = text.partition(":")
    template = label if "{}" in label else None
    return ManifestStep(
        id=None if template else label,
        template=template,
        kind=kind,
        key=None,
        occurrence=fields.pop("occurrence", 0),
        position=fields.pop("position", 0),
        times=fields.pop("times", "once"),
        callable=f"flows:{call}" if call else "",
        **fields,
    )


def steps(*given: str | ManifestStep) -> tuple[ManifestStep, ...]:
    """Return ``given`` numbered by position and by occurrence of the ID."""
    seen = dict[str, int]()
    found = list[ManifestStep]()
    for position, each in enumerate(given):
        one = step(each) if isinstance(each, str) else each
        found.append(replace(one, position=position, occurrence=seen.get(one.label, 0)))
        seen[one.label] = seen.get(one.label, 0) + 1
    return tuple(found)


def workflow(engine: Engine, *given: str | ManifestStep, **fields: Any) -> ManifestWorkflow:
    """Return a workflow named ``flow`` unless ``id`` says otherwise."""
    return ManifestWorkflow(
        id=fields.pop("id", "flow"),
        app=fields.pop("app", ""),
        dialect=engine.name,
        family=engine.family,
        source=fields.pop("source", "flows.py::flow"),
        steps=steps(*given),
        **fields,
    )


def manifest(*workflows: ManifestWorkflow) -> Manifest:
    return Manifest(Generator("steplint", "0"), workflows)
