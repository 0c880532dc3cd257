"""What a rule says: a fact about the reader's code, the places that show it, and a way out."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from steplint.model.graph import Confidence, Hop
from steplint.model.place import Place


class Note(Struct, frozen=True):
    """A second place and what it has to do with the finding."""

    place: Place
    message: str


class Edit(Struct, frozen=True):
    """Replaces the text of ``place`` by ``text``; an empty span inserts."""

    place: Place
    text: str


class Fix(Struct, frozen=True):
    """Edits that belong together; safe only if neither new runs nor runs in flight change.

    ``effect`` says what they do to runs in flight.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False
    effect: str = ""
    changes_steps: bool = False


class Finding(Struct, frozen=True):
    """One finding. The rule names a flow or level, never a severity: the page and the dialect map it.

    ``label`` is the short text under the caret. ``subject`` is the text that identifies the site for the fingerprint
    (an API, an ID); empty uses the source text of the place.
    """

    message: str
    place: Place
    workflow: str = ""
    dialect: str = ""
    step: str = ""
    flow: str = ""
    level: str = ""
    label: str = ""
    trace: tuple[Hop, ...] = ()
    notes: tuple[Note, ...] = ()
    hint: str = ""
    fix: Fix | None = None
    confidence: Confidence = "high"
    subject: str = ""


Severity = Literal["error", "warning", "info"]
