"""An editor for tests: opens files of a folder, edits them as text, applies what the server asks for."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import make_test_lsp_client

COMMAND = (sys.executable, "-m", "steplint", "server")


class Client:
    """A language client with the texts that it has open."""

    def __init__(self, connection: LanguageClient, root: Path) -> None:
        self.connection, self.root = connection, root
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.questions: list[dict[str, Any]] = []
        self.shown: list[dict[str, Any]] = []
        self.answers: list[str | None] = []

    def uri(self, path: str) -> str:
        """Return the URI of a file of the project."""
        return (self.root / path).as_uri()

    def open(self, path: str, text: str | None = None) -> None:
        """Open a file, with the text on disk or another one."""
        uri = self.uri(path)
        self.texts[uri] = (self.root / path).read_text("utf-8") if text is None else text
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, "python", 1, self.texts[uri])
        self.connection.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the one occurrence of a text, with an edit of just its range."""
        uri = self.uri(path)
        text = self.texts[uri]
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        range_ = self.range(path, old)
        self.texts[uri] = text.replace(old, new)
        self.send(path, self._next(uri), types.TextDocumentContentChangePartial(range_, new))

    def replace(self, path: str, text: str) -> None:
        """Send a whole new text."""
        uri = self.uri(path)
        self.texts[uri] = text
        self.send(path, self._next(uri), types.TextDocumentContentChangeWholeDocument(text))

    def send(self, path: str, version: int, *changes: types.TextDocumentContentChangeEvent) -> None:
        """Send edits as they are."""
        identifier = types.VersionedTextDocumentIdentifier(version, self.uri(path))
        self.connection.text_document_did_change(types.DidChangeTextDocumentParams(identifier, list(changes)))

    def range(self, path: str, text: str) -> types.Range:
        """Return the range of a text in an open file, in UTF-16 units."""
        whole = self.texts[self.uri(path)]
        start = whole.index(text)
        return types.Range(position(whole, start), position(whole, start + len(text)))

    def at(self, path: str, text: str) -> types.TextDocumentPositionParams:
        """Return the position in the middle of a text."""
        whole = self.texts[self.uri(path)]
        middle = whole.index(text) + len(text) // 2
        return types.TextDocumentPositionParams(types.TextDocumentIdentifier(self.uri(path)), position(whole, middle))

    async def diagnostics(self, path: str, seconds: float = 30.0) -> Sequence[types.Diagnostic]:
        """Return the next diagnostics that arrive for a file."""
        uri = self.uri(path)
        self.connection.diagnostics.pop(uri, None)
        for _ in range(round(seconds / 0.005)):
            if uri in self.connection.diagnostics:
                return self.connection.diagnostics[uri]
            await asyncio.sleep(0.005)
        raise TimeoutError(f"no diagnostics for {path}: {self.connection.log_messages} {self.connection.messages}")

    async def settled(self, path: str) -> Sequence[types.Diagnostic]:
        """Return the diagnostics of a file once everything that was sent is analyzed."""
        await self.symbols(path)
        await asyncio.sleep(0.05)
        return self.connection.diagnostics.get(self.uri(path), [])

    async def symbols(self, path: str) -> Sequence[types.DocumentSymbol]:
        """Return the outline of a file."""
        identifier = types.TextDocumentIdentifier(self.uri(path))
        found = await self.connection.text_document_document_symbol_async(types.DocumentSymbolParams(identifier))
        return found or []  # type: ignore[return-value]

    async def actions(self, path: str, text: str, *only: str) -> list[types.CodeAction]:
        """Return what can be done where a text stands."""
        context = types.CodeActionContext([], list(only) or None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(self.uri(path)), self.range(path, text), context)
        return list(await self.connection.text_document_code_action_async(params) or [])  # type: ignore[arg-type]

    async def rename(self, path: str, text: str, new: str) -> types.WorkspaceEdit | None:
        """Return the edit of a rename where a text stands."""
        at = self.at(path, text)
        return await self.connection.text_document_rename_async(types.RenameParams(at.text_document, at.position, new))

    async def hover(self, path: str, text: str) -> str:
        """Return what is shown where a text stands, as markdown."""
        at = self.at(path, text)
        found = await self.connection.text_document_hover_async(types.HoverParams(at.text_document, at.position))
        assert found is None or isinstance(found.contents, types.MarkupContent)
        return found.contents.value if found is not None else ""

    async def lenses(self, path: str) -> Sequence[types.CodeLens]:
        """Return what stands above the workflows of a file."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(self.uri(path)))
        return await self.connection.text_document_code_lens_async(params) or []

    async def hints(self, path: str) -> Sequence[types.InlayHint]:
        """Return the hints of a file."""
        whole = types.Range(types.Position(0, 0), types.Position(self.texts[self.uri(path)].count("\n") + 1, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(self.uri(path)), whole)
        return await self.connection.text_document_inlay_hint_async(params) or []

    async def execute(self, command: types.Command) -> Any:
        """Run a command of the server."""
        params = types.ExecuteCommandParams(command.command, command.arguments)
        return await self.connection.workspace_execute_command_async(params)

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """Make an edit: in the editor where a file is open, else on disk."""
        for each in edit.document_changes or ():
            if isinstance(each, types.TextDocumentEdit):
                self._apply(each)

    def _apply(self, edit: types.TextDocumentEdit) -> None:
        uri = edit.text_document.uri
        path = Path(uri.removeprefix("file://"))
        assert edit.text_document.version == self.versions.get(uri)
        text = self.texts[uri] if uri in self.texts else path.read_text("utf-8") if path.exists() else ""
        for each in sorted(edit.edits, key=lambda one: one.range.start, reverse=True):
            start, end = offset(text, each.range.start), offset(text, each.range.end)
            text = text[:start] + each.new_text + text[end:]
        if uri in self.texts:
            self.replace(path.relative_to(self.root).as_posix(), text)
        else:
            path.write_text(text, "utf-8")
            event = types.FileEvent(uri, types.FileChangeType.Changed)
            self.connection.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    def _next(self, uri: str) -> int:
        self.versions[uri] += 1
        return self.versions[uri]


def position(text: str, at: int) -> types.Position:
    """Return an offset as a position in UTF-16 units."""
    before = text[:at]
    line = before.rpartition("\n")[2]
    return types.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


def offset(text: str, at: types.Position) -> int:
    """Return a position as an offset."""
    lines = text.split("\n")
    units = lines[at.line].encode("utf-16-le")[: at.character * 2] if at.line < len(lines) else b""
    return min(sum(len(line) + 1 for line in lines[: at.line]) + len(units.decode("utf-16-le")), len(text))


def _tell_actions_from_commands(connection: LanguageClient) -> None:
    """Make lsprotocol read an action that has a command as an action."""
    converter = connection.protocol._converter

    def read(value: Any, _: type) -> types.CodeAction | types.Command:
        is_command = isinstance(value.get("command"), str)
        return converter.structure(value, types.Command if is_command else types.CodeAction)

    converter.register_structure_hook(types.Command | types.CodeAction, read)


@asynccontextmanager
async def editor(
    root: Path, *, folders: Sequence[Path] | None = None, encoding: str = "utf-16", **options: Any
) -> AsyncIterator[Client]:
    """Give an editor with the workspace folder ``root`` and initialization ``options``; the server must end well."""
    connection = make_test_lsp_client()
    _tell_actions_from_commands(connection)
    client = Client(connection, root)

    @connection.feature("steplint/ask")
    def ask(params: Any) -> str | None:
        client.questions.append({"prompt": params.prompt, "choices": getattr(params, "choices", None)})
        return client.answers.pop(0)

    @connection.feature("steplint/show")
    def show(params: Any) -> None:
        client.shown.append({"title": params.title, "text": params.text})

    @connection.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        client.apply(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)

    @connection.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(params: types.RegistrationParams) -> None:
        return None

    await connection.start_io(*COMMAND)
    uris = [root] if folders is None else folders
    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.general is not None
    capabilities.general.position_encodings = [encoding]
    answer = await connection.initialize_session(
        types.InitializeParams(
            capabilities,
            workspace_folders=[types.WorkspaceFolder(each.as_uri(), each.name) for each in uris],
            initialization_options=options or None,
        )
    )
    assert answer.capabilities.position_encoding == encoding
    yield client
    await connection.shutdown_session()
    assert connection.error is None
    assert connection._server is not None
    assert connection._server.returncode == 0
    await connection.stop()
