import os
import re
from pathlib import Path

import hypothesis
import jsonschema_rs
import msgspec
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from steplint import __version__
from steplint.config import ConfigError, Settings, describe, effective, load, nearest, schema
from steplint.config.fields import dotted, keys, shape
from steplint.config.layers import move_glob
from steplint.config.version import satisfies

settings_of_hypothesis = hypothesis.settings(max_examples=150, deadline=None)

WRONG_LINES = [
    "",
    "x = 1",
    "[tool.steplint.x]",
    "[[tool.steplint.lint]]",
    "select = 3",
    "strict = [1, {a = 2}]",
    "severity = { a = { b = 'c' } }",
    "rules = [1]",
    "'' = 1",
    '"a\\u0000b" = 1',
    "x.y.z = 'w'",
    "max-trace = 99999999999999999999",
    'path = """',
    "select = [",
    "]",
    "# [",
]

EXAMPLE = """\
[tool.steplint]
extend = "../steplint-base.toml"
required-version = ">=0.1,<0.2"
projects = []
dialects = []
rule-packs = []
include = ["**/*.py"]
exclude = []
respect-gitignore = true
follow-imports = "project"
require-workflows = false
cache-dir = ".steplint_cache"
output = ["full"]

[tool.steplint.lint]
select = ["ALL"]
extend-select = []
ignore = []
preview = false
fixable = ["ALL"]
unfixable = []
extend-safe-fixes = []
extend-unsafe-fixes = []
severity = { body-env = "error" }
strict = false
fail-on = "warning"
min-confidence = "medium"
require-suppression-reason = true
max-trace = 20

[tool.steplint.lint.per-file-ignores]
"tests/**" = ["determinism"]

[tool.steplint.lint.rules.step-too-granular]
steps = 3

[tool.steplint.decorators]
"acme.flows.job" = "dbos.DBOS.workflow"

[tool.steplint.knowledge]
nondeterministic = ["acme.ids.new_id"]
deterministic = ["acme.clock.logical_now"]
effects = ["acme.http.*"]
pure = ["acme.money.*"]
log-sinks = []
env-like = []
shared-paths = ["/mnt/shared"]
clock-fields-ok = ["updated_at"]

[tool.steplint.dialect.dbos]
version-pinned = true

[tool.steplint.lock]
path = "steplint.lock"
published = "origin/HEAD"
tombstone-days = 90
accept = ["reexecute", "alias", "drained", "versioned", "patched"]
require-why = true

[tool.steplint.lock.targets]
"order-*" = ["dbos"]

[tool.steplint.manifest]
path = "steplint.manifest.json"
locations = false
fingerprints = true

[tool.steplint.baseline]
path = ".steplint-baseline.json"

[tool.steplint.runtime.guard]
reruns = "refuse"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the root of an empty repository."""
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    return root


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def settings(start: Path, *overrides: str, isolated: bool = False) -> Settings:
    return load(start, overrides, isolated, {}).settings


