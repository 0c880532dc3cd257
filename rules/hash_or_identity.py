"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from steplint.api import Effect, Finding, Project

from ._sources import Words, value_findings

_HINTS = {
    "builtins.hash": "use a stable digest: `zlib.crc32(text.encode())` or `hashlib.sha256(...)`",
    "builtins.id": "use an identifier of the data; `id` is an address in memory",
}


def check(project: Project) -> Iterator[Finding]:
    """Yield `hash`, `id` and default representations whose value reaches steps."""
    for effect, finding in value_findings(project, ("hash",), _words):
        hint = _HINTS.get(effect.api, "use a field of the object; its default text is an address")
        yield replace(finding, hint=hint)


def _words(effect: Effect) -> Words:
    return Words("computes another number" if effect.api.endswith("hash") else "sees another address")
