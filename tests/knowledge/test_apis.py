from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from steplint.config.settings import KnowledgeSettings
from steplint.knowledge.apis import Apis, load
from steplint.knowledge.toml import KnowledgeError
from steplint.model.place import NOWHERE
from steplint.model.summary import Argument
from steplint.model.value import Const, Name, Result, Template, Value

TABLES = sorted((Path(__file__).parents[2] / "rules" / "knowledge").glob("*.toml"))


@pytest.fixture(scope="module")
def apis() -> Apis:
    return load(TABLES)


def own(**lists: list[str]) -> Apis:
    return load(
        TABLES, msgspec.convert({key.replace("_", "-"): names for key, names in lists.items()}, KnowledgeSettings)
    )


def arguments(*values: object, **keywords: object) -> tuple[Argument, ...]:
    return tuple(
        Argument(keyword, value if isinstance(value, Value) else Const(value), NOWHERE)  # type: ignore[arg-type]
        for keyword, value in [*((None, value) for value in values), *keywords.items()]
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("datetime.datetime.now", "time"),
        ("time.monotonic", "time"),
        ("random.choice", "random"),
        ("secrets.SystemRandom.choice", "random"),
        ("uuid.uuid4", "uuid"),
        ("builtins.hash", "hash"),
        ("builtins.set.pop", "order"),
        ("os.listdir", "fs-order"),
        ("os.environ.get", "env"),
        ("socket.gethostname", "host"),
        ("subprocess.run", "process"),
        ("asyncio.sleep", "sleep"),
        ("asyncio.wait", "concurrency"),
        ("faker.Faker.name", "random"),
    ],
)
def test_a_source_has_its_kind(apis: Apis, name: str, kind: str) -> None:
    found = apis.call(name, ())
    assert found is not None
    assert (found.kind, found.name) == (kind, name)
    assert apis.known(name)
    assert not apis.pure(name)


@pytest.mark.parametrize(
    "name",
    ["uuid.uuid5", "math.sqrt", "json.dumps", "builtins.str.join", "datetime.timedelta", "hashlib.sha256.hexdigest"],
)
def test_pure_work_is_no_source(apis: Apis, name: str) -> None:
    assert apis.call(name, ()) is None
    assert apis.deterministic(name)
    assert apis.passes(name)
    assert apis.known(name)


def test_a_name_that_no_table_has_is_unknown(apis: Apis) -> None:
    assert apis.call("acme.orders.ship", ()) is None
    assert not apis.known("acme.orders.ship")
    assert not apis.known("printer")
    assert not apis.known("vendor.random")


@pytest.mark.parametrize(
    ("name", "with_argument"),
    [
        ("time.gmtime", arguments(0)),
        ("time.strftime", arguments("%Y", 0)),
        ("datetime.datetime.fromtimestamp", arguments(0, tz=Name("UTC"))),
        ("datetime.datetime.fromtimestamp", arguments(0, Name("timezone.utc"))),
        ("random.Random", arguments(7)),
        ("numpy.random.default_rng", arguments(seed=7)),
        ("bson.ObjectId", arguments("65f0")),
        ("pandas.DataFrame.sample", arguments(3, random_state=0)),
        ("dateutil.parser.parse", arguments("May", default=Name("start"))),
    ],
)
def test_an_argument_makes_a_source_deterministic(apis: Apis, name: str, with_argument: tuple[Argument, ...]) -> None:
    assert apis.call(name, ()) is not None
    assert apis.call(name, with_argument) is None


def test_a_literal_none_is_no_argument_and_unpacked_arguments_may_be_one(apis: Apis) -> None:
    assert apis.call("random.Random", arguments(None)) is not None
    assert apis.call("random.Random", (Argument("*", Name("args"), NOWHERE),)) is None
    assert apis.call("numpy.random.default_rng", (Argument("**", Name("options"), NOWHERE),)) is None


def test_a_text_argument_can_make_a_call_a_source(apis: Apis) -> None:
    assert apis.call("pandas.Timestamp", arguments("2024-01-01")) is None
    assert apis.call("pandas.Timestamp", arguments("now")) is not None


