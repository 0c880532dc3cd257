"""The configuration schema: one struct a table, one field a key, and the help text beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Severity = Literal["error", "warning", "info"]
Confidence = Literal["high", "medium", "low"]
Accept = Literal["reexecute", "alias", "drained", "versioned", "patched", "restored"]
Guard = Literal["refuse", "warn", "allow"]


class Table(Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Base of every table: immutable, keys in kebab-case, unknown keys refused."""


class LintSettings(Table, frozen=True):
    """`[tool.steplint.lint]`."""

    select: Annotated[
        tuple[str, ...],
        Meta(description="rules that run: names, codes, prefixes, groups, `default` or `ALL` (every stable rule)"),
    ] = ("default",)
    extend_select: Annotated[tuple[str, ...], Meta(description="rules that run besides `select`")] = ()
    ignore: Annotated[tuple[str, ...], Meta(description="rules that do not run; wins over an equal `select`")] = ()
    preview: Annotated[bool, Meta(description="also run selected rules that are not stable yet")] = False
    fixable: Annotated[tuple[str, ...], Meta(description="rules whose fixes `--fix` may apply")] = ("ALL",)
    unfixable: Annotated[tuple[str, ...], Meta(description="rules whose fixes are never applied")] = ()
    extend_safe_fixes: Annotated[tuple[str, ...], Meta(description="rules whose unsafe fixes count as safe")] = ()
    extend_unsafe_fixes: Annotated[tuple[str, ...], Meta(description="rules whose safe fixes count as unsafe")] = ()
    severity: Annotated[
        Mapping[str, Severity], Meta(description="severity of a rule, where it differs from its page")
    ] = {}
    strict: Annotated[bool, Meta(description="list flows and captures that are silent otherwise, as info")] = False
    fail_on: Annotated[Severity, Meta(description="lowest severity that gives exit code 1")] = "warning"
    min_confidence: Annotated[Confidence, Meta(description="findings less certain than this are hidden")] = "medium"
    require_suppression_reason: Annotated[bool, Meta(description="report suppression comments without `-- reason`")] = (
        True
    )
    max_trace: Annotated[int, Meta(ge=1, description="most places that a trace shows")] = 20
    per_file_ignores: Annotated[
        Mapping[str, tuple[str, ...]],
        Meta(description="rules ignored in files that match a glob; `!glob` stands for all other files"),
    ] = {}
    rules: Annotated[
        Mapping[str, Mapping[str, Any]], Meta(description="options of single rules, described on their pages")
    ] = {}


class KnowledgeSettings(Table, frozen=True):
    """`[tool.steplint.knowledge]`: what the project knows about names; a trailing `*` and a leading `!` are allowed."""

    nondeterministic: Annotated[tuple[str, ...], Meta(description="calls whose value differs between replays")] = ()
    deterministic: Annotated[tuple[str, ...], Meta(description="calls whose value is the same in every replay")] = ()
    effects: Annotated[tuple[str, ...], Meta(description="calls that change the world outside of the run")] = ()
    pure: Annotated[tuple[str, ...], Meta(description="calls that neither read nor change anything outside")] = ()
    log_sinks: Annotated[tuple[str, ...], Meta(description="calls whose arguments only reach a log")] = ()
    env_like: Annotated[tuple[str, ...], Meta(description="objects that hold values of the environment")] = ()
    shared_paths: Annotated[tuple[str, ...], Meta(description="folders that every worker sees")] = ()
    clock_fields_ok: Annotated[
        tuple[str, ...], Meta(description="fields that may hold the time of a retry, such as `updated_at`")
    ] = ()


class LockSettings(Table, frozen=True):
    """`[tool.steplint.lock]`."""

    path: Annotated[str, Meta(description="the lock file")] = "steplint.lock"
    published: Annotated[str, Meta(description="what is deployed: a git ref, or a glob of tags")] = "origin/HEAD"
    tombstone_days: Annotated[int, Meta(ge=0, description="records younger than this are never dropped")] = 90
    accept: Annotated[tuple[Accept, ...], Meta(description="words that a record may use in `accept`")] = (
        "reexecute",
        "alias",
        "drained",
        "versioned",
        "patched",
        "restored",
    )
    require_why: Annotated[bool, Meta(description="a record needs a reason")] = True
    targets: Annotated[
        Mapping[str, tuple[str, ...]],
        Meta(description="other engines that run a workflow, by a glob of its ID; the worst verdict counts"),
    ] = {}


