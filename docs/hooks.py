"""Makes pages of the site from what the program reads: rules, dialects, commands, options and the changelog.

Nothing is copied into `docs/`. Links that lead from a page to a file beside `docs/` lead to its page in the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File, Files

from steplint.check import pack
from steplint.check.page import Page
from steplint.cli.group import steplint as cli
from steplint.config.describe import describe
from steplint.contract.verdicts import VERDICTS, Engine, code, verdict
from steplint.knowledge.dialects import load_dialects
from steplint.model.dialect import Dialect, StepForm, WorkflowForm
from steplint.project.rulesets import headline
from steplint.report.wording import TITLES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GROUPS = {
    "meta": "About the analysis",
    "determinism": "Determinism of the body",
    "identity": "Step IDs",
    "lock": "What a change does to runs in flight",
    "granularity": "Granularity",
    "body": "Steps and the body around them",
    "project": "Rules of a project",
}
EVIDENCE = {
    "run": "**run**: edits were made under runs in flight on the running engine",
    "read": "**read**: in the source of the SDK; no run was made",
    "documented": "**documented**: by its makers; no run was made",
}
REENTERS = {"every-step": "after every step", "on-resume": "when a run goes on after a wait or a crash"}


def on_config(config: Any) -> Any:
    """Give every rule and dialect its place in the navigation; leave out pages that are not written yet."""
    config.nav = list(_present(config.nav))
    for section in config.nav:
        for title, entries in section.items():
            if title == "Rules":
                entries += [{heading: list(paths)} for heading, paths in _rule_groups()]
            if title == "Engines":
                entries.append({"Each dialect": [{name: f"dialects/{name}.md"} for name in _dialects()]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made, and the rule pages where they lie."""
    for page in _rules():
        files.append(File.generated(config, f"rules/{page.path.name}", abs_src_path=str(page.path)))
    made = {
        "rules/index.md": _rule_index(),
        "commands.md": _commands(),
        "options.md": _options(),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text("utf-8"),
        **{f"dialects/{name}.md": _dialect_page(each) for name, each in _dialects().items()},
    }
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Return the text of a page with links as the site has them, and a rule's table in words."""
    path = page.file.src_uri
    if path.startswith("rules/") and path != "rules/index.md":
        markdown = markdown.replace("](../docs/", "](../")
        return _with_facts(markdown, next(each for each in _rules() if each.path.name == Path(path).name))
    if "/" not in path:
        return re.sub(r"\[([^\]]*)\]\(\.\./([^)#]*)(#[^)]*)?\)", _beside, markdown)
    return markdown


def _beside(found: re.Match[str]) -> str:
    """Return a link to what lies beside `docs/`: to its page in the site, or only its text where it has none."""
    text, path, anchor = found[1], found[2], found[3] or ""
    if path == "CHANGELOG.md":
        return f"[{text}](changelog.md{anchor})"
    if path.startswith("rules/") and "dialects" not in path:
        return f"[{text}]({path if path.endswith('.md') else 'rules/index.md'}{anchor})"
    return f"{text} (`{path}`)"


