import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplint.files import ModuleIndex, SourceFile, Words, content_hash, covers, discover, look, mentions, module_name
from steplint.files.globs import pattern, sources, tree

POSIX = os.name == "posix"


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return the root of a repository without files."""
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q")
    return root


def write(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def listed(root: Path, **options: object) -> list[str]:
    return [file.path for file in discover(root, **options)]  # type: ignore[arg-type]


def test_git_decides_what_belongs_to_the_project(repository: Path) -> None:
    write(repository, "b.py", "a/new.py", "ignored/x.py", "notes.txt", "stub.pyi")
    write(repository, ".gitignore", text="ignored/\n")
    git(repository, "add", "b.py")
    assert listed(repository) == ["a/new.py", "b.py"]
    assert "ignored/x.py" in listed(repository, respect_gitignore=False)


def test_a_file_says_what_tells_whether_it_changed(repository: Path) -> None:
    write(repository, "a.py", text="12345")
    status = (repository / "a.py").stat()
    assert discover(repository) == [SourceFile("a.py", 5, status.st_mtime_ns, status.st_ino)]
    assert look(repository, "a.py") == discover(repository)[0]
    assert look(repository, "gone.py") is None
    assert look(repository, ".") is None


def test_a_deleted_file_that_git_still_lists_is_left_out(repository: Path) -> None:
    write(repository, "a.py", "b.py")
    git(repository, "add", ".")
    (repository / "a.py").unlink()
    assert listed(repository) == ["b.py"]


def test_only_the_root_is_listed_when_it_lies_inside_of_a_repository(repository: Path) -> None:
    write(repository, "svc/a.py", "other/b.py")
    assert listed(repository / "svc") == ["a.py"]


def test_a_file_in_conflict_is_listed_once(repository: Path) -> None:
    write(repository, "a.py", text="base\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "base")
    git(repository, "checkout", "-qb", "side")
    write(repository, "a.py", text="side\n")
    git(repository, "commit", "-qam", "side")
    git(repository, "checkout", "-q", "-")
    write(repository, "a.py", text="main\n")
    git(repository, "commit", "-qam", "main")
    assert subprocess.run(["git", "merge", "side"], cwd=repository, capture_output=True, check=False).returncode
    assert listed(repository) == ["a.py"]


def test_other_repositories_inside_of_the_project_are_left_out(repository: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    write(library, "lib.py")
    git(library, "init", "-q")
    git(library, "add", ".")
    git(library, "commit", "-qm", "library")
    write(repository, "a.py", "clone/c.py")
    git(repository / "clone", "init", "-q")
    git(repository, "submodule", "add", "-q", str(library), "sub.py")
    assert (repository / "sub.py/lib.py").is_file()
    assert listed(repository) == ["a.py"]


def test_an_ignored_folder_that_is_the_root_itself_is_walked(repository: Path) -> None:
    write(repository, ".gitignore", text="scratch/\n")
    write(repository, "scratch/project/a.py", "scratch/project/.venv/b.py")
    assert listed(repository / "scratch/project") == ["a.py"]


def test_an_empty_project_has_no_files(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert listed(repository) == listed(tmp_path / "empty") == []


@pytest.mark.parametrize("respect_gitignore", [True, False])
def test_a_root_that_is_gone_is_an_error(tmp_path: Path, respect_gitignore: bool) -> None:
    with pytest.raises(FileNotFoundError):
        discover(tmp_path / "gone", respect_gitignore=respect_gitignore)


def test_variables_of_a_hook_do_not_lead_to_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, "a.py")
    write(tmp_path / "other", "b.py")
    git(tmp_path / "other", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other/.git/index"))
    assert listed(repository) == ["a.py"]


def test_a_file_system_monitor_of_the_repository_is_not_started(repository: Path, tmp_path: Path) -> None:
    write(repository, "a.py")
    git(repository, "config", "core.fsmonitor", f"touch {tmp_path}/started; false")
    assert listed(repository) == ["a.py"]
    assert not (tmp_path / "started").exists()


def test_without_git_the_folders_are_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    write(tmp_path, "a.py", "src/b.py", ".github/c.py", "build/d.py", "src/__pycache__/e.py", "x/node_modules/y/f.py")
    assert listed(tmp_path) == [".github/c.py", "a.py", "src/b.py"]


def test_a_repository_that_git_refuses_to_read_is_walked_and_said_so(repository: Path) -> None:
    write(repository, "a.py")
    (repository / ".git/config").write_text("[broken\n")
    notes: list[str] = []
    assert listed(repository, notes=notes) == ["a.py"]
    assert len(notes) == 1
    assert notes[0].startswith("git cannot list the files, so ignored ones are included: ")


def test_outside_of_a_repository_nothing_is_said(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    notes: list[str] = []
    assert listed(tmp_path, notes=notes) == ["a.py"]
    assert notes == []


@pytest.mark.parametrize("as_git", [True, False])
def test_environments_are_found_by_what_lies_in_them(tmp_path: Path, as_git: bool) -> None:
    write(tmp_path, "a.py", "env/lib/b.py", "env/pyvenv.cfg", "conda/conda-meta/history", "conda/lib/c.py", "envs/d.py")
    if as_git:
        git(tmp_path, "init", "-q")
    assert listed(tmp_path) == ["a.py", "envs/d.py"]
    assert listed(tmp_path, exclude=["!env"]) == ["a.py", "env/lib/b.py", "envs/d.py"]


def test_an_environment_that_is_the_root_hides_only_its_packages(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "pyvenv.cfg", "lib/python3/site-packages/b.py")
    assert listed(tmp_path) == ["a.py"]


def test_output_folders_count_as_source_when_they_are_tracked(repository: Path) -> None:
    write(repository, "build/a.py", "src/tool/build/b.py", "node_modules/c.py")
    assert listed(repository) == []
    git(repository, "add", ".")
    assert listed(repository) == ["build/a.py", "src/tool/build/b.py"]


@pytest.mark.parametrize("as_git", [True, False])
def test_globs_choose_among_the_files(tmp_path: Path, as_git: bool) -> None:
    write(
        tmp_path,
        "a.py",
        "x/migrations/b.py",
        "x/c.py",
        "migrations.py",
        "dist/d.py",
        "x/e.pyi",
        "bin/deploy",
        "x/f.txt",
    )
    if as_git:
        git(tmp_path, "init", "-q")
    assert listed(tmp_path, exclude=["migrations"]) == ["a.py", "migrations.py", "x/c.py"]
    assert listed(tmp_path, exclude=["/x/"]) == ["a.py", "migrations.py"]
    assert listed(tmp_path, exclude=["**/*.py"]) == []
    assert listed(tmp_path, exclude=["x/*", "!x/c.py"]) == ["a.py", "migrations.py", "x/c.py"]
    assert listed(tmp_path, exclude=["!dist"]) == ["a.py", "dist/d.py", "migrations.py", "x/c.py", "x/migrations/b.py"]
    assert listed(tmp_path, include=["x"]) == ["x/c.py", "x/migrations/b.py"]
    assert listed(tmp_path, include=["x/**"]) == ["x/c.py", "x/migrations/b.py"]
    assert listed(tmp_path, include=["*.pyi", "bin/deploy"]) == ["bin/deploy", "x/e.pyi"]
    assert listed(tmp_path, include=[]) == []


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere refuse such names")
@pytest.mark.parametrize("as_git", [True, False])
def test_names_that_are_no_utf8_or_hold_newlines_are_listed(tmp_path: Path, as_git: bool) -> None:
    for name in (b"caf\xe9.py", b"new\nline.py", "grün.py".encode(), b"sp ace.py"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("x = 1\n")
    if as_git:
        git(tmp_path, "init", "-q")
    assert set(listed(tmp_path)) == {"caf\udce9.py", "new\nline.py", "grün.py", "sp ace.py"}


@pytest.mark.skipif(not POSIX, reason="links need rights on Windows")
@pytest.mark.parametrize("as_git", [True, False])
def test_links_to_files_are_kept_links_to_folders_are_not(tmp_path: Path, as_git: bool) -> None:
    root = tmp_path / "root"
    write(root, "pkg/a.py")
    write(tmp_path, "outside/b.py")
    (root / "nowhere.py").symlink_to("gone.py")
    (root / "loop.py").symlink_to("loop.py")
    (root / "file.py").symlink_to("../outside/b.py")
    (root / "folder").symlink_to("../outside")
    (root / "pkg/up").symlink_to("..")
    (root / "folder.py").symlink_to("pkg")
    if as_git:
        git(root, "init", "-q")
    assert listed(root) == ["file.py", "loop.py", "nowhere.py", "pkg/a.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert listed(tmp_path) == []


@pytest.mark.skipif(not POSIX or os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_cannot_be_listed_is_noted(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "closed/b.py")
    (tmp_path / "closed").chmod(0)
    notes: list[str] = []
    assert listed(tmp_path, notes=notes) == ["a.py"]
    (tmp_path / "closed").chmod(0o700)
    assert notes == ["`closed` cannot be listed: permission denied"]


@pytest.mark.skipif(not POSIX or os.geteuid() == 0, reason="root may list everything")
def test_what_git_warns_about_is_noted(repository: Path) -> None:
    write(repository, "a.py", "closed/b.py")
    (repository / "closed").chmod(0)
    notes: list[str] = []
    assert listed(repository, notes=notes) == ["a.py"]
    (repository / "closed").chmod(0o700)
    assert notes == ["git: warning: could not open directory 'closed/': Permission denied"]


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("build", ["build", "build/a.py", "x/build/y/a.py"], ["builds", "rebuild/a.py", "build.py"]),
        ("/build", ["build", "build/a.py"], ["x/build/a.py"]),
        ("build/", ["build/a.py", "x/build/a.py"], ["build"]),
        ("a/b", ["a/b", "a/b/c.py"], ["x/a/b"]),
        ("./a", ["a", "x/a"], ["b"]),
        ("*.py", ["a.py", "x/a.py"], ["a.pyi", "a.py2"]),
        ("a/*.py", ["a/b.py"], ["a/b/c.py", "x/a/b.py"]),
        ("a/**", ["a/b.py", "a/b/c.py"], ["a", "b/a/c"]),
        ("**/a", ["a", "x/y/a", "x/a/b.py"], ["xa"]),
        ("a/**/b.py", ["a/b.py", "a/x/y/b.py"], ["ab.py", "a/xb.py"]),
        ("src/**.py", ["src/a.py", "src/x/a.py"], ["src/a.txt"]),
        ("test_?.py", ["test_a.py"], ["test_.py", "test_ab.py", "test_/.py"]),
        ("[ab].py", ["a.py", "b.py"], ["c.py"]),
        ("[!ab].py", ["c.py"], ["a.py", "/.py"]),
        ("[a-c]x", ["bx"], ["dx"]),
        ("[z-a]x", [], ["ax", "zx"]),
        ("[]-]x", ["]x", "-x"], ["ax"]),
        ("[ab", ["[ab"], ["a"]),
        ("[", ["["], ["a"]),
        ("[!", ["[!"], ["a"]),
        (r"\*.py", ["*.py"], ["a.py"]),
        ("a.b+(c)", ["a.b+(c)"], ["aXb+(c)", "a.bb(c)"]),
        ("a\nb", ["a\nb", "a\nb/c\nd"], ["ab"]),
        ("**", ["a", "a/b"], []),
        ("", [], ["a", "a/b"]),
        ("/", [], ["a", "a/b"]),
    ],
)
def test_globs_mean_what_they_mean_to_git(glob: str, yes: list[str], no: list[str]) -> None:
    assert [path for path in yes + no if covers(glob, path)] == yes


def test_a_negated_glob_stands_for_all_other_files() -> None:
    assert covers("!src/**", "tests/a.py")
    assert not covers("!src/**", "src/a.py")
    assert covers(["docs", "!src/**"], "docs/a.py")
    assert not covers([], "a.py")


@given(st.text(alphabet="ab/*?[]!^-\\.{}()|+\n", max_size=12), st.text(alphabet="ab/.-\n", max_size=12))
def test_no_glob_is_an_error(glob: str, path: str) -> None:
    re.compile(pattern(glob))
    tree((glob,)).fullmatch(path)
    sources((glob,)).fullmatch(path)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the oracle")
@given(
    globs=st.lists(
        st.sampled_from(["a", "b/", "/a", "a/b", "*", "a*", "**/b", "a/**", "a/**/b", "/*/a", "?", "[ab]", "c/", "*b"]),
        min_size=1,
        max_size=2,
        unique=True,
    )
)
def test_git_ignores_the_same_paths(tmp_path_factory: pytest.TempPathFactory, globs: list[str]) -> None:
    root = tmp_path_factory.mktemp("oracle")
    names = ["a", "b", "ab"]
    paths = [f"{x}/{y}/{z}" for x in names for y in names for z in names]
    write(root, *paths)
    git(root, "init", "-q")
    write(root, ".gitignore", text="\n".join(globs))
    asked = subprocess.run(
        ["git", "check-ignore", "--stdin"],
        input="\n".join(paths),
        cwd=root,
        text=True,
        capture_output=True,
        check=False,
    )
    assert [path for path in paths if covers(globs, path)] == asked.stdout.split()


PROJECT = [
    "app.py",
    "src/acme/__init__.py",
    "src/acme/flows/__init__.py",
    "src/acme/flows/orders.py",
    "src/acme/ids.py",
    "scripts/run.py",
    "scripts/helper.py",
    "svc_a/main.py",
    "svc_a/utils.py",
    "svc_a/tests/utils.py",
    "svc_b/main.py",
    "svc_b/utils.py",
    "utils.py",
    "space/one/two.py",
    "both/__init__.py",
    "both.py",
    "tests/test_orders.py",
]


@pytest.mark.parametrize(
    ("importer", "module", "level", "found"),
    [
        ("app.py", "acme", 0, "src/acme/__init__.py"),
        ("app.py", "acme.flows.orders", 0, "src/acme/flows/orders.py"),
        ("app.py", "src.acme.ids", 0, "src/acme/ids.py"),
        ("tests/test_orders.py", "acme.ids", 0, "src/acme/ids.py"),
        ("app.py", "flows.orders", 0, None),
        ("app.py", "ids", 0, None),
        ("scripts/run.py", "helper", 0, "scripts/helper.py"),
        ("svc_a/main.py", "utils", 0, "svc_a/utils.py"),
        ("svc_b/main.py", "utils", 0, "svc_b/utils.py"),
        ("scripts/run.py", "utils", 0, "utils.py"),
        ("app.py", "space.one.two", 0, "space/one/two.py"),
        ("app.py", "one.two", 0, "space/one/two.py"),
        ("app.py", "space", 0, None),
        ("app.py", "both", 0, "both/__init__.py"),
        ("app.py", "json", 0, None),
        ("app.py", "", 0, None),
        ("utils.py", "utils", 0, "svc_a/utils.py"),
        ("src/acme/flows/orders.py", "", 1, "src/acme/flows/__init__.py"),
        ("src/acme/flows/orders.py", "orders", 1, "src/acme/flows/orders.py"),
        ("src/acme/flows/orders.py", "ids", 2, "src/acme/ids.py"),
        ("src/acme/flows/__init__.py", "orders", 1, "src/acme/flows/orders.py"),
        ("src/acme/flows/__init__.py", "", 2, "src/acme/__init__.py"),
        ("src/acme/flows/orders.py", "flows.orders", 2, "src/acme/flows/orders.py"),
        ("src/acme/flows/orders.py", "app", 4, "app.py"),
        ("src/acme/flows/orders.py", "app", 5, None),
        ("app.py", "utils", 1, "utils.py"),
        ("app.py", "gone", 1, None),
        ("app.py", "", 1, None),
    ],
)
def test_an_import_leads_to_the_file_it_means(importer: str, module: str, level: int, found: str | None) -> None:
    assert ModuleIndex(PROJECT).find(importer, module, level) == found


def test_the_order_of_the_paths_does_not_matter() -> None:
    forward, backward = ModuleIndex(PROJECT), ModuleIndex(reversed(PROJECT))
    for importer in PROJECT:
        assert forward.candidates(importer, "utils") == backward.candidates(importer, "utils")


def test_a_package_of_the_project_may_have_the_name_of_a_library() -> None:
    index = ModuleIndex(["inngest/__init__.py", "inngest/client.py", "app/main.py"], libraries={"inngest"})
    assert index.find("app/main.py", "inngest") == "inngest/__init__.py"
    assert index.find("app/main.py", "inngest.client") == "inngest/client.py"


def test_a_folder_elsewhere_does_not_take_the_place_of_a_library() -> None:
    paths = ["examples/inngest/__init__.py", "examples/run.py", "src/app.py"]
    index = ModuleIndex(paths, libraries={"inngest"})
    assert index.find("src/app.py", "inngest") is None
    assert index.find("examples/run.py", "inngest") == "examples/inngest/__init__.py"
    assert ModuleIndex(paths).find("src/app.py", "inngest") == "examples/inngest/__init__.py"


def test_a_program_that_is_started_inside_a_package_imports_what_is_beside_it() -> None:
    paths = ["shop/__init__.py", "shop/main.py", "shop/flows/__init__.py", "shop/flows/order.py", "shop/redis.py"]
    index = ModuleIndex(paths, libraries={"inngest"}, foreign={"redis"})
    assert index.find("shop/main.py", "flows.order") == "shop/flows/order.py"
    assert index.find("shop/__init__.py", "flows") == "shop/flows/__init__.py"
    assert index.find("shop/flows/order.py", "main") == "shop/main.py"
    assert index.find("shop/main.py", "redis") is None
    assert index.find("shop/main.py", "main") is None
    assert index.find("other/main.py", "flows") is None
    assert ModuleIndex([*paths, "shop/inngest/__init__.py"], {"inngest"}).find("shop/main.py", "inngest") is None


def test_a_module_with_the_name_of_a_library_does_not_import_itself() -> None:
    assert ModuleIndex(["app/inngest.py"], libraries={"inngest"}).find("app/inngest.py", "inngest") is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/acme/flows/orders.py", "acme.flows.orders"),
        ("src/acme/__init__.py", "acme"),
        ("src/acme/flows/__init__.py", "acme.flows"),
        ("app.py", "app"),
        ("src/single.py", "single"),
        ("space/one/two.py", "space.one.two"),
        ("scripts/helper.py", "scripts.helper"),
    ],
)
def test_a_file_has_the_name_that_people_use(path: str, name: str) -> None:
    assert module_name(path, {"src/acme", "src/acme/flows"}) == name
    assert ModuleIndex([*PROJECT, path]).name(path) == name


def test_a_file_can_have_several_names() -> None:
    index = ModuleIndex(PROJECT)
    assert index.names("space/one/two.py") == ("space.one.two", "one.two", "two")
    assert index.names("src/acme/ids.py") == ("src.acme.ids", "acme.ids")
    assert index.names("src/acme/__init__.py") == ("src.acme", "acme")


def test_a_package_at_the_root_has_no_name_and_its_modules_have() -> None:
    index = ModuleIndex(["__init__.py", "a.py", "b/c.py"])
    assert index.name("__init__.py") == ""
    assert index.names("__init__.py") == ()
    assert index.find("a.py", "", 1) == "__init__.py"
    assert index.find("a.py", "b.c") == "b/c.py"
    assert index.find("b/c.py", "a", 2) == "a.py"


@given(st.lists(st.sampled_from(PROJECT), unique=True))
def test_every_name_of_a_file_leads_back_to_a_file_of_that_name(paths: list[str]) -> None:
    index = ModuleIndex([*paths, "importer/x.py"])
    for path in paths:
        for name in index.names(path):
            found = index.candidates("importer/x.py", name)
            assert path in found or (path == "both.py" and found == ["both/__init__.py"])


def test_equal_contents_have_equal_hashes_of_sixteen_bytes() -> None:
    assert content_hash(b"a") == content_hash(bytes([97])) != content_hash(b"b")
    assert len(content_hash(b"")) == 16


def test_a_file_is_worth_reading_when_a_word_occurs_anywhere() -> None:
    words = Words.of(["inngest", "DBOS.workflow", "dbos"])
    assert mentions(b"from inngest import Inngest", words)
    assert mentions(b"@DBOS.workflow()", words)
    assert not mentions(b"import json # Inngest", words)
    assert not mentions(b"anything", Words.of([]))


_PACKAGES = Words.of(["restate", "durable_functions", "orchestration_trigger"], ["restate", "azure.durable_functions"])


@pytest.mark.parametrize(
    "code",
    [
        "import restate",
        "import json; import restate as engine",
        "try: import restate\nexcept ImportError: restate = None",
        "from restate.aio import Service",
        "from .restate_app import service",
        "from vendored import (\n    json,\n    restate,\n)",
        "from vendored \\\n    import restate",
        "from azure import durable_functions as df",
        "vendored.restate.Service('orders')",
        "@app.orchestration_trigger(context_name='context')",
    ],
)
def test_the_word_of_a_package_counts_where_it_is_imported_or_an_attribute(code: str) -> None:
    assert mentions(code.encode(), _PACKAGES)


@pytest.mark.parametrize(
    "code",
    ["# we restate what was said", "self._restates = ()", '"""From here on\nwe restate it."""', "restate = 1"],
)
def test_prose_and_other_names_with_the_word_of_a_package_do_not_count(code: str) -> None:
    assert not mentions(code.encode(), _PACKAGES)


def test_words_that_find_nothing_new_and_their_order_do_not_count() -> None:
    assert Words.of(["dbos", "dbos.step", ""]) == Words.of(["dbos"])
    assert Words.of(["a", "b"]) == Words.of(["b", "a"]) != Words.of(["a"])
    assert mentions(b"dbos.stop", Words.of(["dbos.step", "dbos"]))
    assert mentions(b"@dbos.step()", Words.of(["dbos.step", "dbos"], ["dbos"]))