def test_methods_of_a_generator_are_sources_and_the_generator_can_be_seeded(apis: Apis) -> None:
    assert apis.seeded("random.Random")
    assert apis.seed("random.Random") == (0,)
    assert not apis.seeded("random.SystemRandom")
    found = apis.call("random.Random.choice", arguments(Name("rows")))
    assert found is not None
    assert found.kind == "random"


@pytest.mark.parametrize(
    ("name", "given", "kind", "mode"),
    [
        ("httpx.AsyncClient", (), "network", "opens"),
        ("httpx.AsyncClient.post", (), "network", "write"),
        ("httpx.AsyncClient.get", (), "network", "read"),
        ("httpx.Client.request", arguments("PUT", "/x"), "network", "write"),
        ("requests.request", arguments(method="get"), "network", "read"),
        ("requests.session.post", (), "network", "write"),
        ("aiohttp.ClientSession.post", (), "network", "write"),
        ("boto3.client", (), "network", "opens"),
        ("boto3.client.put_object", (), "network", "write"),
        ("boto3.client.get_object", (), "network", "read"),
        ("boto3.client.get_paginator", (), "network", "opens"),
        ("boto3.resource.Table.put_item", (), "network", "write"),
        ("redis.from_url.set", (), "database", "write"),
        ("redis.asyncio.Redis.get", (), "database", "read"),
        ("stripe.Charge.create", (), "network", "write"),
        ("openai.AsyncOpenAI.chat.completions.create", (), "network", "write"),
        ("anthropic.Anthropic.messages.create", (), "network", "write"),
        ("smtplib.SMTP.send_message", (), "network", "write"),
        ("sqlalchemy.orm.sessionmaker.add", (), "database", "write"),
        ("sqlalchemy.orm.Session.commit", (), "database", "write"),
        ("psycopg.connect.cursor.execute", arguments("INSERT INTO t VALUES (1)"), "database", "write"),
        ("psycopg.connect.execute", arguments("select 1"), "database", "read"),
        ("asyncpg.create_pool.execute", arguments(Template("delete from {}", (Name("t"),))), "database", "write"),
        ("pymongo.MongoClient.shop.orders.insert_one", (), "database", "write"),
        ("pymongo.MongoClient.shop.orders.find", (), "database", "read"),
        ("builtins.open", arguments("a.txt"), "fs", "read"),
        ("builtins.open", arguments("a.txt", "wb"), "fs", "write"),
        ("pathlib.Path.open", arguments(mode="a"), "fs", "write"),
        ("pathlib.Path.write_text", arguments("x"), "fs", "write"),
        ("urllib.request.urlopen", arguments("http://x"), "network", "read"),
        ("urllib.request.urlopen", arguments("http://x", data=Name("body")), "network", "write"),
    ],
)
def test_a_client_call_reads_writes_or_opens(
    apis: Apis, name: str, given: tuple[Argument, ...], kind: str, mode: str
) -> None:
    found = apis.call(name, given)
    assert found is not None
    assert (found.kind, found.mode) == (kind, mode)


def test_a_statement_is_found_through_the_call_that_builds_it(apis: Apis) -> None:
    built = {0: ("sqlalchemy.insert.values", ()), 1: ("sqlalchemy.text", arguments("UPDATE t SET a = 1"))}

    def made(value: Value) -> tuple[str, tuple[Argument, ...]] | None:
        return built.get(value.call) if isinstance(value, Result) else None

    for call in built:
        found = apis.call("sqlalchemy.orm.Session.execute", arguments(Result(call)), made)
        assert found is not None
        assert found.mode == "write"
        assert apis.effect("", "self.session", "execute", arguments(Result(call)), made)
    unknown = apis.call("sqlalchemy.orm.Session.execute", arguments(Result(7)), made)
    assert unknown is not None
    assert unknown.mode == ""


