"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from steplint.api import Finding, Project

from ._sources import Words, sources, value_finding

_TEXT = Words("computes another number")
_OBJECT = Words("sees another address")
_HINTS = {
    "builtins.hash": "use a stable digest: `zlib.crc32(text.encode())` or `hashlib.sha256(...)`",
    "builtins.id": "use an identifier of the data; `id` is an address in memory",
}


def check(project: Project) -> Iterator[Finding]:
    """Yield `hash`, `id` and default representations whose value reaches steps."""
    for workflow, effect in sources(project, "hash"):
        words = _TEXT if effect.api.endswith("hash") else _OBJECT
        finding = value_finding(project, workflow, effect, words)
        if finding:
            yield replace(
                finding, hint=_HINTS.get(effect.api, "use a field of the object; its default text is an address")
            )