def failure(start: Path, *overrides: str, isolated: bool = False, environ: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(start, overrides, isolated, environ or {})
    assert not caught.value.message.endswith(".")
    assert str(start) not in caught.value.message
    return caught.value


def complaint(start: Path) -> str | None:
    """Return the message about a configuration, or None when it is accepted."""
    try:
        load(start, environ={})
    except ConfigError as error:
        return error.message
    return None


def test_without_a_file_every_key_has_its_default_and_the_root_is_the_repository(project: Path) -> None:
    (project / "src/flows").mkdir(parents=True)
    loaded = load(project / "src/flows", environ={})
    assert loaded.settings == Settings()
    assert loaded.root == project
    assert loaded.file is None
    assert {value.origin for value in effective(loaded)} == {"default"}
    assert loaded.settings.lint.select == ("default",)


def test_outside_of_a_repository_the_root_is_the_start(tmp_path: Path) -> None:
    assert load(tmp_path, environ={}).root == tmp_path


def test_a_worktree_and_a_submodule_have_a_file_in_place_of_the_git_folder(tmp_path: Path) -> None:
    write(tmp_path / "tree/.git", "gitdir: ../elsewhere\n")
    (tmp_path / "tree/deep").mkdir()
    assert load(tmp_path / "tree/deep", environ={}).root == tmp_path / "tree"


def test_the_documented_example_is_accepted_by_the_reader_and_by_the_schema(project: Path) -> None:
    write(project.parent / "steplint-base.toml", "")
    write(project / "pyproject.toml", EXAMPLE)
    loaded = load(project, environ={})
    assert loaded.settings.lint.rules["step-too-granular"] == {"steps": 3}
    assert loaded.settings.decorators == {"acme.flows.job": "dbos.DBOS.workflow"}
    assert loaded.settings.dialect["dbos"].version_pinned is True
    assert loaded.settings.runtime.guard.reruns == "refuse"
    assert loaded.settings.runtime.guard.swaps == "refuse"
    jsonschema_rs.validator_for(schema()).validate(tomli.loads(EXAMPLE)["tool"]["steplint"])


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    validator = jsonschema_rs.validator_for(schema())
    assert not validator.is_valid({"lint": {"selct": []}})
    assert not validator.is_valid({"lint": {"max-trace": 0}})
    assert not validator.is_valid({"lock": {"accept": ["guess"]}})


def test_every_key_is_documented_and_its_default_is_valid_toml() -> None:
    options = describe()
    assert len(options) == len({option.key for option in options}) > 40
    for option in options:
        assert option.help
        assert not option.help.endswith(".")
        if option.default != "none":
            tomli.loads(f"x = {option.default}")
    assert [option.key for option in describe("runtime")] == [
        f"runtime.guard.{verdict}" for verdict in ("wedges", "swaps", "stale", "reruns", "late")
    ]
    assert describe("lint.nothing") == []


def test_the_nearest_own_file_wins_over_every_pyproject(project: Path) -> None:
    write(project / "steplint.toml", "cache-dir = 'top'")
    write(project / "svc/pyproject.toml", "[tool.steplint]\ncache-dir = 'svc'")
    assert load(project / "svc", environ={}).file == project / "steplint.toml"
    write(project / "svc/.steplint.toml", "cache-dir = 'hidden'")
    loaded = load(project / "svc", environ={})
    assert (loaded.file, loaded.root) == (project / "svc/.steplint.toml", project / "svc")


def test_a_pyproject_without_the_table_is_passed_over(project: Path) -> None:
    write(project / "pyproject.toml", "[tool.steplint.lint]\nstrict = true")
    write(project / "svc/pyproject.toml", "[project]\ndependencies = ['steplint']\n[tool.ruff]\nline-length = 1")
    loaded = load(project / "svc", environ={})
    assert loaded.file == project / "pyproject.toml"
    assert loaded.settings.lint.strict


def test_the_search_ends_at_the_repository_root(project: Path) -> None:
    write(project.parent / "steplint.toml", "cache-dir = 'outside'")
    assert load(project, environ={}).file is None


def test_the_environment_names_a_file_and_the_flag_wins_over_it(project: Path) -> None:
    write(project / "steplint.toml", "cache-dir = 'near'")
    write(project / "a.toml", "cache-dir = 'a'")
    write(project / "b.toml", "cache-dir = 'b'")
    assert load(project, environ={"STEPLINT_CONFIG": "a.toml"}).settings.cache_dir == "a"
    assert load(project, ["b.toml"], environ={"STEPLINT_CONFIG": "a.toml"}).settings.cache_dir == "b"
    assert load(project, environ={"STEPLINT_CONFIG": ""}).settings.cache_dir == "near"


def test_a_named_file_from_elsewhere_keeps_the_project_as_root_and_its_own_paths(project: Path) -> None:
    shared = write(project.parent / "shared/all.toml", "lock.path = 'ours.lock'\nexclude = ['gen/**', '**/old/**']")
    loaded = load(project, [str(shared)], environ={})
    assert loaded.root == project
    assert loaded.settings.lock.path == "../shared/ours.lock"
    assert loaded.settings.exclude == ("../shared/gen/**", "**/old/**")


def test_assignments_are_dotted_keys_without_the_table_and_may_be_repeated(project: Path) -> None:
    write(project / "steplint.toml", "lint.extend-select = ['a']\nlint.max-trace = 3")
    got = settings(
        project,
        "manifest.locations=true",
        'lint.extend-select=["b"]',
        'lint.per-file-ignores."tests/**" = ["SL1"]',
        "lint.max-trace=5",
    )
    assert got.manifest.locations is True
    assert got.lint.extend_select == ("a", "b")
    assert got.lint.per_file_ignores == {"tests/**": ("SL1",)}
    assert got.lint.max_trace == 5


def test_isolated_ignores_files_and_environment_but_takes_assignments(project: Path) -> None:
    write(project / "steplint.toml", "broken = [")
    loaded = load(project, ["lint.strict=true"], True, {"STEPLINT_CONFIG": "gone.toml"})
    assert loaded.file is None
    assert loaded.root == project
    assert loaded.settings.lint.strict


def test_a_base_file_is_read_first_lists_replace_and_extend_lists_add(project: Path) -> None:
    write(
        project / "conf/base.toml",
        "lint.select = ['SL1']\nlint.extend-select = ['a']\nlint.severity = { x = 'error', y = 'info' }\n"
        "rule-packs = ['packs/own']\ndialects = ['dbos', 'own.toml']\ncache-dir = '/abs'\nlock.path = 'l.lock'",
    )
    write(
        project / "steplint.toml",
        "extend = 'conf/base.toml'\nlint.select = ['SL2']\nlint.extend-select = ['b', 'a']\nlint.severity.y = 'error'",
    )
    loaded = load(project, environ={})
    lint = loaded.settings.lint
    assert lint.select == ("SL2",)
    assert lint.extend_select == ("a", "b")
    assert lint.severity == {"x": "error", "y": "error"}
    assert loaded.settings.rule_packs == ("conf/packs/own",)
    assert loaded.settings.dialects == ("dbos", "conf/own.toml")
    assert loaded.settings.cache_dir == "/abs"
    assert loaded.settings.lock.path == "conf/l.lock"
    origins = {value.key: value.origin for value in effective(loaded)}
    assert origins["lint.select"] == "steplint.toml"
    assert origins["lint.extend-select"] == "conf/base.toml, steplint.toml"
    assert origins["lint.severity.x"] == "conf/base.toml"
    assert origins["lint.strict"] == "default"


def test_the_origin_of_an_assignment_is_the_flag(project: Path) -> None:
    loaded = load(project, ["lint.strict=true"], environ={})
    assert loaded.origin("lint.strict") == "--config lint.strict=true"


@pytest.mark.parametrize(
    ("glob", "folder", "root", "moved"),
    [
        ("tests/**", "/r", "/r", "tests/**"),
        ("tests", "/", "/r", "tests"),
        ("**/old/**", "/", "/r", "**/old/**"),
        ("r/gen/**", "/", "/r", "gen/**"),
        ("*/gen/", "/", "/r", "gen/"),
        ("a/**/x.py", "/", "/a/b", "**/x.py"),
        ("/r", "/", "/r", "**"),
        ("other/gen", "/", "/r", "../other/gen"),
        ("gen/", "/r/sub", "/r", "gen/"),
        ("gen/x/", "/r/sub", "/r", "sub/gen/x/"),
        ("!gen/x", "/r/sub", "/r", "!sub/gen/x"),
        ("gen/x", "/c", "/r", "../c/gen/x"),
    ],
)
def test_a_glob_keeps_its_meaning_when_its_file_lies_elsewhere(glob: str, folder: str, root: str, moved: str) -> None:
    assert move_glob(glob, Path(folder), Path(root)) == moved


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[lint]\nselct = []", "steplint.toml:2: unknown key `lint.selct`", "did you mean `lint.select`?"),
        ("\nselect = []", "steplint.toml:2: unknown key `select`", "did you mean `lint.select`?"),
        ("lint.fail_on = 'error'", "steplint.toml:1: unknown key `lint.fail_on`", "did you mean `lint.fail-on`?"),
        ("# lnt\n\n[lnt]\n", "steplint.toml:3: unknown key `lnt`", "did you mean `lint`?"),
        (
            "[tool.steplint]\nexclude = []",
            "steplint.toml:1: unknown key `tool`",
            "leave out `tool.steplint`: it belongs into pyproject.toml only",
        ),
        (
            "exclude = [\n  'a',\n  'lint',\n]\nlint = { strict = 'true' }",
            'steplint.toml:5: `lint.strict` must be true or false, not `"true"`',
            "write `true` without quotes",
        ),
        (
            "lint.max-trace = '7'",
            'steplint.toml:1: `lint.max-trace` must be a whole number of at least 1, not `"7"`',
            "write `7` without quotes",
        ),
        ("lint.max-trace = true", "steplint.toml:1: `lint.max-trace` must be a whole number of at least 1", ""),
        ("lint.max-trace = 1.5", "steplint.toml:1: `lint.max-trace` must be a whole number of at least 1", ""),
        ("lint.max-trace = 0", "steplint.toml:1: `lint.max-trace` must be a whole number of at least 1, not 0", ""),
        (
            "exclude = 'build'",
            'steplint.toml:1: `exclude` must be a list of text, not `"build"`',
            'write `["build"]`',
        ),
        ("exclude = ['a', 3]", "steplint.toml:1: each item of `exclude` must be text, not `3`", ""),
        (
            "[lock]\naccept = [\n  'alias',\n  'drain',\n]",
            "steplint.toml:4: each item of `lock.accept` must be one of `reexecute`, `alias`",
            "did you mean `drained`?",
        ),
        ("lint = 3", "steplint.toml:1: `lint` must be a table, not `3`", ""),
        ("cache-dir = 2020-01-01", "steplint.toml:1: `cache-dir` must be text, not a date", ""),
        (
            "[lint.severity]\nbody-env = 'eror'",
            'steplint.toml:2: `lint.severity.body-env` must be one of `error`, `warning`, `info`, not `"eror"`',
            "did you mean `error`?",
        ),
        (
            "[decorators]\nacme.flows.job = 'dbos.DBOS.workflow'",
            "steplint.toml:2: `decorators.acme` must be text, not a table",
            'a name with dots needs quotes: `"acme.flows.job"`',
        ),
        (
            "[dialect.dbos]\nversion_pinned = true",
            "steplint.toml:2: unknown key `dialect.dbos.version_pinned`",
            "did you mean `dialect.dbos.version-pinned`?",
        ),
        (
            "[runtime.guard]\nwedge = 'warn'",
            "steplint.toml:2: unknown key `runtime.guard.wedge`",
            "did you mean `runtime.guard.wedges`?",
        ),
        ("[baseline]\nzzz = 1", "steplint.toml:2: unknown key `baseline.zzz`", "`baseline` has `path`"),
        ("a = 1\na = 2", "steplint.toml:2: cannot overwrite a value at column", ""),
        ("[lint\nx = 1", "steplint.toml:1: ", ""),
        (
            "required-version = '>=99'",
            f"steplint.toml:1: this configuration requires steplint >=99, and this is {__version__}",
            'pip install "steplint>=99"',
        ),
        (
            "\nrequired-version = 'latest'",
            "steplint.toml:2: `required-version` has a clause that is no version specifier: `latest`",
            'write it like `">=0.1,<0.2"`',
        ),
        ("required-version = 1", "steplint.toml:1: `required-version` must be text, not `1`", ""),
        ("extend = '.'", "steplint.toml:1: `.` cannot be read: is a directory", ""),
        ("extend = 'gone.toml'", "steplint.toml:1: `gone.toml` cannot be read: no such file or directory", ""),
    ],
)
def test_a_mistake_is_named_with_its_line_its_key_and_what_was_meant(
    project: Path, text: str, message: str, hint: str
) -> None:
    write(project / "steplint.toml", text)
    error = failure(project)
    assert error.message.startswith(message)
    assert error.hint == hint or (not hint and "did you mean" not in error.hint)


