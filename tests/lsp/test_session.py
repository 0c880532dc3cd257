"""A session of an editor with the server: open, edit, diagnose, fix, rename, lock updated."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from .client import editor
from .projects import ORDERS, project

pytestmark = pytest.mark.asyncio


def codes(found: list[types.Diagnostic]) -> list[object]:
    return [each.code for each in found]


async def test_a_session_from_opening_a_file_to_a_recorded_rename(tmp_path: Path) -> None:
    root = project(tmp_path, {"flows.py": ORDERS})
    async with editor(root) as client:
        client.open("flows.py")
        found = await client.diagnostics("flows.py")
        assert codes(found) == ["body-random", "duplicate-step-id", "unused-suppression"], found
        print(found)
