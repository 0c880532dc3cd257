"""What an editor may do to the server: nothing of it ends the session, and every edit that makes sense still counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from lsprotocol import types

from .client import Client, editor
from .projects import ORDERS, project

pytestmark = pytest.mark.asyncio


def codes(found: Sequence[types.Diagnostic]) -> list[object]:
    return [each.code for each in found]


def said(client: Client) -> str:
    messages = [*client.connection.messages, *client.connection.log_messages]
    return "\n".join(each.message for each in messages)


async def test_a_syntax_error_keeps_what_is_known_of_the_other_lines(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        before = await client.diagnostics("flows.py")
        client.edit("flows.py", "def load(order: str) -> str:\n", "def load(order: str -> str:\n\n")
        broken = await client.diagnostics("flows.py")
        assert codes(broken) == [*codes(before), "unparsable-file"]
        assert [each.range.start.line - 1 for each in broken[:-1]] == [each.range.start.line for each in before]
        assert broken[0].range == client.range("flows.py", "random.random()")
        assert [each.name for each in await client.symbols("flows.py")] == ["place-order"]
        assert "every run in flight" in await client.hover("flows.py", "charge-customer")
        assert await client.actions("flows.py", "random.random()") == []
        client.edit("flows.py", "def load(order: str -> str:\n\n", "def load(order: str) -> str:\n")
        assert await client.diagnostics("flows.py") == before


async def test_a_file_that_was_never_valid_has_one_finding(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("new.py", "import inngest\n\ndef broken(:\n")
        assert codes(await client.diagnostics("new.py")) == ["unparsable-file"]


async def test_edits_that_come_late_or_for_a_closed_file_are_ignored(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        whole = types.TextDocumentContentChangeWholeDocument
        client.send("flows.py", 7, whole(ORDERS.replace("random.random()", "1.0")))
        client.send("flows.py", 3, whole("nonsense ("))
        client.send("closed.py", 2, whole("nonsense ("))
        assert codes(await client.settled("flows.py")) == ["duplicate-step-id", "unused-suppression"]
        assert "edit 3 of" in said(client)
        assert "closed.py`, which is not open" in said(client)


async def test_ranges_outside_of_the_text_are_moved_to_its_edge(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        far = types.Range(types.Position(9_999, 9_999), types.Position(10_000, 0))
        client.send("flows.py", 2, types.TextDocumentContentChangePartial(far, "# the end\n"))
        backwards = types.Range(types.Position(0, 14), types.Position(0, 0))
        client.send("flows.py", 3, types.TextDocumentContentChangePartial(backwards, '"""Shop."""'))
        assert codes(await client.settled("flows.py")) == ["body-random", "duplicate-step-id", "unused-suppression"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_are_counted_as_negotiated(tmp_path: Path, encoding: str) -> None:
    text = ORDERS.replace('"load-order", load, "1"', '"load-order", load, "1" if "😋é" else random.choice("ab")')
    root = project(tmp_path, {"flows.py": text})
    async with editor(root, encoding=encoding) as client:
        client.open("flows.py")
        (found,) = [each for each in await client.settled("flows.py") if "random.choice" in each.message]
        line = text.splitlines()[found.range.start.line]
        before = line[: line.index("random.choice")]
        units = {"utf-8": len(before.encode()), "utf-16": len(before.encode("utf-16-le")) // 2, "utf-32": len(before)}
        assert found.range.start.character == units[encoding]
        at = types.Position(found.range.start.line, found.range.start.character)
        edit = types.TextDocumentContentChangePartial(types.Range(at, found.range.end), '"a"')
        client.send("flows.py", 2, edit)
        assert "random.choice" not in str(await client.settled("flows.py"))


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "file:///", "file:///etc/passwd", "http://example.com/a.py", "nonsense", "file:"]
)
async def test_documents_outside_of_the_workspace_are_left_alone(tmp_path: Path, uri: str) -> None:
    root = project(tmp_path / "project", {"flows.py": ORDERS})
    async with editor(root) as client:
        client.connection.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, ORDERS))
        )
        identifier = types.TextDocumentIdentifier(uri)
        at = types.Position(20, 30)
        assert await client.connection.text_document_hover_async(types.HoverParams(identifier, at)) is None
        client.open("flows.py")
        assert len(await client.settled("flows.py")) == 3
        assert uri not in client.connection.diagnostics


async def test_a_single_file_without_a_folder_is_analyzed_alone(tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(ORDERS, "utf-8")
    async with editor(tmp_path, folders=[]) as client:
        client.open("flows.py")
        assert codes(await client.diagnostics("flows.py")) == ["body-random", "duplicate-step-id", "unused-suppression"]


async def test_a_lock_with_conflict_markers_hides_nothing_else(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    lock = (root / "steplint.lock").read_text("utf-8")
    (root / "steplint.lock").write_text(f"<<<<<<< ours\n{lock}=======\n{lock}>>>>>>> theirs\n", "utf-8")
    async with editor(root) as client:
        client.open("flows.py")
        assert codes(await client.settled("flows.py")) == ["body-random", "duplicate-step-id", "unused-suppression"]
        (broken,) = client.connection.diagnostics[client.uri("steplint.lock")]
        assert (broken.range.start.line, broken.message.splitlines()[0]) == (0, "has conflict markers")
        assert "steplint lock --resolve" in broken.message


async def test_a_broken_configuration_is_shown_where_it_is_and_mended_without_a_restart(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    settings = (root / "steplint.toml").read_text("utf-8")
    async with editor(root) as client:
        client.open("flows.py")
        before = await client.settled("flows.py")
        (root / "steplint.toml").write_text(f"{settings}\n[lint]\nselekt = []\n", "utf-8")
        watched(client, "steplint.toml")
        (wrong,) = await client.diagnostics("steplint.toml")
        assert wrong.range.start.line == 4
        assert "did you mean `lint.select`?" in wrong.message, wrong.message
        assert client.connection.diagnostics[client.uri("flows.py")] == before
        (root / "steplint.toml").write_text(f'{settings}\n[lint]\nselect = ["body-random"]\n', "utf-8")
        watched(client, "steplint.toml")
        assert list(await client.diagnostics("steplint.toml")) == []
        assert codes(await client.settled("flows.py")) == ["body-random"]


async def test_files_that_come_and_go_outside_of_the_editor_are_noticed(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        await client.settled("flows.py")
        (root / "more.py").write_text(ORDERS.replace("place-order", "other"), "utf-8")
        watched(client, "more.py")
        assert "body-random" in codes(await client.diagnostics("more.py"))
        (root / "more.py").unlink()
        watched(client, "more.py")
        assert list(await client.diagnostics("more.py")) == []


PACK = {
    "ci/step_rules/wip_step.md": """\
