"""`steplint run --inngest` with apps of Inngest's own SDKs: FastAPI, Flask, and TypeScript at a URL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engines import environments
from tests.engines.engines import ENGINES
from tests.venvs import AbsentError

pytestmark = pytest.mark.engines
ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"
PIN = next(each.pin for each in ENGINES if each.driver == "inngest")
OWN = ("click", "libcst", "msgspec", "rich", "tomli", "tomlkit")
TYPESCRIPT = "inngest@4.24.0"
OLD = "inngest==0.3.1"
CONTACTS = "ada lovelace, ADA@example.org\nalan turing, alan@example.org"


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Steplint = Callable[..., Done]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("STEPLINT_ENGINE_VENVS")
    return Path(given) if given else tmp_path_factory.getbasetemp().parent / "engines"


@pytest.fixture
def steplint(folder: Path, tmp_path: Path) -> Steplint:
    """Return what runs a command beside copies of the apps, in an environment that has the SDK."""
    return command(python(folder, PIN), tmp_path)


def python(folder: Path, pin: str) -> Path:
    try:
        return environments.python(folder, (pin, "fastapi", "flask", "httpx", *OWN))
    except AbsentError as absent:
        pytest.skip(str(absent))


def command(program: Path, place: Path) -> Steplint:
    for app in APPS.iterdir():
        if app.is_file():
            shutil.copy(app, place)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("STEPLINT_", "PYTEST_", "INNGEST_"))}

    def run(*arguments: str, **environment: str) -> Done:
        done = subprocess.run(
            [str(program), "-m", "steplint", *arguments],
            cwd=place,
            env=kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def send(steplint: Steplint, name: str, data: Any, app: str = "shop.py:app", *more: str, **environment: str) -> Done:
    event = json.dumps({"name": name, "data": data, "id": "1"})
    return steplint("run", "--inngest", app, "--data", event, *more, **environment)


def steps(steplint: Steplint, run: str) -> list[str]:
    shown = json.loads(steplint("runs", "show", run, "--format", "json").out)
    return [each["id"] + (f":{each['occurrence']}" if each["occurrence"] else "") for each in shown["steps"]]


def test_contacts_are_imported_step_by_step_and_a_timeline_shows_it(steplint: Steplint) -> None:
    assert send(steplint, "contacts/csv.uploaded", {"text": CONTACTS}).result == {"results": 2}
    shown = steplint("runs", "show", "import-contacts-1").out
    print(shown)
    lines = [line.split()[:3] for line in shown.splitlines() if line[:4].strip().isdigit()]
    assert lines == [["0", "parse-csv", "run"], ["1", "normalize-csv", "run"], ["2", "import-contacts", "run"]]
    assert 'result  {"results":2}' in shown
    again = steplint("run", "--inngest", "shop.py:app", "--run-id", "import-contacts-1")
    assert again.result == {"results": 2}
    rows = json.loads(steplint("runs", "metrics", "--format", "json").out)["steps"]
    assert sorted(each["step"] for each in rows) == ["import-contacts", "normalize-csv", "parse-csv"]


def test_flask_serves_sync_functions(steplint: Steplint) -> None:
    done = send(steplint, "contacts/csv.uploaded", {"text": CONTACTS}, "flask_shop.py:app")
    assert done.result == {"results": 4}
    assert steps(steplint, "import-contacts-1") == ["parse-csv", "measure-0", "measure-1", "breathe"]


def test_parallel_steps_and_a_repeated_id(steplint: Steplint) -> None:
    done = send(steplint, "user/page.opened", {"user": "ada"})
    assert done.result[1:] == [f"{part} of name of ada" for part in ("profile", "preferences", "orders")]
    labels = steps(steplint, "user-page-1")
    assert labels[:2] == ["fetch-data", "fetch-data:1"]
    assert sorted(labels[2:]) == ["fetch-orders", "fetch-preferences", "fetch-profile"]


def test_a_run_sleeps_sends_waits_and_invokes_while_other_functions_run(steplint: Steplint) -> None:
    done = send(steplint, "shop/order", {"id": "o-1", "go": 1})
    assert done.result == {"shelf": 4, "paid": None, "cost": 12}
    assert steps(steplint, "order-1") == [
        "cool-off",
        "a-moment",
        "ask-the-warehouse",
        "wait-for-the-shelf",
        "wait-for-payment",
        "price",
    ]
    listed = json.loads(steplint("runs", "list", "--format", "json").out)
    assert sorted((each["workflow"], each["status"]) for each in listed) == [
        ("order", "completed"),
        ("price", "completed"),
        ("warehouse", "completed"),
    ]


def test_a_step_is_tried_again_when_it_says(steplint: Steplint) -> None:
    assert send(steplint, "shop/charge", {}).result == "charged at try 2"
    assert "RetryAfterError: the bank is away" in steplint("runs", "show", "charge-1").out


def test_a_step_error_is_caught_and_the_failure_handler_runs(steplint: Steplint) -> None:
    done = send(steplint, "shop/ship", {})
    assert done.code == 1
    assert "run `ship-1` is failed: NonRetriableError: nothing can be shipped" in done.err
    assert json.loads(steplint("runs", "state", "ship-1").out)["note"]["data"] == "ValueError: no van"
    handled = json.loads(steplint("runs", "state", "ship-1-failure").out)
    assert handled["tell-the-customer"]["data"] == "nothing can be shipped"


def test_what_has_not_ended_is_said_and_worked_off(steplint: Steplint) -> None:
    done = send(steplint, "shop/naps", {})
    assert done.code == 0
    assert "note: not ended yet: `order-" in done.err
    hint = done.err.splitlines()[-1]
    assert hint == "hint: steplint runs work --inngest shop.py:app --store ledger.sqlite"


def test_colliding_keys_fail_the_run_and_name_both_places(steplint: Steplint, tmp_path: Path) -> None:
    without = send(steplint, "shop/collides", {})
    text = "CollidingKeys: use 2 of step `pack` and step `pack:1` have one key; rename one of the two steps"
    assert (without.code, text in without.err) == (1, True)
    (tmp_path / "steplint.toml").write_text("[manifest]\nlocations = true\n")
    assert steplint("manifest", "-o", "json=steps.json").code == 0
    placed = send(steplint, "shop/collides", {}, "shop.py:app", "--manifest", "steps.json", "--store", "other.sqlite")
    source = (APPS / "shop.py").read_text("utf-8").splitlines()
    repeated = 1 + next(n for n, line in enumerate(source) if '"pack", note, "3"' in line)
    explicit = 1 + next(n for n, line in enumerate(source) if '"pack:1"' in line)
    assert f"use 2 of step `pack` (shop.py:{repeated}) and step `pack:1` (shop.py:{explicit}) have" in placed.err


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("shop/compares", "step `big`: the expression `async.data.n > 3` is not understood here"),
        ("shop/thinks", "step `think`: `ai.infer` is done by Inngest's server; call the model in a step"),
    ],
)
def test_what_a_step_asks_for_in_vain_fails_the_run_by_name(steplint: Steplint, event: str, text: str) -> None:
    done = send(steplint, event, {})
    assert done.code == 1
    assert text in done.err


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("concurrency", "`concurrency`"),
        ("throttle", "`throttle`"),
        ("rate_limit", "`rate_limit`"),
        ("debounce", "`debounce`"),
        ("priority", "`priority`"),
        ("batch_events", "`batch_events`"),
        ("cancel", "`cancel`"),
        ("singleton", "`singleton`"),
        ("idempotency", "`idempotency`"),
        ("timeouts", "`timeouts`"),
        ("cron", "`cron` trigger `0 * * * *`"),
        ("expression", "the expression `event.data.n > 3` is not understood here"),
    ],
)
def test_options_that_are_not_honored_are_refused_when_the_app_registers(
    steplint: Steplint, tmp_path: Path, option: str, named: str
) -> None:
    done = send(steplint, "shop/order", {}, "options.py:app", SHOP_OPTION=option)
    assert done.code == 2
    assert done.err.splitlines()[0].startswith(f"error: not supported here: function `shop-order`: {named}")
    assert not (tmp_path / "ledger.sqlite").exists()


def test_an_option_that_shall_have_no_effect_is_let_pass(steplint: Steplint) -> None:
    more = ("--without", "concurrency")
    assert send(steplint, "shop/order", {}, "options.py:app", *more, SHOP_OPTION="concurrency").result == "ordered"


PRODUCTION = {"SHOP_OPTION": "none", "SHOP_KEY": "signkey-test-12345678"}


@pytest.mark.parametrize(
    ("app", "more", "environment", "error", "hint"),
    [
        ("broken.py:app", (), {}, "`broken` fails at import: RuntimeError: no database", "mend it"),
        ("absent.py:app", (), {}, "there is no file `absent.py`", "write `file.py:app`"),
        ("shop.py:client", (), {}, "a `Inngest` is neither an ASGI nor a WSGI app", "name the app"),
        ("plain.py:app", (), {}, "`plain.py:app` serves nothing at the path of Inngest functions", "/api/inngest"),
        ("shop.py:app", ("--serve-path", "/x"), {}, "`shop.py:app` serves nothing at the path", "tried was /x"),
        ("http://127.0.0.1:9", (), {}, "no app answers at http://127.0.0.1:9", "start the app"),
        ("ftp://127.0.0.1", (), {}, "`ftp://127.0.0.1` is no URL", "write `http://"),
        ("127.0.0.1:9", (), {}, "there is no module `127.0.0.1`", "an address begins with `http://`"),
        (
            "shop.py:app",
            ("--signing-key", "signkey-test-1"),
            {},
            "`shop.py:app` is in dev mode",
            "take `--signing-key`",
        ),
        ("options.py:app", (), PRODUCTION, "`options.py:app` is in production mode", "set `INNGEST_DEV=1`"),
        (
            "options.py:app",
            ("--signing-key", "signkey-test-99"),
            PRODUCTION,
            "`options.py:app` refuses the signing key",
            "the one that the app has",
        ),
        ("shop.py:app", (), {"EVENT": "shop/unheard"}, "no function of the app is triggered by `shop/unheard`", "its"),
        ("shop.py:app", (), {}, "no function of the app is triggered by `shop/order`", "does not meet"),
        ("shop.py:app", ("--run-id", "order-1"), {}, "the ID of a run is made of its function's", "FUNCTION-"),
        ("shop.py:app", ("--check",), {}, "`--check` is not for an Inngest app", "--help"),
    ],
)
def test_bad_input_is_one_error_and_leaves_no_ledger(
    steplint: Steplint,
    tmp_path: Path,
    app: str,
    more: Sequence[str],
    environment: dict[str, str],
    error: str,
    hint: str,
) -> None:
    (tmp_path / "broken.py").write_text('raise RuntimeError("no database")\n')
    (tmp_path / "plain.py").write_text("import fastapi\n\napp = fastapi.FastAPI()\n")
    done = send(steplint, environment.get("EVENT", "shop/order"), {"id": "o-1"}, app, *more, **environment)
    lines = done.err.splitlines()
    assert done.code == 2, done.err
    assert lines[-2].startswith(f"error: {error}")
    assert hint in lines[-1]
    assert not (tmp_path / "ledger.sqlite").exists()


def test_a_production_app_takes_its_signing_key(steplint: Steplint) -> None:
    more = ("--signing-key", PRODUCTION["SHOP_KEY"])
    assert send(steplint, "shop/order", {}, "options.py:app", *more, **PRODUCTION).result == "ordered"


def test_a_run_that_does_not_exist_is_no_ledger_either(steplint: Steplint, tmp_path: Path) -> None:
    done = steplint("run", "--inngest", "shop.py:app", "--run-id", "order-9")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: there is no ledger `ledger.sqlite`")
    assert not (tmp_path / "ledger.sqlite").exists()


def test_an_event_whose_data_is_no_object_is_refused(steplint: Steplint, tmp_path: Path) -> None:
    done = send(steplint, "shop/order", 3)
    assert (done.code, done.err.splitlines()[0]) == (2, "error: the data of an event is an object, this is `3`")
    assert not (tmp_path / "ledger.sqlite").exists()


def test_the_same_event_with_other_data_is_refused(steplint: Steplint) -> None:
    assert send(steplint, "contacts/csv.uploaded", {"text": CONTACTS}).code == 0
    done = send(steplint, "contacts/csv.uploaded", {"text": "other, data"})
    text = "error: run `import-contacts-1` exists, with other data; give the event another `id`"
    assert (done.code, done.err.splitlines()[-1]) == (2, text)


def test_an_sdk_that_is_too_old_is_refused(folder: Path, tmp_path: Path) -> None:
    old = command(python(folder, OLD), tmp_path)
    done = send(old, "contacts/csv.uploaded", {"text": CONTACTS}, "flask_shop.py:app")
    assert done.code == 2
    assert "error: the app's SDK is py 0.3.1; steplint speaks with 0.4 and newer" in done.err
    assert not (tmp_path / "ledger.sqlite").exists()


def test_a_changed_app_is_foretold_without_executing_a_step(steplint: Steplint, tmp_path: Path) -> None:
    assert send(steplint, "contacts/csv.uploaded", {"text": CONTACTS}).code == 0
    same = steplint("runs", "replay", "--inngest", "shop.py:app")
    assert (same.code, "same path, 3 memos recalled" in same.out) == (0, True)
    shop = tmp_path / "shop.py"
    shop.write_text(shop.read_text("utf-8").replace('"normalize-csv"', '"clean-csv"'))
    changed = steplint("runs", "replay", "--inngest", "shop.py:app")
    assert changed.code == 1
    assert "`clean-csv`" in changed.out


def test_the_manifest_guard_holds_a_run_that_no_longer_fits(steplint: Steplint, tmp_path: Path) -> None:
    (tmp_path / "steplint.toml").write_text('[runtime.guard]\nreruns = "refuse"\n')
    assert steplint("manifest", "-o", "json=before.json").code == 0
    event = json.dumps({"name": "shop/order", "data": {"id": "o-1", "go": 1}, "id": "1"})
    more = ("--manifest", "before.json", "--timeout", "0.05")
    begun = steplint("run", "--inngest", "shop.py:app", "--data", event, *more)
    assert "run `order-1` is waiting" in begun.err
    shop = tmp_path / "shop.py"
    shop.write_text(shop.read_text("utf-8").replace('"cool-off"', '"calm-down"'))
    assert steplint("manifest", "-o", "json=after.json").code == 0
    held = steplint("run", "--inngest", "shop.py:app", "--run-id", "order-1", "--manifest", "after.json")
    assert held.code == 1
    assert "run `order-1` is held: Drift: step `cool-off`" in held.err


@pytest.fixture
def typescript(folder: Path, tmp_path: Path) -> Iterator[str]:
    """Give the URL of the app in TypeScript's SDK, and the port where it looks for a server."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js is not installed; `apt-get install nodejs npm`")
    home = folder / "front-typescript"
    with environments.alone(home):
        made = home / TYPESCRIPT
        if not made.exists():
            install = [npm, "install", "--no-fund", "--no-audit", "--prefix", str(home), TYPESCRIPT]
            done = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode:
                pytest.skip(f"{TYPESCRIPT} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
            made.touch()
    shutil.copy(APPS / "shop.mjs", home / "shop.mjs")
    port, server = environments.free_ports(2)
    with subprocess.Popen(
        [node, "shop.mjs", str(port)],
        cwd=home,
        env=os.environ | {"INNGEST_DEV": f"http://127.0.0.1:{server}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as app:
        try:
            assert app.stdout is not None
            assert app.stdout.readline() == "up\n"
            yield f"http://127.0.0.1:{port} {server}"
        finally:
            app.kill()


def test_an_app_of_another_language_runs_by_its_url(typescript: str, steplint: Steplint) -> None:
    url, port = typescript.split(" ")
    done = send(steplint, "shop/order", {"id": "o-1"}, url, "--port", port)
    assert done.result == {"tea": "tea", "rice": "rice", "shelf": 4, "cost": 12, "failed": "no van"}
    assert steps(steplint, "order-1") == [
        "pack",
        "pack:1",
        "a-moment",
        "ask-the-warehouse",
        "wait-for-the-shelf",
        "price",
        "load-the-van",
    ]