def test_a_newer_configuration_is_refused_for_its_version_and_not_for_its_keys(project: Path) -> None:
    write(project / "steplint.toml", "required-version = '>=9'\nkey-of-the-future = 1")
    assert "requires steplint >=9" in failure(project).message


def test_lines_are_right_in_pyproject_with_windows_newlines_and_a_byte_order_mark(project: Path) -> None:
    text = '\ufeff[project]\r\nname = "strict"\r\n\r\n[tool.steplint]\r\n# strict\r\nlint.strict = 1\r\n'
    (project / "pyproject.toml").write_bytes(text.encode())
    assert failure(project).message == "pyproject.toml:6: `lint.strict` must be true or false, not `1`"


def test_the_table_of_pyproject_has_to_be_a_table(project: Path) -> None:
    write(project / "pyproject.toml", "[tool]\nsteplint = 3")
    assert failure(project).message == "pyproject.toml:2: `tool.steplint` must be a table"


def test_a_named_pyproject_needs_the_table_and_an_empty_one_counts(project: Path) -> None:
    write(project / "other/pyproject.toml", "[project]\nname = 'x'")
    error = failure(project, "other/pyproject.toml")
    assert error.message == "other/pyproject.toml: there is no `[tool.steplint]` table in this file"
    write(project / "other/pyproject.toml", "[tool.steplint]")
    assert settings(project, "other/pyproject.toml") == Settings()


