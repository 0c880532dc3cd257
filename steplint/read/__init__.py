"""Source to summary: the only package that knows LibCST.

Importing this package does not import LibCST, because a warm run asks it for `reader_digest` and nothing else.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path


@cache
def reader_digest() -> str:
    """Return 16 hex digits that change whenever the reader, the structs it fills or LibCST change."""
    here = Path(__file__).parent
    model = here.parent / "model"
    digest = blake2b(_parser_version(), digest_size=8)
    for path in [*sorted(here.glob("*.py")), *(model / f"{name}.py" for name in ("place", "summary", "value"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _parser_version() -> bytes:
    """Return what changes with LibCST. Its own file says it, and asking for metadata takes a tenth of a warm run."""
    found = find_spec("libcst")
    own = Path(found.origin or "").with_name("_version.py") if found is not None else None
    if own is not None and own.is_file():
        return own.read_bytes()
    from importlib.metadata import version

    return version("libcst").encode()