class ManifestSettings(Table, frozen=True):
    """`[tool.steplint.manifest]`."""

    path: Annotated[str, Meta(description="the manifest that `manifest --check` compares")] = "steplint.manifest.json"
    locations: Annotated[bool, Meta(description="write path, line and column of each step")] = False
    fingerprints: Annotated[bool, Meta(description="write fingerprints of step bodies")] = True


class BaselineSettings(Table, frozen=True):
    """`[tool.steplint.baseline]`."""

    path: Annotated[str, Meta(description="the file of accepted findings")] = ".steplint-baseline.json"


class GuardSettings(Table, frozen=True):
    """`[tool.steplint.runtime.guard]`: what the runtime does when code no longer fits a run in flight."""

    wedges: Annotated[Guard, Meta(description="the run would fail on replay")] = "refuse"
    swaps: Annotated[Guard, Meta(description="a step would receive another step's result")] = "refuse"
    stale: Annotated[Guard, Meta(description="a step would receive a result of another meaning")] = "refuse"
    reruns: Annotated[Guard, Meta(description="a finished step would be executed again")] = "warn"
    late: Annotated[Guard, Meta(description="a new step would run after steps that follow it")] = "warn"


class RuntimeSettings(Table, frozen=True):
    """`[tool.steplint.runtime]`."""

    guard: Annotated[GuardSettings, Meta(description="per verdict: `refuse` the replay, `warn`, or `allow`")] = (
        GuardSettings()
    )


class DialectSettings(Table, frozen=True):
    """`[tool.steplint.dialect.<name>]`."""

    version_pinned: Annotated[
        bool | None,
        Meta(description="true: the application version is set by hand, so an edit orphans no run in flight"),
    ] = None


class Settings(Table, frozen=True):
    """`[tool.steplint]`."""

    extend: Annotated[str | None, Meta(description="a file that is read first, relative to this one")] = None
    required_version: Annotated[
        str | None, Meta(description="versions of steplint that may read this, such as `>=0.1,<0.2`")
    ] = None
    projects: Annotated[tuple[str, ...], Meta(description="roots of a monorepo, as globs")] = ()
    dialects: Annotated[
        tuple[str, ...], Meta(description="dialects by name or file; empty: every bundled one, activated by imports")
    ] = ()
    rule_packs: Annotated[tuple[str, ...], Meta(description="folders with own rules; they are executed")] = ()
    include: Annotated[tuple[str, ...], Meta(description="globs of the files that are looked at")] = ("**/*.py",)
    exclude: Annotated[
        tuple[str, ...], Meta(description="globs of files that are not, besides the built-in list; `!glob` keeps")
    ] = ()
    respect_gitignore: Annotated[bool, Meta(description="leave out what git ignores")] = True
    follow_imports: Annotated[Literal["none", "project", "all"], Meta(description="how far reached code is read")] = (
        "project"
    )
    require_workflows: Annotated[bool, Meta(description="exit 3 when no workflow is found")] = False
    cache_dir: Annotated[str, Meta(description="the folder of the cache")] = ".steplint_cache"
    output: Annotated[tuple[str, ...], Meta(description="formats of `-o`, each `FORMAT` or `FORMAT=PATH`")] = ("full",)
    lint: Annotated[LintSettings, Meta(description="which rules run, and how strictly")] = LintSettings()
    decorators: Annotated[
        Mapping[str, str], Meta(description="own wrappers, by dotted name: the SDK name they stand for")
    ] = {}
    dialect: Annotated[Mapping[str, DialectSettings], Meta(description="facts about one engine, by dialect")] = {}
    knowledge: Annotated[KnowledgeSettings, Meta(description="what the project knows about names")] = (
        KnowledgeSettings()
    )
    lock: Annotated[LockSettings, Meta(description="the lock of step identities")] = LockSettings()
    manifest: Annotated[ManifestSettings, Meta(description="the step manifest")] = ManifestSettings()
    baseline: Annotated[BaselineSettings, Meta(description="accepted findings")] = BaselineSettings()
    runtime: Annotated[RuntimeSettings, Meta(description="the bundled runtime")] = RuntimeSettings()
