"""Edits that keep the meaning of a project keep what is said about it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pytest

from steplint.model.graph import StepGraph
from steplint.model.report import Reported
from steplint.testing import Result, check_source
from tests import rewrite
from tests.corpus import Case, Row, briefly, checked, lock, parsed, said

KEYED = ("inngest", "steplint")
INNGEST = """\
{imports}
import inngest

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
{body}
"""

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")


PARSED = parsed()
BY_RULE = sorted({name.partition(":")[0] for name in PARSED})
each_rule = pytest.mark.parametrize("rule", BY_RULE)


def about(rule: str) -> list[Case]:
    """Return the projects around one rule: the examples of its page, or its fixture."""
    return [case for name, case in PARSED.items() if name.partition(":")[0] == rule]


def same(
    case: Case,
    files: Mapping[str, str],
    view: Callable[[Result], object] = lambda result: (said(result.findings), lock(result)),
) -> None:
    """Fail unless the same is said about edited files of a project."""
    for path, text in files.items():
        if path.endswith(".py"):
            compile(text, path, "exec", dont_inherit=True)
    assert view(case.check(files)) == view(checked(case.name)), case.name


def flow(body: str, imports: str = "") -> str:
    """Return a module with one Inngest workflow."""
    return INNGEST.format(imports=imports, body="\n".join(f"    {line}" for line in body.splitlines()))


def found(files: str | Mapping[str, str], *rules: str) -> Counter[Row]:
    """Return what the default ``rules`` say about a module or project."""
    given = {"shop.py": files} if isinstance(files, str) else files
    return said(check_source(given, rules=rules or ("default",)).findings)


# Edits that change nothing


@each_rule
def test_a_log_line_with_the_time_changes_no_finding(rule: str) -> None:
    if rule == "body-logging":
        pytest.skip("this rule is about log lines in the body")
    line = 'log_lines.getLogger(__name__).info("now %s", log_clock.now())'
    imports = "import logging as log_lines\nfrom datetime import datetime as log_clock"
    for case in about(rule):
        edited = case.edited(lambda text, flows: rewrite.lines_inserted(text, flows, line, imports=imports))
        same(case, edited, lambda result: (_accepted(said(result.findings)), lock(result)))


def _accepted(rows: Counter[Row]) -> Counter[Row]:
    """Return what is said but for the note that a sandbox refuses a clock whatever becomes of it."""
    return Counter({row: count for row, count in rows.items() if "refused by the sandbox" not in row[5]})


@each_rule
def test_reading_the_event_between_statements_changes_nothing(rule: str) -> None:
    def edit(text: str, flows: StepGraph) -> str:
        takes = all(each.dialect in KEYED and each.context == "ctx" for each in flows.workflows)
        return rewrite.lines_inserted(text, flows, "_ = ctx.event.id") if takes else text

    for case in about(rule):
        same(case, case.edited(edit))


@each_rule
def test_imports_in_another_order_change_nothing(rule: str) -> None:
    for case in about(rule):
        same(case, case.edited(lambda text, _: rewrite.imports_reversed(text)))


@each_rule
def test_imports_under_other_names_change_nothing(rule: str) -> None:
    def view(result: Result) -> object:
        return repr(sorted(said(result.findings).items())).replace("t_", ""), lock(result)

    for case in about(rule):
        same(case, case.edited(lambda text, _: rewrite.imports_aliased(text)), view)


@each_rule
def test_other_names_of_local_variables_change_nothing(rule: str) -> None:
    def view(result: Result) -> object:
        return repr(sorted(said(result.findings).items())).lower(), lock(result)

    for case in about(rule):
        same(case, case.edited(lambda text, _: rewrite.locals_renamed(text)), view)


@each_rule
def test_a_constant_for_a_literal_id_changes_nothing(rule: str) -> None:
    def edit(text: str, flows: StepGraph) -> str:
        lifted = rewrite.identities_lifted(text, flows)
        return rewrite.with_head(lifted.text, lifted.constants) if lifted.constants else text

    for case in about(rule):
        same(case, case.edited(edit))


@each_rule
def test_an_imported_constant_for_a_literal_id_changes_nothing(rule: str) -> None:
    for case in about(rule):
        modules = dict[str, str]()

        def edit(text: str, flows: StepGraph, modules: dict[str, str] = modules) -> str:
            lifted = rewrite.identities_lifted(text, flows)
            if not lifted.constants:
                return text
            name = f"ids_of_steps_{len(modules)}"
            modules[f"{name}.py"] = lifted.constants + "\n"
            return rewrite.with_head(lifted.text, f"from {name} import {lifted.imports}")

        files = case.edited(edit)
        same(case, {**files, **modules})


@each_rule
def test_a_named_function_for_a_lambda_changes_no_finding_and_no_identity(rule: str) -> None:
    def view(result: Result) -> object:
        steps = [(flow.id, each.label, each.kind) for flow in result.graph.workflows for each in flow.steps]
        # That one pure expression needs no step is said of a lambda, where it can be seen to be one.
        return briefly(tuple(each for each in result.findings if "one pure" not in each.finding.message)), steps

    for case in about(rule):
        same(case, case.edited(lambda text, _: rewrite.bodies_named(text)), view)


@each_rule
def test_a_helper_in_another_module_changes_nothing(rule: str) -> None:
    for case in about(rule):
        modules = dict[str, str]()

        def edit(text: str, flows: StepGraph, modules: dict[str, str] = modules) -> str:
            name = f"moved_helpers_{len(modules)}"
            left, moved = rewrite.helpers_moved(text, flows, name) if flows.workflows else (text, "")
            if moved:
                modules[f"{name}.py"] = moved
            return left

        files = case.edited(edit)
        same(case, {**files, **modules})


@each_rule
def test_a_workflow_in_another_file_changes_only_its_source(rule: str) -> None:
    def view(result: Result) -> object:
        return said(result.findings), re.sub(r'^source = ".*?::', 'source = "::', lock(result), flags=re.MULTILINE)

    for case in about(rule):
        if list(case.files) == ["example.py"] and not case.settings:
            same(case, {"moved/place.py": case.files["example.py"], "moved/__init__.py": ""}, view)


# Edits that change one thing


@each_rule
def test_without_its_decorator_nothing_is_said_of_a_workflow(rule: str) -> None:
    for case in about(rule):
        before = {(each.id, each.name) for each in checked(case.name).graph.workflows}
        result = case.check(case.edited(rewrite.decorators_removed))
        left = {(each.id, each.name) for each in result.graph.workflows}
        said_of = {each.finding.workflow for each in result.findings if each.rule.group != "meta"}
        assert said_of <= {identity for identity, _ in left}, case.name
        calls = any("create_function(" in line and "@" not in line for line in "".join(case.files.values()).split("\n"))
        assert calls or not before or left < before, case.name


@each_rule
def test_a_comment_at_a_finding_silences_it_and_is_of_use(rule: str) -> None:
    for case in about(rule):
        for one in checked(case.name).findings:
            path, line = one.finding.place.path, one.finding.place.span.line
            if one.rule.group in ("lock", "meta") or _within_text(case.files[path], line):
                continue
            lines = case.files[path].split("\n")
            indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
            lines.insert(line - 1, f"{indent}# steplint: ignore[{one.rule.name}] -- tested")
            result = case.check({**case.files, path: "\n".join(lines)})
            before, after = briefly(checked(case.name).findings), briefly(result.findings)
            assert after[_brief(one)] < before[_brief(one)], one.finding
            assert line + 1 in {each.finding.place.span.line for each in result.suppressed if each.rule == one.rule}
            assert not after - before, "the comment was of no use"


@each_rule
def test_a_flagged_expression_in_a_step_of_its_own_is_silent(rule: str) -> None:
    for case in about(rule):
        owners = {each.id: each for each in checked(case.name).graph.workflows}
        for one in checked(case.name).findings:
            if one.rule.group != "determinism" or one.finding.dialect != "inngest":
                continue
            path, span = one.finding.place.path, one.finding.place.span
            written = rewrite.slice_of(case.files[path], span)
            step = f'(await ctx.step.run("its-own", lambda: {written}))'
            files = {**case.files, path: rewrite.replaced(case.files[path], span, step)}
            if owners[one.finding.workflow].context != "ctx" or not _is_expression(written, files[path]):
                continue
            result = case.check(files)
            if "its-own" not in {each.label for flow in result.graph.workflows for each in flow.steps}:
                continue  # A step cannot stand there: within a helper, which has no context.
            before, after = (_of_body(each.findings) for each in (checked(case.name), result))
            assert after[_brief(one)] < before[_brief(one)], one.finding
            assert not after - before


@each_rule
def test_sorting_silences_the_rule_about_order_and_no_other(rule: str) -> None:
    for case in about(rule):
        for one in checked(case.name).findings:
            if one.rule.name != "unordered-iteration":
                continue
            path, span = one.finding.place.path, one.finding.place.span
            written = rewrite.slice_of(case.files[path], span)
            head = re.fullmatch(r"for (.+?) in (.+?):?", written)
            other = f"for {head[1]} in sorted({head[2]})" if head else f"sorted({written})"
            files = {**case.files, path: rewrite.replaced(case.files[path], span, other)}
            before, after = briefly(checked(case.name).findings), briefly(case.check(files).findings)
            assert before - after == Counter([_brief(one)]), one.finding
            assert not after - before


def test_the_edits_of_findings_have_something_to_edit() -> None:
    names = Counter(each.rule.name for name in PARSED for each in checked(name).findings)
    assert names["unordered-iteration"] >= 2
    assert sum(names.values()) > 150


def _brief(each: Reported) -> Row:
    return each.rule.code, each.severity, each.finding.workflow, each.finding.step


def _of_body(findings: Iterable[Reported]) -> Counter[Row]:
    return briefly(tuple(each for each in findings if each.rule.group == "determinism"))


def _within_text(text: str, line: int) -> bool:
    """Return whether a line continues a text of several lines, where no comment can stand."""
    return any(
        isinstance(each, (ast.Constant, ast.JoinedStr)) and each.lineno < line <= (each.end_lineno or each.lineno)
        for each in ast.walk(ast.parse(text))
    )


def _is_expression(written: str, text: str) -> bool:
    """Return whether what is written is one expression, and ``text``, in which a step replaced it, is a module."""
    try:
        tree = ast.parse(written, mode="eval")
        compile(text, "flows.py", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return not any(isinstance(each, ast.Await) for each in ast.walk(tree))


# Spellings of a source


SPELLINGS = {
    "time": {
        "imported module": ("import time", "", "time.time()"),
        "module under another name": ("import time as t", "", "t.time()"),
        "imported function": ("from time import time", "", "time()"),
        "function under another name": ("from time import time as now", "", "now()"),
        "alias in the module": ("import time\nnow = time.time", "", "now()"),
        "alias in the body": ("import time", "now = time.time", "now()"),
        "alias of the module": ("import time", "t = time", "t.time()"),
        "imported in the body": ("", "import time", "time.time()"),
    },
    "datetime": {
        "imported class": ("from datetime import datetime", "", "datetime.now()"),
        "class under another name": ("from datetime import datetime as dt", "", "dt.now()"),
        "imported module": ("import datetime", "", "datetime.datetime.now()"),
        "module under another name": ("import datetime as d", "", "d.datetime.now()"),
        "alias in the module": ("from datetime import datetime\nnow = datetime.now", "", "now()"),
        "alias in the body": ("from datetime import datetime", "now = datetime.now", "now()"),
    },
    "uuid": {
        "imported module": ("import uuid", "", "uuid.uuid4()"),
        "module under another name": ("import uuid as u", "", "u.uuid4()"),
        "imported function": ("from uuid import uuid4", "", "uuid4()"),
        "function under another name": ("from uuid import uuid4 as new", "", "new()"),
        "alias in the body": ("import uuid", "new = uuid.uuid4", "new()"),
    },
    "random": {
        "imported module": ("import random", "", "random.random()"),
        "imported function": ("from random import random", "", "random()"),
        "function under another name": ("from random import random as draw", "", "draw()"),
        "alias in the body": ("import random", "draw = random.random", "draw()"),
    },
}
WAYS = {
    "part of an ID": 'await ctx.step.run(f"send-{SOURCE}", print)',
    "an argument": 'await ctx.step.run("send-mail", print, SOURCE)',
    "a decision": 'if str(SOURCE) > "5":\n    await ctx.step.run("send-mail", print)',
    "in a step": 'await ctx.step.run("send-mail", lambda: client_of_mail.post("/mail", json={"id": str(SOURCE)}))',
    "unused": "SOURCE",
    "logged": "print(SOURCE)",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("source", SPELLINGS)
def test_a_source_is_the_same_under_every_name(source: str, way: str) -> None:
    results = dict[str, Counter[Row]]()
    for spelling, (imports, before, written) in SPELLINGS[source].items():
        body = "\n".join(filter(None, (before, WAYS[way].replace("SOURCE", written))))
        results[spelling] = found(flow(body, f"import httpx\n{imports}\nclient_of_mail = httpx.Client()"))
    first, *others = results.values()
    assert all(other == first for other in others), results
    assert bool(first) == (way not in ("unused", "logged")), first


def test_a_source_behind_a_helper_has_the_same_trail_under_every_name() -> None:
    body = "if stamp() > 5:\n    await ctx.step.run('send-mail', print)"
    results = [
        found(flow(body, f"{imports}\ndef stamp():\n    {before or 'pass'}\n    return {written}\n"))
        for imports, before, written in SPELLINGS["time"].values()
    ]
    trails = {tuple(function for function, _ in row[-1]) for each in results for row in each}
    assert [sum(each.values()) for each in results] == [1] * len(results)
    assert trails == {("order", "stamp")}