def test_a_circle_of_base_files_is_named(project: Path) -> None:
    write(project / "steplint.toml", "extend = 'a.toml'")
    write(project / "a.toml", "\nextend = 'b.toml'")
    write(project / "b.toml", "extend = 'a.toml'")
    assert failure(project).message == "b.toml:1: `extend` goes in a circle: a.toml -> b.toml -> a.toml"


def test_a_mistake_in_a_base_file_is_reported_there(project: Path) -> None:
    write(project / "steplint.toml", "extend = 'a.toml'\nlint.strict = true")
    write(project / "a.toml", "\n\nlint.strict = 1")
    assert failure(project).message.startswith("a.toml:3: ")


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        ("gone.toml", "--config: `gone.toml` does not exist", ""),
        (".", "--config: `.` is a folder", "pass the file: `./steplint.toml`"),
        ("", "--config: the path is empty", "pass `--config PATH` or `--config KEY=VALUE`"),
        (
            "cache-dir=/tmp/x",
            "--config cache-dir=/tmp/x: the value is not TOML: invalid value",
            "text needs quotes: `--config 'cache-dir=\"/tmp/x\"'`",
        ),
        ("lint.strict=1", "--config lint.strict=1: `lint.strict` must be true or false, not `1`", ""),
        ("strict=true", "--config strict=true: unknown key `strict`", "did you mean `lint.strict`?"),
        (
            'extend="a.toml"',
            '--config extend="a.toml": `extend` belongs into a file',
            "pass the file itself: `--config PATH`",
        ),
    ],
)
def test_a_wrong_flag_is_named(project: Path, override: str, message: str, hint: str) -> None:
    error = failure(project, override)
    assert (error.message, error.hint) == (message, hint)


