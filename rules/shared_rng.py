"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from steplint.api import Finding, Project

from ._sources import Words, value_findings

_WORDS = Words("draws another value", standin="random")


def check(project: Project) -> Iterator[Finding]:
    """Yield draws from a generator that all runs of a process share."""
    for _, finding in value_findings(project, ("shared-rng",), _WORDS):
        yield replace(finding, label="another run in this process moves the stream")