# wip-step

```toml
code = "SL901"
severity = "error"
since = "next"
default = true
```

## What it does

Finds steps that are not finished.
""",
    "ci/step_rules/wip_step.py": """\
import pathlib

from steplint.api import Finding

pathlib.Path(__file__).with_name("executed").touch()
print("a rule that prints")


def check(project):
    for workflow, step in project.steps():
        if step.id == "load-order":
            yield Finding("step `load-order` is not finished", step.id_place, workflow=workflow.id, dialect="inngest")
""",
    "steplint.toml": 'rule-packs = ["ci/step_rules"]\n[lint]\nselect = ["wip-step"]\n',
}


async def test_rules_of_the_project_run_only_in_a_trusted_workspace(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS, **PACK}, lock=False, git=False)
    executed = root / "ci/step_rules/executed"
    async with editor(root) as client:
        client.open("flows.py")
        assert codes(await client.settled("flows.py")) == []
        assert "this workspace is not trusted" in said(client)
    assert not executed.exists()
    async with editor(root, trusted=True) as client:
        client.open("flows.py")
        assert codes(await client.settled("flows.py")) == ["wip-step"]
    assert executed.exists()


async def test_a_rule_that_raises_costs_itself(tmp_path: Path) -> None:
    pack = {**PACK, "steplint.toml": 'rule-packs = ["ci/step_rules"]\n'}
    pack["ci/step_rules/wip_step.py"] = "raise RuntimeError('broken')\n"
    root = project(tmp_path, {"flows.py": ORDERS, **pack}, lock=False, git=False)
    async with editor(root, trusted=True) as client:
        client.open("flows.py")
        assert "body-random" in codes(await client.settled("flows.py"))
        assert "broken" in said(client)


async def test_an_id_with_markup_of_any_length_is_shown_as_text(tmp_path: Path) -> None:
    wild = "`x` **b** <script>alert(1)</script> " + "y" * 400
    text = ORDERS.replace('"load-order"', repr(wild))
    root = project(tmp_path, {"flows.py": text}, lock=False)
    async with editor(root) as client:
        client.open("flows.py")
        card = await client.hover("flows.py", "y" * 400)
        assert card.startswith("**`` `x` **b** <script>alert(1)</script> yyy")
        assert len(card) < 1_000
        (workflow,) = await client.symbols("flows.py")
        assert (workflow.children or ())[0].name.startswith("`x` **b** <script>")


async def test_an_id_of_ten_thousand_characters_has_no_name(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS.replace('"load-order"', repr("y" * 10_000))}, lock=False)
    async with editor(root) as client:
        client.open("flows.py")
        assert "the ID is computed at run time" in await client.hover("flows.py", "y" * 10_000)
        (workflow,) = await client.symbols("flows.py")
        assert (workflow.children or ())[0].name == "?"


async def test_a_burst_of_edits_is_analyzed_at_its_end(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        await client.settled("flows.py")
        text = "token = random.random()"
        for number in range(60):
            new = f"token = random.random() + {number}"
            client.edit("flows.py", text, new)
            text = new
            await asyncio.sleep(0.004)
        client.edit("flows.py", text, "token = 1.0")
        assert codes(await client.settled("flows.py")) == ["duplicate-step-id", "unused-suppression"]


async def test_a_request_that_is_cancelled_is_answered_and_others_too(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        params = types.DocumentSymbolParams(types.TextDocumentIdentifier(client.uri("flows.py")))
        waiting = client.connection.protocol.send_request_async("textDocument/documentSymbol", params, msg_id="7")
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(
            0
        )  # sent, and the analysis that it waits for does not begin before the next edit could come
        client.connection.cancel_request(types.CancelParams("7"))
        done = await asyncio.gather(task, return_exceptions=True)
        assert "cancel" in str(done[0])
        assert len(await client.symbols("flows.py")) == 1


async def test_messages_that_are_no_json_are_answered_by_an_error(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        server = client.connection._server
        assert server is not None
        assert server.stdin is not None
        server.stdin.write(b"Content-Length: 9\r\n\r\nnonsense!")
        server.stdin.write(b"Content-Length: 47\r\n\r\n" + b'{"jsonrpc":"2.0","id":1,"method":"no/such/one"}')
        client.open("flows.py")
        assert len(await client.settled("flows.py")) == 3


async def test_windows_newlines_and_other_line_separators_keep_their_places(tmp_path: Path) -> None:
    text = ORDERS.replace('"""Orders."""', '"""Orders.\x0c and \u2028."""').replace("\n", "\r\n")
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py", text)
        (random, *_) = await client.diagnostics("flows.py")
        assert random.range.start.line == ORDERS[: ORDERS.index("random.random()")].count("\n")
        client.edit("flows.py", "token = random.random()", "token = 1.0")
        assert codes(await client.settled("flows.py")) == ["duplicate-step-id", "unused-suppression"]


async def test_lone_surrogates_are_reported_and_do_no_harm(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        server = client.connection._server
        assert server is not None
        assert server.stdin is not None
        uri = client.uri("flows.py")
        document = {"uri": uri, "languageId": "python", "version": 1, "text": "import inngest\n\ud800"}
        message = {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}}
        body = json.dumps(message).encode()
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert codes(await client.diagnostics("flows.py")) == ["unparsable-file"]


def watched(client: Client, path: str) -> None:
    """Tell the server that a file changed on disk."""
    event = types.FileEvent(client.uri(path), types.FileChangeType.Changed)
    client.connection.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