def test_reading_an_attribute_can_be_a_source(apis: Apis) -> None:
    found = apis.attribute("os.environ")
    assert found is not None
    assert found.kind == "env"
    assert apis.attribute("os.path") is None
    platform = apis.attribute("sys.platform")
    assert platform is not None
    assert platform.level == "off"


@pytest.mark.parametrize(
    ("receiver", "verb", "given", "effect"),
    [
        ("db.campaigns", "insert_one", (), True),
        ("self.session", "add", (), True),
        ("tags", "add", (), False),
        ("redis", "set", (), True),
        ("options", "set", (), False),
        ("cursor", "execute", arguments("INSERT INTO t VALUES (1)"), True),
        ("cursor", "execute", arguments("SELECT 1"), False),
        ("conn", "execute", arguments(Name("query")), False),
        ("", "save", (), False),
        ("self.orderRepository", "save", (), True),
        ("order", "update", (), False),
        ("Order.objects", "create", (), True),
        ("self.logger", "info", (), False),
        ("statsd", "incr", (), False),
    ],
)
def test_an_unresolved_call_is_an_effect_by_verb_and_receiver(
    apis: Apis, receiver: str, verb: str, given: tuple[Argument, ...], effect: bool
) -> None:
    assert apis.effect("", receiver, verb, given) is effect


def test_a_resolved_type_beats_the_name_of_the_receiver(apis: Apis) -> None:
    assert not apis.effect("builtins.dict.update", "db", "update", ())
    assert not apis.effect("collections.deque.remove", "queue", "remove", ())
    assert apis.effect("requests.post", "requests", "post", ())
    assert not apis.effect("requests.get", "client", "get", ())
    assert apis.effect("acme.Client.create", "client", "create", ())


def test_logs_swallow_values(apis: Apis) -> None:
    assert apis.log_sink("logging.getLogger.info", "", "info")
    assert apis.log_sink("builtins.print", "", "")
    assert apis.log_sink("", "self._logger", "warning")
    assert apis.log_sink("", "request_logger", "info")
    assert not apis.log_sink("", "logbook", "info")
    assert not apis.log_sink("", "logger", "handlers")
    assert apis.call("builtins.print", ()) is None
    assert apis.known("builtins.print")


def test_order_ends_at_sorting_without_a_key(apis: Apis) -> None:
    assert apis.ends_order("builtins.sorted", keyed=False)
    assert not apis.ends_order("builtins.sorted", keyed=True)
    assert apis.ends_order("builtins.len", keyed=True)
    assert not apis.ends_order("builtins.list", keyed=False)
    assert apis.makes_set("builtins.set")
    assert not apis.makes_set("builtins.dict")


@pytest.mark.parametrize(
    ("name", "key", "clock", "trace"),
    [
        ("id", True, False, False),
        ("recordId", True, False, False),
        ("idempotency_key", True, False, False),
        ("idle", False, False, False),
        ("created_at", False, True, False),
        ("expires_in", False, True, False),
        ("at", False, False, False),
        ("residue", False, False, False),
        ("x-request-id", False, False, True),
        ("correlation_id", False, False, True),
        ("amount", False, False, False),
    ],
)
def test_names_of_arguments_say_what_they_hold(apis: Apis, name: str, key: bool, clock: bool, trace: bool) -> None:
    assert (apis.key_like(name), apis.clock_like(name), apis.trace_header(name)) == (key, clock, trace)


