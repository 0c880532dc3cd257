"""New texts as edits of a client: only the lines that differ, so that cursors and folds stay where they are."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from lsprotocol.types import (
    CreateFile,
    OptionalVersionedTextDocumentIdentifier,
    Position,
    Range,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)

from steplint.check.text import starts
from steplint.lsp.documents import Documents
from steplint.lsp.snapshot import Snapshot
from steplint.lsp.units import Encoding, Text


class Editor:
    """What the client can do with edits, and what it has open."""

    def __init__(self, documents: Documents, *, versioned: bool, creates: bool) -> None:
        """Keep whether edits may name versions, and whether they may create files."""
        self.documents = documents
        self._versioned, self._creates = versioned, creates

    @property
    def encoding(self) -> Encoding:
        """The units of the client's columns."""
        return self.documents.encoding

    def uri(self, path: Path) -> str:
        """Return the URI of a file as the client spells it."""
        from steplint.lsp.places import file_path

        return next((each.uri for each in self.documents if file_path(each.uri) == path), path.as_uri())

    def workspace_edit(self, snapshot: Snapshot, contents: Mapping[str, str]) -> WorkspaceEdit:
        """Return the edit that gives files of a project new texts, by path.

        Raises ValueError where a file would have to be created and the client cannot do that.
        """
        changes = list[TextDocumentEdit | CreateFile]()
        for path, after in sorted(contents.items()):
            uri, before = self.uri(snapshot.root / path), snapshot.analysis.text(path)
            if before is None:
                if not self._creates:
                    raise ValueError(
                        f"`{path}` does not exist yet, and this editor creates no files; run `steplint lock`"
                    )
                changes.append(CreateFile(uri))
            identifier = OptionalVersionedTextDocumentIdentifier(uri, snapshot.versions.get(path))
            changes.append(TextDocumentEdit(identifier, text_edits(before or "", after, self.encoding)))
        if self._versioned:
            return WorkspaceEdit(document_changes=changes)
        plain = {
            each.text_document.uri: [edit for edit in each.edits if isinstance(edit, TextEdit)]
            for each in changes
            if isinstance(each, TextDocumentEdit)
        }
        return WorkspaceEdit(changes=plain)


def text_edits(before: str, after: str, encoding: Encoding) -> list[TextEdit]:
    """Return the edits that turn one text into another, by lines."""
    old, new = _lines(before), _lines(after)
    edits = list[TextEdit]()
    text = Text(before, encoding)
    for tag, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            edits.append(TextEdit(_range(text, old, start, end), "".join(new[first:last])))
    return edits


def _range(text: Text, lines: list[str], start: int, end: int) -> Range:
    whole = text.whole().end
    return Range(
        Position(start, 0) if start < len(lines) else whole,
        Position(end, 0) if end < len(lines) else whole,
    )


def _lines(text: str) -> list[str]:
    at = starts(text)
    return [text[start:end] for start, end in zip(at, [*at[1:], len(text)], strict=True)]