def test_flags_that_contradict_each_other_are_refused(project: Path) -> None:
    write(project / "a.toml", "")
    assert "`--isolated` reads no configuration file" in failure(project, "a.toml", isolated=True).message
    assert "`--isolated` loads no rule packs" in failure(project, 'rule-packs=["x"]', isolated=True).message
    assert "`--isolated` loads no dialect files" in failure(project, 'dialects=["x.toml"]', isolated=True).message
    assert "there is a configuration file already: `a.toml`" in failure(project, "a.toml", "b.toml").message


def test_the_environment_may_name_a_file_that_is_gone(project: Path) -> None:
    error = failure(project, environ={"STEPLINT_CONFIG": "gone.toml"})
    assert error.message == "STEPLINT_CONFIG: `gone.toml` does not exist"


def test_a_file_that_is_no_utf8_is_named_with_the_line(project: Path) -> None:
    (project / "steplint.toml").write_bytes(b"# a\ncache-dir = '\xff'\n")
    assert failure(project).message == "steplint.toml:2: TOML must be UTF-8, and this line is not"


def test_deep_nesting_is_an_error_and_no_crash(project: Path) -> None:
    write(project / "steplint.toml", "exclude = " + "[" * 100_000)
    assert failure(project).message.startswith("steplint.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(project: Path) -> None:
    write(project / "steplint.toml", "").chmod(0)
    assert failure(project).message == "steplint.toml: `steplint.toml` cannot be read: permission denied"


def test_a_later_stage_can_name_the_place_of_a_value(project: Path) -> None:
    write(project / "steplint.toml", "[lint]\nselect = [\n  'SL1',\n  'body-tme',\n]\n")
    loaded = load(project, environ={})
    error = loaded.error(("lint", "select"), "no rule is called `body-tme`", item="body-tme")
    assert error.message == "steplint.toml:4: no rule is called `body-tme`"
    assert loaded.error(("lint", "ignore"), "odd").message == "odd"


@pytest.mark.parametrize("key", [key for key, field in keys() if "*" not in key], ids=dotted)
def test_every_key_refuses_a_wrong_type_and_a_misspelling(project: Path, key: tuple[str, ...]) -> None:
    path = write(project / "steplint.toml", f"# first line\n{dotted(key)} = 2020-01-01\n")
    assert failure(project).message.startswith(f"steplint.toml:2: `{dotted(key)}` must be ")
    wrong = (*key[:-1], f"{key[-1]}x")
    path.write_text(f"# first line\n{dotted(wrong)} = 1\n")
    error = failure(project)
    assert error.message == f"steplint.toml:2: unknown key `{dotted(wrong)}`"
    assert error.hint == f"did you mean `{dotted(key)}`?"


@settings_of_hypothesis
@given(st.data())
def test_a_damaged_file_is_accepted_or_refused_with_a_place_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = EXAMPLE.replace('extend = "../steplint-base.toml"\n', "")
    lines = text.split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        damaged = data.draw(st.sampled_from(WRONG_LINES) | st.just(lines[at][1:]) | st.just(lines[at][:-1]))
        lines[at] = damaged
    root = tmp_path_factory.mktemp("damaged")
    write(root / "pyproject.toml", "\n".join(lines))
    said = complaint(root)
    assert said is None or re.match(r"pyproject\.toml:\d+: \S", said)


def test_the_settings_cannot_be_changed_and_survive_a_round_trip(project: Path) -> None:
    got = settings(project, "lint.strict=true")
    with pytest.raises(AttributeError):
        got.lint.strict = False  # type: ignore[misc]
    assert msgspec.json.decode(msgspec.json.encode(got), type=Settings) == got


@pytest.mark.parametrize(
    ("version", "specifier", "fits"),
    [
        ("0.1.0", ">=0.1,<0.2", True),
        ("0.2.0", ">=0.1,<0.2", False),
        ("0.1.0", "0.1", True),
        ("0.1.1", "==0.1", False),
        ("0.1.1", "==0.1.*", True),
        ("0.1.1", "!=0.1.*", False),
        ("0.1.9", "~=0.1.3", True),
        ("0.2.0", "~=0.1.3", False),
        ("0.9", "~=0.1", True),
        ("1.0", "~=0.1", False),
        ("0.10.0", ">0.9", True),
        ("0.1.0", "!=0.1.0", False),
        ("0.1.0", " <= 0.1 , >= 0.0.9 ", True),
        ("0.2.0rc1", ">=0.2", True),
    ],
)
def test_versions_are_compared_by_number(version: str, specifier: str, fits: bool) -> None:
    assert satisfies(version, specifier) is fits


@pytest.mark.parametrize("specifier", ["", "latest", ">=", ">=0.1,", ">99,oops", "~=1", ">=0.1.*", "^1.0", "0.1 0.2"])
def test_a_clause_that_is_no_specifier_is_an_error(specifier: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the clause is the message
        satisfies("0.1.0", specifier)


def test_the_nearest_name_ignores_case_and_underscores() -> None:
    assert nearest("Body_Time", ["body-time", "body-env"]) == "body-time"
    assert nearest("zzz", ["body-time"]) == ""


def test_every_field_of_the_schema_has_a_shape() -> None:
    assert {shape(field.type).kind for _, field in keys()} == {
        "table",
        "mapping",
        "list",
        "choice",
        "text",
        "number",
        "switch",
    }