def test_waits_threads_and_exits(apis: Apis) -> None:
    assert apis.delay("asyncio.sleep", None)
    assert apis.delay("httpx.get", "timeout")
    assert not apis.delay("httpx.get", None)
    assert apis.thread_wrapper("asyncio.to_thread") == 0
    assert apis.thread_wrapper("asyncio.get_running_loop.run_in_executor") == 1
    assert apis.thread_wrapper("loop.run_in_executor") == 1
    assert apis.thread_wrapper("acme.run") is None
    assert apis.spawns("asyncio.TaskGroup.create_task")
    assert apis.joins("asyncio.gather")
    assert apis.call("asyncio.gather", ()) is None
    assert apis.exits("sys.exit")
    assert apis.scratch("tempfile.mkdtemp")
    assert apis.mutator("append")
    assert apis.container("builtins.list")
    assert apis.read("find_one")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tempfile.TemporaryDirectory", "directory"),
        ("builtins.open", "file"),
        ("sqlalchemy.orm.sessionmaker", "session"),
        ("engine.begin", "transaction"),
        ("self._lock", "lock"),
        ("asyncio.timeout", "timeout"),
        ("tracer.start_as_current_span", "span"),
        ("httpx.AsyncClient", "client"),
        ("contextlib.suppress", ""),
    ],
)
def test_a_context_manager_is_a_kind_of_resource(apis: Apis, name: str, kind: str) -> None:
    assert apis.manager(name) == kind


def test_a_project_adds_sources_effects_and_pure_calls() -> None:
    apis = own(
        nondeterministic=["acme.ids.new_id", "acme.clock.*"],
        deterministic=["acme.clock.logical_now", "uuid.uuid4"],
        effects=["acme.http.*"],
        pure=["acme.money.*"],
        log_sinks=["acme.audit.note"],
    )
    made = apis.call("acme.ids.new_id", ())
    assert made is not None
    assert made.kind == "uuid"
    assert apis.call("uuid.uuid4", ()) is None
    sent = apis.call("acme.http.v2.push", ())
    assert sent is not None
    assert sent.mode == "write"
    assert apis.effect("acme.http.push", "http", "push", ())
    assert apis.pure("acme.money.add")
    assert apis.log_sink("acme.audit.note", "", "")


def test_a_removal_beats_an_addition_and_the_tables() -> None:
    apis = own(
        nondeterministic=["time.time", "!time.time", "!random.*"],
        effects=["!requests.post"],
        pure=["!math.sqrt"],
        log_sinks=["!builtins.print"],
    )
    assert apis.call("time.time", ()) is None
    assert apis.call("random.random", ()) is None
    assert not apis.effect("requests.post", "requests", "post", ())
    assert not apis.pure("math.sqrt")
    assert not apis.log_sink("builtins.print", "", "")


def test_a_project_names_its_settings_folders_and_clock_fields() -> None:
    apis = own(env_like=["settings", "acme.flags"], shared_paths=["/mnt/shared"], clock_fields_ok=["updated_at"])
    for name in ("acme.config.settings.DEBUG", "settings.URL", "acme.flags.NEW"):
        found = apis.attribute(name)
        assert found is not None
        assert found.kind == "env"
    assert apis.attribute("acme.orders.total") is None
    assert apis.shared_path("/mnt/shared/a.pdf")
    assert not apis.shared_path("/mnt/shared2/a.pdf")
    assert apis.clock_ok("updated_at")
    assert not apis.clock_ok("created_at")


def test_an_unknown_key_names_file_line_and_the_nearest_key(tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text('schema = 1\n\n[[source]]\nkind = "time"\ncals = ["acme.now"]\n')
    with pytest.raises(KnowledgeError) as caught:
        load([table])
    assert str(caught.value) == f"{table}:5: unknown key `cals` in `[[source]]`; did you mean `calls`?"


def test_an_unknown_kind_names_the_kinds(tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text('[[source]]\nkind = "time"\n[[source]]\n\nkind = "clok"\n')
    with pytest.raises(KnowledgeError, match=r"own\.toml:5: `kind` is `clok`; expected one of `concurrency`"):
        load([table])


def test_a_wrong_type_and_broken_toml_name_their_line(tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text("schema = 1\npure = [\n  1,\n]\n")
    with pytest.raises(KnowledgeError, match=r"own\.toml:2: `pure`: expected `str`, got `int`"):
        load([table])
    table.write_text("schema = 1\npure = = 2\n")
    with pytest.raises(KnowledgeError, match=r"own\.toml:2: is no TOML"):
        load([table])
    with pytest.raises(KnowledgeError, match="cannot be read"):
        load([tmp_path / "missing.toml"])
