"""The language server: which request is answered by what."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

import steplint
from steplint.lock.base import BaseError
from steplint.lock.file import LockError
from steplint.lock.named import RecordError
from steplint.lsp import actions, records, rename, symbols
from steplint.lsp.ask import Asker, WithdrawnError
from steplint.lsp.diagnostics import SOURCE, diagnostics, troubled
from steplint.lsp.documents import Documents
from steplint.lsp.edits import Editor
from steplint.lsp.hover import hover
from steplint.lsp.places import Places, file_path
from steplint.lsp.protocol import Protocol
from steplint.lsp.session import Entry, Found, Session
from steplint.lsp.shown import difference, graph
from steplint.lsp.snapshot import Trouble
from steplint.lsp.units import Encoding
from steplint.model.report import Failure

SHOW = "steplint/show"
"""A notification to the client that can show a text of its own: `title`, `language` and `text`."""

_WATCHED = ("**/*.py", "**/steplint.toml", "**/.steplint.toml", "**/pyproject.toml", "**/*.lock", "**/.git/HEAD")
_MISTAKES = (rename.RefusedError, RecordError, LockError, BaseError, LookupError, ValueError)


T = TypeVar("T")


class Failed(JsonRpcException):
    """A request that cannot be answered, with what to do instead; no mistake of the server."""

    CODE = -32803


class Server:
    """One connection: the session of a client, and what it can do."""

    def __init__(self, connection: LanguageServer) -> None:
        self._connection = connection
        self._editor = Editor(Documents(), versioned=False, creates=False)
        self._session: Session | None = None
        self._asker = Asker(None)
        self._related = False
        self._shows = False

    def register(self) -> None:
        """Name the function for each request."""
        features: dict[str, Callable[..., Any]] = {
            types.INITIALIZE: self.initialize,
            types.INITIALIZED: self.initialized,
            types.SHUTDOWN: self.shutdown,
            types.TEXT_DOCUMENT_DID_SAVE: self.changed_outside,
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES: self.changed_outside,
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self.folders_changed,
            types.TEXT_DOCUMENT_CODE_ACTION: self.actions,
            types.TEXT_DOCUMENT_HOVER: self.hover,
            types.TEXT_DOCUMENT_PREPARE_RENAME: self.prepare_rename,
            types.TEXT_DOCUMENT_RENAME: self.rename,
            types.TEXT_DOCUMENT_CODE_LENS: self.lenses,
            types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: self.symbols,
            types.TEXT_DOCUMENT_INLAY_HINT: self.hints,
        }
        options = {types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(code_action_kinds=actions.KINDS)}
        for name, answer in features.items():
            # pygls marks what it is given, and a bound method cannot be marked.
            self._connection.feature(name, options.get(name))(partial(answer))
        commands: dict[str, Callable[..., Any]] = {
            actions.IGNORE: self.ignore,
            actions.RECORD: self.record,
            symbols.SHOW_GRAPH: self.show_graph,
            symbols.SHOW_DIFF: self.show_diff,
        }
        for name, answer in commands.items():
            self._connection.command(name)(partial(answer))

    def initialize(self, params: types.InitializeParams) -> None:
        """Learn what the client can do and which folders it has open."""
        protocol = cast("Protocol", self._connection.protocol)
        options = params.initialization_options if isinstance(params.initialization_options, Mapping) else {}
        workspace = params.capabilities.workspace
        edits = workspace.workspace_edit if workspace is not None else None
        creates = (
            types.ResourceOperationKind.Create in (edits.resource_operations or ()) if edits is not None else False
        )
        protocol.documents.encoding = _encoding(self._connection)
        self._editor = Editor(protocol.documents, versioned=bool(edits and edits.document_changes), creates=creates)
        published = params.capabilities.text_document and params.capabilities.text_document.publish_diagnostics
        self._related = bool(published and published.related_information)
        self._shows = options.get("shows") is True
        self._asker = Asker(self._connection.protocol.send_request_async if options.get("asks") is True else None)
        session = Session(
            protocol.documents,
            Places(_folders(params)),
            trusted=options.get("trusted") is True,
            publish=self._publish,
            log=self._log,
        )
        self._session = session
        protocol.touched, protocol.refused = session.touch, self._log

    async def initialized(self, _: types.InitializedParams) -> None:
        """Ask to be told of changes that are made outside of the editor."""
        workspace = self._connection.client_capabilities.workspace
        watches = workspace.did_change_watched_files if workspace is not None else None
        if watches is None or not watches.dynamic_registration:
            return
        watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registration = types.Registration("steplint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await self._connection.client_register_capability_async(types.RegistrationParams([registration]))

    def shutdown(self, _: None) -> None:
        """Stop analyzing."""
        if self._session is not None:
            self._session.close()

    def changed_outside(self, _: object) -> None:
        """Read everything again: a file was saved, or changed by another program."""
        if self._session is not None:
            self._session.refresh()

    def folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Take folders in and out."""
        if self._session is None:
            return
        gone = [file_path(each.uri) for each in params.event.removed]
        added = [path for each in params.event.added if (path := file_path(each.uri)) is not None]
        places = self._session.places
        places.folders = [*(each for each in places.folders if each not in gone), *added]
        self._session.refresh()

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction] | None:
        """Answer what can be done in a range."""
        uri = params.text_document.uri
        if (found := await self._found(uri)) is None:
            return None
        return await self._work(lambda: actions.actions(found, self._editor, uri, params.range, params.context))

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        """Answer what is known of a step ID."""
        if (found := await self._found(params.text_document.uri)) is None:
            return None
        return await self._work(lambda: hover(found, self._editor, params.position))

    async def prepare_rename(self, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        """Answer which text a rename would change."""
        if (found := await self._found(params.text_document.uri)) is None:
            return None
        return await self._work(lambda: rename.prepare(found, self._editor, params.position))

    async def rename(self, params: types.RenameParams) -> types.WorkspaceEdit | None:
        """Rename a step ID in the code and record it in the lock."""
        if (found := await self._found(params.text_document.uri)) is None:
            return None
        typed = rename.asked(params.new_name)
        plan = await self._work(lambda: rename.plan(found, self._editor, params.position, typed.id))
        accept, why = typed.accept, typed.why
        if plan.published:
            question = f"`{plan.old}` is published: what happens to runs in flight?"
            accept = accept or await self._answer(self._asker.choice(question, plan.offered)) or plan.offered[0]
            why = why or await self._answer(self._asker.text(f"why is `{plan.old}` renamed to `{plan.new}`?"))

        def edit() -> types.WorkspaceEdit:
            text = rename.lock_text(plan, accept, why)
            lock = {} if text is None else {found.snapshot.loaded.settings.lock.path: text}
            return self._editor.workspace_edit(found.snapshot, {**plan.contents, **lock})

        return await self._work(edit)

    async def lenses(self, params: types.CodeLensParams) -> list[types.CodeLens] | None:
        """Answer what stands above workflows."""
        uri = params.text_document.uri
        if (found := await self._found(uri)) is None:
            return None
        return await self._work(lambda: symbols.lenses(found, self._editor, uri))

    async def symbols(self, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
        """Answer the outline of a document."""
        if (found := await self._found(params.text_document.uri)) is None:
            return None
        return await self._work(lambda: symbols.symbols(found, self._editor))

    async def hints(self, params: types.InlayHintParams) -> list[types.InlayHint] | None:
        """Answer the numbers of repeats and positions."""
        if (found := await self._found(params.text_document.uri)) is None:
            return None
        return await self._work(lambda: symbols.hints(found, self._editor, params.range))

    async def ignore(self, uri: str, fingerprint: str) -> None:
        """Write a comment that silences a finding; without a reason, `missing-reason` asks for one."""
        if (found := await self._found(uri)) is None:
            return
        reason = await self._answer(self._asker.text("why is this right here?"))
        contents = await self._work(lambda: actions.ignored(found, self._editor, fingerprint, reason))
        await self._apply(found, contents, "ignore a finding")

    async def record(self, uri: str, command: str, title: str) -> None:
        """Write a decision to the lock; without a reason it does not count yet."""
        if (found := await self._found(uri)) is None:
            return
        why = await self._answer(self._asker.text(f"{title}: why?")) if "--why" in command else ""
        text = await self._work(lambda: records.recorded(found.snapshot.analysis, command, why))
        if text is not None:
            await self._apply(found, {found.snapshot.loaded.settings.lock.path: text}, title)

    async def show_graph(self, uri: str, dialect: str, workflow: str) -> str | None:
        """Show the steps of a workflow."""
        if (found := await self._found(uri)) is None:
            return None
        text = await self._work(lambda: graph(found.snapshot, dialect, workflow))
        return self._shown(workflow, "plaintext", text)

    async def show_diff(self, uri: str, dialect: str, workflow: str) -> str | None:
        """Show what changed in a workflow against the lock."""
        if (found := await self._found(uri)) is None:
            return None
        text = await self._work(lambda: difference(found.snapshot, dialect, workflow))
        return self._shown(f"{workflow}: changes", "plaintext", text)

    async def _found(self, uri: str) -> Found | None:
        return await self._session.found(uri) if self._session is not None else None

    async def _work(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns; what a user can mend becomes the answer to the request."""
        assert self._session is not None
        try:
            return await self._session.run(work)
        except _MISTAKES as error:
            raise _failed(error) from None

    async def _answer(self, question: Awaitable[str]) -> str:
        try:
            return await question
        except WithdrawnError:
            raise Failed("nothing was changed: the question was not answered") from None

    async def _apply(self, found: Found, contents: Mapping[str, str], label: str) -> None:
        try:
            edit = self._editor.workspace_edit(found.snapshot, contents)
        except ValueError as error:
            raise _failed(error) from None
        params = types.ApplyWorkspaceEditParams(edit, label)
        await self._connection.workspace_apply_edit_async(params)

    def _shown(self, title: str, language: str, text: str) -> str:
        if self._shows:
            self._connection.protocol.notify(SHOW, {"title": title, "language": language, "text": text})
        return text

    def _publish(self, entry: Entry) -> None:
        """Send the diagnostics of every file whose own changed."""
        wanted: dict[str, list[types.Diagnostic]] = {}
        versions: dict[str, int] = {}
        root, trouble = entry.folder, entry.trouble
        if entry.snapshot is not None:
            root = entry.snapshot.root
            for path, listed in diagnostics(entry.snapshot, self._editor, related=self._related).items():
                wanted[self._editor.uri(root / path)] = listed
            versions = {self._editor.uri(root / path): each for path, each in entry.snapshot.versions.items()}
            trouble = (*trouble, *(_crash(each) for each in entry.snapshot.report.errors))
        for each in trouble:
            if each.path:
                wanted.setdefault(self._editor.uri(root / each.path), []).append(troubled(each))
            self._tell(entry, each)
        entry.said &= {each.message for each in trouble}
        before = entry.published
        for uri in sorted({*before, *wanted, *(each for each in versions if each not in before)}):
            if wanted.get(uri, []) != before.get(uri):
                params = types.PublishDiagnosticsParams(uri, wanted.get(uri, []), versions.get(uri))
                self._connection.text_document_publish_diagnostics(params)
        entry.published = {uri: wanted.get(uri, []) for uri in (*wanted, *versions)}

    def _tell(self, entry: Entry, trouble: Trouble) -> None:
        """Say once what keeps the project from being analyzed."""
        if trouble.message not in entry.said:
            entry.said.add(trouble.message)
            kind = types.MessageType.Error if trouble.severity == "error" else types.MessageType.Info
            self._connection.window_show_message(types.ShowMessageParams(kind, f"{SOURCE}: {trouble.message}"))

    def _log(self, message: str) -> None:
        self._connection.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))


def serve() -> None:
    """Answer a client on standard input and output until it leaves."""
    stdin, stdout = _own_streams()
    logging.basicConfig(stream=sys.stderr, level=logging.CRITICAL)
    connection = LanguageServer("steplint", steplint.__version__, protocol_cls=Protocol)
    Server(connection).register()
    connection.start_io(stdin, stdout)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of the protocol; whatever else prints, a rule of a project say, goes to stderr."""
    stdin = os.fdopen(os.dup(0), "rb")
    stdout = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stdin, stdout


def _crash(failure: Failure) -> Trouble:
    return Trouble("", 1, f"`{failure.where}` crashed: {failure.message}")


def _failed(error: Exception) -> Failed:
    message = getattr(error, "message", "") or str(error.args[0] if error.args else error)
    hint = getattr(error, "hint", "")
    return Failed(f"{message}; {hint}" if hint else message)


def _encoding(connection: LanguageServer) -> Encoding:
    """Return the units that were negotiated; UTF-16 where the client names none that we know."""
    from pygls.capabilities import ServerCapabilitiesBuilder

    chosen = ServerCapabilitiesBuilder.choose_position_encoding(connection.client_capabilities)
    name = str(chosen.value if isinstance(chosen, types.PositionEncodingKind) else chosen)
    return cast("Encoding", name) if name in ("utf-8", "utf-32") else "utf-16"


def _folders(params: types.InitializeParams) -> list[Path]:
    uris = [each.uri for each in params.workspace_folders or ()] or ([params.root_uri] if params.root_uri else [])
    found = [path for uri in uris if (path := file_path(uri)) is not None]
    if not found and params.root_path:
        found = [Path(params.root_path)]
    return found