def _present(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    made = {"rules/index.md", "commands.md", "options.md", "changelog.md"}
    for entry in entries:
        if isinstance(entry, str):
            yield entry
            continue
        ((title, value),) = entry.items()
        if isinstance(value, list):
            yield {title: list(_present(value))}
        elif value in made or (DOCS / value).is_file():
            yield entry


@cache
def _rules() -> tuple[Page, ...]:
    return tuple(sorted(pack.load(pack.bundled()).pages.values(), key=lambda page: page.rule.code))


@cache
def _dialects() -> dict[str, Dialect]:
    return dict(sorted(load_dialects(ROOT / "rules" / "dialects").items()))


def _rule_groups() -> Iterator[tuple[str, list[dict[str, str]]]]:
    for group, heading in GROUPS.items():
        pages = [each for each in _rules() if each.rule.group == group]
        if not pages:
            continue
        yield heading, [{f"{each.rule.code} {each.rule.name}": f"rules/{each.path.name}"} for each in pages]


def _rule_index() -> str:
    lines = [
        "# Rules",
        "",
        "A star marks the rules that run by default; `--select`, `--extend-select` and `[tool.steplint.lint]`",
        "choose others. `steplint rule NAME` prints a page in the terminal. Every example on every page is executed",
        "as a test.",
    ]
    for group, heading in GROUPS.items():
        if all(each.rule.group != group for each in _rules()):
            continue
        lines += ["", f"## {heading}", "", f"Group `{group}`.", "", "| code | rule | |", "|---|---|---|"]
        for each in _rules():
            if each.rule.group == group:
                star = " *" if each.rule.default else ""
                text = headline(each.rule).replace("|", "\\|")
                lines.append(f"| {each.rule.code}{star} | [`{each.rule.name}`]({each.path.name}) | {text} |")
    return "\n".join(lines) + "\n"


def _with_facts(markdown: str, page: Page) -> str:
    rule = page.rule
    severity = "depends on where the value goes" if rule.severity == "flow" else rule.severity
    facts = [
        f"`{rule.code}`",
        f"group `{rule.group}`",
        f"severity: {severity}",
        "runs by default" if rule.default else f"runs with `--extend-select {rule.name}`",
        "compares the code with the lock" if rule.lock else "",
        {"none": "", "hint": "suggests a fix", "safe": "has a safe fix", "unsafe": "has a fix for `--unsafe-fixes`"}[
            rule.fix
        ],
    ]
    text = re.sub(r"```toml\n.*?```\n", " · ".join(filter(None, facts)) + "\n", markdown, count=1, flags=re.DOTALL)
    return re.sub(r"^<!-- steplint: (.*?) -->$", r"With `\1`:", text, flags=re.MULTILINE)


def _dialect_page(dialect: Dialect) -> str:
    checks = ", ".join(dialect.checks) or "nothing"
    lines = [
        f"# {dialect.name}",
        "",
        f"- Evidence for the verdicts: {EVIDENCE[dialect.evidence]}",
        f"- Names and positions compared with: {', '.join(dialect.verified_with)}",
        f"- Results are found: {_family(dialect)}; replay compares {checks}",
        f"- The body starts again: {REENTERS[dialect.reenters]}",
        *([f"- For versions `{dialect.versions}` of the SDK"] if dialect.versions else []),
        *([f"- Records may say: {', '.join(f'`{each}`' for each in dialect.accepts)}"] if dialect.accepts else []),
        *(
            [f"- Limits: {', '.join(f'{count} {what}' for what, count in dialect.limits.items())}"]
            * bool(dialect.limits)
        ),
        "",
        "Fields and their meanings are on the page [Dialects](../dialects.md).",
        "",
        "## What `steplint diff` says",
        "",
        "| change | verdict | rule |",
        "|---|---|---|",
        *_verdict_rows(dialect),
        *_observed(dialect),
        "",
        "## Workflows",
        "",
        "| written as | ID |",
        "|---|---|",
        *(f"| {_how(each)} | {_places(each.id)} |" for each in _own(dialect, dialect.workflow)),
        "",
        "## Steps",
        "",
        "| written as | kind | ID | callable |",
        "|---|---|---|---|",
        *(
            f"| {_how(each)} | {each.kind} | {_places(each.id)} | {_places(each.body)} |"
            for each in _own(dialect, dialect.step)
        ),
    ]
    return "\n".join(lines) + "\n"


def _family(dialect: Dialect) -> str:
    return {
        "keyed": "by ID and occurrence",
        "positional-checked": "by position, and what is recorded there is compared",
        "positional-unchecked": "by position alone",
    }[dialect.family]


def _verdict_rows(dialect: Dialect) -> Iterator[str]:
    engine = Engine(dialect.name, dialect.family, dialect.checks, dialect.verdicts, dialect.pinning)
    names = {each.rule.code: each for each in _rules()}
    for kind in VERDICTS[dialect.family]:
        page = names.get(code(dialect.family, kind))
        link = f"[`{page.rule.name}`](../rules/{page.path.name})" if page else "listed only"
        yield f"| {TITLES[kind]} | `{verdict(engine, kind)}` | {link} |"


def _observed(dialect: Dialect) -> Iterator[str]:
    """Yield the columns of docs/verdicts.md that are about ``dialect``."""
    tables = [each for each in re.split(r"\n### ", (DOCS / "verdicts.md").read_text("utf-8")) if "| edit |" in each]
    for table in tables:
        rows = [
            [cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines() if line[:2] == "| "
        ]
        wanted = [number for number, name in enumerate(rows[0]) if _is_about(name, dialect.name)]
        if not wanted:
            continue
        yield from ("", "## What the engine did", "", "The edits and words are explained in")
        yield from ("[What an edit does to runs in flight](../verdicts.md).", "")
        for number, row in enumerate(rows):
            cells = [row[0], *(row[each] for each in wanted)]
            if number == 0 or any(cell != "-" for cell in cells[1:]):
                yield f"| {' | '.join(cells)} |"
            if number == 0:
                yield "|---" * len(cells) + "|"


def _is_about(column: str, name: str) -> bool:
    first = re.split(r"[ ,]", column.lower())[0]
    return name == {"bundled": "steplint"}.get(first, first)


def _own(dialect: Dialect, forms: Iterable[Any]) -> Iterator[Any]:
    """Yield the forms as the table writes them: those under further names of a name are left out."""
    for each in forms:
        written = each.decorator or each.call or getattr(each, "base", "") or getattr(each, "method", "")
        if not any(written == alias or written.startswith(f"{alias}.") for alias in dialect.alias):
            yield each


def _how(form: WorkflowForm | StepForm) -> str:
    if form.decorator:
        called = f" `.{form.verb}(...)`" if isinstance(form, StepForm) and form.verb else ""
        return f"`@{form.decorator}`{called}"
    if form.call:
        return f"`{form.call}(...)`"
    if isinstance(form, StepForm):
        return f"`{f'ctx.{form.method}' if form.method else 'ctx'}(...)`"
    if form.base:
        return f"`class ...({form.base})`"
    return f"`@*.{form.named}({', '.join(f'{each}=' for each in form.needs)})`"


def _places(places: Iterable[int | str]) -> str:
    return ", ".join(_place(each) for each in places) or "-"


def _place(place: int | str) -> str:
    if isinstance(place, int):
        return f"argument {place + 1}"
    if place.startswith("@"):
        return {"@name": "the function's name", "@qualname": "the function's qualified name"}.get(place, f"`{place}`")
    return f"`{place[1:]}`" if place.startswith("=") else f"`{place}=`"


def _commands() -> str:
    lines = [
        "# Commands",
        "",
        "What `--help` prints, of every command. Exit codes are the same for all: 0 fine, 1 findings, 2 usage or",
        "configuration, 3 nothing was analyzed although something should have been, 70 a mistake of steplint itself.",
    ]
    for path, command in _walk(cli, ("steplint",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=88, terminal_width=88)
        text = click.unstyle(command.get_help(context)).partition("\nGlobal options:")[0].rstrip()
        lines += ["", f"{'#' * min(len(path) + 1, 3)} {' '.join(path)}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield from _walk(found, (*path, name))


def _options() -> str:
    lines = [
        "# Options",
        "",
        "Keys of `[tool.steplint]` in `pyproject.toml`, or of `steplint.toml`. `steplint config KEY` explains one,",
        "`steplint config --show` prints the values in force and where each comes from. A key that does not exist is",
        "an error that names the nearest one.",
        "",
        "| key | type | default | |",
        "|---|---|---|---|",
    ]
    for each in describe():
        cells = (f"`{each.key}`", each.type, f"`{each.default}`", each.help)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
