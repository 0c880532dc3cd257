"""A session of an editor with the server: open, edit, diagnose, fix, rename, lock updated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import tomli
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from steplint.config import load
from steplint.lock.verbs import lock_update
from steplint.project import locking
from steplint.project.analysis import analyze

from .client import editor
from .projects import JOBS, ORDERS, project

pytestmark = pytest.mark.asyncio


def codes(found: Sequence[types.Diagnostic]) -> list[object]:
    return [each.code for each in found]


def steps(root: Path) -> dict[str, dict[str, object]]:
    lock = tomli.loads((root / "steplint.lock").read_text("utf-8"))
    return {step["id"]: step for workflow in lock["workflow"] for step in workflow["step"]}


async def test_a_session_from_opening_a_file_to_a_recorded_rename(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        found = await client.diagnostics("flows.py")
        assert codes(found) == ["body-random", "duplicate-step-id", "unused-suppression"]
        random, _, unused = found
        assert random.range == client.range("flows.py", "random.random()")
        assert random.severity is types.DiagnosticSeverity.Warning
        assert random.related_information
        assert unused.tags == (types.DiagnosticTag.Unnecessary,)

        client.edit("flows.py", "token = random.random()", "token = 1.0")
        assert codes(await client.diagnostics("flows.py")) == ["duplicate-step-id", "unused-suppression"]

        (fix, *_) = await client.actions("flows.py", "# steplint: ignore[body-time]")
        assert (fix.title, fix.is_preferred) == ("remove the unused suppression", True)
        assert fix.edit is not None
        client.apply(fix.edit)
        assert codes(await client.diagnostics("flows.py")) == ["duplicate-step-id"]

        card = await client.hover("flows.py", "charge-customer")
        assert "published: in `steplint.lock`" in card
        assert "every run in flight that has passed this point executes it again" in card

        edit = await client.rename("flows.py", "charge-customer", "charge-card -- reexecute: billing wording, #412")
        assert edit is not None
        assert len(edit.document_changes or ()) == 2
        client.apply(edit)
        assert '"charge-card"' in client.texts[client.uri("flows.py")]
        was = steps(root)["charge-card"]["was"]
        assert was == [{"id": "charge-customer", "accept": "reexecute", "why": "billing wording, #412"}]
        assert codes(await client.settled("flows.py")) == ["duplicate-step-id"]
        assert "was `charge-customer`: reexecute, billing wording, #412" in await client.hover(
            "flows.py", "charge-card"
        )


async def test_a_rename_asks_for_policy_and_reason_where_the_client_can(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root, asks=True) as client:
        client.open("flows.py")
        client.answers = ["drained", "nothing runs at night"]
        edit = await client.rename("flows.py", "charge-customer", "charge-card")
        assert edit is not None
        client.apply(edit)
        was = steps(root)["charge-card"]["was"]
        assert was == [{"id": "charge-customer", "accept": "drained", "why": "nothing runs at night"}]
        policy, reason = client.questions
        assert policy["prompt"] == "`charge-customer` is published: what happens to runs in flight?"
        assert policy["choices"][0] == "reexecute"
        assert reason["prompt"] == "why is `charge-customer` renamed to `charge-card`?"


async def test_a_question_without_an_answer_changes_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root, asks=True) as client:
        client.open("flows.py")
        client.answers = [None]
        with pytest.raises(JsonRpcException, match="nothing was changed"):
            await client.rename("flows.py", "charge-customer", "charge-card")


async def test_a_rename_without_a_reason_is_reported_until_it_has_one(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        edit = await client.rename("flows.py", "charge-customer", "charge-card")
        assert edit is not None
        client.apply(edit)
        assert steps(root)["charge-card"]["was"] == [{"id": "charge-customer", "accept": "reexecute"}]
        await client.settled("flows.py")
        (missing,) = client.connection.diagnostics[client.uri("steplint.lock")]
        assert missing.message.startswith("the record of `charge-card` gives no reason and does not count")
        assert (root / "steplint.lock").read_text("utf-8").splitlines()[
            missing.range.start.line
        ] == 'id = "charge-card"'


async def test_a_rename_of_an_id_that_is_not_published_needs_no_record(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        {"flows.py": ORDERS.replace("    token = random.random()\n", "").replace("order, token)", "order, 1.0)")},
    )
    text = (root / "flows.py").read_text("utf-8")
    (root / "flows.py").write_text(text + '    await ctx.step.run("send-mail", load, "4")\n', "utf-8")
    given = locking.given(analyze(load(root)))
    (root / "steplint.lock").write_text(lock_update(given).text or "", "utf-8")
    async with editor(root) as client:
        client.open("flows.py")
        edit = await client.rename("flows.py", "send-mail", "send-receipt")
        assert edit is not None
        client.apply(edit)
        assert "send-mail" not in steps(root)
        assert "was" not in steps(root)["send-receipt"]


async def test_a_rename_changes_every_use_of_the_id_and_its_constant(tmp_path: Path) -> None:
    flows = ORDERS.replace('"load-order"', "ids.LOAD").replace("import httpx", "import httpx\nimport ids")
    root = project(tmp_path, {"flows.py": flows, "ids.py": 'LOAD = "load-order"  # shown in the dashboard\n'})
    async with editor(root) as client:
        client.open("flows.py")
        client.open("ids.py")
        edit = await client.rename("flows.py", "ids.LOAD", "fetch-order -- reexecute: wording")
        assert edit is not None
        client.apply(edit)
        assert client.texts[client.uri("ids.py")] == 'LOAD = "fetch-order"  # shown in the dashboard\n'
        assert client.texts[client.uri("flows.py")] == flows
        assert steps(root)["fetch-order"]["was"]


async def test_both_uses_of_a_repeated_id_are_renamed(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        edit = await client.rename("flows.py", '"load-stock", load, "2"', "read-stock -- reexecute: wording")
        assert edit is not None
        client.apply(edit)
        assert client.texts[client.uri("flows.py")].count('"read-stock"') == 2
        assert steps(root)["read-stock"]["count"] == 2


@pytest.mark.parametrize(
    ("at", "new", "message"),
    [
        ("charge-customer", "load-order", "has a step `load-order` already"),
        ("charge-customer", "", "type the new ID"),
        ("charge-customer", "charge-card -- versioned: x", 'accept = "versioned"'),
        ("random.random", "x", "there is no step ID here"),
    ],
)
async def test_a_rename_that_cannot_be_is_refused_with_the_reason(
    tmp_path: Path, at: str, new: str, message: str
) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        with pytest.raises(JsonRpcException, match=re.escape(message)):
            await client.rename("flows.py", at, new)
        assert (await client.symbols("flows.py"))[0].name == "place-order"


async def test_a_rename_that_was_made_by_hand_is_recorded_by_an_action(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root, asks=True) as client:
        client.open("flows.py")
        client.edit("flows.py", "charge-customer", "charge-card")
        found = await client.settled("flows.py")
        assert "renamed-step" in codes(found)
        listed = await client.actions("flows.py", '"charge-card"')
        titles = [each.title for each in listed if "record" in each.title]
        assert titles[0] == "record in the lock: `charge-customer -> charge-card` (accept re-execution)", titles
        assert any("it is gone for good" in each for each in titles), titles
        action = next(each for each in listed if each.title == titles[0])
        assert action.command is not None
        client.answers = ["billing wording"]
        await client.execute(action.command)
        assert steps(root)["charge-card"]["was"] == [
            {"id": "charge-customer", "accept": "reexecute", "why": "billing wording"}
        ]
        assert "renamed-step" not in codes(await client.settled("flows.py"))


async def test_a_removal_is_recorded_by_an_action(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root, asks=True) as client:
        client.open("flows.py")
        client.edit("flows.py", '    await ctx.step.run("charge-customer", charge, order, token)\n', "")
        found = await client.settled("flows.py")
        assert "removed-step" in codes(found), found
        (action, *_) = [each for each in await client.actions("flows.py", '"place-order"') if "gone" in each.title]
        assert action.command is not None
        client.answers = ["moved to billing"]
        await client.execute(action.command)
        assert steps(root)["charge-customer"]["gone"] == "moved to billing"


async def test_a_finding_is_ignored_with_a_reason(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root, asks=True) as client:
        client.open("flows.py")
        await client.settled("flows.py")
        (action,) = [each for each in await client.actions("flows.py", "random.random()") if "ignore" in each.title]
        assert action.command is not None
        client.answers = ["a token only, never stored"]
        await client.execute(action.command)
        comment = "# steplint: ignore[body-random] -- a token only, never stored"
        assert comment in client.texts[client.uri("flows.py")]
        assert "body-random" not in codes(await client.settled("flows.py"))


async def test_a_comment_without_a_reason_is_reported(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        (action,) = [each for each in await client.actions("flows.py", "random.random()") if "ignore" in each.title]
        assert action.command is not None
        await client.execute(action.command)
        assert "missing-reason" in codes(await client.settled("flows.py"))


async def test_unsafe_fixes_are_marked_and_only_safe_ones_are_made_together(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        listed = await client.actions("flows.py", "random.random()")
        unsafe = [each for each in listed if each.edit is not None]
        assert all("(unsafe" in each.title and not each.is_preferred for each in unsafe)
        assert unsafe, [each.title for each in listed]
        (every,) = await client.actions("flows.py", "random.random()", "source.fixAll")
        assert every.kind == "source.fixAll.steplint"
        assert every.edit is not None
        client.apply(every.edit)
        text = client.texts[client.uri("flows.py")]
        assert "random.random()" in text
        assert "steplint: ignore" not in text
        assert await client.actions("flows.py", "random.random()", "source.fixAll") == []


async def test_outline_lenses_and_hints(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS, "jobs.py": JOBS})
    async with editor(root, shows=True) as client:
        client.open("flows.py")
        client.open("jobs.py")
        (workflow,) = await client.symbols("flows.py")
        assert (workflow.name, workflow.detail) == ("place-order", "inngest, 4 steps")
        assert [each.name for each in workflow.children or ()] == [
            "load-order", "charge-customer", "load-stock", "load-stock",
        ]  # fmt: skip
        assert [(each.label, each.position.line) for each in await client.hints("flows.py")] == [(":1", 24)]
        assert [each.label for each in await client.hints("jobs.py")] == ["1", "2"]
        client.edit("flows.py", "charge-customer", "charge-card")
        lenses = await client.lenses("flows.py")
        titles = [each.command.title for each in lenses if each.command]
        assert titles == ["4 steps", "1 change to decide vs steplint.lock"]
        for each in lenses:
            assert each.command is not None
            await client.execute(each.command)
        graph, diff = client.shown
        assert "charge-card" in graph["text"]
        assert "charge-customer -> charge-card" in diff["text"]
        assert "steplint lock rename" in diff["text"]


async def test_a_file_of_another_module_is_diagnosed_when_its_callee_changes(tmp_path: Path) -> None:
    flows = ORDERS.replace("import httpx", "import httpx\nimport ids").replace("random.random()", "ids.new()")
    root = project(tmp_path, {"flows.py": flows, "ids.py": "import time\n\n\ndef new() -> float:\n    return 1.0\n"})
    async with editor(root) as client:
        client.open("flows.py")
        assert "body-time" not in codes(await client.settled("flows.py"))
        client.open("ids.py")
        client.edit("ids.py", "return 1.0", "return time.time()")
        found = await client.diagnostics("flows.py")
        (late,) = [each for each in found if each.code == "body-time"]
        ways = late.related_information or []
        assert [each.location.uri for each in ways if "calls" in each.message][-1] == client.uri("ids.py")


async def test_an_operation_without_a_name_has_a_card_without_advice_about_names(tmp_path: Path) -> None:
    flow = (
        "from datetime import timedelta\n\nimport restate\n\nmail = restate.Service('mail')\n\n\n@mail.handler()\n"
        "async def remind(ctx: restate.Context, to: str) -> None:\n    await ctx.sleep(timedelta(days=1))\n"
        "    await ctx.run('send', print)\n"
    )
    root = project(tmp_path, {"mail.py": flow})
    async with editor(root) as client:
        client.open("mail.py")
        (workflow,) = await client.symbols("mail.py")
        assert [each.name for each in workflow.children or ()] == ["(sleep)", "send"]
        card = await client.hover("mail.py", "ctx.sleep")
        assert card.startswith("**`(sleep)`** · sleep")
        assert "position 1 of 2" in card
        assert "renaming" not in card
