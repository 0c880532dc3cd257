from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from steplint.knowledge import load as loading
from steplint.knowledge.load import decode, digest, load, table_files
from steplint.knowledge.toml import KnowledgeError

RULES = Path(__file__).parents[2] / "rules"


def test_a_compiled_value_decodes_to_what_the_files_say() -> None:
    assert decode(loading.compile(RULES)) == load(RULES)


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    shutil.copytree(RULES / "dialects", tmp_path / "dialects")
    shutil.copytree(RULES / "knowledge", tmp_path / "knowledge")

    def now() -> str:
        dialects, tables = table_files(tmp_path)
        return digest((*dialects, *tables))

    before = now()
    assert now() == before
    table = tmp_path / "knowledge" / "pure.toml"
    table.write_text(table.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    changed = now()
    assert changed != before
    (tmp_path / "dialects" / "dbos.toml").rename(tmp_path / "dialects" / "dbos3.toml")
    assert now() != changed


def test_files_of_a_project_come_after_the_bundled_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[[source]]\nkind = "uuid"\ncalls = ["acme.new_id"]\n')
    assert table_files(RULES, tables=[own])[1][-1] == own
    assert load(RULES, tables=[own]).tables[-1].source[0].calls == ("acme.new_id",)


def test_a_file_that_is_gone_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"gone\.toml:1: cannot be read"):
        digest([tmp_path / "gone.toml"])


def test_a_value_of_another_format_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(msgspec.msgpack.encode({"dialects": []}))
