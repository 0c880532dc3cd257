"""The tables against the SDKs and packages that they describe: every name, parameter and position must exist.

The versions are those of `verified-with`. Environments are made once below `STEPLINT_SDK_VENVS`, or in a temporary
folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tomli

from tests import venvs

RULES = Path(__file__).parents[1] / "rules"
PROBE = Path(__file__).parent / "knowledge" / "probe.py"
FILES = sorted((RULES / "dialects").glob("*.toml"))
DIALECTS: dict[str, dict[str, Any]] = {path.stem: tomli.loads(path.read_text(encoding="utf-8")) for path in FILES}

BESIDE = {"durabletask": ["durabletask-azuremanaged"], "upstash-workflow": ["fastapi", "flask"]}
"""What an SDK needs for the modules that its dialect names, and does not install itself."""
NEEDS = {"resonate-sdk 0.8.1": (3, 12), "resonate-sdk 0.6.7": (3, 12)}
"""The oldest Python of an SDK."""
INSIDE = {"dapr": ["dapr.ext.workflow._durabletask.worker._RuntimeOrchestrationContext"]}
"""Classes to which a context hands on what it does not have itself."""
NOT_HERE = {
    "cloudflare": "the SDK can be imported inside workerd only",
    "steplint": "the bundled runtime, tested below",
}
OLDER_ONLY = {
    "dbos": {"step[1].decorator dbos.DBOS.transaction"},
    "inngest": {"parallel step.parallel"},
}
"""What the newest verified version has no more, and an older one has."""

pytestmark = pytest.mark.sdk


class Environment(NamedTuple):
    """A Python with some SDKs; ``refused`` says why the others are not in it."""

    python: Path
    refused: dict[str, str]


def pins(group: int) -> list[str]:
    """Return the versions to install together: group 0 has the newest of each SDK, the next what is left."""
    versions: dict[str, list[str]] = {}
    for dialect in DIALECTS.values():
        for text in dialect["verified-with"]:
            name, _, version = text.partition(" ")
            if version not in versions.setdefault(name, []) and sys.version_info >= NEEDS.get(text, (3, 0)):
                versions[name].append(version)
    found = []
    for name, known in versions.items():
        ordered = sorted(known, key=lambda text: [int(part) for part in text.split(".")], reverse=True)
        if name not in ("steplint", "workers-runtime-sdk") and group < len(ordered):
            found.append(f"{name} {ordered[group]}")
    return found


def group_of(pin: str) -> int:
    return next(group for group in range(4) if pin in pins(group))


def install(python: Path, wanted: list[str]) -> str:
    """Return why ``wanted`` cannot be installed, or an empty text."""
    packages = [text for pin in wanted for text in (pin.replace(" ", "=="), *BESIDE.get(pin.partition(" ")[0], []))]
    try:
        venvs.install(python, packages)
    except venvs.AbsentError as refused:
        return str(refused)
    return ""


def environment(folder: Path, group: int) -> Environment:
    """Return the environment of a group, made unless it is there with just these versions."""
    wanted = pins(group)
    home = folder / f"{sys.version_info[0]}.{sys.version_info[1]}-{group}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    made = home / "pins.json"
    if made.is_file() and json.loads(made.read_text()) == wanted:
        return Environment(python, {})
    venvs.empty(home)
    refused: dict[str, str] = {}
    if install(python, wanted):
        refused = {pin: why for pin in wanted if (why := install(python, [pin]))}
    if not refused:
        made.write_text(json.dumps(wanted))
    return Environment(python, refused)


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Environment]]:
    given = os.environ.get("STEPLINT_SDK_VENVS")
    folder = Path(given) if given else tmp_path_factory.mktemp("sdk")
    folder.mkdir(parents=True, exist_ok=True)
    yield {group: environment(folder, group) for group in range(4) if pins(group)}
    if not given:
        shutil.rmtree(folder, ignore_errors=True)


def asked(python: Path | str, request: dict[str, Any]) -> list[dict[str, str]]:
    """Return what the probe says in an environment."""
    done = subprocess.run(
        [str(python), str(PROBE)], input=json.dumps(request), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    problems: list[dict[str, str]] = json.loads(done.stdout)
    return problems


def shown(name: str, problems: list[dict[str, str]]) -> list[str]:
    return [f"rules/dialects/{name}.toml: {each['claim']}: {each['problem']}" for each in problems]


def answers(environments: dict[int, Environment], name: str, pin: str, dialect: dict[str, Any]) -> list[dict[str, str]]:
    """Return the problems of a dialect with one version of its SDK; skips where that is not installed."""
    if sys.version_info < NEEDS.get(pin, (3, 0)):
        pytest.skip(f"{pin} needs Python {'.'.join(map(str, NEEDS[pin]))}")
    found = environments[group_of(pin)]
    if pin in found.refused:
        pytest.skip(f"{pin} cannot be installed: {found.refused[pin]}")
    return asked(found.python, {"ask": "dialect", "dialect": dialect, "further": INSIDE.get(name, [])})


@pytest.mark.parametrize("name", sorted(DIALECTS.keys() - NOT_HERE.keys()))
def test_everything_that_a_dialect_names_exists_in_the_sdk(environments: dict[int, Environment], name: str) -> None:
    newest, *others = DIALECTS[name]["verified-with"]
    problems = answers(environments, name, newest, DIALECTS[name])
    older = [{each["claim"] for each in answers(environments, name, pin, DIALECTS[name])} for pin in others]
    gone = {each["claim"] for each in problems if any(each["claim"] not in missing for missing in older)}
    assert gone == OLDER_ONLY.get(name, set())
    assert shown(name, [each for each in problems if each["claim"] not in gone]) == []


@pytest.mark.parametrize("name", sorted(NOT_HERE))
def test_a_dialect_that_is_not_compared_says_so(name: str) -> None:
    if name != "steplint":
        assert DIALECTS[name]["evidence"] == "documented"


def test_everything_that_the_dialect_of_the_bundled_runtime_names_exists() -> None:
    request = {"ask": "dialect", "dialect": DIALECTS["steplint"], "further": []}
    assert shown("steplint", asked(sys.executable, request)) == []


@pytest.mark.parametrize(
    ("old", "new", "claim"),
    [
        pytest.param("step.run", "step.runs", "step[0].method step.runs", id="a method"),
        pytest.param(
            "inngest.Inngest.create_function",
            "inngest.Inngest.create_functions",
            "workflow[0].decorator inngest.Inngest.create_functions",
            id="a decorator",
        ),
        pytest.param('"handler"', '"handle"', "step[0].method step.run body 1", id="a parameter behind a position"),
        pytest.param("inngest.ContextSync", "inngest.ContextSnyc", "contexts inngest.ContextSnyc", id="a context"),
        pytest.param(
            "fn_id",
            "function_id",
            "workflow[0].decorator inngest.Inngest.create_function id function_id",
            id="a keyword",
        ),
        pytest.param("passes = 2", "passes = 1", "", id="an earlier argument that a body may get"),
        pytest.param(
            '"app_id"', '"app"', "workflow[0].decorator inngest.Inngest.create_function app app", id="the app"
        ),
        pytest.param('"run_id"', '"runid"', "stable-context runid", id="a stable member"),
        pytest.param(
            '"BaseException"',
            '"Exception"',
            "interrupts inngest._internal.step_lib.ResponseInterrupt",
            id="the interrupt",
        ),
    ],
)
def test_a_wrong_claim_is_named(environments: dict[int, Environment], old: str, new: str, claim: str) -> None:
    text = (RULES / "dialects" / "inngest.toml").read_text(encoding="utf-8")
    assert old in text
    changed = tomli.loads(text.replace(old, new))
    found = {each["claim"] for each in answers(environments, "inngest", changed["verified-with"][0], changed)}
    assert found - OLDER_ONLY["inngest"] >= ({claim} if claim else set())
    assert claim or found == OLDER_ONLY["inngest"]


def tables() -> dict[str, dict[str, Any]]:
    return {
        path.name: tomli.loads(path.read_text(encoding="utf-8"))
        for path in sorted((RULES / "knowledge").glob("*.toml"))
    }


def names(table: dict[str, Any]) -> set[str]:
    """Return every qualified name in a knowledge table."""
    found = {
        *table.get("deterministic", []),
        *table.get("pure", []),
        *table.get("returns", {}),
        *table.get("alias", {}),
    }
    found.update(*(value for key in ("returns", "alias") for value in [table.get(key, {}).values()]))
    for source in table.get("source", []):
        for field in ("calls", "attributes", "unless-given", "when-literal", "seedable", "file-mode", "http-method"):
            found.update(source.get(field, ()))
        found.update(source.get("write-when-given", ()))
    for client in table.get("client", []):
        found.update(client["types"])
    for section, fields in {
        "effect": ["containers"],
        "log": ["names"],
        "order": ["makes-set", "ends", "ends-unkeyed"],
        "delay": ["names"],
        "calling": ["exits", "spawns", "joins", "scratch", "runs"],
    }.items():
        for field in fields:
            found.update(table.get(section, {}).get(field, ()))
    for managers in table.get("manager", {}).values():
        found.update(managers)
    return {name for name in found if not name.startswith(".")}


SINCE = {name: version for table in tables().values() for name, version in table.get("since", {}).items()}
RESULTS = {
    "re.compile", "re.match", "re.search", "re.fullmatch", "csv.writer", "hashlib.new", "hmac.new",
    "urllib.parse.urlparse", "urllib.parse.urlsplit", "sqlite3.connect", "redis.Redis.pipeline",
    "redis.asyncio.Redis.pipeline", "sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlalchemy.orm.Session.query", "sqlmodel.Session.query", "anyio.create_task_group", "trio.open_nursery",
    "hashlib.md5", "hashlib.sha1", "hashlib.sha224", "hashlib.sha256", "hashlib.sha384", "hashlib.sha512",
    "hashlib.sha3_256", "hashlib.blake2b",
}  # fmt: skip
"""Calls whose results have members: `re.compile(...).match` is the name `re.compile.match`."""


SHARED = {"ulid.new", "ulid.from_timestamp", "ulid.ULID"}
"""Names of two packages that are imported under one name, of which one can be installed."""


def of_results(name: str) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:count]) in RESULTS for count in range(1, len(parts)))


@pytest.mark.parametrize("table", sorted(tables()))
def test_every_name_of_a_knowledge_table_exists_where_its_package_is_installed(table: str) -> None:
    wanted = sorted(name for name in names(tables()[table]) - SHARED if not of_results(name))
    assert wanted
    problems = asked(sys.executable, {"ask": "names", "names": wanted, "since": SINCE})
    assert [f"rules/knowledge/{table}: {each['problem']}" for each in problems] == []


def test_a_misspelled_name_of_a_knowledge_table_is_named() -> None:
    problems = asked(sys.executable, {"ask": "names", "names": ["time.tiem", "builtins.str.*", "no_such_package.x"]})
    assert [each["claim"] for each in problems] == ["name time.tiem"]


@pytest.mark.parametrize("table", ["stdlib.toml", "thirdparty.toml"])
def test_every_verb_of_a_client_exists_where_its_classes_are_installed(table: str) -> None:
    problems = asked(sys.executable, {"ask": "verbs", "clients": tables()[table]["client"]})
    assert [f"rules/knowledge/{table}: {each['claim']}: {each['problem']}" for each in problems] == []
