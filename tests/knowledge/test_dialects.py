from __future__ import annotations

from pathlib import Path

import pytest

from steplint.knowledge.dialects import load_dialects
from steplint.knowledge.toml import KnowledgeError

DIALECTS = Path(__file__).parents[2] / "rules" / "dialects"

ACME = """\
name = "acme"
family = "keyed"
words = ["acme"]
packages = ["acme"]
verified-with = ["acme 1.0"]

[[workflow]]
decorator = "acme.flow"
id = [0, "id"]

[[step]]
kind = "run"
method = "do"
id = [0, "id"]
body = [1]
"""


def written(folder: Path, text: str, name: str = "acme.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    path = written(folder, text)
    with pytest.raises(KnowledgeError) as caught:
        load_dialects(folder)
    return str(caught.value).replace(str(path), "acme.toml")


def test_every_bundled_dialect_loads_under_the_name_of_its_file() -> None:
    dialects = load_dialects(DIALECTS)
    assert sorted(dialects) == sorted(path.stem for path in DIALECTS.glob("*.toml"))
    assert len(dialects) == 18


def test_every_bundled_dialect_says_how_it_was_verified() -> None:
    for name, dialect in load_dialects(DIALECTS).items():
        assert dialect.verified_with, name
        assert dialect.packages, name
        assert dialect.step, name
        assert (dialect.family == "positional-checked") == bool(dialect.checks), name
        assert set(dialect.checks) <= {"kind", "name", "arguments", "parent"}, name
        assert bool(dialect.compares_arguments) == ("arguments" in dialect.checks), name


def test_a_hint_names_the_parts_that_are_filled_in() -> None:
    for dialect in load_dialects(DIALECTS).values():
        for text in (dialect.standin.step, dialect.standin.sleep):
            assert not text or "{source}" in text
            assert text.format(id="a", source="b").count("{") == 0


def test_names_count_under_their_aliases_too() -> None:
    dbos = load_dialects(DIALECTS)["dbos"]
    calls = {form.call for form in dbos.step}
    assert {"dbos.StepReservation.run", "dbos.DBOS.reserve_step.run"} <= calls
    assert "dbos.DBOS.retrieve_queue.enqueue.get_result" in calls


def test_a_dialect_of_a_project_replaces_one_of_its_name(tmp_path: Path) -> None:
    own = written(tmp_path, ACME.replace('name = "acme"', 'name = "dbos"'), "own.toml")
    assert load_dialects(DIALECTS, [own])["dbos"].family == "keyed"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "body = [1]",
            "bodi = [1]",
            "acme.toml:15: unknown key `bodi` in `[[step]]`; did you mean `body`?",
            id="a misspelled key of a step",
        ),
        pytest.param(
            "words =",
            "word =",
            "acme.toml:3: unknown key `word`; did you mean `words`?",
            id="a misspelled key of the dialect",
        ),
        pytest.param(
            'kind = "run"',
            'kind = "rum"',
            "acme.toml:12: `kind` is `rum`; expected one of `callback`, `child`, `infer`, `invoke`, `other`, `patch`, "
            "`run`, `send`, `sleep`, `state`, `wait`; did you mean `run`?",
            id="an unknown kind",
        ),
        pytest.param(
            'family = "keyed"',
            'family = "key"',
            "acme.toml:2: `family` is `key`; expected one of `keyed`, `positional-checked`, `positional-unchecked`; "
            "did you mean `keyed`?",
            id="an unknown family",
        ),
        pytest.param(
            'method = "do"\n',
            "",
            "acme.toml:11: exactly one of `method`, `call`, `decorator` must be set, not none, in `[[step]]`",
            id="a step without a way to write it",
        ),
        pytest.param(
            'method = "do"',
            'method = "do"\ncall = "acme.do"',
            "acme.toml:11: exactly one of `method`, `call`, `decorator` must be set, not `method` and `call`, "
            "in `[[step]]`",
            id="a step with two ways",
        ),
        pytest.param(
            'id = [0, "id"]\nbody',
            'id = [0, "@nmae"]\nbody',
            "acme.toml:14: `@nmae` is no position, keyword, `0[name]`, `@name` or the like, or `=text`, in `[[step]]`",
            id="an unknown position",
        ),
        pytest.param(
            'packages = ["acme"]\n',
            "",
            "acme.toml:1: object missing required field `packages`",
            id="a missing key",
        ),
        pytest.param(
            'words = ["acme"]',
            'words = ["acme"]]',
            "acme.toml:3: is no TOML: expected newline or end of document after a statement",
            id="broken TOML",
        ),
        pytest.param(
            'words = ["acme"]',
            "words = []",
            "acme.toml:3: `words` is empty: without a word no file is ever read for this SDK",
            id="no word",
        ),
        pytest.param(
            'words = ["acme"]',
            'words = ["acme"]\nversions = "~1"',
            "acme.toml:4: `~1` is no range of versions; expected `<2` or `>=2`",
            id="a range that nobody can read",
        ),
    ],
)
def test_a_mistake_names_file_line_and_what_was_meant(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in ACME
    assert refusal(tmp_path, ACME.replace(old, new)) == message


def test_a_mistake_in_a_table_of_one_line_names_that_line(tmp_path: Path) -> None:
    text = ACME.partition("[[step]]")[0].replace("[[workflow]]\n", "[[workflow]]\n") + ""
    inline = text.replace(
        "\n[[workflow]]",
        '\nstep = [\n  { kind = "run", method = "do" },\n  { kind = "run", metod = "go" },\n]\n\n[[workflow]]',
    )
    assert refusal(tmp_path, inline) == "acme.toml:9: unknown key `metod` in `[[step]]`; did you mean `method`?"


def test_two_dialects_cannot_claim_one_call(tmp_path: Path) -> None:
    written(tmp_path, ACME)
    other = written(tmp_path, ACME.replace('name = "acme"', 'name = "acme2"'), "other.toml")
    with pytest.raises(KnowledgeError) as caught:
        load_dialects(tmp_path)
    assert str(caught.value) == (
        f"{other}:8: `acme.flow` is claimed by the dialects `acme` and `acme2`; "
        "acme.toml has it too: leave it to one, or list one of them in `dialects`"
    )


def test_two_files_cannot_declare_one_dialect(tmp_path: Path) -> None:
    written(tmp_path, ACME)
    written(tmp_path, ACME, "zzz.toml")
    with pytest.raises(KnowledgeError, match=r"zzz\.toml:1: dialect `acme` is declared in `acme\.toml` too"):
        load_dialects(tmp_path)


def test_versions_of_one_sdk_may_claim_the_same_call(tmp_path: Path) -> None:
    written(tmp_path, ACME.replace("[[workflow]]", 'versions = "<2"\n\n[[workflow]]'))
    written(
        tmp_path,
        ACME.replace("[[workflow]]", 'versions = ">=2"\n\n[[workflow]]').replace('"acme"\n', '"acme2"\n', 1),
        "b.toml",
    )
    assert sorted(load_dialects(tmp_path)) == ["acme", "acme2"]
