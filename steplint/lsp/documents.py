"""The texts that an editor has open: what it sends is applied, what makes no sense is refused and leaves them alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol.types import Range
from msgspec import Struct

from steplint.lsp.units import Encoding, Text
from steplint.project import texts

Edit = tuple[Range | None, str]
"""A range and the text that replaces it; without a range the whole text."""


class Document(Struct, frozen=True):
    """One open text."""

    uri: str
    version: int
    text: str

    @property
    def content(self) -> bytes:
        """The bytes that saving would write, whatever is in the text."""
        try:
            return texts.encode(self.text, self.text.encode("utf-8", "surrogatepass"))
        except UnicodeError:  # the text has what its own coding cookie cannot write
            return self.text.encode("utf-8", "surrogatepass")


class Documents:
    """Open documents by URI."""

    def __init__(self, encoding: Encoding = "utf-16") -> None:
        self.encoding: Encoding = encoding
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._open.values()))

    def get(self, uri: str) -> Document | None:
        """Return an open document, or None."""
        return self._open.get(uri)

    def open(self, uri: str, version: int, text: str) -> None:
        """Add a document; one that is open is replaced."""
        self._open[uri] = Document(uri, version, text)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._open.pop(uri, None)

    def change(self, uri: str, version: int | None, edits: Iterable[Edit]) -> str:
        """Apply edits and return why they were not, or an empty text.

        An edit older than what is known was made to another text, so it is not applied.
        """
        document = self._open.get(uri)
        if document is None:
            return f"an edit of `{uri}`, which is not open, is ignored"
        if version is not None and version <= document.version:
            return f"edit {version} of `{uri}` comes after edit {document.version} and is ignored"
        text = document.text
        for range_, new in edits:
            text = new if range_ is None else _replaced(Text(text, self.encoding), range_, new)
        self._open[uri] = Document(uri, document.version + 1 if version is None else version, text)
        return ""


def _replaced(text: Text, range_: Range, new: str) -> str:
    start, end = sorted((text.offset(range_.start), text.offset(range_.end)))
    return text.text[:start] + new + text.text[end:]
