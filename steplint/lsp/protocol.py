"""The protocol as pygls speaks it, with documents of our own: lines and encodings as the protocol counts them."""

from __future__ import annotations

from collections.abc import Callable

from lsprotocol.types import (
    TEXT_DOCUMENT_DID_CHANGE,
    TEXT_DOCUMENT_DID_CLOSE,
    TEXT_DOCUMENT_DID_OPEN,
    DidChangeTextDocumentParams,
    DidCloseTextDocumentParams,
    DidOpenTextDocumentParams,
    TextDocumentContentChangePartial,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

from steplint.lsp.documents import Documents


class Protocol(LanguageServerProtocol):
    """Keeps open documents, and tells ``touched`` which of them changed and ``refused`` why an edit was not made."""

    documents = Documents()
    touched: Callable[[str], None] | None = None
    refused: Callable[[str], None] | None = None

    @lsp_method(TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: DidOpenTextDocumentParams) -> None:
        """Add a document."""
        document = params.text_document
        self.documents.open(document.uri, document.version, document.text)
        self._touch(document.uri)

    @lsp_method(TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: DidChangeTextDocumentParams) -> None:
        """Apply edits."""
        edits = [
            (each.range if isinstance(each, TextDocumentContentChangePartial) else None, each.text)
            for each in params.content_changes
        ]
        document = params.text_document
        why = self.documents.change(document.uri, document.version, edits)
        if why and self.refused is not None:
            self.refused(why)
        if not why:
            self._touch(document.uri)

    @lsp_method(TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: DidCloseTextDocumentParams) -> None:
        """Forget a document."""
        self.documents.close(params.text_document.uri)
        self._touch(params.text_document.uri)

    def _touch(self, uri: str) -> None:
        if self.touched is not None:
            self.touched(uri)
